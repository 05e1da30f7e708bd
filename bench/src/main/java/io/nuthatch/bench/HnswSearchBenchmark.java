package io.nuthatch.bench;

import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.hnsw.HnswIndex;
import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Microseconds per search of clustered synthetic vectors, by the width of the walk. For recall beside it see
/// `EngineBenchmark`, on real embeddings.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class HnswSearchBenchmark {
    private static final int COUNT = 50_000;
    private static final int CENTRES = 200;
    private static final int QUERIES = 1 << 10;

    @Param({"128", "768"})
    int dim;

    @Param({"10", "80"})
    int ef;

    private final float[][] queries = new float[QUERIES][];
    private IndexThreads threads;
    private Rows rows;
    private HnswIndex index;
    private int next;

    @Setup
    public void build() {
        SplittableRandom random = new SplittableRandom(1);
        float[][] centres = new float[CENTRES][dim];
        for (float[] centre : centres) {
            for (int i = 0; i < dim; i++) {
                centre[i] = (float) random.nextGaussian();
            }
        }
        MemoryAccount account = new MemoryAccount();
        threads = new IndexThreads(Runtime.getRuntime().availableProcessors());
        rows = new Rows(VectorType.FLOAT32, dim, false, account, "bench");
        index = new HnswIndex(
                rows, Metric.L2, HnswParameters.defaults(), threads, System::nanoTime, account, "bench", o -> {});
        byte[] bytes = new byte[rows.rowBytes()];
        for (int ordinal = 0; ordinal < COUNT; ordinal++) {
            float[] vector = near(centres, random);
            for (int i = 0; i < dim; i++) {
                int bits = Float.floatToIntBits(vector[i]);
                for (int b = 0; b < Float.BYTES; b++) {
                    bytes[Float.BYTES * i + b] = (byte) (bits >> Byte.SIZE * b);
                }
            }
            rows.put(ordinal, bytes, 0);
            index.add(ordinal);
        }
        for (int i = 0; i < QUERIES; i++) {
            queries[i] = near(centres, random);
        }
        while (index.lag() > 0) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private float[] near(float[][] centres, SplittableRandom random) {
        float[] vector = centres[random.nextInt(CENTRES)].clone();
        for (int i = 0; i < dim; i++) {
            vector[i] += 0.5f * (float) random.nextGaussian();
        }
        return vector;
    }

    @TearDown
    public void close() {
        index.close();
        threads.close();
        rows.close();
    }

    @Benchmark
    public Hits search() {
        next = (next + 1) & QUERIES - 1;
        return index.search(queries[next], Knn.of(10).withEf(ef));
    }
}
