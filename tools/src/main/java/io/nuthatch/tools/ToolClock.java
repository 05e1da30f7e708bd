package io.nuthatch.tools;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.SuppressForbidden;

/// The machine's clocks; the one place of the tools that reads them.
@SuppressForbidden("this is the clock that is passed in")
public final class ToolClock implements EpochClock, NanoClock {
    @Override
    public long nowMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
