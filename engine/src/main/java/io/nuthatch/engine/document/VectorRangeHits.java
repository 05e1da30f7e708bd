package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.Hits;
import java.util.Arrays;
import org.roaringbitmap.RoaringBitmap;

/// What one VECTOR_RANGE found: the ordinals as a set, and their distances.
///
/// Threads: any, once made.
final class VectorRangeHits {
    /// Nothing found.
    static final VectorRangeHits NONE =
            new VectorRangeHits(new Hits(new int[0], new double[0], false, Hits.Plan.SCAN, 0));

    private final RoaringBitmap ordinals;
    private final int[] sorted;
    private final double[] distances; // By the order of `sorted`.
    private final boolean isCut;

    VectorRangeHits(Hits hits) {
        int size = hits.size();
        long[] order = new long[size];
        for (int i = 0; i < size; i++) {
            order[i] = (long) hits.ordinals()[i] << 32 | i;
        }
        Arrays.sort(order);
        this.sorted = new int[size];
        this.distances = new double[size];
        for (int i = 0; i < size; i++) {
            sorted[i] = (int) (order[i] >> 32);
            distances[i] = hits.distances()[(int) order[i]];
        }
        this.ordinals = RoaringBitmap.bitmapOf(sorted);
        this.isCut = hits.isCut();
    }

    RoaringBitmap ordinals() {
        return ordinals;
    }

    /// Whether the deadline passed first.
    boolean isCut() {
        return isCut;
    }

    /// NaN for an ordinal that is not among them.
    double distance(int ordinal) {
        int at = Arrays.binarySearch(sorted, ordinal);
        return at < 0 ? Double.NaN : distances[at];
    }
}
