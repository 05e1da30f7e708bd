package io.nuthatch.engine.vector;

import static io.nuthatch.engine.memory.Memory.ALL;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import io.nuthatch.engine.memory.Memory;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/// 8-bit codes on the vector API.
///
/// The forms of several rows are written out: the JIT stops inlining methods of ours when a compilation has
/// so many nodes, which four rows have, and boxes what it passes to them; those of the API it always inlines.
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
        return ShortVector.fromMemorySegment(SHORTS, ALL, address, LITTLE_ENDIAN);
    }

    private static IntVector add(IntVector sum, ShortVector codes, ShortVector even, ShortVector odd) {
        ShortVector products =
                codes.and((short) 0xFF).mul(even).add(codes.lanewise(LSHR, 8).mul(odd));
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
        return 2 * sum.reduceLanes(ADD) - Memory.getInt(query);
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        int bias = Memory.getInt(query);
        ShortVector bytes = ShortVector.broadcast(SHORTS, 0xFF);
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            ShortVector even = ShortVector.fromMemorySegment(SHORTS, ALL, at, LITTLE_ENDIAN);
            ShortVector odd = ShortVector.fromMemorySegment(SHORTS, ALL, at + 64, LITTLE_ENDIAN);
            ShortVector code0 = ShortVector.fromMemorySegment(SHORTS, ALL, row0 + i, LITTLE_ENDIAN);
            IntVector pair0 = code0.and(bytes)
                    .mul(even)
                    .add(code0.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum0 = sum0.add(pair0.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair0.lanewise(ASHR, 16));
            ShortVector code1 = ShortVector.fromMemorySegment(SHORTS, ALL, row1 + i, LITTLE_ENDIAN);
            IntVector pair1 = code1.and(bytes)
                    .mul(even)
                    .add(code1.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum1 = sum1.add(pair1.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair1.lanewise(ASHR, 16));
        }
        out[from] = 2 * sum0.reduceLanes(ADD) - bias;
        out[from + 1] = 2 * sum1.reduceLanes(ADD) - bias;
    }

    @Override
    void four(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        long row2 = rows[from + 2];
        long row3 = rows[from + 3];
        int bias = Memory.getInt(query);
        ShortVector bytes = ShortVector.broadcast(SHORTS, 0xFF);
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        IntVector sum2 = IntVector.zero(INTS);
        IntVector sum3 = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            ShortVector even = ShortVector.fromMemorySegment(SHORTS, ALL, at, LITTLE_ENDIAN);
            ShortVector odd = ShortVector.fromMemorySegment(SHORTS, ALL, at + 64, LITTLE_ENDIAN);
            ShortVector code0 = ShortVector.fromMemorySegment(SHORTS, ALL, row0 + i, LITTLE_ENDIAN);
            IntVector pair0 = code0.and(bytes)
                    .mul(even)
                    .add(code0.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum0 = sum0.add(pair0.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair0.lanewise(ASHR, 16));
            ShortVector code1 = ShortVector.fromMemorySegment(SHORTS, ALL, row1 + i, LITTLE_ENDIAN);
            IntVector pair1 = code1.and(bytes)
                    .mul(even)
                    .add(code1.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum1 = sum1.add(pair1.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair1.lanewise(ASHR, 16));
            ShortVector code2 = ShortVector.fromMemorySegment(SHORTS, ALL, row2 + i, LITTLE_ENDIAN);
            IntVector pair2 = code2.and(bytes)
                    .mul(even)
                    .add(code2.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum2 = sum2.add(pair2.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair2.lanewise(ASHR, 16));
            ShortVector code3 = ShortVector.fromMemorySegment(SHORTS, ALL, row3 + i, LITTLE_ENDIAN);
            IntVector pair3 = code3.and(bytes)
                    .mul(even)
                    .add(code3.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum3 = sum3.add(pair3.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair3.lanewise(ASHR, 16));
        }
        out[from] = 2 * sum0.reduceLanes(ADD) - bias;
        out[from + 1] = 2 * sum1.reduceLanes(ADD) - bias;
        out[from + 2] = 2 * sum2.reduceLanes(ADD) - bias;
        out[from + 3] = 2 * sum3.reduceLanes(ADD) - bias;
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
        int bias = Memory.getInt(query);
        ShortVector bytes = ShortVector.broadcast(SHORTS, 0xFF);
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
            ShortVector even = ShortVector.fromMemorySegment(SHORTS, ALL, at, LITTLE_ENDIAN);
            ShortVector odd = ShortVector.fromMemorySegment(SHORTS, ALL, at + 64, LITTLE_ENDIAN);
            ShortVector code0 = ShortVector.fromMemorySegment(SHORTS, ALL, row0 + i, LITTLE_ENDIAN);
            IntVector pair0 = code0.and(bytes)
                    .mul(even)
                    .add(code0.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum0 = sum0.add(pair0.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair0.lanewise(ASHR, 16));
            ShortVector code1 = ShortVector.fromMemorySegment(SHORTS, ALL, row1 + i, LITTLE_ENDIAN);
            IntVector pair1 = code1.and(bytes)
                    .mul(even)
                    .add(code1.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum1 = sum1.add(pair1.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair1.lanewise(ASHR, 16));
            ShortVector code2 = ShortVector.fromMemorySegment(SHORTS, ALL, row2 + i, LITTLE_ENDIAN);
            IntVector pair2 = code2.and(bytes)
                    .mul(even)
                    .add(code2.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum2 = sum2.add(pair2.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair2.lanewise(ASHR, 16));
            ShortVector code3 = ShortVector.fromMemorySegment(SHORTS, ALL, row3 + i, LITTLE_ENDIAN);
            IntVector pair3 = code3.and(bytes)
                    .mul(even)
                    .add(code3.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum3 = sum3.add(pair3.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair3.lanewise(ASHR, 16));
            ShortVector code4 = ShortVector.fromMemorySegment(SHORTS, ALL, row4 + i, LITTLE_ENDIAN);
            IntVector pair4 = code4.and(bytes)
                    .mul(even)
                    .add(code4.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum4 = sum4.add(pair4.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair4.lanewise(ASHR, 16));
            ShortVector code5 = ShortVector.fromMemorySegment(SHORTS, ALL, row5 + i, LITTLE_ENDIAN);
            IntVector pair5 = code5.and(bytes)
                    .mul(even)
                    .add(code5.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum5 = sum5.add(pair5.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair5.lanewise(ASHR, 16));
            ShortVector code6 = ShortVector.fromMemorySegment(SHORTS, ALL, row6 + i, LITTLE_ENDIAN);
            IntVector pair6 = code6.and(bytes)
                    .mul(even)
                    .add(code6.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum6 = sum6.add(pair6.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair6.lanewise(ASHR, 16));
            ShortVector code7 = ShortVector.fromMemorySegment(SHORTS, ALL, row7 + i, LITTLE_ENDIAN);
            IntVector pair7 = code7.and(bytes)
                    .mul(even)
                    .add(code7.lanewise(LSHR, 8).mul(odd))
                    .reinterpretAsInts();
            sum7 = sum7.add(pair7.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair7.lanewise(ASHR, 16));
        }
        out[from] = 2 * sum0.reduceLanes(ADD) - bias;
        out[from + 1] = 2 * sum1.reduceLanes(ADD) - bias;
        out[from + 2] = 2 * sum2.reduceLanes(ADD) - bias;
        out[from + 3] = 2 * sum3.reduceLanes(ADD) - bias;
        out[from + 4] = 2 * sum4.reduceLanes(ADD) - bias;
        out[from + 5] = 2 * sum5.reduceLanes(ADD) - bias;
        out[from + 6] = 2 * sum6.reduceLanes(ADD) - bias;
        out[from + 7] = 2 * sum7.reduceLanes(ADD) - bias;
    }

    @Override
    int asQuery(long row, int n, int dim, long query) {
        IntVector sum = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            long at = lanes(query, i);
            ShortVector codes = shorts(row + i);
            ShortVector even = halved(codes.and((short) 0xFF));
            ShortVector odd = halved(codes.lanewise(LSHR, 8));
            even.intoMemorySegment(ALL, at, LITTLE_ENDIAN);
            odd.intoMemorySegment(ALL, at + 64, LITTLE_ENDIAN);
            sum = PanamaKernels.addPairs(sum, even.add(odd));
        }
        return sum.reduceLanes(ADD) - clear(query, dim, n);
    }

    private static ShortVector halved(ShortVector codes) {
        return codes.add((short) 1).lanewise(LSHR, 1).sub((short) 64);
    }

    /// Shuffles of the vector API would do it in registers, but box on the way.
    @Override
    int toLanes(long values, float scale, int n, long query) {
        int sum = PanamaKernels.toShorts(values, scale, n);
        for (int i = 0; i < n; i += 2) {
            int pair = Memory.getInt(values + 2L * i);
            long at = query + HEADER_BYTES + byteLane(i);
            Memory.putShort(at, (short) pair);
            Memory.putShort(at + 64, (short) (pair >>> 16));
        }
        return sum;
    }
}
