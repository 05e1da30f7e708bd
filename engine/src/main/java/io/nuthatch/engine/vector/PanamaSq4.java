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

/// 4-bit codes on the vector API, written out as [PanamaSq8] says.
///
/// A short holds four codes; each is multiplied by a lane in 16 bits. The four products of one short and of
/// seven more fit 16 bits (32 · 15 · 64 = 30,720), so that widening to 32 bits is paid once in 1,024
/// components of a 512-bit machine.
final class PanamaSq4 extends CodeKernel {
    private static final VectorSpecies<Short> SHORTS = PanamaKernels.WHOLE_SHORTS;
    private static final VectorSpecies<Integer> INTS = PanamaKernels.INTS;
    private static final int BYTES = SHORTS.vectorByteSize();
    private static final int GROUP_BYTES = 8 * BYTES;
    private static final boolean IS_LINE = BYTES == 64;

    /// Where the lanes of the codes from byte `i` of a row on are, those whose number is 0 modulo 4; the
    /// others are one, two and three lines further.
    private static long lanes(long query, int i) {
        return query + HEADER_BYTES + (IS_LINE ? 4L * i : 4L * (i & -64) + (i & 63));
    }

    private static ShortVector shorts(long address) {
        return ShortVector.fromMemorySegment(SHORTS, ALL, address, LITTLE_ENDIAN);
    }

    private static ShortVector add(
            ShortVector sum, ShortVector codes, ShortVector q0, ShortVector q1, ShortVector q2, ShortVector q3) {
        ShortVector low = code(codes, 0).mul(q0).add(code(codes, 1).mul(q1));
        ShortVector high = code(codes, 2).mul(q2).add(code(codes, 3).mul(q3));
        return sum.add(low).add(high);
    }

    private static ShortVector code(ShortVector codes, int part) {
        ShortVector shifted = part == 0 ? codes : codes.lanewise(LSHR, 4 * part);
        return part == 3 ? shifted : shifted.and((short) 0xF);
    }

    @Override
    long lane(int i) {
        return halfLane(i);
    }

