package io.nuthatch.engine.vector;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Rows of FLOAT32, FLOAT16 and BFLOAT16 against a query of float32: a template, see [PanamaKernels].
final class PanamaFloatKernel extends Kernel {
    private static final PanamaKernels.Case CASE = PanamaKernels.caseOf(MethodHandles.lookup());
    private static final VectorType TYPE = CASE.type();
    private static final boolean IS_EUCLIDEAN = CASE.isEuclidean();
    private static final VectorSpecies<Float> FLOATS = PanamaKernels.FLOATS;

    private static FloatVector load(long row, int i) {
        return switch (TYPE) {
            case FLOAT16 -> PanamaKernels.halves(row, i);
            case BFLOAT16 -> PanamaKernels.brains(row, i);
            default -> PanamaKernels.floats(row, i);
        };
    }

    private static FloatVector add(FloatVector sum, FloatVector q, FloatVector row) {
        if (IS_EUCLIDEAN) {
            FloatVector difference = q.sub(row);
            return difference.fma(difference, sum);
        }
        return q.fma(row, sum);
    }

    @Override
    float one(long query, long row, int n) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += FLOATS.length()) {
            sum = add(sum, PanamaKernels.floats(query, i), load(row, i));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        long row0 = rows[from];
        long row1 = rows[from + 1];
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += FLOATS.length()) {
            FloatVector q = PanamaKernels.floats(query, i);
            sum0 = add(sum0, q, load(row0, i));
            sum1 = add(sum1, q, load(row1, i));
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
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        FloatVector sum2 = FloatVector.zero(FLOATS);
        FloatVector sum3 = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += FLOATS.length()) {
            FloatVector q = PanamaKernels.floats(query, i);
            sum0 = add(sum0, q, load(row0, i));
            sum1 = add(sum1, q, load(row1, i));
            sum2 = add(sum2, q, load(row2, i));
            sum3 = add(sum3, q, load(row3, i));
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
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        FloatVector sum2 = FloatVector.zero(FLOATS);
        FloatVector sum3 = FloatVector.zero(FLOATS);
        FloatVector sum4 = FloatVector.zero(FLOATS);
        FloatVector sum5 = FloatVector.zero(FLOATS);
        FloatVector sum6 = FloatVector.zero(FLOATS);
        FloatVector sum7 = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += FLOATS.length()) {
            FloatVector q = PanamaKernels.floats(query, i);
            sum0 = add(sum0, q, load(row0, i));
            sum1 = add(sum1, q, load(row1, i));
            sum2 = add(sum2, q, load(row2, i));
            sum3 = add(sum3, q, load(row3, i));
            sum4 = add(sum4, q, load(row4, i));
            sum5 = add(sum5, q, load(row5, i));
            sum6 = add(sum6, q, load(row6, i));
            sum7 = add(sum7, q, load(row7, i));
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
