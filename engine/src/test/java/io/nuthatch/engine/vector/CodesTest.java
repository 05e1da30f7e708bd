package io.nuthatch.engine.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CodesTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final String AGAIN = ", reproduce with -Dnuthatch.seed=" + SEED;
    private static final int SCRATCH_BYTES = 1 << 20;
    private static final int[] DIMS = {1, 2, 3, 7, 16, 31, 56, 64, 100, 112, 120, 121, 128, 384, 784};

    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "scratch");
    private final long scratch = OffHeap.allocate(SCRATCH_BYTES, counter);
    private final long work = scratch + SCRATCH_BYTES / 2;
    private final SplittableRandom random = new SplittableRandom(SEED);

    @AfterEach
    void free() {
        OffHeap.free(scratch, SCRATCH_BYTES, counter);
    }

    /// Rows, their codes and both scorers of them.
    private final class Coded implements AutoCloseable {
        final Rows rows;
        final Codes codes;
        final RowScorer exact;
        final CodeScorer coded;
        final int count;

        Coded(Compression compression, Metric metric, VectorType type, double[][] vectors, int trained) {
            count = vectors.length;
            rows = new Rows(type, vectors[0].length, metric == Metric.COSINE, account, "rows");
            for (int i = 0; i < count; i++) {
                write(type, vectors[i]);
                rows.put(3 * i, work);
            }
            int[] ordinals = IntStream.range(0, trained).map(i -> 3 * i).toArray();
            codes = new Codes(rows, Quantizer.train(compression, metric, rows, ordinals, trained), account, "codes");
            for (int i = 0; i < count; i++) {
                codes.put(3 * i, scratch);
            }
            exact = new RowScorer(rows, metric);
            coded = new CodeScorer(codes);
        }

        /// Distances from `query` to each vector, exact or by code.
        float[] distances(Scorer scorer, double[] query) {
            write(rows.type(), query);
            float factor = scorer.prepare(work, scratch);
            return distances(scorer, scratch, factor);
        }

        float[] rowDistances(Scorer scorer, int i) {
            long query = scorer.prepareRow(3 * i, scratch);
            return distances(scorer, query, scorer.rowFactor(3 * i));
        }

        private float[] distances(Scorer scorer, long query, float factor) {
            int[] ordinals = IntStream.range(-1, count).map(i -> 3 * i).toArray();
            float[] out = new float[count + 1];
            scorer.score(query, factor, ordinals, 1, count, new long[count + 1], out);
            for (int i = 0; i < count; i++) {
                float one = scorer.score(query, factor, 3 * i);
                assertThat(out[i]).isCloseTo(one, within(1e-5f + Math.abs(one) * 1e-5f));
            }
            return out;
        }

        @Override
        public void close() {
            codes.close();
            rows.close();
        }
    }

    private void write(VectorType type, double[] vector) {
        for (int i = 0; i < vector.length; i++) {
            type.put(work, i, vector[i]);
        }
        for (int i = vector.length; i < vector.length + 64; i++) {
            type.put(work, i, 0);
        }
    }

    private double[][] gaussian(int count, int dim, IntToDoubleFunction mean, IntToDoubleFunction deviation) {
        double[][] vectors = new double[count][dim];
        for (double[] vector : vectors) {
            Arrays.setAll(vector, i -> mean.applyAsDouble(i) + deviation.applyAsDouble(i) * random.nextGaussian());
        }
        return vectors;
    }

    @ParameterizedTest
    @EnumSource(names = {"SQ8", "SQ4"})
    void estimatesErrAsMuchAsTheySay(Compression compression) {
        for (Metric metric : Metric.values()) {
            for (int dim : DIMS) {
                double[][] vectors = gaussian(64, dim, i -> 0.3 * (i % 3), i -> 1);
                try (Coded data = new Coded(compression, metric, VectorType.FLOAT32, vectors, 64)) {
                    int far = 0;
                    double bias = 0;
                    for (int q = 0; q < 16; q++) {
                        double[] query = gaussian(1, dim, i -> 0.3 * (i % 3), i -> 1)[0];
                        float[] exact = data.distances(data.exact, query);
                        float[] coded = data.distances(data.coded, query);
                        for (int i = 0; i < vectors.length; i++) {
                            float error = data.coded.error(scratch, 3 * i);
                            String what = compression + " " + metric + " " + dim + AGAIN;
                            assertThat(error).as(what).isPositive();
                            assertThat(Math.abs(coded[i] - exact[i])).as(what).isLessThan(6 * error + 1e-5f);
                            far += Math.abs(coded[i] - exact[i]) > 3 * error + 1e-5f ? 1 : 0;
                            bias += (coded[i] - exact[i]) / error / (16 * 64);
                        }
                    }
                    assertThat(far)
                            .as(compression + " " + metric + " " + dim + AGAIN)
                            .isLessThan(16 * 64 / 50);
                    assertThat(Math.abs(bias))
                            .as("bias " + compression + " " + metric + " " + dim)
                            .isLessThan(0.4);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SQ8", "SQ4"})
    void theRescoredHoldTheTrueNearest(Compression compression) {
        for (Metric metric : Metric.values()) {
            double[][] vectors = gaussian(2000, 128, i -> i == 5 ? 4 : 1, i -> 1);
            try (Coded data = new Coded(compression, metric, VectorType.FLOAT32, vectors, 500)) {
                int found = 0;
                for (int q = 0; q < 20; q++) {
                    double[] query = gaussian(1, 128, i -> i == 5 ? 4 : 1, i -> 1)[0];
                    int[] byCode = order(data.distances(data.coded, query));
                    int[] byRow = order(data.distances(data.exact, query));
                    for (int i = 0; i < 10; i++) {
                        int wanted = byRow[i];
                        found += IntStream.of(byCode)
                                        .limit(compression.rescored(10))
                                        .anyMatch(at -> at == wanted)
                                ? 1
                                : 0;
                    }
                }
                assertThat(found)
                        .as(compression + " " + metric + AGAIN)
                        .isGreaterThanOrEqualTo(compression == Compression.SQ8 ? 199 : 170);
            }
        }
    }

    private static int[] order(float[] distances) {
        return IntStream.range(0, distances.length)
                .boxed()
                .sorted((a, b) -> Float.compare(distances[a], distances[b]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    @ParameterizedTest
    @EnumSource(names = {"SQ8", "SQ4"})
    void aRowAsQueryGivesWhatItsVectorGives(Compression compression) {
        for (Metric metric : Metric.values()) {
            for (int dim : DIMS) {
                double[][] vectors = gaussian(20, dim, i -> 1, i -> 1);
                try (Coded data = new Coded(compression, metric, VectorType.FLOAT32, vectors, 20)) {
                    for (int q = 0; q < 20; q++) {
                        float[] exact = data.distances(data.exact, vectors[q]);
                        float[] coded = data.rowDistances(data.coded, q);
                        for (int i = 0; i < 20; i++) {
                            float error = data.coded.error(scratch, 3 * i);
                            assertThat(Math.abs(coded[i] - exact[i]))
                                    .as(compression + " " + metric + " " + dim + " " + q + " " + i + AGAIN)
                                    .isLessThan((i == q ? 12 : 6) * error + 1e-5f);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16"})
    void everyFloatingTypeIsCodedAlike(VectorType type) {
        double[][] vectors = gaussian(30, 100, i -> 0, i -> 1);
        for (double[] vector : vectors) {
            write(VectorType.BFLOAT16, vector); // What every type can hold.
            Arrays.setAll(vector, i -> VectorType.BFLOAT16.get(work, i));
        }
        try (Coded data = new Coded(Compression.SQ8, Metric.COSINE, type, vectors, 30);
                Coded floats = new Coded(Compression.SQ8, Metric.COSINE, VectorType.FLOAT32, vectors, 30)) {
            assertThat(data.distances(data.coded, vectors[3]))
                    .containsExactly(floats.distances(floats.coded, vectors[3]), within(1e-6f));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 100, 384})
    void vectorsThatBreakCodesGetFiniteEstimatesOfTheRightOrder(int dim) {
        double max = Float.MAX_VALUE;
        double[][] wild = new double[12][dim];
        Arrays.fill(wild[0], 1);
        Arrays.fill(wild[1], 1);
        Arrays.fill(wild[3], max);
        Arrays.fill(wild[4], -max);
        Arrays.fill(wild[5], Float.MIN_VALUE);
        Arrays.setAll(wild[6], i -> i % 2 == 0 ? max : -max);
        wild[7][dim - 1] = 1e30;
        wild[8][0] = Float.MIN_NORMAL;
        Arrays.fill(wild[9], 1e-25);
        Arrays.setAll(wild[10], i -> random.nextGaussian());
        Arrays.fill(wild[11], 1.0000001f);
        for (Compression compression : new Compression[] {Compression.SQ8, Compression.SQ4}) {
            for (Metric metric : Metric.values()) {
                for (int trained = 0; trained <= 12; trained++) {
                    try (Coded data = new Coded(compression, metric, VectorType.FLOAT32, wild, trained)) {
                        for (int q = 0; q < 12; q++) {
                            float[] distances = data.distances(data.coded, wild[q]);
                            float[] fromRow = data.rowDistances(data.coded, q);
                            for (int i = 0; i < 12; i++) {
                                String what =
                                        compression + " " + metric + " trained on " + trained + ", " + q + " to " + i;
                                assertThat(distances[i]).as(what).isFinite();
                                assertThat(fromRow[i]).as("row, " + what).isFinite();
                                assertThat(data.coded.error(scratch, 3 * i))
                                        .as(what)
                                        .isFinite();
                            }
                            assertThat(distances[0]).isEqualTo(distances[1]);
                        }
                    }
                }
            }
        }
    }

    @Test
    void aHugeRowAmongTheTrainedSpoilsNobodyElsesCode() {
        double[][] vectors = gaussian(1000, 100, i -> 1, i -> 1);
        Arrays.fill(vectors[17], 1e30);
        vectors[18][3] = -1e35;
        try (Coded data = new Coded(Compression.SQ8, Metric.L2, VectorType.FLOAT32, vectors, 1000)) {
            float[] exact = data.distances(data.exact, vectors[20]);
            float[] coded = data.distances(data.coded, vectors[20]);
            for (int i = 20; i < 1000; i++) {
                assertThat(coded[i]).isCloseTo(exact[i], within(2f));
            }
            assertThat(coded[17]).isGreaterThan(1e30f);
        }
    }

    @Test
    void aConstantHugeComponentCostsNoPrecision() {
        double[][] vectors = gaussian(200, 64, i -> i == 9 ? 10_000 : 0, i -> i == 9 ? 0 : 1);
        try (Coded data = new Coded(Compression.SQ8, Metric.L2, VectorType.FLOAT32, vectors, 200)) {
            float[] exact = data.distances(data.exact, vectors[20]);
            float[] coded = data.distances(data.coded, vectors[20]);
            for (int i = 0; i < 200; i++) {
                assertThat(coded[i]).isCloseTo(exact[i], within(2f));
            }
        }
    }

    @Test
    void driftIsOneWhereTheDataStaysAndGrowsWhereItMoves() {
        double[][] vectors = gaussian(600, 50, i -> i < 25 ? 1 : 0, i -> 1);
        for (int i = 500; i < 600; i++) {
            for (int j = 0; j < 50; j++) {
                vectors[i][j] += 2;
            }
        }
        try (Coded data = new Coded(Compression.SQ4, Metric.L2, VectorType.FLOAT32, vectors, 400)) {
            double stayed = IntStream.range(400, 500)
                    .mapToDouble(i -> data.codes.put(3 * i, scratch))
                    .average()
                    .orElseThrow();
            double moved = IntStream.range(500, 600)
                    .mapToDouble(i -> data.codes.put(3 * i, scratch))
                    .average()
                    .orElseThrow();
            assertThat(stayed).isCloseTo(1, within(0.1));
            assertThat(moved).isCloseTo(5, within(0.5)).isGreaterThan(Quantizer.DRIFT_MAX);
        }
    }

    @Test
    void theLargestDimensionIsCodedToo() {
        double[][] vectors = gaussian(4, VectorType.DIM_MAX, i -> 0, i -> 1);
        for (Compression compression : new Compression[] {Compression.SQ8, Compression.SQ4}) {
            try (Coded data = new Coded(compression, Metric.L2, VectorType.FLOAT32, vectors, 4)) {
                float[] exact = data.distances(data.exact, vectors[0]);
                float[] coded = data.distances(data.coded, vectors[0]);
                for (int i = 1; i < 4; i++) {
                    assertThat(coded[i]).isCloseTo(exact[i], within(6 * data.coded.error(scratch, 3 * i)));
                }
            }
        }
    }

    @Test
    void sideValuesAreInTheRowWhereItHasRoom() {
        for (int dim : new int[] {1, 56, 57, 64, 100, 112, 120, 121, 128, 384, 784}) {
            try (Rows rows = new Rows(VectorType.FLOAT32, dim, false, account, "rows");
                    Codes codes = new Codes(
                            rows, Quantizer.train(Compression.SQ8, Metric.L2, rows, new int[0], 0), account, "codes")) {
                int lines = (dim + 63) / 64 * 64;
                assertThat(codes.bytesPerVector()).as("dim " + dim).isEqualTo(lines - dim >= 8 ? lines : lines + 8);
            }
        }
        assertThat(account.byPart("codes").get("codes")).isZero();
    }

    @Test
    void codesCountAsCodesAndAreGivenBack() {
        double[][] vectors = gaussian(3000, 128, i -> 0, i -> 1);
        try (Coded data = new Coded(Compression.SQ8, Metric.L2, VectorType.FLOAT32, vectors, 3000)) {
            assertThat(account.byPart("codes").get("codes")).isGreaterThanOrEqualTo(3 * 3000 * 136L);
            assertThat(data.codes.bytesPerVector()).isEqualTo(136);
        }
        assertThat(account.byPart("codes").get("codes")).isZero();
    }

    @Test
    void rowsOfBytesAreRefused() {
        try (Rows rows = new Rows(VectorType.INT8, 4, false, account, "rows")) {
            assertThatThrownBy(() -> Quantizer.train(Compression.SQ8, Metric.L2, rows, new int[0], 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("INT8 rows cannot be coded as SQ8");
        }
    }
}