    @Override
    float one(long query, long row, int n) {
        IntVector sum = IntVector.zero(INTS);
        for (int i = 0; i < n; ) {
            int end = Math.min(n, i + GROUP_BYTES);
            ShortVector part = ShortVector.zero(SHORTS);
            for (; i < end; i += BYTES) {
                long at = lanes(query, i);
                part = add(part, shorts(row + i), shorts(at), shorts(at + 64), shorts(at + 128), shorts(at + 192));
            }
            sum = PanamaKernels.addPairs(sum, part);
        }
        return 2 * sum.reduceLanes(ADD) - Memory.getInt(query);
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        int bias = Memory.getInt(query);
        ShortVector halves = ShortVector.broadcast(SHORTS, 0xF);
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        for (int i = 0; i < n; ) {
            int end = Math.min(n, i + GROUP_BYTES);
            ShortVector part0 = ShortVector.zero(SHORTS);
            ShortVector part1 = ShortVector.zero(SHORTS);
            for (; i < end; i += BYTES) {
                long at = lanes(query, i);
                ShortVector q0 = ShortVector.fromMemorySegment(SHORTS, ALL, at, LITTLE_ENDIAN);
                ShortVector q1 = ShortVector.fromMemorySegment(SHORTS, ALL, at + 64, LITTLE_ENDIAN);
                ShortVector q2 = ShortVector.fromMemorySegment(SHORTS, ALL, at + 128, LITTLE_ENDIAN);
                ShortVector q3 = ShortVector.fromMemorySegment(SHORTS, ALL, at + 192, LITTLE_ENDIAN);
                ShortVector code0 = ShortVector.fromMemorySegment(SHORTS, ALL, row0 + i, LITTLE_ENDIAN);
                part0 = part0.add(code0.and(halves).mul(q0))
                        .add(code0.lanewise(LSHR, 4).and(halves).mul(q1));
                part0 = part0.add(code0.lanewise(LSHR, 8).and(halves).mul(q2))
                        .add(code0.lanewise(LSHR, 12).mul(q3));
                ShortVector code1 = ShortVector.fromMemorySegment(SHORTS, ALL, row1 + i, LITTLE_ENDIAN);
                part1 = part1.add(code1.and(halves).mul(q0))
                        .add(code1.lanewise(LSHR, 4).and(halves).mul(q1));
                part1 = part1.add(code1.lanewise(LSHR, 8).and(halves).mul(q2))
                        .add(code1.lanewise(LSHR, 12).mul(q3));
            }
            IntVector pair0 = part0.reinterpretAsInts();
            sum0 = sum0.add(pair0.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair0.lanewise(ASHR, 16));
            IntVector pair1 = part1.reinterpretAsInts();
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
        ShortVector halves = ShortVector.broadcast(SHORTS, 0xF);
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        IntVector sum2 = IntVector.zero(INTS);
        IntVector sum3 = IntVector.zero(INTS);
        for (int i = 0; i < n; ) {
            int end = Math.min(n, i + GROUP_BYTES);
            ShortVector part0 = ShortVector.zero(SHORTS);
            ShortVector part1 = ShortVector.zero(SHORTS);
            ShortVector part2 = ShortVector.zero(SHORTS);
            ShortVector part3 = ShortVector.zero(SHORTS);
            for (; i < end; i += BYTES) {
                long at = lanes(query, i);
                ShortVector q0 = ShortVector.fromMemorySegment(SHORTS, ALL, at, LITTLE_ENDIAN);
                ShortVector q1 = ShortVector.fromMemorySegment(SHORTS, ALL, at + 64, LITTLE_ENDIAN);
                ShortVector q2 = ShortVector.fromMemorySegment(SHORTS, ALL, at + 128, LITTLE_ENDIAN);
                ShortVector q3 = ShortVector.fromMemorySegment(SHORTS, ALL, at + 192, LITTLE_ENDIAN);
                ShortVector code0 = ShortVector.fromMemorySegment(SHORTS, ALL, row0 + i, LITTLE_ENDIAN);
                part0 = part0.add(code0.and(halves).mul(q0))
                        .add(code0.lanewise(LSHR, 4).and(halves).mul(q1));
                part0 = part0.add(code0.lanewise(LSHR, 8).and(halves).mul(q2))
                        .add(code0.lanewise(LSHR, 12).mul(q3));
                ShortVector code1 = ShortVector.fromMemorySegment(SHORTS, ALL, row1 + i, LITTLE_ENDIAN);
                part1 = part1.add(code1.and(halves).mul(q0))
                        .add(code1.lanewise(LSHR, 4).and(halves).mul(q1));
                part1 = part1.add(code1.lanewise(LSHR, 8).and(halves).mul(q2))
                        .add(code1.lanewise(LSHR, 12).mul(q3));
                ShortVector code2 = ShortVector.fromMemorySegment(SHORTS, ALL, row2 + i, LITTLE_ENDIAN);
                part2 = part2.add(code2.and(halves).mul(q0))
                        .add(code2.lanewise(LSHR, 4).and(halves).mul(q1));
                part2 = part2.add(code2.lanewise(LSHR, 8).and(halves).mul(q2))
                        .add(code2.lanewise(LSHR, 12).mul(q3));
                ShortVector code3 = ShortVector.fromMemorySegment(SHORTS, ALL, row3 + i, LITTLE_ENDIAN);
                part3 = part3.add(code3.and(halves).mul(q0))
                        .add(code3.lanewise(LSHR, 4).and(halves).mul(q1));
                part3 = part3.add(code3.lanewise(LSHR, 8).and(halves).mul(q2))
                        .add(code3.lanewise(LSHR, 12).mul(q3));
            }
            IntVector pair0 = part0.reinterpretAsInts();
            sum0 = sum0.add(pair0.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair0.lanewise(ASHR, 16));
            IntVector pair1 = part1.reinterpretAsInts();
            sum1 = sum1.add(pair1.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair1.lanewise(ASHR, 16));
            IntVector pair2 = part2.reinterpretAsInts();
            sum2 = sum2.add(pair2.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair2.lanewise(ASHR, 16));
            IntVector pair3 = part3.reinterpretAsInts();
            sum3 = sum3.add(pair3.lanewise(LSHL, 16).lanewise(ASHR, 16)).add(pair3.lanewise(ASHR, 16));
        }
        out[from] = 2 * sum0.reduceLanes(ADD) - bias;
        out[from + 1] = 2 * sum1.reduceLanes(ADD) - bias;
        out[from + 2] = 2 * sum2.reduceLanes(ADD) - bias;
        out[from + 3] = 2 * sum3.reduceLanes(ADD) - bias;
    }

    @Override
    void eight(long query, long[] rows, int from, int n, float[] out) {
        four(query, rows, from, n, out);
        four(query, rows, from + 4, n, out);
    }

    @Override
    int asQuery(long row, int n, int dim, long query) {
        IntVector sum = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES) {
            ShortVector codes = shorts(row + i);
            ShortVector lanes = ShortVector.zero(SHORTS);
            for (int part = 0; part < 4; part++) {
                ShortVector doubled = code(codes, part).lanewise(LSHL, 1).sub((short) 15);
                doubled.intoMemorySegment(ALL, lanes(query, i) + 64L * part, LITTLE_ENDIAN);
                lanes = lanes.add(doubled);
            }
            sum = PanamaKernels.addPairs(sum, lanes);
        }
        return sum.reduceLanes(ADD) - clear(query, dim, 2 * n);
    }

    /// Shuffles of the vector API would do it in registers, but box on the way.
    @Override
    int toLanes(long values, float scale, int n, long query) {
        int sum = PanamaKernels.toShorts(values, scale, 2 * n);
        for (int i = 0; i < 2 * n; i += 4) {
            long four = Memory.getLong(values + 2L * i);
            long at = query + HEADER_BYTES + halfLane(i);
            Memory.putShort(at, (short) four);
            Memory.putShort(at + 64, (short) (four >>> 16));
            Memory.putShort(at + 128, (short) (four >>> 32));
            Memory.putShort(at + 192, (short) (four >>> 48));
        }
        return sum;
    }
}
