package io.nuthatch.engine.hnsw;

/// How a filtered search runs: by the planner's choice, or as the client forces it with HYBRID_POLICY.
public enum HybridPolicy {
    /// The cheaper of the two, predicted and corrected on the way.
    AUTO,
    /// An exact scan of the matches.
    ADHOC_BF,
    /// A walk of the graph; it still ends in the exact scan when it finds fewer than k.
    BATCHES
}
