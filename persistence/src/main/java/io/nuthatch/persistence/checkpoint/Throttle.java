package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.NanoClock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Has a checkpoint that is written beside clients rest three times as long as it works, in small steps.
///
/// A lower priority is not enough: with a core for each thread it changes nothing, and the bandwidth of
/// memory and disk knows no priorities. That a checkpoint takes longer costs nobody anything.
///
/// One thread.
final class Throttle {
    private static final long WORK_NANOS = TimeUnit.MICROSECONDS.toNanos(250);
    private static final int REST = 3; // Times the work.
    private static final long REST_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(10);

    private final NanoClock clock;
    private long workedSince;

    Throttle(NanoClock clock) {
        this.clock = clock;
        this.workedSince = clock.nanoTime();
    }

    /// Rests if it is time to. The caller holds no lock.
    void step() {
        long worked = clock.nanoTime() - workedSince;
        if (worked >= WORK_NANOS) {
            LockSupport.parkNanos(Math.min(REST * worked, REST_NANOS_MAX));
            workedSince = clock.nanoTime();
        }
    }
}
