package io.nuthatch.engine.vector;

import java.util.SplittableRandom;

/// A random orthogonal map of `dim` components that takes `dim · log dim` steps: it spreads what single
/// components say over all of them, so that one grid fits every component of every vector.
///
/// Idea: random signs and a Walsh-Hadamard transform over the first `2^floor(log2 dim)` components, the same
/// over as many at the end, and both once more. Nothing is padded, hence lengths and angles are kept. After
/// Ailon & Chazelle, "The fast Johnson-Lindenstrauss transform", 2009.
///
/// The same `dim` always gives the same map. Threads: any; immutable.
final class Rotation {
    private static final int ROUNDS = 2;
    private static final long SEED = 0x6e75_7468_6174_6368L;

    private final int dim;
    private final int block; // The largest power of two within dim.
    private final float[][] signs; // Of each transform, with its scale of 1 / sqrt(block).

    Rotation(int dim) {
        this.dim = dim;
        this.block = Integer.highestOneBit(dim);
        this.signs = new float[block == dim ? ROUNDS : 2 * ROUNDS][block];
        SplittableRandom random = new SplittableRandom(SEED);
        float scale = (float) (1 / Math.sqrt(block));
        for (float[] factors : signs) {
            for (int i = 0; i < block; i++) {
                factors[i] = random.nextBoolean() ? scale : -scale;
            }
        }
    }

    /// Rotates the `dim` floats at `vector` in place.
    void apply(long vector) {
        long end = vector + (long) (dim - block) * Float.BYTES;
        for (int i = 0; i < signs.length; i++) {
            long part = block == dim || i % 2 == 0 ? vector : end;
            Transforms.hadamard(part, signs[i]);
        }
    }
}
