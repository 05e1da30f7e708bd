package io.nuthatch.persistence.wal;

import io.nuthatch.engine.EpochClock;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A log in its folder, whatever its files look like: read back once at the start, then written, and read
/// from any place meanwhile.
public interface LogFiles {
    /// Takes what was in the log.
    interface Visitor {
        /// One record; its payload is readable during the call.
        void record(long lsn, long address, int bytes);

        /// There are no more, and nothing was missed. Comes before a replay changes any file: when this
        /// throws, they are as they were.
        default void end() {}
    }

    /// What was cut off.
    ///
    /// @param offset where the file ends now, in bytes
    /// @param lostBytes what stood behind it, without the zeros at the end
    record Cut(String file, long offset, long lostBytes) {}

    /// The state of the log after [#replay].
    ///
    /// @param lastLsn of the last record; 0 for an empty log
    /// @param bytes of all files
    record End(long lastLsn, long bytes, @Nullable Cut cut) {}

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
    End replay(long coveredLsn, Visitor visitor) throws IOException;

    /// Deletes the files whose first record is `lsn` or a later one, newest first. Before [#replay].
    void discardFrom(long lsn) throws IOException;

    /// Bytes that [#replay] reads; 0 until it began. Any thread.
    long totalBytes();

    /// Bytes of them that were read. Any thread.
    long readBytes();

    /// What writes behind `end`, which [#replay] gave. Its files end at
    /// [GroupCommitJournal.Options#segmentBytes].
    LogWriter writer(End end, long segmentBytes, EpochClock clock);

    /// Reads from record `lsn` on, beside the writer. Any thread.
    LogCursor cursor(long lsn);
}
