package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Vectors that codes cannot tell apart, so many that searches have to walk: the graph does without codes,
/// and finds what a full scan finds.
class IndistinctVectorsTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int COUNT = 12_000;
    private static final int DIM = 40;

    /// What the vectors are like; the `i`th of them.
    private enum Kind {
        /// One component outdoes all others, by a million.
        OUTLIER_OF_A_MILLION(true) {
            @Override
            float[] vector(Random random, int i, float[][] centers) {
                return with(gaussian(random, 1), 5, 1e6f * (1 + i % 7));
            }
        },
        /// By more than float32 could square: two halves, infinitely far from each other.
        OUTLIER_OF_1E30(true) {
            @Override
            float[] vector(Random random, int i, float[][] centers) {
                return with(gaussian(random, 1), 5, i % 2 == 0 ? 1e30f : -1e30f);
            }
        },
        NEAR_DUPLICATES(true) {
            @Override
            float[] vector(Random random, int i, float[][] centers) {
                return plus(centers[i % centers.length], gaussian(random, 1e-5f));
            }
        },
        /// A quarter as data should be, on which codes are trained, then near duplicates.
        NEAR_DUPLICATES_LATER(true) {
            @Override
            float[] vector(Random random, int i, float[][] centers) {
                return i < COUNT / 4 ? gaussian(random, 1) : NEAR_DUPLICATES.vector(random, i, centers);
            }
        },
        SUBNORMAL(false) {
            @Override
            float[] vector(Random random, int i, float[][] centers) {
                return scaled(plus(centers[i % centers.length], gaussian(random, 0.3f)), 1e-40f);
            }
        },
        ENDS_OF_FLOAT(false) {
            @Override
            float[] vector(Random random, int i, float[][] centers) {
                return scaled(plus(centers[i % centers.length], gaussian(random, 0.3f)), 6e37f);
            }
        };

        final boolean isBeyondCodes;

        Kind(boolean isBeyondCodes) {
            this.isBeyondCodes = isBeyondCodes;
        }

        abstract float[] vector(Random random, int i, float[][] centers);
    }

    static Stream<Arguments> cases() {
        return Arrays.stream(Kind.values())
                .flatMap(kind -> Arrays.stream(Compression.values())
                        .flatMap(compression -> Stream.of(Metric.L2, Metric.COSINE)
                                .map(metric -> Arguments.of(kind, compression, metric))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void walksFindWhatAScanFinds(Kind kind, Compression compression, Metric metric) throws InterruptedException {
        Random random = new Random(SEED);
        float[][] centers = Stream.generate(() -> gaussian(random, 1)).limit(20).toArray(float[][]::new);
        HnswParameters parameters = new HnswParameters(12, 80, 10, 0.01, compression);
        try (IndexModel model = new IndexModel(random, VectorType.FLOAT32, metric, DIM, parameters, 0);
                FlatIndex flat = new FlatIndex(
                        model.rows, metric, model.threads, System::nanoTime, model.account, "flat", ordinal -> {})) {
            for (int i = 0; i < COUNT; i++) {
                flat.add(model.insert(kind.vector(random, i, centers)));
                if (i % 250 == 0) {
                    model.threads.runPending();
                }
            }
            model.threads.runPending();
            HnswIndex index = (HnswIndex) model.index;
            String what = kind + " " + compression + " " + metric + ", seed " + SEED;
            IndexModel.awaitWhole(index, model.threads);
            if (compression != Compression.NONE && metric == Metric.L2 && kind.isBeyondCodes) {
                assertThat(index.stats().codeUse()).as(what).isEqualTo(CodeUse.REFUSED);
                assertThat(model.bytes("codes")).as(what).isZero();
            }
            int right = 0;
            int wanted = 0;
            for (int q = 0; q < 40; q++) {
                float[] query = kind.vector(random, COUNT - 1 - q, centers);
                Hits hits = index.search(query, Knn.of(10).withEf(64).withRescore(4));
                if (q == 0) { // Later ones may be scans, where the index has learnt that its walks are long.
                    assertThat(hits.plan()).as(what).isEqualTo(Hits.Plan.WALK);
                }
                assertThat(hits.size()).isEqualTo(10);
                double worst = flat.search(query, Knn.of(10)).distances()[9];
                double slack = 1e-5 * Math.abs(worst) + (metric == Metric.COSINE ? 1e-6 : 0);
                for (double distance : hits.distances()) {
                    right += distance <= worst + slack ? 1 : 0;
                    wanted++;
                }
            }
            assertThat(right / (double) wanted).as(what).isGreaterThan(0.9);
            assertThat(index.unreachable()).as(what).isZero();
        }
    }

    private static float[] gaussian(Random random, float deviation) {
        float[] vector = new float[DIM];
        for (int i = 0; i < DIM; i++) {
            vector[i] = deviation * (float) random.nextGaussian();
        }
        return vector;
    }

    private static float[] with(float[] vector, int at, float component) {
        vector[at] = component;
        return vector;
    }

    private static float[] plus(float[] vector, float[] other) {
        float[] sum = new float[DIM];
        for (int i = 0; i < DIM; i++) {
            sum[i] = vector[i] + other[i];
        }
        return sum;
    }

    private static float[] scaled(float[] vector, float by) {
        for (int i = 0; i < DIM; i++) {
            vector[i] *= by;
        }
        return vector;
    }
}
