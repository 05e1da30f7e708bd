package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Rows of INT8 and UINT8, exact in 32 bits: a template, see [PanamaKernels].
final class PanamaByteKernel extends Kernel {
    private static final PanamaKernels.Case CASE = PanamaKernels.caseOf(MethodHandles.lookup());
    private static final boolean IS_EUCLIDEAN = CASE.isEuclidean();
    private static final VectorOperators.Conversion<Byte, Integer> WIDEN =
            CASE.type() == VectorType.INT8 ? VectorOperators.B2I : VectorOperators.ZERO_EXTEND_B2I;
    private static final VectorSpecies<Integer> INTS = PanamaKernels.INTS;

    /// As many bytes as there are int lanes; with 128 bits that would be 32, which no species has: then twice
    /// as many.
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, INTS.vectorBitSize() / 4)));

    private static final boolean IS_TWICE = BYTES.length() == 2 * INTS.length();

    private static ByteVector load(long address, int i) {
        return ByteVector.fromMemorySegment(BYTES, Memory.ALL, address + i, ByteOrder.LITTLE_ENDIAN);
    }

    private static IntVector widen(ByteVector bytes, int part) {
        return (IntVector) bytes.convertShape(WIDEN, INTS, part);
    }

    private static IntVector add(IntVector sum, IntVector low, IntVector high, ByteVector row) {
        IntVector added = add(sum, low, widen(row, 0));
        return IS_TWICE ? add(added, high, widen(row, 1)) : added;
    }

    private static IntVector add(IntVector sum, IntVector q, IntVector row) {
        if (IS_EUCLIDEAN) {
            IntVector difference = q.sub(row);
            return sum.add(difference.mul(difference));
        }
        return sum.add(q.mul(row));
    }

    @Override
    float one(long query, long row, int n) {
        IntVector sum = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES.length()) {
            ByteVector bytes = load(query, i);
            IntVector low = widen(bytes, 0);
            sum = add(sum, low, IS_TWICE ? widen(bytes, 1) : low, load(row, i));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        for (int i = 0; i < n; i += BYTES.length()) {
            ByteVector bytes = load(query, i);
            IntVector low = widen(bytes, 0);
            IntVector high = IS_TWICE ? widen(bytes, 1) : low;
            sum0 = add(sum0, low, high, load(row0, i));
            sum1 = add(sum1, low, high, load(row1, i));
        }
        out[from] = sum0.reduceLanes(VectorOperators.ADD);
        out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
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
        for (int i = 0; i < n; i += BYTES.length()) {
            ByteVector bytes = load(query, i);
            IntVector low = widen(bytes, 0);
            IntVector high = IS_TWICE ? widen(bytes, 1) : low;
            sum0 = add(sum0, low, high, load(row0, i));
            sum1 = add(sum1, low, high, load(row1, i));
            sum2 = add(sum2, low, high, load(row2, i));
            sum3 = add(sum3, low, high, load(row3, i));
        }
        out[from] = sum0.reduceLanes(VectorOperators.ADD);
        out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
        out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
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
        for (int i = 0; i < n; i += BYTES.length()) {
            ByteVector bytes = load(query, i);
            IntVector low = widen(bytes, 0);
            IntVector high = IS_TWICE ? widen(bytes, 1) : low;
            sum0 = add(sum0, low, high, load(row0, i));
            sum1 = add(sum1, low, high, load(row1, i));
            sum2 = add(sum2, low, high, load(row2, i));
            sum3 = add(sum3, low, high, load(row3, i));
            sum4 = add(sum4, low, high, load(row4, i));
            sum5 = add(sum5, low, high, load(row5, i));
            sum6 = add(sum6, low, high, load(row6, i));
            sum7 = add(sum7, low, high, load(row7, i));
        }
        out[from] = sum0.reduceLanes(VectorOperators.ADD);
        out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
        out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
        out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
        out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
        out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
    }
}
