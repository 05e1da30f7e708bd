package io.nuthatch.persistence.wal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.RejectedExecutionException;

/// Actions that wait for an LSN. Thread-safe; actions run outside the lock.
final class Waiters {
    private record Waiter(long lsn, Runnable action) {}

    private final PriorityQueue<Waiter> queue =
            new PriorityQueue<>(Comparator.comparingLong(Waiter::lsn)); // Guarded by this.
    private long reached; // Guarded by this, as the next.
    private boolean isClosed;

    /// Runs `action` at once when `lsn` was reached or nothing is reached any more, or else later.
    void add(long lsn, Runnable action) {
        synchronized (this) {
            if (lsn > reached && !isClosed) {
                queue.add(new Waiter(lsn, action));
                return;
            }
        }
        run(action);
    }

    /// Runs what waits for `lsn` or less.
    void reach(long lsn) {
        List<Runnable> due = new ArrayList<>();
        synchronized (this) {
            reached = Math.max(reached, lsn);
            for (Waiter first = queue.peek(); first != null && first.lsn <= lsn; first = queue.peek()) {
                due.add(first.action);
                queue.remove();
            }
        }
        due.forEach(Waiters::run);
    }

    /// Runs everything, reached or not: something else has changed.
    void runAll() {
        List<Runnable> all = new ArrayList<>();
        synchronized (this) {
            for (Waiter next = queue.poll(); next != null; next = queue.poll()) {
                all.add(next.action);
            }
        }
        all.forEach(Waiters::run);
    }

    /// As [#runAll], from now on for all that is added too.
    void close() {
        synchronized (this) {
            isClosed = true;
        }
        runAll();
    }

    private static void run(Runnable action) {
        try {
            action.run();
        } catch (RejectedExecutionException ended) {
            // The thread that it hands over to has ended: the server is closing, and nobody waits any more.
        }
    }
}
