package io.nuthatch.engine.hnsw;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The small pool of threads that works behind all indexes: graph insertions, consolidations, releases.
///
/// Each task is one insertion or one slice of a consolidation, so that many indexes take turns. What waits is
/// bounded by the indexes' buffers. When a thread found nothing to do for a while, it lets each index do what
/// it has put off. With no threads at all, [#runPending] steps the work: that is how tests hold it still.
public final class IndexThreads implements AutoCloseable {
    private static final Logger LOG = System.getLogger(IndexThreads.class.getName());
    private static final long IDLE_MILLIS = 500;

    /// What an index does when the threads are quiet.
    interface Idler {
        void idle();
    }

    private static final Runnable WAKE = () -> {};

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Queue<Runnable> upkeep = new ConcurrentLinkedQueue<>();
    private final List<Idler> idlers = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger held = new AtomicInteger(); // Vectors that may still be added; 0 when nothing is held.
    private final AtomicInteger crowded = new AtomicInteger(); // Indexes in which too many vectors wait.
    private final Queue<Runnable> waiters = new ConcurrentLinkedQueue<>(); // For room.
    private volatile boolean isClosed;

    /// `count` threads, 0 for none.
    public IndexThreads(int count) {
        this(count, () -> {});
    }

    /// As above; each thread does `first` before anything else.
    public IndexThreads(int count, Runnable first) {
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(
                    () -> {
                        first.run();
                        work();
                    },
                    "index-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    public int count() {
        return threads.size();
    }

    /// Tasks that wait.
    public int backlog() {
        return tasks.size();
    }

    /// Whether no index has too many vectors waiting. Cheap; [VectorIndex#hasRoom] says it of one.
    public boolean hasRoom() {
        return crowded.get() == 0 || isHeld();
    }

    /// Runs `action` once, when an index has room again or none is short of it: at once, in the calling
    /// thread, or later in another, briefly holding locks, so that it should only hand something on.
    public void whenRoom(Runnable action) {
        waiters.add(action);
        if (hasRoom()) {
            runWaiters();
        }
    }

    /// An index has become crowded, or is no longer.
    void noteCrowd(boolean isCrowded) {
        if (isCrowded) {
            crowded.incrementAndGet();
        } else {
            crowded.decrementAndGet();
            runWaiters();
        }
    }

    private void runWaiters() {
        int count = waiters.size(); // Who comes meanwhile waits for the next time.
        for (int i = 0; i < count; i++) {
            @Nullable Runnable action = waiters.poll();
            if (action != null) {
                action.run();
            }
        }
    }

    /// Has the next `vectors` vectors wait unlinked, whatever a buffer holds otherwise, and all work behind
    /// the indexes with them, until [#release] or until there are as many. For a start, which replays a log:
    /// a search that scans some ten thousand vectors is slow by a millisecond, and linking them takes
    /// seconds.
    public void hold(int vectors) {
        held.set(vectors);
    }

    /// Lets the work go on.
    public synchronized void release() {
        held.set(0);
        notifyAll();
    }

    /// Whether all work waits, since [#hold].
    boolean isHeld() {
        return held.get() > 0;
    }

    /// Whether a vector that is being added may wait although the buffer is full.
    boolean mayWait() {
        if (held.get() <= 0) {
            return false;
        }
        if (held.decrementAndGet() <= 0) {
            release();
        }
        return true;
    }

    private synchronized void awaitRelease() throws InterruptedException {
        while (held.get() > 0 && !isClosed) {
            wait();
        }
    }

    void execute(Runnable task) {
        tasks.add(task);
    }

    /// For slices of consolidations: a thread takes one of these and one of the others in turn, so that a
    /// long queue of insertions does not keep removed vectors in memory.
    void executeUpkeep(Runnable slice) {
        upkeep.add(slice);
        tasks.add(WAKE);
    }

    void register(Idler idler) {
        idlers.add(idler);
    }

    void unregister(Idler idler) {
        idlers.remove(idler);
    }

    /// Runs what waits, and what that adds, in the calling thread; then lets the indexes do what they put
    /// off.
    public void runPending() {
        runQueued();
        for (Idler idler : idlers) {
            idler.idle();
        }
        runQueued();
    }

    private void runQueued() {
        while (!tasks.isEmpty() || !upkeep.isEmpty()) {
            @Nullable Runnable slice = upkeep.poll();
            if (slice != null) {
                slice.run();
            }
            @Nullable Runnable task = tasks.poll();
            if (task != null) {
                task.run();
            }
        }
    }

    private void work() {
        while (!isClosed) {
            try {
                awaitRelease();
                @Nullable Runnable slice = upkeep.poll();
                if (slice != null) {
                    slice.run();
                }
                @Nullable Runnable task = tasks.poll(slice == null ? IDLE_MILLIS : 0, TimeUnit.MILLISECONDS);
                if (task == null && slice == null) {
                    for (Idler idler : idlers) {
                        idler.idle();
                    }
                } else if (task != null) {
                    task.run();
                }
            } catch (InterruptedException stopped) {
                return;
            } catch (IndexClosedException dropped) {
                LOG.log(Level.TRACE, "work on an index that was dropped meanwhile", dropped);
            } catch (RuntimeException | Error failure) { // One index's fault must not stop the others.
                LOG.log(Level.ERROR, "a task of an index failed", failure);
            }
        }
    }

    /// Stops the threads after their present task; indexes should be closed first.
    @Override
    public void close() {
        isClosed = true;
        for (Thread thread : threads) {
            thread.interrupt();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
