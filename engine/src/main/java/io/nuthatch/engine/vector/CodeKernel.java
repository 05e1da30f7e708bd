package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// Compares a prepared query with codes: [Kernel]'s forms over rows of codes, and the way from a code to a
/// query.
///
/// A code row is `n` bytes, whole 64-byte lines, components in their order: a byte each (8 bits), or the
/// lower half of a byte before the upper (4 bits).
///
/// A query begins with its header of [#HEADER_BYTES], whose first int is `levels * Σ lane`. The lanes follow,
/// a short for each component, -64..64, zero where there is none, in the order in which a kernel that splits
/// shorts meets them: line by line of the row, and in a line first every component whose number is 0 modulo 2
/// (or 4, for 4 bits), then 1 modulo that, and so on.
///
/// The answer is `Σ lane · (2 · code - levels)`, exact as an int before it becomes a float: twice 32,768
/// products of 64 and 255 fit.
abstract class CodeKernel extends Kernel {
    static final int HEADER_BYTES = 64;
    static final int LANE_MAX = 64;

    /// Makes the code at `row` the lanes of `query`, those from `dim` on zero; returns their sum. A lane is
    /// half of the code less half of its levels, rounded (8 bits), or twice the code less its levels, exactly
    /// (4 bits).
    abstract int asQuery(long row, int n, int dim, long query);

    /// Makes `Math.rint(value * scale)` of the floats at `values` the lanes of `query`, and returns their
    /// sum. There is a value, perhaps zero, for every component that fits a row; `|value * scale|` is at most
    /// [#LANE_MAX]. The values are lost.
    abstract int toLanes(long values, float scale, int n, long query);

    /// Byte of the lane of component `i` among the lanes.
    abstract long lane(int i);

    /// [#lane] of 8-bit codes.
    static long byteLane(int i) {
        return 2L * (i & -64) + 64L * (i & 1) + (i & 62);
    }

    /// [#lane] of 4-bit codes.
    static long halfLane(int i) {
        return 2L * (i & -128) + 64L * (i & 3) + (i >> 1 & 62);
    }

    /// Makes the lanes of components `from` to `to` of `query` zero; returns what their sum was.
    final int clear(long query, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            long at = query + HEADER_BYTES + lane(i);
            sum += Memory.getShort(at);
            Memory.putShort(at, (short) 0);
        }
        return sum;
    }

    static CodeKernel of(Compression compression) {
        return switch (compression) {
            case NONE -> throw new IllegalArgumentException("rows that are not compressed have no codes");
            case SQ8 -> Simd.IS_ON ? new PanamaSq8() : new ScalarSq8();
            case SQ4 -> Simd.IS_ON ? new PanamaSq4() : new ScalarSq4();
        };
    }
}
