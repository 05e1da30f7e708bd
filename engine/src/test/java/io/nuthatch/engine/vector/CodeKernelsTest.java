package io.nuthatch.engine.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Holds each kernel of codes, and each transform on the way to them, against its scalar twin.
class CodeKernelsTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final String AGAIN = ", reproduce with -Dnuthatch.seed=" + SEED;
    private static final int PART_BYTES = 1 << 18; // More than the lanes of the largest dimension take.
    private static final int PARTS = 12;

    private final MemoryAccount.Counter counter = new MemoryAccount().counter("test", "scratch");
    private final long block = OffHeap.allocate(PARTS * PART_BYTES, counter);
    private final SplittableRandom random = new SplittableRandom(SEED);

    @BeforeEach
    void vectorsAreThere() {
        assumeFalse("off".equals(System.getProperty("nuthatch.simd")), "there is nothing to compare");
        assertThat(Simd.IS_ON).isTrue();
    }

    @AfterEach
    void free() {
        OffHeap.free(block, PARTS * PART_BYTES, counter);
    }

    private long part(int i) {
        return block + (long) i * PART_BYTES;
    }

    private static CodeKernel scalar(Compression compression) {
        return compression == Compression.SQ8 ? new ScalarSq8() : new ScalarSq4();
    }

    private static CodeKernel panama(Compression compression) {
        return compression == Compression.SQ8 ? new PanamaSq8() : new PanamaSq4();
    }

    private static int lineBytes(Compression compression, int dim) {
        return (dim * compression.bits() + 511) / 512 * 64;
    }

    /// Dimensions 1 to 300 and some larger ones.
    private int[] dims() {
        int[] dims = new int[312];
        for (int i = 0; i < 300; i++) {
            dims[i] = i + 1;
        }
        for (int i = 300; i < 310; i++) {
            dims[i] = random.nextInt(301, 5000);
        }
        dims[310] = 16_384;
        dims[311] = VectorType.DIM_MAX;
        return dims;
    }

    @ParameterizedTest
    @EnumSource(names = {"SQ8", "SQ4"})
    void kernelsOfCodesAnswerExactlyAsTheirTwins(Compression compression) {
        for (int dim : dims()) {
            int n = lineBytes(compression, dim);
            fillQuery(compression, dim, () -> random.nextInt(-64, 65));
            long[] rows = new long[9];
            for (int row = 0; row < 8; row++) {
                rows[1 + row] = part(2 + row);
                for (int i = 0; i < n; i++) {
                    Memory.putByte(part(2 + row) + i, (byte) random.nextInt());
                }
            }
            compare(compression, dim, n, rows);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SQ8", "SQ4"})
    void extremesDoNotSaturateOrOverflow(Compression compression) {
        for (int dim : new int[] {1, 63, 64, 128, 129, 1023, 1024, 1025, 2048, VectorType.DIM_MAX}) {
            int n = lineBytes(compression, dim);
            for (int lane : new int[] {-64, 64}) {
                fillQuery(compression, dim, () -> lane);
                long[] rows = new long[9];
                for (int row = 0; row < 8; row++) {
                    rows[1 + row] = part(2 + row);
                    Memory.fill(part(2 + row), n, (byte) (row % 2 == 0 ? 0xFF : 0));
                }
                compare(compression, dim, n, rows);
                float expected = (float) ((long) dim * compression.levels() * lane);
                assertThat(panama(compression).one(part(0), part(2), n)).isEqualTo(expected);
                assertThat(panama(compression).one(part(0), part(3), n)).isEqualTo(-expected);
            }
        }
    }

    private void fillQuery(Compression compression, int dim, IntSupplier lane) {
        CodeKernel kernel = scalar(compression);
        Memory.fill(part(0), PART_BYTES, (byte) 0);
        int sum = 0;
        for (int i = 0; i < dim; i++) {
            int value = lane.getAsInt();
            Memory.putShort(part(0) + CodeKernel.HEADER_BYTES + kernel.lane(i), (short) value);
            sum += value;
        }
        Memory.putInt(part(0), compression.levels() * sum);
    }

    private void compare(Compression compression, int dim, int n, long[] rows) {
        CodeKernel panama = panama(compression);
        float[] two = new float[9];
        float[] four = new float[9];
        float[] eight = new float[9];
        panama.two(part(0), rows, 1, n, two);
        panama.four(part(0), rows, 1, n, four);
        panama.eight(part(0), rows, 1, n, eight);
        for (int row = 0; row < 8; row++) {
            float expected = scalar(compression).one(part(0), rows[1 + row], n);
            String what = compression + " dim " + dim + " row " + row + AGAIN;
            assertThat(panama.one(part(0), rows[1 + row], n)).as(what).isEqualTo(expected);
            assertThat(eight[1 + row]).as(what).isEqualTo(expected);
            if (row < 4) {
                assertThat(four[1 + row]).as(what).isEqualTo(expected);
            }
            if (row < 2) {
                assertThat(two[1 + row]).as(what).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SQ8", "SQ4"})
    void codesAndVectorsBecomeTheSameQueries(Compression compression) {
        for (int dim : dims()) {
            int n = lineBytes(compression, dim);
            int lanes = n * 8 / compression.bits();
            for (int i = 0; i < n; i++) {
                Memory.putByte(part(2) + i, (byte) random.nextInt());
            }
            int scalar = scalar(compression).asQuery(part(2), n, dim, part(0));
            int panama = panama(compression).asQuery(part(2), n, dim, part(1));
            String what = compression + " dim " + dim + AGAIN;
            assertThat(panama).as(what).isEqualTo(scalar);
            assertSameLanes(what, lanes);

            for (int i = 0; i < lanes; i++) {
                Memory.putFloat(part(3) + 4L * i, i < dim ? (float) random.nextDouble(-3, 3) : 0);
            }
            scalar = scalar(compression).toLanes(part(3), 64 / 3f, n, part(0));
            panama = panama(compression).toLanes(part(3), 64 / 3f, n, part(1));
            assertThat(panama).as(what).isEqualTo(scalar);
            assertSameLanes(what, lanes);
        }
    }

    private void assertSameLanes(String what, int lanes) {
        long header = CodeKernel.HEADER_BYTES;
        assertThat(Memory.mismatch(part(0) + header, part(1) + header, 2L * lanes))
                .as(what)
                .isEqualTo(-1);
    }

    @Test
    void transformsAgreeWithTheirTwins() {
        for (int dim : dims()) {
            int padded = (dim + 15) / 16 * 16;
            String what = "dim " + dim + AGAIN;
            float[] other = new float[dim];
            for (int i = 0; i < padded; i++) {
                float value = i < dim ? (float) random.nextGaussian() : 0;
                Memory.putFloat(part(0) + 4L * i, value);
                Memory.putFloat(part(1) + 4L * i, value);
                if (i < dim) {
                    other[i] = (float) random.nextGaussian();
                }
            }
            assertThat(PanamaTransforms.largest(part(0), dim))
                    .as(what)
                    .isEqualTo(ScalarTransforms.largest(part(0), dim));
            assertThat(PanamaTransforms.dot(part(0), other))
                    .as(what)
                    .isCloseTo(ScalarTransforms.dot(part(0), other), within(1e-5f * dim));
            float[] panama = new float[3];
            float[] scalar = new float[3];
            for (float middle : new float[] {7.5f, 127.5f}) {
                PanamaTransforms.fit(part(0), dim, middle / 2, middle, panama);
                ScalarTransforms.fit(part(0), dim, middle / 2, middle, scalar);
                assertThat(panama).as(what).containsExactly(scalar, within(3e-5f * dim * middle * middle));
            }
            PanamaTransforms.center(part(0), 0.7f, other);
            ScalarTransforms.center(part(1), 0.7f, other);
            assertClose(what, dim, 0);
            float[] signs = new float[Integer.highestOneBit(dim)];
            for (int i = 0; i < signs.length; i++) {
                signs[i] = (float) ((random.nextBoolean() ? 1 : -1) / Math.sqrt(signs.length));
            }
            PanamaTransforms.hadamard(part(0), signs);
            ScalarTransforms.hadamard(part(1), signs);
            assertClose(what, dim, 1e-5f);
        }
    }

    private void assertClose(String what, int dim, float tolerance) {
        for (int i = 0; i < dim; i++) {
            assertThat(Memory.getFloat(part(0) + 4L * i))
                    .as(what)
                    .isCloseTo(Memory.getFloat(part(1) + 4L * i), within(tolerance));
        }
    }

    @Test
    void rotationsKeepLengthsAndSpreadASpike() {
        for (int dim : dims()) {
            Memory.fill(part(0), PART_BYTES, (byte) 0);
            Memory.putFloat(part(0) + 4L * (dim / 2), 3);
            new Rotation(dim).apply(part(0));
            double squares = 0;
            for (int i = 0; i < dim; i++) {
                double value = Memory.getFloat(part(0) + 4L * i);
                squares += value * value;
            }
            assertThat(squares).as("dim " + dim).isCloseTo(9, within(1e-3));
            if (dim >= 64) {
                assertThat(PanamaTransforms.largest(part(0), dim))
                        .as("dim " + dim)
                        .isLessThan(3 * 8 / (float) Math.sqrt(dim));
            }
        }
    }
}
