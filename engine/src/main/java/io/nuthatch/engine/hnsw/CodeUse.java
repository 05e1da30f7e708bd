package io.nuthatch.engine.hnsw;

/// What has become of the codes of an index.
public enum CodeUse {
    /// There are none: none are asked for, a row is no longer than its code, or there are too few vectors
    /// yet.
    NONE,
    /// Walks go by them.
    WALKED,
    /// They cannot tell the vectors apart, so walks go by the vectors themselves; see [Resolution].
    REFUSED
}
