package io.nuthatch.engine.hnsw;

/// What a search found, nearest first, ties by ordinal.
///
/// `distances[i]` belongs to `ordinals[i]`, in the metric's own unit (see `Metric`). `isCut` says that the
/// deadline passed first, so that nearer ones may be missing. `plan` is how it ran at the end,
/// `distanceCount` how many distances it took.
public record Hits(int[] ordinals, double[] distances, boolean isCut, Plan plan, int distanceCount) {
    /// How a search was run.
    public enum Plan {
        /// Every match compared.
        SCAN,
        /// The graph walked, filtered on the way.
        WALK,
        /// The graph walked and left for the scan.
        WALK_THEN_SCAN
    }

    public int size() {
        return ordinals.length;
    }
}
