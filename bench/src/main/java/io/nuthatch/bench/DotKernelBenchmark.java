package io.nuthatch.bench;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Nanoseconds per distance, in batches of 16 as a hop of a walk has them: rows that stay in the cache, and
/// random rows of a store far larger than it.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class DotKernelBenchmark {
    private static final int BATCH = 16;
    private static final int HOPS = 1 << 12;

    @Param({"128", "768", "1536"})
    int dim;

    @Param({"FLOAT32", "FLOAT16", "INT8"})
    VectorType type;

    /// One MiB stays in the cache, 256 do not.
    @Param({"1", "256"})
    int storeMiB;

    private final float[] out = new float[BATCH + 1];
    private final long[] addresses = new long[BATCH + 2];
    private Rows rows;
    private Rows queries;
    private RowScorer scorer;
    private int[] ordinals;
    private int hop;

    @Setup
    public void fill() {
        SplittableRandom random = new SplittableRandom(1);
        MemoryAccount account = new MemoryAccount();
        rows = new Rows(type, dim, false, account, "bench");
        scorer = new RowScorer(rows, Metric.IP);
        int count = Math.max(BATCH, (int) (((long) storeMiB << 20) / rows.strideBytes()));
        byte[] row = new byte[rows.rowBytes()];
        for (int ordinal = 0; ordinal < count; ordinal++) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (byte) random.nextInt((i + 1) % type.bytes() == 0 ? 0x3C : 0x80);
            }
            rows.put(ordinal, row, 0);
        }
        // A query as the kernels want it: a row of the type the kernel reads queries in.
        VectorType queryType = type == VectorType.FLOAT16 ? VectorType.FLOAT32 : type;
        queries = new Rows(queryType, dim, false, account, "query");
        queries.put(0, new byte[queries.rowBytes()], 0);
        ordinals = random.ints(BATCH * HOPS, 0, count).toArray();
    }

    @TearDown
    public void free() {
        rows.close();
        queries.close();
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public float distance() {
        hop = (hop + 1) & HOPS - 1;
        scorer.score(queries.address(0), 1, ordinals, hop * BATCH, BATCH, addresses, out);
        return out[0];
    }
}
