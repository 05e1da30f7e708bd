package io.nuthatch.engine.document;

import io.nuthatch.engine.NanoClock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// What a long look at postings owes to others: it ends when the search's time is over, and it lets writers
/// in who wait for the lock.
///
/// A rest is a place where documents may come, go and move: who calls [#rest] holds nothing over it but
/// ordinals and sets, and asks [#hasRested] when it matters that all was seen at one time. Threads: one;
/// under the space's read lock, held once.
final class Pace {
    /// Steps between two looks at the clock and the lock: tens of microseconds.
    private static final int STRIDE = 256;

    /// Thrown when the time is over. Stackless: the search that set the deadline catches it.
    static final class OutOfTimeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OutOfTimeException() {
            super("out of time", null, false, false);
        }
    }

    /// Thrown after a rest in which the index was dropped, and its memory with it.
    static final class DroppedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DroppedException() {
            super("dropped", null, false, false);
        }
    }

    private final SearchIndex index;
    private final NanoClock clock;
    private final long deadlineNanos;
    private final boolean mayRest;
    private boolean hasRested;
    private int steps;

    /// `mayRest`: whether writers are let in.
    Pace(SearchIndex index, NanoClock clock, long deadlineNanos, boolean mayRest) {
        this.index = index;
        this.clock = clock;
        this.deadlineNanos = deadlineNanos;
        this.mayRest = mayRest;
    }

    boolean isLate() {
        return deadlineNanos != Long.MAX_VALUE && clock.nanoTime() - deadlineNanos > 0;
    }

    /// Throws [OutOfTimeException] when the time is over.
    void check() {
        if (isLate()) {
            throw new OutOfTimeException();
        }
    }

    /// A step of a loop that reads a structure and cannot let go of it.
    void step() {
        if (++steps % STRIDE == 0) {
            check();
        }
    }

    /// A step of a loop that can: every so often it checks the time and lets a waiting writer in.
    void stepAndRest() {
        if (++steps % STRIDE == 0) {
            check();
            rest();
        }
    }

    /// Lets a waiting writer in.
    void rest() {
        ReentrantReadWriteLock lock = index.space().lock();
        if (mayRest && lock.hasQueuedThreads()) {
            lock.readLock().unlock();
            lock.readLock().lock(); // A writer at the head of the queue goes first.
            hasRested = true;
            if (index.isDropped()) {
                throw new DroppedException();
            }
        }
    }

    boolean hasRested() {
        return hasRested;
    }
}
