package io.nuthatch.persistence.wal;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The journal: records gather in memory, and one thread brings them to the disk through a [LogWriter].
///
/// Appending copies a record into a buffer in memory. The log's thread takes the whole buffer, completes the
/// records, writes them with one call and, as the policy says, syncs once for all of them (group commit);
/// while it is at the disk, the next buffer fills. With `always` it begins as soon as somebody waits for a
/// commit; otherwise it gathers for [#GATHER_NANOS] first, which is the most a killed process loses while the
/// disk keeps up.
///
/// When a write fails, nothing is lost: the buffer stays, [#refusal] says why, and the write is tried again
/// ten times a second. When a sync fails, the journal is over: see [Journal#isFailed].
///
/// Owns its buffers, counted in `journal`. Threads: any; [#step] is for the log's thread or for a test that
/// has none.
public final class GroupCommitJournal implements Journal {
    private static final Logger LOG = System.getLogger(GroupCommitJournal.class.getName());
    static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long SYNC_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long SLOW_SYNC_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long MOST_UNSYNCED_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long EAGER_BYTES = 1 << 20; // Written without gathering longer.
    private static final long CLOSE_MILLIS = 10_000;

    /// @param segmentBytes where a new file is begun
    /// @param maxBufferedBytes above this, writers wait
    public record Options(Policy policy, long segmentBytes, long maxBufferedBytes) {
        /// Files of 64 MiB, 64 MiB in memory.
        public static Options of(Policy policy) {
            return new Options(policy, 64 << 20, 64 << 20);
        }
    }

    private final Object bufferLock = new Object(); // A leaf: taken under stripes, held for a copy.
    private final Object stepLock = new Object(); // Of the log's thread and close().
    private final LogWriter writer; // Guarded by stepLock, as is `writing`.
    private final EpochClock clock;
    private final NanoClock nanoClock;
    private final long maxBufferedBytes;
    private final Waiters committing = new Waiters();
    private final Waiters syncing = new Waiters();
    private final Waiters room = new Waiters();
    private AppendBuffer appending; // Guarded by bufferLock.
    private AppendBuffer writing;
    private volatile Policy policy;
    private volatile long appendedLsn; // Written under bufferLock.
    private volatile long committedLsn; // This and what follows: written by the log's thread.
    private volatile long syncedLsn;
    private volatile long sizeBytes;
    private volatile long writingBytes;
    private volatile @Nullable String refusal;
    private volatile boolean isFailed;
    private volatile long syncBegan; // By the nano clock; 0 while none runs.
    private volatile long delayedSyncs;
    private long lastSync;
    private volatile boolean isCrowded; // So much was appended that writers had better wait.
    private volatile boolean isSyncAsked; // By somebody for whom the policy is not enough.
    private volatile long cutLsn; // What is to be cut; 0 for nothing.
    private volatile boolean isWanted; // The log's thread has something to do.
    private volatile boolean isClosing;
    private boolean isClosed; // Guarded by stepLock.
    private @Nullable Thread thread;

    /// A journal without a thread of its own.
    GroupCommitJournal(
            LogFiles files,
            LogFiles.End end,
            Options options,
            EpochClock clock,
            NanoClock nanoClock,
            MemoryAccount account) {
        MemoryAccount.Counter counter = account.counter("journal", "buffers");
        this.writer = files.writer(end, options.segmentBytes, clock);
        this.appending = new AppendBuffer(counter);
        this.writing = new AppendBuffer(counter);
        this.clock = clock;
        this.nanoClock = nanoClock;
        this.policy = options.policy;
        this.maxBufferedBytes = options.maxBufferedBytes;
        this.appendedLsn = end.lastLsn();
        this.committedLsn = end.lastLsn();
        this.syncedLsn = end.lastLsn();
        this.sizeBytes = end.bytes();
        this.lastSync = nanoClock.nanoTime();
        committing.reach(end.lastLsn());
        syncing.reach(end.lastLsn());
    }

