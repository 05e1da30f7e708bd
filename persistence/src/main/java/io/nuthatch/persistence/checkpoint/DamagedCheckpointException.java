package io.nuthatch.persistence.checkpoint;

import java.io.IOException;

/// A file of a checkpoint that was once whole is not what was written; the message names file and offset.
public final class DamagedCheckpointException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;
    private final String what;

    DamagedCheckpointException(String file, long offset, String what) {
        super(file + " is damaged at byte " + offset + ": " + what);
        this.file = file;
        this.offset = offset;
        this.what = what;
    }

    /// Name of the file.
    public String file() {
        return file;
    }

    /// Where in it, in bytes.
    public long offset() {
        return offset;
    }

    /// What is wrong there, in words.
    public String what() {
        return what;
    }
}
