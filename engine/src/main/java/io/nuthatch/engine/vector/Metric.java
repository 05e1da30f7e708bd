package io.nuthatch.engine.vector;

/// What "near" means. Distances are as Redis gives them, smaller is nearer:
/// L2 is the *squared* Euclidean distance, IP is `1 - <a, b>`, COSINE is `1 - cos(a, b)`.
public enum Metric {
    L2,
    IP,
    COSINE
}
