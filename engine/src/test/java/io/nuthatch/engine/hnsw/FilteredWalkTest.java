package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The plan of filtered searches over rows that are too many bytes to be scanned without a thought.
class FilteredWalkTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int COUNT = 10_000;
    private static final int DIM = 256;
    private static final int K = 10;
    private static final int EF = 64;

    @Test
    void aWalkThatGivesUpCostsLittleBesideItsScan() {
        Random random = new Random(SEED);
        float[][] centres = new float[40][];
        Arrays.setAll(centres, i -> around(new float[DIM], 1, random));
        MemoryAccount account = new MemoryAccount();
        IndexThreads threads = new IndexThreads(0);
        Rows rows = new Rows(VectorType.FLOAT32, DIM, false, account, "idx");
        float[][] vectors = new float[COUNT][];
        try (HnswIndex index = new HnswIndex(
                rows,
                Metric.L2,
                new HnswParameters(16, 60, EF, 0.01),
                threads,
                System::nanoTime,
                account,
                "idx",
                ordinal -> {})) {
            for (int i = 0; i < COUNT; i++) {
                vectors[i] = around(centres[random.nextInt(centres.length)], 0.7f, random);
                rows.put(i, bytes(vectors[i]), 0);
                index.add(i);
            }
            threads.runPending();
            for (int q = 0; q < 12; q++) {
                float[] query = around(centres[random.nextInt(centres.length)], 0.7f, random);
                int[] nearestFirst = order(query, vectors);
                for (int from : new int[] {0, 500, 1_000}) { // The nearest that do not match.
                    Filter filter = filter(nearestFirst, from);
                    Hits hits = index.search(query, Knn.of(K).withFilter(filter));
                    String what =
                            "seed " + SEED + ", query " + q + ", all but the nearest " + from + ": " + hits.plan();
                    assertThat(hits.size()).as(what).isEqualTo(K);
                    assertThat(hits.distanceCount()).as(what).isLessThan((int) (filter.count() * (1 + 0.7 / 2)) + 400);
                    if (from == 0) {
                        assertThat(hits.plan()).as(what).isEqualTo(Hits.Plan.WALK);
                        continue;
                    }
                    int[] expected = Arrays.copyOfRange(nearestFirst, from, from + K);
                    if (hits.plan() == Hits.Plan.WALK) { // It found its way all the same, as well as walks do.
                        int[] near = Arrays.copyOfRange(nearestFirst, from, from + 2 * K);
                        assertThat(near).as(what).contains(hits.ordinals());
                    } else {
                        assertThat(hits.ordinals()).as(what).containsExactly(expected);
                    }
                }
            }
        } finally {
            threads.close();
            rows.close();
        }
        assertThat(account.total()).isZero();
    }

    private static float[] around(float[] centre, float spread, Random random) {
        float[] vector = centre.clone();
        for (int i = 0; i < vector.length; i++) {
            vector[i] += spread * (float) random.nextGaussian();
        }
        return vector;
    }

    private static byte[] bytes(float[] vector) {
        ByteBuffer buffer = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(vector);
        return buffer.array();
    }

    private static int[] order(float[] query, float[][] vectors) {
        long[] keys = new long[vectors.length];
        for (int i = 0; i < keys.length; i++) {
            float sum = 0;
            for (int d = 0; d < query.length; d++) {
                sum += (query[d] - vectors[i][d]) * (query[d] - vectors[i][d]);
            }
            keys[i] = (long) Float.floatToIntBits(sum) << 32 | i;
        }
        Arrays.sort(keys);
        return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
    }

    private static Filter filter(int[] nearestFirst, int from) {
        long[] words = new long[(COUNT + 63) / 64];
        for (int i = from; i < nearestFirst.length; i++) {
            words[nearestFirst[i] >> 6] |= 1L << nearestFirst[i];
        }
        return Filter.of(words);
    }
}
