package io.nuthatch.persistence.checkpoint;

import java.io.IOException;

/// A file of a checkpoint that was once whole is not what was written; the message names file and offset.
public final class DamagedCheckpointException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedCheckpointException(String file, long offset, String what) {
        super(file + " is damaged at byte " + offset + ": " + what);
    }
}
