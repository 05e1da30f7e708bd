package io.nuthatch.persistence.backup;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The backups that a server takes while it goes on: one at a time, on a thread `backup`, and what became of
/// the last one. Threads: any.
public final class Backups implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Backups.class.getName());
    private static final long CLOSE_MILLIS = 10_000;

    /// What the server has.
    public interface Server {
        /// The folder of its checkpoints; null for a server without one.
        @Nullable
        Path checkpoints();

        /// The folder of its log; null without a log.
        @Nullable
        Path log();

        /// Its log; null without one.
        @Nullable
        Journal journal();

        /// Its settings.
        BackupStores.Settings settings();

        /// Writes a checkpoint on this thread; false while another one is being written.
        boolean save() throws IOException;
    }

    private final Server server;
    private final BackupStores stores;
    private final EpochClock clock;
    private final NanoClock nanoClock;
    private final MemoryAccount.Counter counter;
    private final Runnable prepareThread;
    private @Nullable Thread thread; // Guarded by this; not null while one is under way.
    private boolean isClosed;
    private volatile @Nullable BackupProgress progress; // Of the one under way.
    private volatile @Nullable BackupManifest last; // Of the last one that succeeded.
    private volatile @Nullable String lastError; // Of the last one, null when it succeeded.
    private volatile String lastPlace = "";
    private volatile long lastSeconds = -1;

    /// `prepareThread` runs first on the thread of each backup.
    public Backups(
            Server server,
            BackupStores stores,
            EpochClock clock,
            NanoClock nanoClock,
            MemoryAccount account,
            Runnable prepareThread) {
        this.server = server;
        this.stores = stores;
        this.clock = clock;
        this.nanoClock = nanoClock;
        this.counter = account.counter("backup", "buffers");
        this.prepareThread = prepareThread;
    }

    /// Begins one; throws, with a text for the client, when it cannot begin.
    ///
    /// @param bytesPerSecond 0 for as fast as it goes
    public synchronized void start(String place, long bytesPerSecond) throws IOException {
        if (thread != null || isClosed) {
            throw new IOException("a backup to " + lastPlace + " is under way");
        }
        Path checkpoints = server.checkpoints();
        if (checkpoints == null) {
            throw new IOException("this server was started without a folder and keeps its data in memory alone");
        }
        BackupStore store = stores.open(place, server.settings());
        Path data = checkpoints.toAbsolutePath().normalize();
        if (store instanceof FolderStore && (isInside(place, data) || isInside(place, server.log()))) {
            store.close();
            throw new IOException(place + " is in a folder of the server's own data: name another one");
        }
        BackupProgress begun = new BackupProgress();
        progress = begun;
        lastPlace = place;
        thread = Thread.ofPlatform().name("backup").daemon().start(() -> run(store, begun, bytesPerSecond));
    }

    private static boolean isInside(String place, @Nullable Path folder) {
        return folder != null
                && Path.of(place)
                        .toAbsolutePath()
                        .normalize()
                        .startsWith(folder.toAbsolutePath().normalize());
    }

    private void run(BackupStore target, BackupProgress begun, long bytesPerSecond) {
        prepareThread.run();
        long start = nanoClock.nanoTime();
        String error = null;
        try (BackupStore store = target) {
            last = take(store, begun, bytesPerSecond);
        } catch (IOException refused) {
            error = String.valueOf(refused.getMessage());
            LOG.log(Level.ERROR, "the backup to {0} failed: {1}", target, error);
        } catch (RuntimeException failure) {
            error = failure.toString();
            LOG.log(Level.ERROR, "the backup to " + target + " failed", failure);
        } finally {
            synchronized (this) {
                lastError = error;
                lastSeconds = TimeUnit.NANOSECONDS.toSeconds(nanoClock.nanoTime() - start);
                progress = null;
                thread = null;
            }
        }
    }

    private BackupManifest take(BackupStore store, BackupProgress begun, long bytesPerSecond) throws IOException {
        long nowMillis = clock.nowMillis();
        Journal journal = server.journal();
        if (journal == null && !server.save()) {
            throw new IOException("a checkpoint is being written: try again when it is done");
        }
        long lsn = journal == null ? 0 : synced(journal);
        BackupManifest taken = new Backup(store, begun, bytesPerSecond, nanoClock, counter)
                .take(server.checkpoints(), journal == null ? null : server.log(), lsn, nowMillis);
        LOG.log(
                Level.INFO,
                "backed up {0} MB to {1}, up to record {2}",
                taken.bytes() >> 20,
                store,
                Long.toString(taken.lastLsn()));
        return taken;
    }

    /// Waits until all that was appended by now is safe, and returns its LSN.
    private static long synced(Journal journal) throws IOException {
        long lsn = journal.appendedLsn();
        while (journal.syncedLsn() < lsn) {
            String refusal = journal.refusal();
            if (refusal != null) {
                throw new IOException("the log cannot be written: " + refusal);
            }
            CountDownLatch done = new CountDownLatch(1);
            journal.whenSynced(lsn, done::countDown);
            journal.requestSync();
            try {
                done.await();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new IOException("the server stops", stop);
            }
        }
        return lsn;
    }

    /// Has the one under way end; what it has copied stays, for another try. False when there is none.
    public boolean cancel() {
        BackupProgress current = progress;
        if (current == null) {
            return false;
        }
        current.cancel();
        return true;
    }

    // ---- What INFO says

    /// Of the one under way, null when there is none.
    public @Nullable BackupProgress progress() {
        return progress;
    }

    /// The last one that succeeded, null for none.
    public @Nullable BackupManifest last() {
        return last;
    }

    /// Why the last one failed, null when it did not.
    public @Nullable String lastError() {
        return lastError;
    }

    /// How long the last one took; -1 before the first.
    public long lastSeconds() {
        return lastSeconds;
    }

    /// Ends the one under way.
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            isClosed = true;
            running = thread;
        }
        if (running != null) {
            cancel();
            running.interrupt();
            try {
                running.join(CLOSE_MILLIS);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
