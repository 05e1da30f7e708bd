package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Rows of FLOAT64: a template, see [PanamaKernels].
final class PanamaDoubleKernel extends Kernel {
    private static final boolean IS_EUCLIDEAN =
            PanamaKernels.caseOf(MethodHandles.lookup()).isEuclidean();
    private static final VectorSpecies<Double> DOUBLES = PanamaKernels.DOUBLES;

    private static DoubleVector load(long address, int i) {
        return DoubleVector.fromMemorySegment(DOUBLES, Memory.ALL, address + 8L * i, ByteOrder.LITTLE_ENDIAN);
    }

    private static DoubleVector add(DoubleVector sum, DoubleVector q, DoubleVector row) {
        if (IS_EUCLIDEAN) {
            DoubleVector difference = q.sub(row);
            return difference.fma(difference, sum);
        }
        return q.fma(row, sum);
    }

    @Override
    float one(long query, long row, int n) {
        return (float) precise(query, row, n);
    }

    @Override
    double precise(long query, long row, int n) {
        DoubleVector sum = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < n; i += DOUBLES.length()) {
            sum = add(sum, load(query, i), load(row, i));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        DoubleVector sum0 = DoubleVector.zero(DOUBLES);
        DoubleVector sum1 = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < n; i += DOUBLES.length()) {
            DoubleVector q = load(query, i);
            sum0 = add(sum0, q, load(row0, i));
            sum1 = add(sum1, q, load(row1, i));
        }
        out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
        out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
    }

    @Override
    void four(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        long row2 = rows[from + 2];
        long row3 = rows[from + 3];
        DoubleVector sum0 = DoubleVector.zero(DOUBLES);
        DoubleVector sum1 = DoubleVector.zero(DOUBLES);
        DoubleVector sum2 = DoubleVector.zero(DOUBLES);
        DoubleVector sum3 = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < n; i += DOUBLES.length()) {
            DoubleVector q = load(query, i);
            sum0 = add(sum0, q, load(row0, i));
            sum1 = add(sum1, q, load(row1, i));
            sum2 = add(sum2, q, load(row2, i));
            sum3 = add(sum3, q, load(row3, i));
        }
        out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
        out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
        out[from + 2] = (float) sum2.reduceLanes(VectorOperators.ADD);
        out[from + 3] = (float) sum3.reduceLanes(VectorOperators.ADD);
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
        DoubleVector sum0 = DoubleVector.zero(DOUBLES);
        DoubleVector sum1 = DoubleVector.zero(DOUBLES);
        DoubleVector sum2 = DoubleVector.zero(DOUBLES);
        DoubleVector sum3 = DoubleVector.zero(DOUBLES);
        DoubleVector sum4 = DoubleVector.zero(DOUBLES);
        DoubleVector sum5 = DoubleVector.zero(DOUBLES);
        DoubleVector sum6 = DoubleVector.zero(DOUBLES);
        DoubleVector sum7 = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < n; i += DOUBLES.length()) {
            DoubleVector q = load(query, i);
            sum0 = add(sum0, q, load(row0, i));
            sum1 = add(sum1, q, load(row1, i));
            sum2 = add(sum2, q, load(row2, i));
            sum3 = add(sum3, q, load(row3, i));
            sum4 = add(sum4, q, load(row4, i));
            sum5 = add(sum5, q, load(row5, i));
            sum6 = add(sum6, q, load(row6, i));
            sum7 = add(sum7, q, load(row7, i));
        }
        out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
        out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
        out[from + 2] = (float) sum2.reduceLanes(VectorOperators.ADD);
        out[from + 3] = (float) sum3.reduceLanes(VectorOperators.ADD);
        out[from + 4] = (float) sum4.reduceLanes(VectorOperators.ADD);
        out[from + 5] = (float) sum5.reduceLanes(VectorOperators.ADD);
        out[from + 6] = (float) sum6.reduceLanes(VectorOperators.ADD);
        out[from + 7] = (float) sum7.reduceLanes(VectorOperators.ADD);
    }
}
