package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// What the scalar kernels of both widths share: one row after the other.
abstract class ScalarCodeKernel extends CodeKernel {
    final int toLanes(long values, float scale, long query, int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            int lane = (int) Math.rint(Memory.getFloat(values + 4L * i) * scale);
            Memory.putShort(query + HEADER_BYTES + lane(i), (short) lane);
            sum += lane;
        }
        return sum;
    }

    @Override
    void two(long query, long[] rows, int from, int n, float[] out) {
        each(query, rows, from, 2, n, out);
    }

    @Override
    void four(long query, long[] rows, int from, int n, float[] out) {
        each(query, rows, from, 4, n, out);
    }

    @Override
    void eight(long query, long[] rows, int from, int n, float[] out) {
        each(query, rows, from, 8, n, out);
    }

    private void each(long query, long[] rows, int from, int count, int n, float[] out) {
        for (int i = from; i < from + count; i++) {
            out[i] = one(query, rows[i], n);
        }
    }
}
