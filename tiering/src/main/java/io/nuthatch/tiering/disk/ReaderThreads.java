package io.nuthatch.tiering.disk;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Threads that wait for the disk in the place of others: for reads by a library that knows no batches.
///
/// Thread-safe, but for [#close].
public final class ReaderThreads implements Closeable {
    /// One read of a batch.
    public interface Read {
        void run(int i) throws IOException;
    }

    private static final Batch STOP = new Batch(0, i -> {});

    private final LinkedBlockingQueue<Batch> queue = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    /// So many threads, 1 or more; they are there for good.
    public ReaderThreads(int count) {
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform()
                    .name("nuthatch-cold-read-" + i)
                    .daemon(true)
                    .start(this::serve));
        }
    }

    /// Runs reads 0 to `count - 1`, on the calling thread too, and returns when all are over. Throws what one
    /// of them threw; the others may not have run then.
    public void run(int count, Read read) throws IOException {
        Batch batch = new Batch(count, read);
        for (int i = Math.min(threads.size(), count - 1); i > 0; i--) {
            queue.add(batch);
        }
        batch.work();
        batch.await();
    }

    private void serve() {
        try {
            for (Batch batch = queue.take(); batch != STOP; batch = queue.take()) {
                batch.work();
            }
            queue.add(STOP); // For the next one.
        } catch (InterruptedException nobodyDoesThat) {
            throw new AssertionError(nobodyDoesThat);
        }
    }

    /// Ends the threads; nobody reads any more.
    @Override
    public void close() {
        queue.add(STOP);
        boolean wasInterrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException later) {
                    wasInterrupted = true;
                }
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Batch {
        private final int count;
        private final Read read;
        private final Thread owner = Thread.currentThread();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger over = new AtomicInteger();
        private volatile @Nullable Throwable failure;

        Batch(int count, Read read) {
            this.count = count;
            this.read = read;
        }

        void work() {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                try {
                    if (failure == null) {
                        read.run(i);
                    }
                } catch (IOException | RuntimeException | Error thrown) {
                    failure = thrown;
                } finally {
                    if (over.incrementAndGet() == count) {
                        LockSupport.unpark(owner);
                    }
                }
            }
        }

        void await() throws IOException {
            boolean wasInterrupted = false;
            while (over.get() < count) {
                LockSupport.park(this);
                wasInterrupted |= Thread.interrupted(); // Others write to the caller's memory until all is over.
            }
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
            switch (failure) {
                case null -> {}
                case IOException thrown -> throw thrown;
                case Error thrown -> throw thrown;
                case Throwable bug -> throw (RuntimeException) bug;
            }
        }
    }
}
