package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// The plain loops that define what [PanamaTransforms] does to vectors on their way to codes and queries.
final class ScalarTransforms {
    private ScalarTransforms() {}

    /// Multiplies the floats at `vector` by `factors`, as many as a power of two, and then by the
    /// Walsh-Hadamard matrix.
    static void hadamard(long vector, float[] factors) {
        int n = factors.length;
        for (int i = 0; i < n; i++) {
            Memory.putFloat(vector + 4L * i, Memory.getFloat(vector + 4L * i) * factors[i]);
        }
        for (int half = 1; half < n; half *= 2) {
            for (int block = 0; block < n; block += 2 * half) {
                for (int i = block; i < block + half; i++) {
                    float a = Memory.getFloat(vector + 4L * i);
                    float b = Memory.getFloat(vector + 4L * (i + half));
                    Memory.putFloat(vector + 4L * i, a + b);
                    Memory.putFloat(vector + 4L * (i + half), a - b);
                }
            }
        }
    }

    /// Makes the floats at `vector` `factor` times themselves less `center`.
    static void center(long vector, float factor, float[] center) {
        for (int i = 0; i < center.length; i++) {
            Memory.putFloat(vector + 4L * i, Memory.getFloat(vector + 4L * i) * factor - center[i]);
        }
    }

    /// Inner product of the floats at `vector` with `other`.
    static float dot(long vector, float[] other) {
        float sum = 0;
        for (int i = 0; i < other.length; i++) {
            sum += Memory.getFloat(vector + 4L * i) * other[i];
        }
        return sum;
    }

    /// The largest magnitude among the first `n` floats at `vector`.
    static float largest(long vector, int n) {
        float largest = 0;
        for (int i = 0; i < n; i++) {
            largest = Math.max(largest, Math.abs(Memory.getFloat(vector + 4L * i)));
        }
        return largest;
    }

    /// How well codes with levels `-middle .. middle`, one unit apart, stand for `value * scale`: `Σ value ·
    /// scale · level`, `Σ level²` and `Σ (value · scale)²` into `out`.
    static void fit(long vector, int n, float scale, float middle, float[] out) {
        double dot = 0;
        double levels = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            float value = Memory.getFloat(vector + 4L * i) * scale;
            float level = code(value, middle) - middle;
            dot += (double) value * level;
            levels += (double) level * level;
            squares += (double) value * value;
        }
        out[0] = (float) dot;
        out[1] = (float) levels;
        out[2] = (float) squares;
    }

    /// The codes that [#fit] weighs, a byte each.
    static void encodeBytes(long vector, int n, float scale, float middle, long code) {
        for (int i = 0; i < n; i++) {
            Memory.putByte(code + i, (byte) code(Memory.getFloat(vector + 4L * i) * scale, middle));
        }
    }

    /// As [#encodeBytes], the first of two components in the lower half of a byte.
    static void encodeHalves(long vector, int n, float scale, float middle, long code) {
        for (int i = 0; i < n; i += 2) {
            int low = code(Memory.getFloat(vector + 4L * i) * scale, middle);
            int high = i + 1 < n ? code(Memory.getFloat(vector + 4L * (i + 1)) * scale, middle) : 0;
            Memory.putByte(code + i / 2, (byte) (low | high << 4));
        }
    }

    private static int code(float scaled, float middle) {
        return (int) Math.clamp(Math.rint(scaled + middle), 0, 2 * middle);
    }
}
