package io.nuthatch.commands.admin;

import java.util.function.LongSupplier;

/// How fast a counter grows, averaged over the last 16 samples, as Redis's `instantaneous_*` fields. Sampled
/// by the server's tick; read by any thread.
final class Rates {
    private static final int SAMPLES = 16;

    private final LongSupplier counter;
    private final double[] perSecond = new double[SAMPLES];
    private int at;
    private long lastValue;
    private long lastMillis;
    private volatile double average;

    Rates(LongSupplier counter, long nowMillis) {
        this.counter = counter;
        this.lastMillis = nowMillis;
    }

    void sample(long nowMillis) {
        long value = counter.getAsLong();
        long elapsed = nowMillis - lastMillis;
        if (elapsed <= 0) {
            return;
        }
        perSecond[at++ % SAMPLES] = Math.max(0, value - lastValue) * 1000.0 / elapsed; // Below 0 after a reset.
        lastValue = value;
        lastMillis = nowMillis;
        double sum = 0;
        for (double rate : perSecond) {
            sum += rate;
        }
        average = sum / SAMPLES;
    }

    double perSecond() {
        return average;
    }
}
