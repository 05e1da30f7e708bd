package io.nuthatch.persistence.checkpoint;

import java.io.IOException;

/// A checkpoint was given up before it was whole, as what it wrote no longer fits together.
public final class CheckpointAbortedException extends IOException {
    private static final long serialVersionUID = 1L;

    CheckpointAbortedException(String reason) {
        super(reason);
    }
}
