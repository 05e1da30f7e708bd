package io.nuthatch.server;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.SuppressForbidden;

/// The machine's clocks; the one place that reads them.
@SuppressForbidden("this is the clock that is passed in")
public final class SystemClock implements EpochClock, NanoClock {
    @Override
    public long nowMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
