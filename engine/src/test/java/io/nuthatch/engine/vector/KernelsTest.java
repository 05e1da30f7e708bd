package io.nuthatch.engine.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelsTest {
    private static final int DIM_MAX = 2100;
    private static final int ROW_BYTES = 17_024; // DIM_MAX doubles, in whole lines.
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    private final MemoryAccount.Counter counter = new MemoryAccount().counter("test", "rows");
    private final long block = OffHeap.allocate(6 * ROW_BYTES, counter);
    private final SplittableRandom random = new SplittableRandom(SEED);

    @BeforeEach
    void vectorsAreThere() {
        assumeFalse("off".equals(System.getProperty("nuthatch.simd")), "there is nothing to compare");
        assertThat(Simd.IS_ON).isTrue();
    }

    @AfterEach
    void free() {
        OffHeap.free(block, 6 * ROW_BYTES, counter);
    }

    @ParameterizedTest
    @EnumSource(VectorType.class)
    void vectorKernelsAgreeWithTheirScalarTwinsAtEveryLength(VectorType type) {
        VectorType queryType = queryType(type);
        float[][] out = new float[3][9];
        for (int dim = 1; dim <= DIM_MAX; dim += dim < 300 ? 1 : 37) {
            Memory.fill(block, 6 * ROW_BYTES, (byte) 0);
            for (int row = 0; row < 4; row++) {
                fill(type, block + (1 + row) * ROW_BYTES, dim);
            }
            fill(queryType, block, dim);
            int lineBytes = 64;
            int padded = (dim * type.bytes() + lineBytes - 1) / lineBytes * lineBytes / type.bytes();
            for (boolean euclidean : new boolean[] {false, true}) {
                Kernel panama = PanamaKernels.of(type, euclidean);
                Kernel scalar = ScalarKernels.of(type, euclidean);
                long[] rows = new long[9];
                for (int row = 0; row < 8; row++) {
                    rows[1 + row] = block + (1 + row % 4) * ROW_BYTES;
                }
                panama.two(block, rows, 1, padded, out[0]);
                panama.four(block, rows, 1, padded, out[1]);
                panama.eight(block, rows, 1, padded, out[2]);
                for (int row = 0; row < 4; row++) {
                    long address = block + (1 + row) * ROW_BYTES;
                    float expected = scalar.one(block, address, padded);
                    String what = type + " dim " + dim + " euclidean " + euclidean + ", reproduce with -Dnuthatch.seed="
                            + SEED;
                    float tolerance = type.isFloating() ? dim * 2e-6f : 0;
                    assertThat(panama.one(block, address, padded)).as(what).isCloseTo(expected, within(tolerance));
                    for (int size = 2; size <= 8; size *= 2) {
                        for (int at = row; at < size; at += 4) {
                            assertThat(out[Integer.numberOfTrailingZeros(size) - 1][1 + at])
                                    .as(what + ", row " + at + " of " + size)
                                    .isCloseTo(expected, within(tolerance));
                        }
                    }
                    assertThat(panama.precise(block, address, padded))
                            .as(what)
                            .isCloseTo(scalar.precise(block, address, padded), within((double) tolerance));
                    assertThat((double) expected)
                            .as(what + ", against doubles")
                            .isCloseTo(
                                    model(type, queryType, block, address, dim, euclidean),
                                    within(type.isFloating() ? dim * 4e-6 : 128.0));
                }
            }
        }
    }

    @Test
    void extremeBytesDoNotOverflowAtTheLargestDimension() {
        int dim = VectorType.DIM_MAX;
        long rows = OffHeap.allocate(2L * dim, counter);
        Memory.fill(rows, dim, (byte) 0xFF);
        Memory.fill(rows + dim, dim, (byte) 0);
        assertThat(PanamaKernels.of(VectorType.UINT8, true).one(rows, rows + dim, dim))
                .isEqualTo((float) (255L * 255 * dim));
        Memory.fill(rows, dim, (byte) -128);
        Memory.fill(rows + dim, dim, (byte) 127);
        assertThat(PanamaKernels.of(VectorType.INT8, true).one(rows, rows + dim, dim))
                .isEqualTo((float) (255L * 255 * dim));
        assertThat(PanamaKernels.of(VectorType.INT8, false).one(rows, rows + dim, dim))
                .isEqualTo((float) (-128L * 127 * dim));
        OffHeap.free(rows, 2L * dim, counter);
    }

    @Test
    void everyFiniteHalfIsReadExactly() {
        long query = block;
        long row = block + ROW_BYTES;
        Memory.fill(block, 2 * ROW_BYTES, (byte) 0);
        Memory.putFloat(query, 1);
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = Float.float16ToFloat((short) bits);
            if (Float.isFinite(value)) {
                Memory.putShort(row, (short) bits);
                assertThat(PanamaKernels.of(VectorType.FLOAT16, false).one(query, row, 32))
                        .as("half %04x", bits)
                        .isEqualTo(value);
            }
        }
    }

    private static VectorType queryType(VectorType type) {
        return type == VectorType.FLOAT16 || type == VectorType.BFLOAT16 ? VectorType.FLOAT32 : type;
    }

    private void fill(VectorType type, long address, int dim) {
        for (int i = 0; i < dim; i++) {
            double value = type.isFloating() ? random.nextDouble() * 2 - 1 : random.nextInt(-128, 256);
            type.put(address, i, value);
        }
    }

    private static double model(
            VectorType type, VectorType queryType, long query, long row, int dim, boolean euclidean) {
        double sum = 0;
        for (int i = 0; i < dim; i++) {
            double a = queryType.get(query, i);
            double b = type.get(row, i);
            sum += euclidean ? (a - b) * (a - b) : a * b;
        }
        return sum;
    }
}
