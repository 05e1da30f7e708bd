package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Makes the JIT compile kernels and walks before a client asks: the first search on cold code takes some 250
/// ms.
///
/// It builds and searches a small synthetic index for each kernel, the common ones (FLOAT32) first and
/// longest, and stops at a deadline. To be run in a thread of its own behind the start of a server; it leaves
/// nothing behind.
public final class KernelWarmup {
    private static final int DIM = 384;
    private static final int ROWS = 1600; // More than the buffer holds, and than is scanned: walks are taken.
    private static final int SEARCHES = 3000;
    private static final Filter EVERYTHING = new Filter(words(-1L), ROWS);
    private static final Filter FEW = Filter.of(words(0x0101_0101_0101_0101L));
    private static final int ROUNDS = 20;

    private KernelWarmup() {}

    private static long[] words(long word) {
        long[] words = new long[(ROWS + 63) / 64];
        Arrays.fill(words, word);
        return words;
    }

    /// Runs until everything is warm or `budgetNanos` have passed; one of its steps may exceed it by some
    /// milliseconds.
    public static void run(NanoClock clock, long budgetNanos) {
        long end = clock.nanoTime() + budgetNanos;
        for (Compression compression : Compression.values()) {
            for (Metric metric : new Metric[] {Metric.COSINE, Metric.L2, Metric.IP}) {
                warm(VectorType.FLOAT32, metric, compression, clock, end);
            }
        }
        for (VectorType type : VectorType.values()) {
            if (type != VectorType.FLOAT32) {
                warm(type, Metric.COSINE, Compression.NONE, clock, end);
                warm(type, Metric.L2, Compression.NONE, clock, end);
            }
        }
    }

    private static void warm(VectorType type, Metric metric, Compression compression, NanoClock clock, long end) {
        MemoryAccount account = new MemoryAccount();
        SplittableRandom random = new SplittableRandom(1);
        HnswParameters parameters = new HnswParameters(8, 32, 10, 0.01, compression);
        try (IndexThreads threads = new IndexThreads(0);
                Rows rows = new Rows(type, DIM, metric == Metric.COSINE, account, "warmup");
                HnswIndex index =
                        new HnswIndex(rows, metric, parameters, threads, clock, account, "warmup", ordinal -> {})) {
            byte[] row = new byte[rows.rowBytes()];
            float[] query = new float[DIM];
            Knn all = Knn.of(10);
            Knn filtered = all.withFilter(EVERYTHING).withPolicy(HybridPolicy.BATCHES);
            Knn few = all.withFilter(FEW);
            int count = 0;
            while (count < ROWS && clock.nanoTime() < end) {
                for (int i = 0; i < row.length; i++) {
                    // No component becomes NaN or infinite: the byte with a float's exponent stays small.
                    row[i] = (byte) random.nextInt((i + 1) % type.bytes() == 0 ? 0x3C : 0x80);
                }
                rows.put(count, row, 0);
                index.add(count);
                count++;
            }
            for (int round = 0; round < ROUNDS && clock.nanoTime() < end; round++) {
                threads.runPending();
                for (int i = 0; i < SEARCHES / ROUNDS; i++) {
                    for (int j = 0; j < DIM; j++) {
                        query[j] = (float) random.nextDouble();
                    }
                    index.search(query, i % 8 == 0 ? filtered : i % 8 == 1 ? few : all);
                }
            }
        }
    }
}
