package io.nuthatch.engine.vector;

/// What is done to vectors of float32 on their way to codes and queries: by [PanamaTransforms] where the
/// vector module is there, by [ScalarTransforms] elsewhere.
final class Transforms {
    private static final Kernel DOT = Kernel.of(VectorType.FLOAT32, Metric.IP);

    private Transforms() {}

    /// `Σ component²` of `n` components, zeros to the end of a 64-byte line included.
    static float squares(long vector, int n) {
        return DOT.one(vector, vector, n);
    }

    /// See [ScalarTransforms#hadamard].
    static void hadamard(long vector, float[] factors) {
        if (Simd.IS_ON) {
            PanamaTransforms.hadamard(vector, factors);
        } else {
            ScalarTransforms.hadamard(vector, factors);
        }
    }

    /// See [ScalarTransforms#center].
    static void center(long vector, float factor, float[] center) {
        if (Simd.IS_ON) {
            PanamaTransforms.center(vector, factor, center);
        } else {
            ScalarTransforms.center(vector, factor, center);
        }
    }

    /// See [ScalarTransforms#dot].
    static float dot(long vector, float[] other) {
        return Simd.IS_ON ? PanamaTransforms.dot(vector, other) : ScalarTransforms.dot(vector, other);
    }

    /// See [ScalarTransforms#largest].
    static float largest(long vector, int n) {
        return Simd.IS_ON ? PanamaTransforms.largest(vector, n) : ScalarTransforms.largest(vector, n);
    }

    /// See [ScalarTransforms#fit].
    static void fit(long vector, int n, float scale, float middle, float[] out) {
        if (Simd.IS_ON) {
            PanamaTransforms.fit(vector, n, scale, middle, out);
        } else {
            ScalarTransforms.fit(vector, n, scale, middle, out);
        }
    }
}
