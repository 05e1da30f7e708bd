package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// What is done to vectors on their way to codes and queries, on the vector API.
final class PanamaTransforms {
    private static final VectorSpecies<Float> FLOATS = PanamaKernels.FLOATS;
    private static final int LANES = FLOATS.length();
    private static final float ROUNDER = 0x1.8p23f; // What is added and taken away again is rounded to an integer.
    private static final VectorShuffle<Float> FLIP1 = flip(1);
    private static final VectorShuffle<Float> FLIP2 = flip(2);
    private static final VectorShuffle<Float> FLIP4 = flip(4);
    private static final VectorShuffle<Float> FLIP8 = flip(8);

    /// For each of those flips, 1 for the first of two lanes and -1 for the second.
    private static final float[] FLIP_SIGNS = flipSigns();

    private PanamaTransforms() {}

    private static VectorShuffle<Float> flip(int distance) {
        return VectorShuffle.fromOp(FLOATS, i -> (i ^ distance) & LANES - 1);
    }

    private static float[] flipSigns() {
        float[] signs = new float[4 * LANES];
        for (int i = 0; i < signs.length; i++) {
            signs[i] = (i % LANES & 1 << i / LANES) == 0 ? 1 : -1;
        }
        return signs;
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    private static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    /// Twin of [ScalarTransforms#hadamard]. The steps within a register come first, the longer ones after;
    /// they commute.
    static void hadamard(long vector, float[] factors) {
        int n = factors.length;
        if (n < LANES) {
            ScalarTransforms.hadamard(vector, factors);
            return;
        }
        FloatVector signs1 = FloatVector.fromArray(FLOATS, FLIP_SIGNS, 0);
        FloatVector signs2 = FloatVector.fromArray(FLOATS, FLIP_SIGNS, LANES);
        FloatVector signs4 = FloatVector.fromArray(FLOATS, FLIP_SIGNS, 2 * LANES);
        FloatVector signs8 = FloatVector.fromArray(FLOATS, FLIP_SIGNS, 3 * LANES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(vector + 4L * i).mul(FloatVector.fromArray(FLOATS, factors, i));
            v = v.fma(signs1, v.rearrange(FLIP1));
            v = v.fma(signs2, v.rearrange(FLIP2));
            if (LANES > 4) {
                v = v.fma(signs4, v.rearrange(FLIP4));
            }
            if (LANES > 8) {
                v = v.fma(signs8, v.rearrange(FLIP8));
            }
            store(v, vector + 4L * i);
        }
        for (int half = LANES; half < n; half *= 2) {
            for (int block = 0; block < n; block += 2 * half) {
                long other = vector + 4L * half;
                for (int i = block; i < block + half; i += LANES) {
                    FloatVector a = load(vector + 4L * i);
                    FloatVector b = load(other + 4L * i);
                    store(a.add(b), vector + 4L * i);
                    store(a.sub(b), other + 4L * i);
                }
            }
        }
    }

    static void center(long vector, float factor, float[] center) {
        int n = center.length;
        int whole = n - n % LANES;
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector v = load(vector + 4L * i).mul(factors).sub(FloatVector.fromArray(FLOATS, center, i));
            store(v, vector + 4L * i);
        }
        for (int i = whole; i < n; i++) {
            Memory.putFloat(vector + 4L * i, Memory.getFloat(vector + 4L * i) * factor - center[i]);
        }
    }

    static float dot(long vector, float[] other) {
        int n = other.length;
        int whole = n - n % LANES;
        FloatVector sums = FloatVector.zero(FLOATS);
        for (int i = 0; i < whole; i += LANES) {
            sums = load(vector + 4L * i).fma(FloatVector.fromArray(FLOATS, other, i), sums);
        }
        float sum = sums.reduceLanes(VectorOperators.ADD);
        for (int i = whole; i < n; i++) {
            sum += Memory.getFloat(vector + 4L * i) * other[i];
        }
        return sum;
    }

    /// As its twin, of a vector that is padded with zeros to a 64-byte line.
    static float largest(long vector, int n) {
        FloatVector largest = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += LANES) {
            largest = largest.max(load(vector + 4L * i).abs());
        }
        return largest.reduceLanes(VectorOperators.MAX);
    }

    static void fit(long vector, int n, float scale, float middle, float[] out) {
        int whole = n - n % LANES;
        ScalarTransforms.fit(vector + 4L * whole, n - whole, scale, middle, out);
        FloatVector dot = FloatVector.zero(FLOATS);
        FloatVector levels = FloatVector.zero(FLOATS);
        FloatVector squares = FloatVector.zero(FLOATS);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector v = load(vector + 4L * i).mul(scale);
            FloatVector code = v.add(middle).add(ROUNDER).sub(ROUNDER);
            FloatVector level = code.max(0).min(2 * middle).sub(middle);
            dot = v.fma(level, dot);
            levels = level.fma(level, levels);
            squares = v.fma(v, squares);
        }
        out[0] += dot.reduceLanes(VectorOperators.ADD);
        out[1] += levels.reduceLanes(VectorOperators.ADD);
        out[2] += squares.reduceLanes(VectorOperators.ADD);
    }
}
