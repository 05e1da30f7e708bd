package io.nuthatch.persistence.wal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/// The files of a log that nobody writes, to be looked into and mended, whatever they look like. Files are
/// named as [LogInspection] names them. One thread.
public interface MendableLog {
    /// What is in them. Nothing is changed.
    LogInspection inspect() throws IOException;

    /// Gives the records of `stretch` from `from` to `to` to `visitor`, which must be in it.
    void read(LogInspection.Stretch stretch, long from, long to, LogFiles.Visitor visitor) throws IOException;

    /// Where copies of files go: into `folder`, which is made and empty.
    Copies copies(Path folder) throws IOException;

    /// Removes a file.
    void remove(String file) throws IOException;

    /// Replaces the file that `stretch` is in by one with its records alone, in one step: whatever
    /// interrupts it, the records are there once at least.
    void rewrite(LogInspection.Stretch stretch) throws IOException;

    /// Writes a file of records without payload, from `firstLsn` to `lastLsn`.
    void fill(long firstLsn, long lastLsn, long epochSeconds) throws IOException;

    /// Makes safe which files there are.
    void sync() throws IOException;

    /// Copies of files as they were.
    interface Copies extends Closeable {
        /// Copies a file.
        void take(String file) throws IOException;

        /// Makes all copies safe.
        void sync() throws IOException;
    }
}
