package io.nuthatch.commands;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.persistence.wal.LogFiles;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What commands and connections ask about the data on disk, the log's and the checkpoints'. Any thread.
///
/// Without `appendonly` there is no log, and every question about it costs one volatile read.
public final class Durability {
    /// Data is being read back.
    ///
    /// @param startMillis Unix milliseconds
    /// @param totalBytes of all that is to be read
    /// @param loadedBytes of them, so far
    public record Loading(long startMillis, LongSupplier totalBytes, LongSupplier loadedBytes) {
        /// Seconds until it is done at the pace so far; -1 before a hundredth is done, when nobody can tell.
        public long etaSeconds(long nowMillis) {
            long loaded = loadedBytes.getAsLong();
            long total = totalBytes.getAsLong();
            long elapsed = nowMillis - startMillis;
            return loaded <= total / 100 ? -1 : (total - loaded) * elapsed / loaded / 1000;
        }
    }

    /// The log while it takes records, what brings changes there, and its files to read.
    public record Log(Journal journal, EffectLog effects, LogFiles files) {}

    /// What the log takes as one record.
    public static final long MAX_RECORD_BYTES = 1L << 30;

    private static final String LOADING = "LOADING Redis is loading the dataset in memory";

    private static final String SAVE_FAILED = "MISCONF Redis is configured to save RDB snapshots, but it's currently"
            + " unable to persist to disk. Commands that may modify the data set are disabled, because this instance"
            + " is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error"
            + " option). Please check the Redis logs for details about the RDB error.";

    private volatile BooleanSupplier saveFailure = () -> false;
    private volatile @Nullable Loading loading;
    private volatile @Nullable Log log;
    private volatile @Nullable Log recording;
    private volatile @Nullable LogSwitch logSwitch;

    /// Data is being loaded; null when that is over.
    public void setLoading(@Nullable Loading value) {
        loading = value;
    }

    public @Nullable Loading loading() {
        return loading;
    }

    /// Whether writes are refused because a checkpoint failed; asked before each command.
    public void setSaveFailure(BooleanSupplier value) {
        saveFailure = value;
    }

    /// The log takes records from now on, and promises what it has taken; null for none.
    public void setLog(@Nullable Log value) {
        recording = value;
        log = value;
    }

    /// The log takes records from now on and promises nothing yet: the checkpoint that it goes on from is
    /// being written.
    public void beginLog(Log value) {
        recording = value;
    }

    /// The log, or null without `appendonly`, while it is read back and while it has no checkpoint to go on
    /// from.
    public @Nullable Log log() {
        return log;
    }

    /// The log that takes records, if it promises them or not.
    public @Nullable Log recording() {
        return recording;
    }

    /// The log is being turned on or off.
    public void setLogSwitch(LogSwitch value) {
        logSwitch = value;
    }

    /// The last change of whether there is a log, over or not; null for none since the start.
    public @Nullable LogSwitch logSwitch() {
        return logSwitch;
    }

    /// The journal behind [#log], or null.
    public @Nullable Journal journal() {
        Log current = log;
        return current == null ? null : current.journal;
    }

    /// The error that keeps a command from being executed now, or null.
    @Nullable
    String refusal(CommandEntry entry, Session session) {
        if (loading != null && !entry.is(CommandFlag.LOADING) && !isPing(entry)) {
            return LOADING;
        }
        if (saveFailure.getAsBoolean() && (mayWrite(entry, session) || isPing(entry))) {
            return SAVE_FAILED;
        }
        Log current = log;
        if (current != null) {
            Transaction transaction = session.transaction();
            if (transaction != null && transaction.bytes() > MAX_RECORD_BYTES && mayWrite(entry, session)) {
                return "ERR a transaction of more than " + MAX_RECORD_BYTES + " bytes does not fit into one record"
                        + " of the log: split it";
            }
            String why = current.journal.refusal();
            if (why != null && (mayWrite(entry, session) || isPing(entry))) {
                return "MISCONF Errors writing to the AOF file: " + why
                        + (current.journal.isFailed() ? ". Nothing is written any more; restart the server" : "");
            }
        }
        return null;
    }

    /// Whether the disk takes nothing now.
    public boolean isRefusing() {
        Log current = log;
        return current != null && current.journal.refusal() != null;
    }

    /// The journal that the command has to wait for, until the disk has taken more of what was written; null
    /// when it may go on.
    public @Nullable Journal holdUp(CommandEntry entry, Session session) {
        Log current = recording;
        return current != null && !current.journal.hasRoom() && mayWrite(entry, session) ? current.journal : null;
    }

    private static boolean isPing(CommandEntry entry) {
        return entry.spec().name().equals("PING");
    }

    private static boolean mayWrite(CommandEntry entry, Session session) {
        return session.executesAny(entry, command -> command.is(CommandFlag.WRITE));
    }
}
