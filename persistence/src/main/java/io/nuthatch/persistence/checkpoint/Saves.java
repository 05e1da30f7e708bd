package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.KeyspaceListener;
import io.nuthatch.engine.keyspace.Stripes;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// When checkpoints are written, and what became of them: by SAVE and BGSAVE, by the points of `save`, before
/// the server ends.
///
/// One checkpoint at a time, on the thread that asks ([#saveNow]) or on one of its own. Threads: any;
/// [#onEvent] under the key's stripe, as the keyspace's listener is called.
public final class Saves implements KeyspaceListener, AutoCloseable {
    private static final Logger LOG = System.getLogger(Saves.class.getName());
    private static final long RETRY_MILLIS = 5000;
    private static final long POLL_MILLIS = 100;
    private static final long BETWEEN_POLL_MILLIS = 20;

    /// Where checkpoints are; the folder is made with the first one.
    public interface Folder {
        /// Throws when the folder cannot be made or read, or is another server's.
        Checkpoints open() throws IOException;

        /// As [#open], but null when there is no folder.
        @Nullable
        Checkpoints openIfThere() throws IOException;
    }

    /// Why one is written, which decides where its end is told.
    public enum Purpose {
        /// SAVE, BGSAVE, a point of `save`, the end of the server.
        SAVE,
        /// BGREWRITEAOF: to cut the log. See [Rewrites].
        REWRITE
    }

    /// What hears of the end of each checkpoint.
    public interface Listener {
        /// `saved`: null when it failed. `seconds`: how long it took.
        void ended(Purpose purpose, Checkpoints.@Nullable Saved saved, long seconds);
    }

    private final Folder folder;
    private final EpochClock clock;
    private volatile Listener listener = (purpose, saved, seconds) -> {};
    private final ExecutorService thread;
    private final long[] changes = new long[Stripes.COUNT]; // Each under its stripe; summed without.
    private volatile List<SavePoint> points = List.of();
    private volatile @Nullable Checkpoints checkpoints; // Once the folder is open.

    // Guarded by this, and read without for INFO.
    private volatile boolean isSaving;
    private volatile boolean isScheduled;
    private volatile boolean isInBackground;
    private volatile Purpose purpose = Purpose.SAVE;
    private volatile long startMillis;
    private volatile long changesSaved;
    private volatile long lastSaveMillis;
    private volatile long lastTryMillis;
    private volatile boolean isLastOk = true;
    private volatile long lastSeconds = -1;
    private volatile long saves;
    private volatile long keysLoaded;
    private volatile long expiredKeysLoaded;

