package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// The plain loops that define what [PanamaSq8] answers.
final class ScalarSq8 extends ScalarCodeKernel {
    @Override
    float one(long query, long row, int n) {
        long lanes = query + HEADER_BYTES;
        int sum = 0;
        for (int i = 0; i < n; i++) {
            sum += Memory.getShort(lanes + lane(i)) * (Memory.getByte(row + i) & 0xFF);
        }
        return 2 * sum - Memory.getInt(query);
    }

    @Override
    int asQuery(long row, int n, int dim, long query) {
        int sum = 0;
        for (int i = 0; i < dim; i++) {
            int lane = ((Memory.getByte(row + i) & 0xFF) + 1 >> 1) - 64;
            Memory.putShort(query + HEADER_BYTES + lane(i), (short) lane);
            sum += lane;
        }
        clear(query, dim, n);
        return sum;
    }

    @Override
    long lane(int i) {
        return byteLane(i);
    }

    @Override
    int toLanes(long values, float scale, int n, long query) {
        return toLanes(values, scale, query, n);
    }
}
