package io.nuthatch.persistence.recovery;

import io.nuthatch.engine.Storage;
import io.nuthatch.persistence.checkpoint.Checkpoints.Saved;
import io.nuthatch.persistence.wal.LogFiles;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A log that begins behind what is in memory: its records mean nothing without a checkpoint of that.
///
/// While such a checkpoint is on its way, an empty file `begins-LSN` in the log's folder names the first
/// record of the beginning. What a crash makes of it is decided by [#settle], at the next start: when the
/// newest checkpoint holds that record, it is the one, and the log goes on; else it never became whole, and
/// the records from there on are thrown away, of which nobody was told that they are safe.
///
/// One thread.
public final class LogBeginning {
    private static final String PREFIX = "begins-";

    private final Storage storage;

    /// `storage`: the log's folder.
    public LogBeginning(Storage storage) {
        this.storage = storage;
    }

    /// From here on, records from `lsn` on wait for a checkpoint that holds `lsn`.
    public void mark(long lsn) throws IOException {
        try (Storage.File mark = storage.create(PREFIX + lsn)) {
            mark.sync();
        }
        storage.sync();
    }

    /// Such a checkpoint is there, or there are no such records any more.
    public void unmark() throws IOException {
        for (String name : storage.list()) {
            if (name.startsWith(PREFIX)) {
                storage.delete(name);
            }
        }
        storage.sync();
    }

    /// Decides about a beginning that nobody works at any more. `newest`: the newest whole checkpoint, null
    /// for none. True when there was a beginning and it was thrown away.
    public boolean settle(LogFiles log, @Nullable Saved newest) throws IOException {
        long first = markedLsn();
        if (first == 0) {
            return false;
        }
        boolean isBased = newest != null && newest.hasLog() && newest.coveredLsn() >= first;
        if (!isBased) {
            log.discardFrom(first);
        }
        unmark();
        return !isBased;
    }

    /// The record that the mark names; 0 without one.
    public long markedLsn() throws IOException {
        for (String name : storage.list()) {
            if (name.startsWith(PREFIX)) {
                try {
                    return Long.parseLong(name.substring(PREFIX.length()));
                } catch (NumberFormatException stranger) {
                    throw new IOException(
                            "the log's folder has a file " + name + ", whose name has no number", stranger);
                }
            }
        }
        return 0;
    }
}
