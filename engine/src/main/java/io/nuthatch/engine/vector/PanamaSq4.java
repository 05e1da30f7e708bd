package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// 4-bit codes on the vector API.
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
        return ShortVector.fromMemorySegment(SHORTS, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    private static ShortVector add(
            ShortVector sum, ShortVector codes, ShortVector q0, ShortVector q1, ShortVector q2, ShortVector q3) {
        ShortVector low = code(codes, 0).mul(q0).add(code(codes, 1).mul(q1));
        ShortVector high = code(codes, 2).mul(q2).add(code(codes, 3).mul(q3));
        return sum.add(low).add(high);
    }

    private static ShortVector code(ShortVector codes, int part) {
        ShortVector shifted = part == 0 ? codes : codes.lanewise(VectorOperators.LSHR, 4 * part);
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
        return 2 * sum.reduceLanes(VectorOperators.ADD) - Memory.getInt(query);
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        for (int i = 0; i < n; ) {
            int end = Math.min(n, i + GROUP_BYTES);
            ShortVector part0 = ShortVector.zero(SHORTS);
            ShortVector part1 = ShortVector.zero(SHORTS);
            for (; i < end; i += BYTES) {
                long at = lanes(query, i);
                ShortVector q0 = shorts(at);
                ShortVector q1 = shorts(at + 64);
                ShortVector q2 = shorts(at + 128);
                ShortVector q3 = shorts(at + 192);
                part0 = add(part0, shorts(row0 + i), q0, q1, q2, q3);
                part1 = add(part1, shorts(row1 + i), q0, q1, q2, q3);
            }
            sum0 = PanamaKernels.addPairs(sum0, part0);
            sum1 = PanamaKernels.addPairs(sum1, part1);
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
        for (int i = 0; i < n; ) {
            int end = Math.min(n, i + GROUP_BYTES);
            ShortVector part0 = ShortVector.zero(SHORTS);
            ShortVector part1 = ShortVector.zero(SHORTS);
            ShortVector part2 = ShortVector.zero(SHORTS);
            ShortVector part3 = ShortVector.zero(SHORTS);
            for (; i < end; i += BYTES) {
                long at = lanes(query, i);
                ShortVector q0 = shorts(at);
                ShortVector q1 = shorts(at + 64);
                ShortVector q2 = shorts(at + 128);
                ShortVector q3 = shorts(at + 192);
                part0 = add(part0, shorts(row0 + i), q0, q1, q2, q3);
                part1 = add(part1, shorts(row1 + i), q0, q1, q2, q3);
                part2 = add(part2, shorts(row2 + i), q0, q1, q2, q3);
                part3 = add(part3, shorts(row3 + i), q0, q1, q2, q3);
            }
            sum0 = PanamaKernels.addPairs(sum0, part0);
            sum1 = PanamaKernels.addPairs(sum1, part1);
            sum2 = PanamaKernels.addPairs(sum2, part2);
            sum3 = PanamaKernels.addPairs(sum3, part3);
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
        for (int i = 0; i < n; ) {
            int end = Math.min(n, i + GROUP_BYTES);
            ShortVector part0 = ShortVector.zero(SHORTS);
            ShortVector part1 = ShortVector.zero(SHORTS);
            ShortVector part2 = ShortVector.zero(SHORTS);
            ShortVector part3 = ShortVector.zero(SHORTS);
            ShortVector part4 = ShortVector.zero(SHORTS);
            ShortVector part5 = ShortVector.zero(SHORTS);
            ShortVector part6 = ShortVector.zero(SHORTS);
            ShortVector part7 = ShortVector.zero(SHORTS);
            for (; i < end; i += BYTES) {
                long at = lanes(query, i);
                ShortVector q0 = shorts(at);
                ShortVector q1 = shorts(at + 64);
                ShortVector q2 = shorts(at + 128);
                ShortVector q3 = shorts(at + 192);
                part0 = add(part0, shorts(row0 + i), q0, q1, q2, q3);
                part1 = add(part1, shorts(row1 + i), q0, q1, q2, q3);
                part2 = add(part2, shorts(row2 + i), q0, q1, q2, q3);
                part3 = add(part3, shorts(row3 + i), q0, q1, q2, q3);
                part4 = add(part4, shorts(row4 + i), q0, q1, q2, q3);
                part5 = add(part5, shorts(row5 + i), q0, q1, q2, q3);
                part6 = add(part6, shorts(row6 + i), q0, q1, q2, q3);
                part7 = add(part7, shorts(row7 + i), q0, q1, q2, q3);
            }
            sum0 = PanamaKernels.addPairs(sum0, part0);
            sum1 = PanamaKernels.addPairs(sum1, part1);
            sum2 = PanamaKernels.addPairs(sum2, part2);
            sum3 = PanamaKernels.addPairs(sum3, part3);
            sum4 = PanamaKernels.addPairs(sum4, part4);
            sum5 = PanamaKernels.addPairs(sum5, part5);
            sum6 = PanamaKernels.addPairs(sum6, part6);
            sum7 = PanamaKernels.addPairs(sum7, part7);
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
            ShortVector codes = shorts(row + i);
            ShortVector lanes = ShortVector.zero(SHORTS);
            for (int part = 0; part < 4; part++) {
                ShortVector doubled =
                        code(codes, part).lanewise(VectorOperators.LSHL, 1).sub((short) 15);
                doubled.intoMemorySegment(Memory.ALL, lanes(query, i) + 64L * part, ByteOrder.LITTLE_ENDIAN);
                lanes = lanes.add(doubled);
            }
            sum = PanamaKernels.addPairs(sum, lanes);
        }
        return sum.reduceLanes(VectorOperators.ADD) - clear(query, dim, 2 * n);
    }

    @Override
    int toLanes(long values, float scale, int n, long query) {
        IntVector sum = IntVector.zero(INTS);
        int lanes = INTS.length();
        for (int i = 0; i < 2 * n; i += 4 * lanes) {
            FloatVector v0 = PanamaKernels.rounded(values + 4L * i, scale);
            FloatVector v1 = PanamaKernels.rounded(values + 4L * (i + lanes), scale);
            FloatVector v2 = PanamaKernels.rounded(values + 4L * (i + 2 * lanes), scale);
            FloatVector v3 = PanamaKernels.rounded(values + 4L * (i + 3 * lanes), scale);
            FloatVector low = PanamaKernels.evens(v0, v1);
            FloatVector high = PanamaKernels.evens(v2, v3);
            long at = query + HEADER_BYTES + halfLane(i);
            sum = sum.add(PanamaKernels.putLanes(PanamaKernels.evens(low, high), at));
            sum = sum.add(PanamaKernels.putLanes(PanamaKernels.odds(low, high), at + 128));
            low = PanamaKernels.odds(v0, v1);
            high = PanamaKernels.odds(v2, v3);
            sum = sum.add(PanamaKernels.putLanes(PanamaKernels.evens(low, high), at + 64));
            sum = sum.add(PanamaKernels.putLanes(PanamaKernels.odds(low, high), at + 192));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }
}
