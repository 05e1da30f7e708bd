package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.Journal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Checkpoints that are written to cut the log: BGREWRITEAOF, and by themselves when the log has grown.
///
/// Where Redis writes a new file of commands and throws the old ones away, a checkpoint is written and the
/// log before it goes. The rule for when is Redis's: the files have grown by so many percent since the last
/// time (or the start), and are larger than a minimum. Bytes are those of checkpoint and log together, so
/// with 100 percent the log grows as large as the checkpoint is, and the disk never holds more than two
/// checkpoints and that log.
///
/// Threads: any.
public final class Rewrites {
    private static final Logger LOG = System.getLogger(Rewrites.class.getName());
    private static final long RETRY_MILLIS = 5000;

    private final Saves saves;
    private final EpochClock clock;
    private final Supplier<@Nullable Journal> journal;
    private volatile long growthPercent;
    private volatile long minBytes;

    private volatile boolean isScheduled;
    private volatile boolean isLastOk = true;
    private volatile long lastSeconds = -1;
    private volatile long lastEndMillis;
    private volatile long count;
    private volatile long failures; // In a row.
    private volatile long checkpointBytes;
    private volatile long baseBytes;

    /// Hears of the ends of `saves` from now on. `journal`: null for none.
    public Rewrites(Saves saves, EpochClock clock, Supplier<@Nullable Journal> journal) {
        this.saves = saves;
        this.clock = clock;
        this.journal = journal;
        saves.setListener(this::ended);
    }

    /// `auto-aof-rewrite-percentage`, 0 for never, and `auto-aof-rewrite-min-size`, in bytes.
    public void setAutomatic(long percent, long bytes) {
        growthPercent = percent;
        minBytes = bytes;
    }

    /// The server has started with a checkpoint of so many bytes, 0 for none, and its log.
    public void started(long loadedBytes) {
        checkpointBytes = loadedBytes;
        baseBytes = currentBytes();
    }

    // ---- What INFO says

    public boolean isScheduled() {
        return isScheduled;
    }

    /// Whether the last one succeeded; true before the first.
    public boolean isLastOk() {
        return isLastOk;
    }

    /// How long the last one took; -1 when there was none.
    public long lastSeconds() {
        return lastSeconds;
    }

    /// How long the one under way has been going; -1 when there is none.
    public long currentSeconds() {
        return saves.isRewriting() ? saves.secondsSoFar() : -1;
    }

    /// How many succeeded since the start.
    public long count() {
        return count;
    }

    /// How many failed since the last that succeeded.
    public long failures() {
        return failures;
    }

    /// Bytes of checkpoint and log.
    public long currentBytes() {
        Journal log = journal.get();
        return checkpointBytes + (log == null ? 0 : log.sizeBytes());
    }

    /// As [#currentBytes], after the last checkpoint or at the start.
    public long baseBytes() {
        return baseBytes;
    }

    // ---- Writing

    /// What became of a wish for one.
    public enum Answer {
        STARTED,
        /// A checkpoint is being written for another reason: this one comes after it.
        SCHEDULED,
        /// One is under way.
        REFUSED
    }

    /// BGREWRITEAOF.
    public Answer start() {
        if (saves.isRewriting()) {
            return Answer.REFUSED;
        }
        if (saves.startInBackground(Saves.Purpose.REWRITE)) {
            return Answer.STARTED;
        }
        isScheduled = true;
        return Answer.SCHEDULED;
    }

    /// Begins one that is scheduled or due.
    public void tick() {
        baseBytes = Math.min(baseBytes, currentBytes()); // The log is cut a little later than the checkpoint ends.
        if (saves.isSaving()) {
            return;
        }
        if (isScheduled) {
            isScheduled = !saves.startInBackground(Saves.Purpose.REWRITE);
        } else if (isDue()) {
            LOG.log(Level.INFO, "checkpoint and log have {0} bytes, {1} before: rewriting", currentBytes(), baseBytes);
            saves.startInBackground(Saves.Purpose.REWRITE);
        }
    }

    private boolean isDue() {
        long current = currentBytes();
        long base = Math.max(1, baseBytes);
        return growthPercent > 0
                && journal.get() != null
                && current > minBytes
                && (double) current / base * 100 - 100 >= growthPercent
                && (isLastOk || clock.nowMillis() - lastEndMillis >= RETRY_MILLIS);
    }

    private void ended(Saves.Purpose purpose, Checkpoints.@Nullable Saved saved, long seconds) {
        if (saved != null) {
            checkpointBytes = saved.bytes();
            baseBytes = currentBytes();
        }
        if (purpose == Saves.Purpose.REWRITE) {
            isLastOk = saved != null;
            lastSeconds = seconds;
            lastEndMillis = clock.nowMillis();
            count += saved != null ? 1 : 0;
            failures = saved != null ? 0 : failures + 1;
        }
    }
}