    /// `prepareThread` runs first on the background thread.
    public Saves(Folder folder, EpochClock clock, Runnable prepareThread) {
        this.folder = folder;
        this.clock = clock;
        this.lastSaveMillis = clock.nowMillis();
        this.thread = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(
                    () -> {
                        prepareThread.run();
                        task.run();
                    },
                    "checkpoint");
            made.setDaemon(true);
            return made;
        });
    }

    // ---- What INFO says

    /// Changes since the last checkpoint began.
    public long changesSinceSave() {
        return sum() - changesSaved;
    }

    private long sum() {
        long sum = 0;
        for (long each : changes) {
            sum += each;
        }
        return sum;
    }

    public boolean isSaving() {
        return isSaving;
    }

    /// Whether one is written by the thread of its own, for its own sake.
    public boolean isInBackground() {
        return isSaving && isInBackground && purpose == Purpose.SAVE;
    }

    /// Whether one is written to cut the log.
    public boolean isRewriting() {
        return isSaving && purpose == Purpose.REWRITE;
    }

    /// Unix milliseconds at which the last checkpoint was whole; the server's start before the first.
    public long lastSaveMillis() {
        return lastSaveMillis;
    }

    /// Whether the last checkpoint in the background, or a later one, succeeded.
    public boolean isLastOk() {
        return isLastOk;
    }

    /// How long the last one in the background took; -1 when there was none.
    public long lastSeconds() {
        return lastSeconds;
    }

    /// How long the one in the background has been going; -1 when there is none.
    public long currentSeconds() {
        return isInBackground() ? secondsSoFar() : -1;
    }

    /// How long the one under way has been going.
    long secondsSoFar() {
        return (clock.nowMillis() - startMillis) / 1000;
    }

    /// Keys that the one under way has written.
    public long currentKeys() {
        Checkpoints open = checkpoints;
        return open == null ? 0 : open.savedKeys();
    }

    /// Checkpoints since the start.
    public long saves() {
        return saves;
    }

    /// Keys of the last load.
    public long keysLoaded() {
        return keysLoaded;
    }

    /// Keys that the last load left out, as they had expired.
    public long expiredKeysLoaded() {
        return expiredKeysLoaded;
    }

    // ---- Saving

    /// Who hears of the ends of checkpoints. Before the first one.
    public void setListener(Listener listener) {
        this.listener = listener;
    }

    /// When checkpoints are due by themselves.
    public void setPoints(List<SavePoint> points) {
        this.points = List.copyOf(points);
    }

    public boolean hasPoints() {
        return !points.isEmpty();
    }

    /// Whether writes are to be refused under `stop-writes-on-bgsave-error`: checkpoints are wanted, and the
    /// last one failed.
    public boolean isFailing() {
        return !isLastOk && hasPoints();
    }

    /// Has one begin as soon as the one under way has ended: BGSAVE SCHEDULE.
    public void schedule() {
        isScheduled = true;
    }

    /// Begins one in the background if it is scheduled or a point of `save` says so.
    public void tick() {
        long now = clock.nowMillis();
        if (isScheduled && !isSaving) {
            isScheduled = !startInBackground(Purpose.SAVE);
            return;
        }
        if (isSaving || !isLastOk && now - lastTryMillis < RETRY_MILLIS) {
            return;
        }
        long since = changesSinceSave();
        for (SavePoint point : points) {
            if (since >= point.changes() && since > 0 && now - lastSaveMillis > point.seconds() * 1000) {
                LOG.log(Level.INFO, "{0} changes in {1} seconds: saving", since, (now - lastSaveMillis) / 1000);
                startInBackground(Purpose.SAVE);
                return;
            }
        }
    }

    /// Begins one in the background; false when one is under way, or the server stops.
    public boolean startInBackground(Purpose why) {
        if (!begin(true, why)) {
            return false;
        }
        try {
            thread.execute(() -> {
                try {
                    write();
                } catch (IOException | RuntimeException | Error failure) {
                    LOG.log(Level.ERROR, "the checkpoint failed: " + failure.getMessage(), failure);
                }
            });
            return true;
        } catch (RejectedExecutionException stopped) {
            end(null);
            return false;
        }
    }

    /// Writes one on this thread; false when one is under way. Throws when it fails.
    public boolean saveNow() throws IOException {
        if (!begin(false, Purpose.SAVE)) {
            return false;
        }
        write();
        return true;
    }

    /// What is done between two checkpoints.
    public interface Between {
        void run() throws IOException;
    }

    /// Waits for a checkpoint that is under way, and runs `action` before the next one can begin. The caller
    /// holds no stripe.
    public void between(Between action) throws IOException, InterruptedException {
        while (!begin(false, Purpose.SAVE)) {
            Thread.sleep(BETWEEN_POLL_MILLIS);
        }
        try {
            action.run();
        } finally {
            synchronized (this) {
                isSaving = false;
                notifyAll();
            }
        }
    }

    /// Gives up a checkpoint that is under way, and returns when none is. The caller holds no stripe.
    public void giveUp(String reason) {
        while (isSaving && !Thread.currentThread().isInterrupted()) {
            abort(reason);
            awaitEnd();
        }
    }

    private void abort(String reason) {
        Checkpoints open = checkpoints;
        if (open != null) {
            open.abort(reason);
        }
    }

    private synchronized void awaitEnd() {
        try {
            if (isSaving) {
                wait(POLL_MILLIS); // And abort again: it may only just be beginning.
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean begin(boolean background, Purpose why) {
        if (isSaving) {
            return false;
        }
        isSaving = true;
        isInBackground = background;
        purpose = why;
        startMillis = clock.nowMillis();
        lastTryMillis = startMillis;
        return true;
    }

    private void write() throws IOException {
        Checkpoints.Saved done = null;
        long before = sum();
        try {
            Checkpoints.Saved saved = open().save(startMillis);
            done = saved;
            changesSaved = before;
            LOG.log(
                    Level.INFO,
                    "saved {0} keys, {1} MB, of which {2} MB have changed, in {3} ms",
                    saved.keys(),
                    saved.bytes() >> 20,
                    saved.ownBytes() >> 20,
                    clock.nowMillis() - startMillis);
        } finally {
            end(done);
        }
    }

    private synchronized void end(Checkpoints.@Nullable Saved saved) {
        if (saved != null) {
            saves = saves + 1;
            lastSaveMillis = clock.nowMillis();
            isLastOk = true;
        } else if (isInBackground()) {
            isLastOk = false;
        }
        if (isInBackground()) {
            lastSeconds = secondsSoFar();
        }
        listener.ended(purpose, saved, secondsSoFar());
        isSaving = false;
        notifyAll();
    }

    private Checkpoints open() throws IOException {
        Checkpoints open = folder.open();
        checkpoints = open;
        return open;
    }

    // ---- Loading

    /// Reads the newest checkpoint if there is one, without what has expired by `nowMillis`; see
    /// [Checkpoints#load]. Null when there is none.
    public Checkpoints.@Nullable Saved load(int threads, LoadProgress progress, long nowMillis) throws IOException {
        Checkpoints open = folder.openIfThere();
        if (open == null) {
            return null;
        }
        checkpoints = open;
        Checkpoints.Saved loaded = open.load(nowMillis, threads, progress);
        if (loaded != null) {
            changesSaved = sum();
            keysLoaded = progress.keys();
            expiredKeysLoaded = progress.expiredKeys();
        }
        return loaded;
    }

    // ---- The keyspace's listener

    @Override
    public void onEvent(Database database, Key key, KeyEvent event) {
        if (event.isChange()) {
            changes[key.hashSlot() & Stripes.COUNT - 1]++;
        }
        Checkpoints open = checkpoints;
        if (open != null) {
            open.onEvent(database, key, event);
        }
    }

    @Override
    public void onFlush(Database database) {
        changes[0]++; // Under all stripes.
        Checkpoints open = checkpoints;
        if (open != null) {
            open.onFlush();
        }
    }

    /// Gives up what is under way, and waits for it.
    @Override
    public void close() {
        thread.shutdown();
        giveUp("the server stops");
    }
}
