package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// The plain loops that define what [PanamaSq4] answers.
final class ScalarSq4 extends ScalarCodeKernel {
    @Override
    float one(long query, long row, int n) {
        long lanes = query + HEADER_BYTES;
        int sum = 0;
        for (int i = 0; i < 2 * n; i++) {
            sum += Memory.getShort(lanes + lane(i)) * code(row, i);
        }
        return 2 * sum - Memory.getInt(query);
    }

    private static int code(long row, int i) {
        return Memory.getByte(row + (i >> 1)) >> 4 * (i & 1) & 0xF;
    }

    @Override
    int asQuery(long row, int n, int dim, long query) {
        int sum = 0;
        for (int i = 0; i < dim; i++) {
            int lane = 2 * code(row, i) - 15;
            Memory.putShort(query + HEADER_BYTES + lane(i), (short) lane);
            sum += lane;
        }
        clear(query, dim, 2 * n);
        return sum;
    }

    @Override
    long lane(int i) {
        return halfLane(i);
    }

    @Override
    int toLanes(long values, float scale, int n, long query) {
        return toLanes(values, scale, query, 2 * n);
    }
}
