package io.nuthatch.engine.hnsw;

/// The index was dropped while, or before, it was called.
public final class IndexClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    IndexClosedException() {
        super("the index is closed");
    }
}
