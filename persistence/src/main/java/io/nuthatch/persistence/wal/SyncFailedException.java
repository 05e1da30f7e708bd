package io.nuthatch.persistence.wal;

import java.io.IOException;

/// A sync failed: what was written before and not synced may be lost, and trying again would prove nothing.
public final class SyncFailedException extends IOException {
    private static final long serialVersionUID = 1;

    /// `name` of the file, for people to read.
    public SyncFailedException(String name, IOException cause) {
        this("fsync of " + name + " failed: " + cause.getMessage(), (Throwable) cause);
    }

    private SyncFailedException(String message, Throwable cause) {
        super(message, cause);
    }

    /// A write failed in a way that is as final.
    public static SyncFailedException atWrite(String name, Throwable cause) {
        return new SyncFailedException(name + " cannot be written any more: " + cause, cause);
    }
}
