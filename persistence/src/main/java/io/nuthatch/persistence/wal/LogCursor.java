package io.nuthatch.persistence.wal;

import java.io.Closeable;
import java.io.IOException;

/// Reads a log forwards, beside the one who writes it. Holds a file open and never keeps one from being cut:
/// what was cut meanwhile is missed aloud. One thread at a time.
public interface LogCursor extends Closeable {
    /// Gives the next records to `visitor`, oldest first, none behind `lastLsn`, until `maxBytes` of payload
    /// were given; the last may go over. Ends of a log that was closed in order are passed over.
    ///
    /// `lastLsn`: records up to here must be written, as [io.nuthatch.engine.Journal#committedLsn] says.
    /// Throws [DamagedLogException] when a record that must be there is not: it was cut or damaged.
    void read(long lastLsn, long maxBytes, LogFiles.Visitor visitor) throws IOException;

    /// LSN of the record that comes next.
    long nextLsn();

    @Override
    void close();
}
