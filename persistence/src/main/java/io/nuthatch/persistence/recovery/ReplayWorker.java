package io.nuthatch.persistence.recovery;

import io.nuthatch.engine.memory.MemoryAccount;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/// A thread that applies what a replay has for its share of the stripes, in the order in which it is given.
///
/// Records come in batches, of which [#BATCHES] at most go round: whoever reads the log waits for one to come
/// back when the thread is that far behind. What the thread did is seen by whoever has one back.
///
/// All methods by the one thread that reads the log.
final class ReplayWorker implements AutoCloseable {
    private static final int BATCHES = 4;

    private final RecordApplier applier;
    private final ReplayFailure failure;
    private final MemoryAccount.Counter counter;
    private final BlockingQueue<RecordBatch> full = new ArrayBlockingQueue<>(BATCHES);
    private final BlockingQueue<RecordBatch> empty = new ArrayBlockingQueue<>(BATCHES);
    private final Thread thread;
    private int batches; // Made so far.
    private @Nullable RecordBatch filling;
    private volatile boolean isStopped; // Nothing is applied any more.

    ReplayWorker(int number, RecordApplier applier, ReplayFailure failure, MemoryAccount.Counter counter) {
        this.applier = applier;
        this.failure = failure;
        this.counter = counter;
        this.thread = Thread.ofPlatform().name("replay-" + number).daemon().start(this::work);
    }

    private void work() {
        try {
            while (true) {
                RecordBatch batch = full.take();
                batch.forEach(this::apply);
                batch.clear();
                empty.put(batch);
            }
        } catch (InterruptedException end) {
            // By close, when there is nothing left to do.
        }
    }

    private void apply(long lsn, long address, int bytes) {
        if (isStopped) {
            return;
        }
        try {
            applier.apply(lsn, address, bytes);
        } catch (Throwable cause) {
            isStopped = true;
            failure.add(lsn, cause);
        }
    }

    /// Has a record applied behind all that were given before; it is copied. See [RecordBatch#mayHold].
    void add(long lsn, long address, int bytes) {
        RecordBatch batch = filling;
        if (batch != null && !batch.hasRoom(bytes)) {
            full.add(batch);
            batch = null;
        }
        if (batch == null) {
            batch = nextEmpty();
            filling = batch;
        }
        batch.add(lsn, address, bytes);
    }

    private RecordBatch nextEmpty() {
        RecordBatch returned = empty.poll();
        if (returned != null) {
            return returned;
        }
        if (batches < BATCHES) {
            batches++;
            return new RecordBatch(counter);
        }
        return awaitEmpty();
    }

    /// The thread always comes back, so an interrupt has time until then.
    private RecordBatch awaitEmpty() {
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    return empty.take();
                } catch (InterruptedException later) {
                    isInterrupted = true;
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Has the thread begin with what it was given.
    void flush() {
        RecordBatch batch = filling;
        if (batch != null) {
            filling = null;
            full.add(batch);
        }
    }

    /// Waits until all that was given is applied.
    void drain() {
        flush();
        RecordBatch[] all = new RecordBatch[batches];
        for (int i = 0; i < all.length; i++) {
            all[i] = awaitEmpty();
        }
        for (RecordBatch batch : all) {
            empty.add(batch);
        }
    }

    /// Ends the thread; what it has not begun is left undone.
    @Override
    public void close() {
        isStopped = true;
        drain();
        thread.interrupt(); // It waits for a batch and holds nothing.
        empty.forEach(RecordBatch::close);
    }
}
