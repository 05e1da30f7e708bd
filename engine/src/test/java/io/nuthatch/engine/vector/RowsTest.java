package io.nuthatch.engine.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowsTest {
    private final MemoryAccount account = new MemoryAccount();

    @ParameterizedTest
    @EnumSource(VectorType.class)
    void rowsGiveBackTheBytesTheyWereGivenAtSparseOrdinals(VectorType type) {
        Random random = new Random(0x5eed);
        for (int dim : new int[] {1, 3, 16, 100, 384, 1537}) {
            try (Rows rows = new Rows(type, dim, false, account, "idx")) {
                byte[][] model = new byte[7][rows.rowBytes()];
                int[] ordinals = {0, 1, 17, 4_000, 4_001, 90_000, 2_000_000};
                for (int i = 0; i < ordinals.length; i++) {
                    random.nextBytes(model[i]);
                    rows.put(ordinals[i], model[i], 0);
                }
                for (int i = 0; i < ordinals.length; i++) {
                    assertThat(Memory.toBytes(rows.address(ordinals[i]), rows.rowBytes()))
                            .isEqualTo(model[i]);
                    assertThat(rows.address(ordinals[i]) % 64).isZero();
                }
                assertThat(account.counter("idx", "rows").bytes()).isPositive();
            }
            assertThat(account.total()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(VectorType.class)
    void scorersAgreeWithDoublesAndWithTheirOwnBatches(VectorType type) {
        Random random = new Random(0x5eed);
        MemoryAccount.Counter counter = account.counter("test", "scratch");
        long scratch = OffHeap.allocate(1 << 20, counter);
        for (int dim : new int[] {1, 2, 5, 16, 31, 33, 100, 384, 1000}) {
            for (Metric metric : Metric.values()) {
                try (Rows rows = new Rows(type, dim, metric == Metric.COSINE, account, "idx")) {
                    long raw = scratch + (1 << 19);
                    int[] ordinals = new int[11];
                    for (int i = 0; i < 11; i++) {
                        ordinals[i] = i * 3;
                        for (int j = 0; j < dim; j++) {
                            type.put(raw, j, type.isFloating() ? random.nextGaussian() : random.nextInt(-128, 256));
                        }
                        rows.put(i * 3, raw);
                    }
                    RowScorer scorer = new RowScorer(rows, metric);
                    float factor = scorer.prepare(raw, scratch);
                    float[] out = new float[12];
                    scorer.score(scratch, factor, ordinals, 0, 11, new long[12], out);
                    for (int i = 0; i < 11; i++) {
                        double expected = model(type, metric, raw, rows.address(i * 3), dim);
                        double tolerance = 1e-4 + Math.abs(expected) * 1e-5;
                        assertThat((double) out[i])
                                .as(type + " " + metric + " " + dim)
                                .isCloseTo(expected, within(tolerance));
                        assertThat((double) scorer.score(scratch, factor, i * 3))
                                .isCloseTo(expected, within(tolerance));
                        assertThat(scorer.precise(scratch, factor, i * 3))
                                .isCloseTo(expected, within(type == VectorType.FLOAT64 ? 1e-9 : tolerance));
                    }
                    long asQuery = scorer.prepareRow(30, scratch + (1 << 18));
                    assertThat((double) scorer.score(asQuery, scorer.rowFactor(30), 3))
                            .isCloseTo(out[1], within(1e-4 + Math.abs(out[1]) * 1e-5));
                }
            }
        }
        OffHeap.free(scratch, 1 << 20, counter);
    }

    private static double model(VectorType type, Metric metric, long query, long row, int dim) {
        double dot = 0;
        double squares = 0;
        double qq = 0;
        double rr = 0;
        for (int i = 0; i < dim; i++) {
            double q = type.get(query, i);
            double r = type.get(row, i);
            dot += q * r;
            squares += (q - r) * (q - r);
            qq += q * q;
            rr += r * r;
        }
        return switch (metric) {
            case L2 -> squares;
            case IP -> 1 - dot;
            case COSINE -> qq * rr == 0 ? 1 : 1 - dot / Math.sqrt(qq * rr);
        };
    }

    @Test
    void zeroAndHugeVectorsHaveACosine() {
        try (Rows rows = new Rows(VectorType.FLOAT32, 3, true, account, "idx")) {
            put(rows, 0, 0, 0, 0);
            put(rows, 1, 1e30, 1e30, 0);
            put(rows, 2, 1e-30, 0, 0);
            RowScorer scorer = new RowScorer(rows, Metric.COSINE);
            assertThat(scorer.precise(rows.address(0), scorer.rowFactor(0), 1)).isEqualTo(1);
            assertThat(scorer.rowFactor(1)).isPositive().isLessThan(1e-29f);
            assertThat(scorer.rowFactor(2)).isGreaterThan(1e29f);
        }
    }

    /// From subnormals to the largest there are, with signs that make sums of infinities, and among them the
    /// zero vector. Expected is the plain double precision answer, in range for float32's; for FLOAT64 the
    /// ends are nearer.
    @ParameterizedTest
    @EnumSource(
            value = VectorType.class,
            names = {"FLOAT32", "BFLOAT16", "FLOAT64"})
    void distancesAtTheEndsOfFloat32AreThoseOfDoubles(VectorType type) {
        double[] scales = {1, 1e-44, 1e-40, 1e-25, 1e-12, 0, 1e10, 1e18, 1e25, 3e37, 3.3e38};
        Random random = new Random(0x5eed);
        MemoryAccount.Counter counter = account.counter("test", "scratch");
        int scratchBytes = 1 << 16;
        long scratch = OffHeap.allocate(scratchBytes, counter);
        long raw = scratch + scratchBytes / 2;
        for (int dim : new int[] {1, 2, 16, 40, 100}) {
            for (Metric metric : Metric.values()) {
                try (Rows rows = new Rows(type, dim, true, account, "idx")) {
                    int[] ordinals = new int[scales.length];
                    for (int i = 0; i < scales.length; i++) {
                        ordinals[i] = i;
                        for (int j = 0; j < dim; j++) {
                            type.put(raw, j, scales[i] * (2 * random.nextDouble() - 1));
                        }
                        rows.put(i, raw);
                    }
                    RowScorer scorer = new RowScorer(rows, metric);
                    float[] out = new float[scales.length];
                    for (int q = 0; q < scales.length; q++) {
                        float factor = scorer.prepare(rows.address(q), scratch);
                        scorer.score(scratch, factor, ordinals, 0, out.length, new long[out.length + 1], out);
                        for (int i = 0; i < scales.length; i++) {
                            double exact = model(type, metric, rows.address(q), rows.address(i), dim);
                            double expected = metric == Metric.COSINE && Double.isNaN(exact) ? 1 : exact;
                            String what = type + " " + metric + " " + dim + ": " + scales[q] + ", " + scales[i];
                            assertIsClose(out[i], expected, what);
                            assertIsClose(scorer.score(scratch, factor, i), expected, what);
                            assertIsClose((float) scorer.precise(scratch, factor, i), expected, what);
                        }
                    }
                }
            }
        }
        OffHeap.free(scratch, scratchBytes, counter);
    }

    /// Within a part in 10,000 of what float32 makes of it, which may be infinite; inner products cancel to
    /// less than their terms, hence the second.
    private static void assertIsClose(float actual, double expected, String what) {
        if (Math.abs(expected) > 3.3e38) {
            assertThat(Math.abs(actual)).as(what).isGreaterThan(3.2e38f);
            assertThat(Math.signum(actual)).as(what).isEqualTo((float) Math.signum(expected));
            return;
        }
        assertThat((double) actual).as(what).isCloseTo(expected, within(1e-4 + 1e-4 * Math.abs(expected)));
    }

    private static void put(Rows rows, int ordinal, double... components) {
        byte[] bytes = new byte[rows.rowBytes()];
        for (int i = 0; i < components.length; i++) {
            int bits = Float.floatToIntBits((float) components[i]);
            for (int b = 0; b < 4; b++) {
                bytes[4 * i + b] = (byte) (bits >> 8 * b);
            }
        }
        rows.put(ordinal, bytes, 0);
    }

    @Test
    void nanAndInfinityAreSeenInEveryFloatingType() {
        MemoryAccount.Counter counter = account.counter("test", "scratch");
        long at = OffHeap.allocate(4096, counter);
        for (VectorType type : VectorType.values()) {
            for (int i = 0; i < 20; i++) {
                type.put(at, i, 1);
            }
            assertThat(type.isFinite(at, 20)).isTrue();
            if (type.isFloating()) {
                for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                    type.put(at, 13, bad);
                    assertThat(type.isFinite(at, 20)).as(type + " " + bad).isFalse();
                    assertThat(type.isFinite(at, 13)).isTrue();
                }
            }
        }
        OffHeap.free(at, 4096, counter);
    }

    @Test
    void dimensionsOutOfRangeAreRefused() {
        for (int dim : new int[] {0, -1, 32_769}) {
            assertThatThrownBy(() -> new Rows(VectorType.INT8, dim, false, account, "idx"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got " + dim);
        }
    }
}
