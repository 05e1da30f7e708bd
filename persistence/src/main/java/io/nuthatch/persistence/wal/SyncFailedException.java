package io.nuthatch.persistence.wal;

import java.io.IOException;

/// A sync failed: what was written before and not synced may be lost, and trying again would prove nothing.
final class SyncFailedException extends IOException {
    private static final long serialVersionUID = 1;

    SyncFailedException(String name, IOException cause) {
        super("fsync of " + name + " failed: " + cause.getMessage(), cause);
    }
}
