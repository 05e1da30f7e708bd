package io.nuthatch.redistests.durability;

import io.nuthatch.engine.Journal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A journal whose disk is the test's hand: nothing is synced, refused or full but by its word.
final class HandJournal implements Journal {
    private record Waiter(long lsn, Runnable action) {}

    private final Policy policy;
    private final List<Waiter> waiters = new ArrayList<>(); // This and what follows: guarded by this.
    private long appended;
    private long committed;
    private @Nullable String refusal;
    private boolean isFailed;
    private boolean hasRoom = true;

    HandJournal(Policy policy) {
        this.policy = policy;
    }

    /// Syncs what was appended up to `lsn`, which under `always` commits it.
    void commit(long lsn) {
        change(() -> committed = lsn);
    }

    void refuse(@Nullable String why, boolean forGood) {
        change(() -> {
            refusal = why;
            isFailed = forGood;
        });
    }

    void setRoom(boolean value) {
        change(() -> hasRoom = value);
    }

    private void change(Runnable change) {
        List<Waiter> due;
        synchronized (this) {
            change.run();
            due = new ArrayList<>(waiters);
            due.removeIf(waiter -> waiter.lsn > committed && refusal == null && !hasRoom);
            waiters.removeAll(due);
        }
        due.forEach(waiter -> waiter.action.run());
    }

    @Override
    public synchronized long append(long address, int bytes) {
        return ++appended;
    }

    @Override
    public synchronized long appendedLsn() {
        return appended;
    }

    @Override
    public synchronized long committedLsn() {
        return policy == Policy.ALWAYS ? committed : appended;
    }

    @Override
    public synchronized long syncedLsn() {
        return committed;
    }

    @Override
    public void whenCommitted(long lsn, Runnable action) {
        synchronized (this) {
            if (lsn > committed) {
                waiters.add(new Waiter(lsn, action));
                return;
            }
        }
        action.run();
    }

    @Override
    public void whenSynced(long lsn, Runnable action) {
        whenCommitted(lsn, action);
    }

    @Override
    public synchronized @Nullable String refusal() {
        return refusal;
    }

    @Override
    public synchronized boolean isFailed() {
        return isFailed;
    }

    @Override
    public synchronized boolean hasRoom() {
        return hasRoom;
    }

    @Override
    public void whenRoom(Runnable action) {
        whenCommitted(Long.MAX_VALUE, action);
    }

    @Override
    public Policy policy() {
        return policy;
    }

    @Override
    public void setPolicy(Policy policy) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long sizeBytes() {
        return 0;
    }

    @Override
    public long bufferedBytes() {
        return 0;
    }

    @Override
    public long delayedSyncs() {
        return 0;
    }

    @Override
    public void requestSync() {
        // The hand commits.
    }

    @Override
    public void cut(long lsn) {
        // There are no files.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
