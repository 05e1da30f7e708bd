package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.memory.MemoryAccount;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Who reads an index now, and what waits until they have left: reclamation by epochs.
///
/// A reader enters by taking a [Searcher] out of the pool and stamping it with the current `reclaimEpoch`.
/// Whoever unlinked something calls [#retire]: it takes the epoch, starts the next one, and the action runs
/// once no searcher carries that epoch or an older one. The stamp is a volatile write and the check a
/// volatile read after the unlinking, so that a reader either is seen, or starts after the unlinking and
/// cannot find the thing. A reader's own reads are plain, and the memory model would let them pass its stamp;
/// the volatile read of `isClosed` between them does not.
final class Readers {
    private record Retired(long epoch, Runnable action, boolean isMemory) {}

    private final AtomicLong reclaimEpoch = new AtomicLong(1);
    private final ConcurrentLinkedDeque<Searcher> idle = new ConcurrentLinkedDeque<>();
    private final Queue<Retired> retired = new ConcurrentLinkedQueue<>();
    private final AtomicInteger retiredCount = new AtomicInteger();
    private final ReentrantLock draining = new ReentrantLock();
    private final Supplier<Searcher> newSearcher;
    private volatile Searcher[] searchers = new Searcher[0]; // All ever made; copied on growth, under this.
    private volatile boolean isClosed;
    private volatile boolean areReadersGone; // Closed, and everybody has left.

    Readers(Supplier<Searcher> newSearcher) {
        this.newSearcher = newSearcher;
    }

    /// A searcher for one operation; give it back with [#leave]. Throws [IndexClosedException].
    Searcher enter() {
        @Nullable Searcher free = idle.pollFirst();
        Searcher searcher = free == null ? register() : free;
        searcher.reclaimEpoch = reclaimEpoch.get();
        if (isClosed) {
            leave(searcher);
            throw new IndexClosedException();
        }
        return searcher;
    }

    void leave(Searcher searcher) {
        searcher.reclaimEpoch = Searcher.IDLE;
        idle.addFirst(searcher);
    }

    private synchronized Searcher register() {
        if (isClosed) {
            throw new IndexClosedException();
        }
        Searcher[] next = Arrays.copyOf(searchers, searchers.length + 1);
        Searcher searcher = newSearcher.get();
        next[next.length - 1] = searcher;
        searchers = next;
        return searcher;
    }

    boolean isClosed() {
        return isClosed;
    }

    /// Ends the current epoch and returns it, for [#hasPassed].
    long advance() {
        return reclaimEpoch.getAndIncrement();
    }

    /// Whether everybody who was reading in `epoch` or before has left.
    boolean hasPassed(long epoch) {
        for (Searcher searcher : searchers) {
            if (searcher.reclaimEpoch <= epoch) {
                return false;
            }
        }
        return true;
    }

    /// Runs `action` in a later [#drain], once no present reader is left.
    void retire(Runnable action) {
        retire(action, false);
    }

    /// As [#retire], for an action that frees memory: [#close] runs it too.
    void retireMemory(Runnable action) {
        retire(action, true);
    }

    private void retire(Runnable action, boolean isMemory) {
        retiredCount.incrementAndGet();
        retired.add(new Retired(advance(), action, isMemory));
        if (areReadersGone) { // The close has emptied the queue already.
            dropRetired();
        }
    }

    int retiredCount() {
        return retiredCount.get();
    }

    /// Runs what has become due, in order; returns at once when another thread is at it.
    void drain() {
        if (retired.isEmpty() || !draining.tryLock()) {
            return;
        }
        try {
            if (isClosed) { // Its actions would touch memory that is given back.
                return;
            }
            for (@Nullable Retired head = retired.peek();
                    head != null && hasPassed(head.epoch);
                    head = retired.peek()) {
                retired.remove();
                retiredCount.decrementAndGet();
                head.action.run();
            }
        } finally {
            draining.unlock();
        }
    }

    /// Waits until everything retired so far has run; not to be called by a reader.
    void drainAll() {
        draining.lock();
        draining.unlock();
        while (retiredCount.get() > 0 && !isClosed) {
            drain();
            LockSupport.parkNanos(20_000);
        }
    }

    void awaitPassed(long epoch) {
        while (!hasPassed(epoch)) {
            LockSupport.parkNanos(20_000);
        }
    }

    /// No reader enters after this; waits for those inside, then frees their scratch. Of what was retired,
    /// memory is freed and the rest is dropped.
    void close() {
        isClosed = true;
        awaitPassed(advance());
        areReadersGone = true;
        dropRetired();
        synchronized (this) {
            for (Searcher searcher : searchers) {
                searcher.close();
            }
            searchers = new Searcher[0];
            idle.clear();
        }
    }

    /// Frees the memory among what was retired and forgets the rest.
    private void dropRetired() {
        draining.lock(); // An action under way reads the index's memory.
        try {
            for (@Nullable Retired left = retired.poll(); left != null; left = retired.poll()) {
                if (left.isMemory) {
                    left.action.run();
                }
            }
            retiredCount.set(0);
        } finally {
            draining.unlock();
        }
    }

    /// Bytes of scratch off the heap, over all searchers.
    static MemoryAccount.Counter scratchCounter(MemoryAccount account, String owner) {
        return account.counter(owner, "scratch");
    }
}
