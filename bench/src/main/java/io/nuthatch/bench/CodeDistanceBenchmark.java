package io.nuthatch.bench;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.vector.CodeScorer;
import io.nuthatch.engine.vector.Codes;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Quantizer;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.Scorer;
import io.nuthatch.engine.vector.VectorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

/// Nanoseconds per squared Euclidean distance to float32 rows and to their codes, in batches of 16 as a hop
/// of a walk has them, all things included that a walk pays: addresses, side values, metric.
///
/// `isHot`: the same 16 vectors again and again, or random ones of 60,000. `prepare` and `prepareRow` are
/// what it takes to make a query of a vector and of a row.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"
        })
public class CodeDistanceBenchmark {
    private static final int BATCH = 16;
    private static final int HOPS = 1 << 12;
    private static final int ROWS = 60_000;

    @Param({"100", "128", "384", "784"})
    int dim;

    @Param({"NONE", "SQ8", "SQ4"})
    Compression compression;

    @Param({"true", "false"})
    boolean isHot;

    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("bench", "scratch");
    private final long scratch = OffHeap.allocate(1 << 20, counter);
    private final float[] out = new float[BATCH + 1];
    private final long[] addresses = new long[BATCH + 2];
    private Rows rows;
    private Codes codes;
    private Scorer scorer;
    private float factor;
    private int[] ordinals;
    private int hop;

    @Setup
    public void fill() {
        SplittableRandom random = new SplittableRandom(1);
        rows = new Rows(VectorType.FLOAT32, dim, false, account, "bench");
        int count = isHot ? BATCH : ROWS;
        ByteBuffer row = ByteBuffer.allocate(rows.rowBytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int ordinal = 0; ordinal < count; ordinal++) {
            for (int i = 0; i < dim; i++) {
                row.putFloat(4 * i, (float) (random.nextDouble() + random.nextDouble() - 1));
            }
            rows.put(ordinal, row.array(), 0);
        }
        scorer = new RowScorer(rows, Metric.L2);
        if (compression != Compression.NONE) {
            Quantizer quantizer = Quantizer.train(compression, Metric.L2, rows, new int[] {0, 1, 2, 3}, 4);
            codes = new Codes(rows, quantizer, account, "bench");
            for (int ordinal = 0; ordinal < count; ordinal++) {
                codes.put(ordinal, scratch);
            }
            scorer = new CodeScorer(codes);
        }
        factor = scorer.prepare(rows.address(0), scratch);
        ordinals = random.ints(BATCH * HOPS, 0, count).toArray();
    }

    @TearDown
    public void free() {
        if (codes != null) {
            codes.close();
        }
        rows.close();
        OffHeap.free(scratch, 1 << 20, counter);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public float distance() {
        hop = (hop + 1) & HOPS - 1;
        scorer.score(scratch, factor, ordinals, hop * BATCH, BATCH, addresses, out);
        return out[0];
    }

    @Benchmark
    public float prepare() {
        return scorer.prepare(rows.address(1), scratch);
    }

    @Benchmark
    public long prepareRow() {
        return scorer.prepareRow(1, scratch);
    }
}
