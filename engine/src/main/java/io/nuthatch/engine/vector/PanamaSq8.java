package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// 8-bit codes on the vector API.
///
/// A short holds two codes; each is multiplied by a lane in 16 bits, and the sum of both products fits 16
/// bits as well (2 · 255 · 64 = 32,640), so that widening to 32 bits is paid once for two.
final class PanamaSq8 extends CodeKernel {
    private static final VectorSpecies<Short> SHORTS = PanamaKernels.WHOLE_SHORTS;
    private static final VectorSpecies<Integer> INTS = PanamaKernels.INTS;
    private static final int BYTES = SHORTS.vectorByteSize();
    private static final boolean IS_LINE = BYTES == 64;

    /// Where the lanes of even components are for the codes from byte `i` of a row on; those of odd ones are
    /// a line further.
    private static long lanes(long query, int i) {
        return query + HEADER_BYTES + (IS_LINE ? 2L * i : 2L * (i & -64) + (i & 63));
    }

    private static ShortVector shorts(long address) {
        return ShortVector.fromMemorySegment(SHORTS, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    private static IntVector add(IntVector sum, ShortVector codes, ShortVector even, ShortVector odd) {
        ShortVector products = codes.and((short) 0xFF)
                .mul(even)
                .add(codes.lanewise(VectorOperators.LSHR, 8).mul(odd));
        return PanamaKernels.addPairs(sum, products);
    }

    @Override
    long lane(int i) {
        return byteLane(i);
    }

    @Override
    float one(long query, long row, int n) {
        IntVector sum = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            sum = add(sum, shorts(row + i), shorts(at), shorts(at + 64));
        }
        return 2 * sum.reduceLanes(VectorOperators.ADD) - Memory.getInt(query);
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            ShortVector even = shorts(at);
            ShortVector odd = shorts(at + 64);
            sum0 = add(sum0, shorts(row0 + i), even, odd);
            sum1 = add(sum1, shorts(row1 + i), even, odd);
        }
        int bias = Memory.getInt(query);
        out[from] = 2 * sum0.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 1] = 2 * sum1.reduceLanes(VectorOperators.ADD) - bias;
    }

    @Override
    void four(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        long row2 = rows[from + 2];
        long row3 = rows[from + 3];
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        IntVector sum2 = IntVector.zero(INTS);
        IntVector sum3 = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            ShortVector even = shorts(at);
            ShortVector odd = shorts(at + 64);
            sum0 = add(sum0, shorts(row0 + i), even, odd);
            sum1 = add(sum1, shorts(row1 + i), even, odd);
            sum2 = add(sum2, shorts(row2 + i), even, odd);
            sum3 = add(sum3, shorts(row3 + i), even, odd);
        }
        int bias = Memory.getInt(query);
        out[from] = 2 * sum0.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 1] = 2 * sum1.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 2] = 2 * sum2.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 3] = 2 * sum3.reduceLanes(VectorOperators.ADD) - bias;
    }

    @Override
    void eight(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        long row2 = rows[from + 2];
        long row3 = rows[from + 3];
        long row4 = rows[from + 4];
        long row5 = rows[from + 5];
        long row6 = rows[from + 6];
        long row7 = rows[from + 7];
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        IntVector sum2 = IntVector.zero(INTS);
        IntVector sum3 = IntVector.zero(INTS);
        IntVector sum4 = IntVector.zero(INTS);
        IntVector sum5 = IntVector.zero(INTS);
        IntVector sum6 = IntVector.zero(INTS);
        IntVector sum7 = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            ShortVector even = shorts(at);
            ShortVector odd = shorts(at + 64);
            sum0 = add(sum0, shorts(row0 + i), even, odd);
            sum1 = add(sum1, shorts(row1 + i), even, odd);
            sum2 = add(sum2, shorts(row2 + i), even, odd);
            sum3 = add(sum3, shorts(row3 + i), even, odd);
            sum4 = add(sum4, shorts(row4 + i), even, odd);
            sum5 = add(sum5, shorts(row5 + i), even, odd);
            sum6 = add(sum6, shorts(row6 + i), even, odd);
            sum7 = add(sum7, shorts(row7 + i), even, odd);
        }
        int bias = Memory.getInt(query);
        out[from] = 2 * sum0.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 1] = 2 * sum1.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 2] = 2 * sum2.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 3] = 2 * sum3.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 4] = 2 * sum4.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 5] = 2 * sum5.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 6] = 2 * sum6.reduceLanes(VectorOperators.ADD) - bias;
        out[from + 7] = 2 * sum7.reduceLanes(VectorOperators.ADD) - bias;
    }

    @Override
    int asQuery(long row, int n, int dim, long query) {
        IntVector sum = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            ShortVector codes = shorts(row + i);
            ShortVector even = halved(codes.and((short) 0xFF));
            ShortVector odd = halved(codes.lanewise(VectorOperators.LSHR, 8));
            even.intoMemorySegment(Memory.ALL, at, ByteOrder.LITTLE_ENDIAN);
            odd.intoMemorySegment(Memory.ALL, at + 64, ByteOrder.LITTLE_ENDIAN);
            sum = PanamaKernels.addPairs(sum, even.add(odd));
        }
        return sum.reduceLanes(VectorOperators.ADD) - clear(query, dim, n);
    }

    private static ShortVector halved(ShortVector codes) {
        return codes.add((short) 1).lanewise(VectorOperators.LSHR, 1).sub((short) 64);
    }

    @Override
    int toLanes(long values, float scale, int n, long query) {
        IntVector sum = IntVector.zero(INTS);
        int step = 2 * INTS.length();
        for (int i = 0; i < n; i += step) {
            FloatVector low = PanamaKernels.rounded(values + 4L * i, scale);
            FloatVector high = PanamaKernels.rounded(values + 4L * (i + step / 2), scale);
            long at = query + HEADER_BYTES + 2L * (i & -64) + (i & 63);
            sum = sum.add(PanamaKernels.putLanes(PanamaKernels.evens(low, high), at));
            sum = sum.add(PanamaKernels.putLanes(PanamaKernels.odds(low, high), at + 64));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }
}
