package io.nuthatch.server;

import io.nuthatch.engine.recall.LiveRecall;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that checks answered searches, behind everything else: with a tenth of the others' weight, and
/// with rests that [LiveRecall] decides.
final class RecallThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RecallThread.class);

    private final LiveRecall recall;
    private final BooleanSupplier isBusy;
    private final Thread thread;
    private volatile boolean isClosed;

    /// `isBusy` says whether others wait for a core.
    RecallThread(LiveRecall recall, BooleanSupplier isBusy) {
        this.recall = recall;
        this.isBusy = isBusy;
        this.thread = Thread.ofPlatform().name("recall").daemon(true).start(this::work);
    }

    private void work() {
        ThreadPriority.lowerThis();
        while (!isClosed) {
            try {
                LockSupport.parkNanos(recall.doWork(isBusy.getAsBoolean()));
            } catch (RuntimeException | AssertionError failure) {
                LOG.error("a check of a search's recall failed", failure); // The next one comes all the same.
            }
        }
    }

    /// Begins no further check.
    void stop() {
        isClosed = true;
        LockSupport.unpark(thread);
    }

    /// Waits for the check under way, which a closed index ends at once.
    @Override
    public void close() {
        stop();
        try {
            thread.join();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
