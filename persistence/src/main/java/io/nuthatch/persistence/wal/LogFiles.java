package io.nuthatch.persistence.wal;

import io.nuthatch.engine.EpochClock;
import java.io.IOException;

/// A log in its folder, whatever its files look like: read back once at the start, then written, and read
/// from any place meanwhile.
public interface LogFiles {
    /// Whether there is no log, or none that ever held a record.
    boolean isEmpty() throws IOException;

    /// LSN of the oldest record that is there; 1 when there is none. Any thread.
    long firstLsn() throws IOException;

    /// Gives every record behind `coveredLsn` to `visitor`, oldest first, and makes the end clean. Throws
    /// [DamagedLogException] when something of it is missing that had been synced; what came before was
    /// visited, and the files are as they were. Once, by one thread.
    ///
    /// `coveredLsn`: what a checkpoint makes unnecessary, 0 for nothing. Files that hold nothing newer are
    /// what a cut that was interrupted left behind, and are not looked at.
    LogReader.End replay(long coveredLsn, LogReader.Visitor visitor) throws IOException;

    /// Bytes that [#replay] reads; 0 until it began. Any thread.
    long totalBytes();

    /// Bytes of them that were read. Any thread.
    long readBytes();

    /// What writes behind `end`, which [#replay] gave. Its files end at
    /// [GroupCommitJournal.Options#segmentBytes].
    LogWriter writer(LogReader.End end, long segmentBytes, EpochClock clock);

    /// Reads from record `lsn` on, beside the writer. Any thread.
    LogCursor cursor(long lsn);
}
