package io.nuthatch.commands.feed;

import io.nuthatch.commands.Durability;
import io.nuthatch.commands.Session;
import io.nuthatch.engine.Journal;
import io.nuthatch.persistence.wal.LogCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Brings committed records to the clients that tail the log, on one thread for all of them, which lives
/// while there are any: reading the log may wait for the disk, and no event loop may.
///
/// Thread-safe.
final class ChangeFeed {
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10); // While a client does not read.
    private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(500); // Clients that left are noticed then.

    private final Durability durability;
    private final List<Tail> tails = new ArrayList<>(); // Guarded by this, as is the thread.
    private @Nullable Thread thread;

    ChangeFeed(Durability durability) {
        this.durability = durability;
    }

    /// Begins to send from `cursor` on.
    synchronized Tail add(Session session, LogCursor cursor) {
        Tail tail = new Tail(session, cursor);
        tails.add(tail);
        Thread running = thread;
        if (running == null) {
            thread = Thread.ofPlatform().name("change-feed").daemon().start(this::run);
        } else {
            LockSupport.unpark(running);
        }
        return tail;
    }

    /// A client wants no more: what it had of the log is let go at once.
    synchronized void wake() {
        Thread running = thread;
        if (running != null) {
            LockSupport.unpark(running);
        }
    }

    /// Ends all, and returns when nothing of the log is in use. Nobody is added any more.
    void close() {
        Thread running;
        synchronized (this) {
            tails.forEach(Tail::close);
            running = thread;
        }
        if (running == null) {
            return;
        }
        LockSupport.unpark(running);
        try {
            running.join();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt(); // The process ends, and the thread with it.
        }
    }

    private void run() {
        Thread self = Thread.currentThread();
        Runnable wake = () -> LockSupport.unpark(self);
        while (true) {
            List<Tail> all;
            synchronized (this) {
                if (tails.isEmpty()) {
                    thread = null;
                    return;
                }
                all = List.copyOf(tails);
            }
            Journal journal = durability.journal();
            boolean isMoving = false;
            boolean isBlocked = false;
            for (Tail tail : all) {
                // Without a journal the server is stopping, and its connections close.
                Tail.Step step = journal == null ? Tail.Step.ENDED : tail.step(journal, wake);
                isMoving |= step == Tail.Step.MOVED;
                isBlocked |= step == Tail.Step.BLOCKED;
                if (step == Tail.Step.ENDED) {
                    remove(tail);
                }
            }
            if (!isMoving) {
                LockSupport.parkNanos(isBlocked ? RETRY_NANOS : REST_NANOS);
            }
        }
    }

    private synchronized void remove(Tail tail) {
        tails.remove(tail);
        tail.release();
    }
}
