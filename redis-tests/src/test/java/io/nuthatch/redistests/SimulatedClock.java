package io.nuthatch.redistests;

import io.nuthatch.engine.EpochClock;
import java.util.concurrent.atomic.AtomicLong;

/// A wall clock that moves only when told. Any thread.
public final class SimulatedClock implements EpochClock {
    private final AtomicLong now;

    public SimulatedClock(long startMillis) {
        this.now = new AtomicLong(startMillis);
    }

    @Override
    public long nowMillis() {
        return now.get();
    }

    /// Moves the clock on.
    public void advance(long millis) {
        now.addAndGet(millis);
    }
}
