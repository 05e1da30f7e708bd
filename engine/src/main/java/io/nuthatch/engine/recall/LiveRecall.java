package io.nuthatch.engine.recall;

import io.nuthatch.engine.NanoClock;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Live recall of all indexes: which searches are taken as samples, and when they are checked.
///
/// Samples wait in two bounded queues, those that a width of walk waits for ([RecallCheck#isUrgent]) before
/// the plain ones; what finds its queue full is dropped and counted. The owner's thread calls [#doWork] and
/// rests for as long as it says: checks take a quarter of one core's time when the server is idle. While it
/// is busy, plain samples wait, and grow too old and are dropped if it stays so; urgent ones go on with a
/// hundredth of the time, for otherwise a server that is busy because its walks are too wide would never
/// learn.
///
/// Threads: [#offer] and the readers from any; [#doWork] from one at a time.
public final class LiveRecall {
    /// One of so many searches is a sample, unless the owner says otherwise.
    public static final int DEFAULT_EVERY = 100;

    private static final int WAITING_MAX = 64; // In each of the queues.
    private static final int WAITING_BYTES_MAX = 2 << 20;
    private static final long OLD_NANOS = 30_000_000_000L;
    private static final long CHECK_NANOS_MAX = 10_000_000_000L;
    private static final long IDLE_NANOS = 50_000_000;
    private static final int REST_IDLE = 3; // Times what the check took.
    private static final int REST_BUSY = 99;

    private final NanoClock clock;
    private final Line urgent = new Line();
    private final Line plain = new Line();
    private final LongAdder sampled = new LongAdder();
    private final LongAdder checked = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder stale = new LongAdder();
    private volatile int every = DEFAULT_EVERY;

    /// A queue; guarded by itself.
    private static final class Line {
        private final ArrayDeque<RecallCheck> waiting = new ArrayDeque<>();
        private long bytes;

        synchronized boolean add(RecallCheck check) {
            if (waiting.size() >= WAITING_MAX || bytes + check.bytes() > WAITING_BYTES_MAX) {
                return false;
            }
            waiting.add(check);
            bytes += check.bytes();
            return true;
        }

        synchronized @Nullable RecallCheck poll() {
            RecallCheck head = waiting.poll();
            if (head != null) {
                bytes -= head.bytes();
            }
            return head;
        }

        synchronized int size() {
            return waiting.size();
        }
    }

    /// Samples since the start: `sampled` = `checked` + `stale` + `dropped` + those that wait or are under
    /// way. `dropped` found the queue full, grew too old or took too long.
    public record Stats(long sampled, long checked, long stale, long dropped, int waiting) {}

    public LiveRecall(NanoClock clock) {
        this.clock = clock;
    }

    /// One of `every` searches is a sample from now on; 0 takes none, and nothing is measured any more.
    public void setEvery(int every) {
        if (every < 0) {
            throw new IllegalArgumentException("every must not be negative, got " + every);
        }
        this.every = every;
    }

    int every() {
        return every;
    }

    public NanoClock clock() {
        return clock;
    }

    public Stats stats() {
        return new Stats(sampled.sum(), checked.sum(), stale.sum(), dropped.sum(), urgent.size() + plain.size());
    }

    /// Queues a check, or drops it when too many wait.
    public void offer(RecallCheck check) {
        sampled.increment();
        Line line = check.isUrgent() ? urgent : plain;
        if (!line.add(check)) {
            dropped.increment();
        }
    }

    /// Runs at most one check; returns how long to rest before the next call, in nanoseconds.
    ///
    /// @param isBusy whether others wait for a core
    public long doWork(boolean isBusy) {
        RecallCheck check = urgent.poll();
        if (check == null && !isBusy) {
            check = plain.poll();
        }
        if (check == null) {
            return IDLE_NANOS;
        }
        long start = clock.nanoTime();
        if (start - check.atNanos() > OLD_NANOS) {
            dropped.increment();
            return 0;
        }
        RecallCheck.Outcome outcome = RecallCheck.Outcome.GIVEN_UP;
        try {
            outcome = check.run(start + CHECK_NANOS_MAX);
        } finally {
            count(outcome);
        }
        return (isBusy ? REST_BUSY : REST_IDLE) * (clock.nanoTime() - start);
    }

    private void count(RecallCheck.Outcome outcome) {
        switch (outcome) {
            case MEASURED -> checked.increment();
            case STALE -> stale.increment();
            case GIVEN_UP -> dropped.increment();
        }
    }
}
