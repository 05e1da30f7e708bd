package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A journal without a thread: whoever asks it for something does the work, so that a test's seed decides
/// where the power goes. Small segments.
public final class InlineJournal implements Journal {
    private static final long SEGMENT_BYTES = 1024;

    private final GroupCommitJournal journal;
    private long nanos;

    /// Goes on behind `end`, `always`.
    public InlineJournal(LogFiles files, LogFiles.End end, MemoryAccount account) {
        journal = new GroupCommitJournal(
                files,
                end,
                new GroupCommitJournal.Options(Policy.ALWAYS, SEGMENT_BYTES, 1 << 20),
                () -> 1_700_000_000_000L,
                () -> nanos += TimeUnit.MILLISECONDS.toNanos(200),
                account);
    }

    /// Writes and syncs what was appended.
    public void step() {
        journal.step();
    }

    /// The power is off: frees the memory.
    public void abandon() {
        journal.abandon();
    }

    @Override
    public long append(long address, int bytes) {
        return journal.append(address, bytes);
    }

    @Override
    public long appendedLsn() {
        return journal.appendedLsn();
    }

    @Override
    public long committedLsn() {
        return journal.committedLsn();
    }

    @Override
    public long syncedLsn() {
        return journal.syncedLsn();
    }

    @Override
    public void whenCommitted(long lsn, Runnable action) {
        journal.whenCommitted(lsn, action);
    }

    @Override
    public void whenSynced(long lsn, Runnable action) {
        journal.whenSynced(lsn, action);
    }

    @Override
    public void requestSync() {
        journal.requestSync();
        step();
    }

    @Override
    public void cut(long lsn) {
        journal.cut(lsn);
        long before;
        do {
            before = sizeBytes();
            step();
        } while (sizeBytes() < before);
    }

    @Override
    public @Nullable String refusal() {
        return journal.refusal();
    }

    @Override
    public boolean isFailed() {
        return journal.isFailed();
    }

    @Override
    public boolean hasRoom() {
        return journal.hasRoom();
    }

    @Override
    public void whenRoom(Runnable action) {
        journal.whenRoom(action);
    }

    @Override
    public Policy policy() {
        return journal.policy();
    }

    @Override
    public void setPolicy(Policy policy) {
        journal.setPolicy(policy);
    }

    @Override
    public long sizeBytes() {
        return journal.sizeBytes();
    }

    @Override
    public long bufferedBytes() {
        return journal.bufferedBytes();
    }

    @Override
    public long delayedSyncs() {
        return journal.delayedSyncs();
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
