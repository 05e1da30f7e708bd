package io.nuthatch.persistence.recovery;

import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.checkpoint.Checkpoints;
import io.nuthatch.persistence.checkpoint.Checkpoints.Saved;
import io.nuthatch.persistence.wal.LogFiles;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A start from a checkpoint and the log behind it.
///
/// What may be found, and what is made of it:
///
/// | checkpoint | log | |
/// |---|---|---|
/// | none | whole from record 1 on, or none | the log is replayed |
/// | none | begins later | refused: the checkpoint before it is missing |
/// | of this log | reaches back to it and as far as it | the checkpoint is loaded, what is newer replayed |
/// | of this log | ends before the checkpoint does, or is gone | refused: records are missing |
/// | written without a log | none | the checkpoint is loaded and becomes the beginning of the log |
/// | written without a log | any | refused: one of them is older than the other, and nobody can tell which |
///
/// One thread, which has others apply the log: see [Replay].
public final class Recovery {
    /// What was read.
    ///
    /// @param checkpoint null when there is none
    /// @param records records of the log that were applied
    public record Outcome(@Nullable Saved checkpoint, LogFiles.End end, long records) {
        /// No record up to this LSN is needed any more.
        public long coveredLsn() {
            return checkpoint == null ? 0 : checkpoint.coveredLsn();
        }
    }

    /// Loads the newest checkpoint; null when there is none. Nothing is left out of it because it has
    /// expired: the log decides what has.
    public interface Load {
        @Nullable
        Saved load() throws IOException;
    }

    private final @Nullable Checkpoints checkpoints;
    private final LogFiles log;
    private final int threads;
    private final MemoryAccount.Counter counter;

    /// `checkpoints`: null when there is no folder of them. `threads` and `counter`: as [Replay] takes them.
    public Recovery(@Nullable Checkpoints checkpoints, LogFiles log, int threads, MemoryAccount.Counter counter) {
        this.checkpoints = checkpoints;
        this.log = log;
        this.threads = threads;
        this.counter = counter;
    }

    /// Reads both into a server that is empty. Throws [UnfitLogException] when they do not fit together, and
    /// as they do when either is damaged; the files are then as they were.
    public Outcome run(Keyspace keyspace, Indexes indexes, Load load) throws IOException {
        Saved newest = checkpoints == null ? null : checkpoints.newest();
        boolean isLogEmpty = log.isEmpty();
        if (newest != null && !newest.hasLog() && !isLogEmpty) {
            throw new UnfitLogException("the newest checkpoint was written while appendonly was no, and there is a log"
                    + " from before or from elsewhere. Move the log away to go on from the checkpoint, or the"
                    + " checkpoint to go on from the log");
        }
        if (newest != null && isLogEmpty && newest.endLsn() > 0) {
            throw unfit(newest, 0);
        }
        Saved loaded = newest == null ? null : load.load();
        LogFiles.End end;
        long records;
        try (Replay replay = new Replay(keyspace, indexes, loaded, threads, counter)) {
            end = log.replay(loaded == null ? 0 : loaded.coveredLsn(), replay);
            records = replay.records();
        }
        if (loaded != null && end.lastLsn() < loaded.endLsn()) {
            throw unfit(loaded, end.lastLsn());
        }
        if (checkpoints != null && loaded != null && !loaded.hasLog()) {
            checkpoints.beginLog();
        }
        return new Outcome(loaded, end, records);
    }

    private static UnfitLogException unfit(Saved checkpoint, long lastLsn) {
        return new UnfitLogException("the log ends at record " + lastLsn + ", and the newest checkpoint is of record "
                + checkpoint.endLsn() + ": the end of the log was lost. To go on from the checkpoint alone, whose keys"
                + " are then of slightly different moments, start once with appendonly no");
    }
}
