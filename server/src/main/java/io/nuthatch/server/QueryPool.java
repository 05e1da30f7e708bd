package io.nuthatch.server;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.Dispatcher;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Threads for commands that may take long, behind a bounded queue.
///
/// A connection that finds the queue full leaves a [#onRoom] action and stops reading until it is called:
/// back-pressure reaches the client instead of memory filling up. Each thread has a [CommandContext] of its
/// own. Any thread may submit.
final class QueryPool implements AutoCloseable {
    private final int capacity;
    private final List<Thread> threads = new ArrayList<>();
    // Both guarded by `this`.
    private final ArrayDeque<Consumer<CommandContext>> queue = new ArrayDeque<>();
    private final ArrayDeque<Runnable> waiters = new ArrayDeque<>();
    private boolean isClosed;

    QueryPool(int size, int capacity, Dispatcher dispatcher) {
        this.capacity = capacity;
        for (int i = 0; i < size; i++) {
            CommandContext context = dispatcher.newContext();
            threads.add(Thread.ofPlatform().name("query-" + i).daemon(true).start(() -> work(context)));
        }
    }

    /// Queues a task, or returns false when the queue is full or the pool is closed.
    synchronized boolean submit(Consumer<CommandContext> task) {
        if (queue.size() >= capacity || isClosed) {
            return false;
        }
        queue.add(task);
        notify();
        return true;
    }

    /// Runs `action` once when there may be room again, at once if there is; on a pool thread or the
    /// caller's.
    void onRoom(Runnable action) {
        synchronized (this) {
            if (queue.size() >= capacity && !isClosed) {
                waiters.add(action);
                return;
            }
        }
        action.run();
    }

    /// Tasks that wait for a thread.
    synchronized int queued() {
        return queue.size();
    }

    /// Lets the tasks at hand end, for a while, and drops what still waits.
    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            queue.clear();
            waiters.clear();
            notifyAll();
        }
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(5));
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void work(CommandContext context) {
        while (true) {
            Consumer<CommandContext> task;
            @Nullable Runnable waiter;
            synchronized (this) {
                while (queue.isEmpty()) {
                    if (isClosed) {
                        return;
                    }
                    try {
                        wait();
                    } catch (InterruptedException stop) {
                        return;
                    }
                }
                task = queue.remove();
                waiter = waiters.poll();
            }
            if (waiter != null) {
                waiter.run();
            }
            task.accept(context);
        }
    }
}