    /// Goes on behind `end`, which a replay of `files` gave, with a thread `journal`. The folder is the
    /// caller's to let go.
    public static GroupCommitJournal open(
            LogFiles files,
            LogFiles.End end,
            Options options,
            EpochClock clock,
            NanoClock nanoClock,
            MemoryAccount account) {
        GroupCommitJournal journal = new GroupCommitJournal(files, end, options, clock, nanoClock, account);
        journal.start();
        return journal;
    }

    private void start() {
        thread = Thread.ofPlatform().name("journal").daemon().start(this::run);
    }

    // ---- Appending

    @Override
    public long append(long address, int bytes) {
        long lsn;
        boolean wakes;
        synchronized (bufferLock) {
            long before = appending.bytes();
            lsn = appendedLsn + 1;
            appending.add(lsn, address, bytes);
            appendedLsn = lsn;
            long after = appending.bytes();
            wakes = before == 0 && policy != Policy.ALWAYS || before <= EAGER_BYTES && after > EAGER_BYTES;
            if (after + writingBytes > maxBufferedBytes) {
                isCrowded = true;
            }
        }
        if (wakes) {
            wake();
        }
        return lsn;
    }

    private void wake() {
        isWanted = true;
        LockSupport.unpark(thread);
    }

    // ---- The log's thread

    private void run() {
        while (!isClosing) {
            rest();
            isWanted = false;
            step();
        }
    }

    /// Waits until there is something to do, and for more of it to gather.
    private void rest() {
        if (refusal != null) {
            LockSupport.parkNanos(RETRY_NANOS);
            return;
        }
        if (policy == Policy.ALWAYS) {
            if (!isWanted) {
                LockSupport.parkNanos(RETRY_NANOS); // Effects that nobody waits for need no sync of their own.
            }
            return;
        }
        if (!isWanted) {
            LockSupport.parkNanos(SYNC_EVERY_NANOS);
        }
        long began = nanoClock.nanoTime();
        for (long left = GATHER_NANOS;
                left > 0 && !isClosing && policy != Policy.ALWAYS && bufferedBytes() <= EAGER_BYTES;
                left = GATHER_NANOS - (nanoClock.nanoTime() - began)) {
            LockSupport.parkNanos(left);
        }
    }

    /// Writes what was appended, syncs if it is time, and says what is committed.
    void step() {
        synchronized (stepLock) {
            if (!isFailed) {
                boolean isDue = isSyncAsked;
                isSyncAsked = false;
                try {
                    write();
                    Policy asked = policy;
                    if (isDue
                            || asked == Policy.ALWAYS
                            || asked == Policy.EVERYSEC && nanoClock.nanoTime() - lastSync >= SYNC_EVERY_NANOS) {
                        sync();
                    }
                    refusal = null;
                    cutOne();
                } catch (SyncFailedException failure) {
                    isFailed = true;
                    refusal = failure.getMessage();
                } catch (IOException failure) {
                    refusal = String.valueOf(failure.getMessage());
                }
                publish();
            }
        }
        if (refusal != null) {
            committing.runAll();
            syncing.runAll();
        } else {
            committing.reach(committedLsn);
            syncing.reach(syncedLsn);
        }
        if (hasRoom()) {
            room.runAll();
        }
    }

    private void write() throws IOException {
        if (writing.isEmpty()) {
            synchronized (bufferLock) {
                AppendBuffer full = appending;
                appending = writing;
                writing = full;
                writingBytes = full.bytes();
                isCrowded = false;
            }
            writing.seal(syncedLsn, clock.nowMillis() / 1000);
        }
        if (!writing.isEmpty()) {
            writer.write(writing, policy == Policy.ALWAYS);
            writing.clear();
            writingBytes = 0;
        }
    }

    private void sync() throws IOException {
        long began = nanoClock.nanoTime();
        syncBegan = began == 0 ? 1 : began;
        try {
            writer.sync();
        } finally {
            lastSync = nanoClock.nanoTime();
            syncBegan = 0;
            if (lastSync - began > SLOW_SYNC_NANOS) {
                delayedSyncs++;
            }
        }
    }

