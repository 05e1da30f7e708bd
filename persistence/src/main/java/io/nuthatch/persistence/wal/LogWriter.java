package io.nuthatch.persistence.wal;

import java.io.Closeable;
import java.io.IOException;

/// What brings records to the disk for a journal: files of our own or another kind of log.
///
/// Every step may fail and be taken again: what was done is remembered. A sync that failed
/// ([SyncFailedException]) is never tried again; the journal gives the writer up. One thread at a time.
public interface LogWriter extends Closeable {
    /// Writes all of `buffer`. When it throws, the next call must be with the same buffer and goes on where
    /// this one ended. `ahead`: every record will be synced soon, so prepare the file for it.
    void write(AppendBuffer buffer, boolean ahead) throws IOException;

    /// Makes everything written safe.
    void sync() throws IOException;

    /// Of the newest record that was written, 0 for none.
    long writtenLsn();

    /// Of the newest record that survives a loss of power.
    long syncedLsn();

    /// Bytes of all files.
    long sizeBytes();

    /// Deletes the oldest file if all its records are `lsn` or lower and another one follows; false when
    /// there is none to delete. A file that a loss of power brings back is in nobody's way.
    boolean cut(long lsn) throws IOException;

    /// Ends the log in order and lets the files and the memory go. The memory is given back in any case.
    @Override
    void close() throws IOException;

    /// Lets the files go as they are, after a failed sync.
    void abandon();
}
