package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.image.Ranges;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads that read a checkpoint. One thread gives them work.
final class LoadThreads implements Ranges, AutoCloseable {
    private static final int RANGE = 4096;

    private final int count;
    private final ExecutorService threads;

    LoadThreads(int count) {
        this.count = count;
        AtomicInteger number = new AtomicInteger();
        this.threads = Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, "load-" + number.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        });
    }

    /// What each thread does.
    interface Work {
        void run() throws IOException;
    }

    /// Runs `work` on every thread at once and waits for all; the first failure is thrown.
    void onEach(Work work) throws IOException {
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tasks.add(() -> {
                work.run();
                return true;
            });
        }
        try {
            for (Future<Boolean> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IOException("the load was interrupted", stop);
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            throw rethrow(cause == null ? failure : cause);
        }
    }

    private static IOException rethrow(Throwable cause) {
        if (cause instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof IOException failure ? failure : new IOException(cause);
    }

    @Override
    public void run(int limit, Action action) {
        AtomicInteger next = new AtomicInteger();
        try {
            onEach(() -> {
                for (int from = next.getAndAdd(RANGE); from < limit && from >= 0; from = next.getAndAdd(RANGE)) {
                    action.run(from, Math.min(limit, from + RANGE));
                }
            });
        } catch (IOException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Override
    public void runAll(List<Runnable> tasks) {
        AtomicInteger next = new AtomicInteger();
        try {
            onEach(() -> {
                for (int i = next.getAndIncrement(); i < tasks.size(); i = next.getAndIncrement()) {
                    tasks.get(i).run();
                }
            });
        } catch (IOException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