    /// Deletes one file at most: commits wait meanwhile.
    private void cutOne() {
        long lsn = cutLsn;
        if (lsn == 0) {
            return;
        }
        try {
            if (writer.cut(lsn)) {
                isWanted = true;
                return;
            }
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "a file of the log that is not needed any more stays: {0}", failure.getMessage());
        }
        if (cutLsn == lsn) {
            cutLsn = 0; // One that comes right here only asks for more, and is repeated by the next checkpoint.
        }
    }

    private void publish() {
        syncedLsn = writer.syncedLsn();
        sizeBytes = writer.sizeBytes();
        if (!isFailed) {
            long safe = policy == Policy.ALWAYS ? writer.syncedLsn() : writer.writtenLsn();
            committedLsn = Math.max(committedLsn, safe);
        }
    }

    // ---- What others ask

    @Override
    public long appendedLsn() {
        return appendedLsn;
    }

    @Override
    public long committedLsn() {
        return committedLsn;
    }

    @Override
    public long syncedLsn() {
        return syncedLsn;
    }

    @Override
    public void whenCommitted(long lsn, Runnable action) {
        committing.add(lsn, action);
        wake();
    }

    @Override
    public void whenSynced(long lsn, Runnable action) {
        syncing.add(lsn, action);
        wake();
    }

    @Override
    public void requestSync() {
        isSyncAsked = true;
        wake();
    }

    @Override
    public void cut(long lsn) {
        cutLsn = lsn;
        wake();
    }

    @Override
    public @Nullable String refusal() {
        return refusal;
    }

    @Override
    public boolean isFailed() {
        return isFailed;
    }

    @Override
    public boolean hasRoom() {
        if (isCrowded) {
            return false;
        }
        long began = syncBegan;
        return began == 0 || policy != Policy.EVERYSEC || nanoClock.nanoTime() - began < MOST_UNSYNCED_NANOS;
    }

    @Override
    public void whenRoom(Runnable action) {
        room.add(1, action);
        wake();
    }

    @Override
    public Policy policy() {
        return policy;
    }

    @Override
    public void setPolicy(Policy value) {
        policy = value;
        wake();
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public long bufferedBytes() {
        synchronized (bufferLock) {
            return appending.bytes() + writingBytes;
        }
    }

    @Override
    public long delayedSyncs() {
        return delayedSyncs;
    }

    /// Nobody may append from now on.
    @Override
    public void close() throws IOException {
        isClosing = true;
        Thread running = thread;
        if (running != null) {
            wake();
            try {
                running.join(CLOSE_MILLIS); // A sync may hang for longer; then the step lock is waited for.
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
        synchronized (stepLock) {
            isClosed = true;
            try {
                if (isFailed) {
                    writer.abandon();
                    throw new IOException("the journal was closed after: " + refusal);
                }
                finish();
            } finally {
                appending.close();
                writing.close();
                publish();
                committing.close(); // Who waits asks again, and finds it committed or failed.
                syncing.close();
                room.close();
            }
        }
    }

    /// Lets everything go without another byte to the disk, as a crash does; for tests.
    void abandon() {
        synchronized (stepLock) {
            if (isClosed) {
                return;
            }
            isClosed = true;
            writer.abandon();
            appending.close();
            writing.close();
        }
    }

    /// Makes everything safe, and then says so in a last record: a reader who misses one before it knows that
    /// it was promised.
    private void finish() throws IOException {
        try {
            do {
                write();
            } while (bufferedBytes() > 0);
            writer.sync();
            syncedLsn = writer.syncedLsn();
            append(0, 0);
            write();
            while (cutLsn != 0) {
                cutOne();
            }
        } catch (IOException failure) {
            isFailed = true;
            refusal = failure.getMessage();
            writer.abandon();
            throw failure;
        }
        writer.close();
    }
}
