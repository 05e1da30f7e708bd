package io.nuthatch.persistence.wal;

import java.io.IOException;

/// The log lacks something that had been promised to be safe. The server does not start on it.
public final class DamagedLogException extends IOException {
    private static final long serialVersionUID = 1;

    private final String file;
    private final long offset;

    /// `what` is missing or wrong, at byte `offset` of `file`.
    public DamagedLogException(String file, long offset, String what) {
        super(file + ": damaged at byte " + offset + ": " + what);
        this.file = file;
        this.offset = offset;
    }

    /// Name of the file.
    public String file() {
        return file;
    }

    /// Where in it, in bytes.
    public long offset() {
        return offset;
    }
}
