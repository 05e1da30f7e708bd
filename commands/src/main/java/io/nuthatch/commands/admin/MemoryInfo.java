package io.nuthatch.commands.admin;

import io.nuthatch.engine.memory.MemoryAccount;
import java.util.Locale;

/// The account of memory: what is off the heap by the counters of its owners, plus what the heap holds of
/// use. Any thread; the peak is kept by the server's tick.
public final class MemoryInfo {
    private static final long LOOK_MILLIS = 1_000;

    private final MemoryAccount account;
    private final long startupBytes;
    private volatile long peakBytes;
    private volatile long peakMillis;
    private long lastLookMillis;

    public MemoryInfo(MemoryAccount account, long nowMillis) {
        this.account = account;
        this.startupBytes = offHeapBytes() + HeapInfo.allocatedBytes(); // The other would load beans in the start.
        this.peakBytes = startupBytes;
        this.peakMillis = nowMillis;
        this.lastLookMillis = nowMillis;
    }

    /// Notes a new peak; looks once a second, however often it is called. One thread.
    public void tick(long nowMillis) {
        if (Math.abs(nowMillis - lastLookMillis) < LOOK_MILLIS) { // Also after the clock was set back.
            return;
        }
        lastLookMillis = nowMillis;
        long used = usedBytes();
        if (used > peakBytes) {
            peakBytes = used;
            peakMillis = nowMillis;
        }
    }

    MemoryAccount account() {
        return account;
    }

    long offHeapBytes() {
        return account.total();
    }

    /// Off the heap and on it.
    public long usedBytes() {
        return offHeapBytes() + HeapInfo.usedBytes();
    }

    long startupBytes() {
        return startupBytes;
    }

    long peakBytes() {
        return Math.max(peakBytes, usedBytes());
    }

    long peakMillis() {
        return peakMillis;
    }

    /// `1.50M`, as Redis prints sizes for people.
    static String human(long bytes) {
        String units = "BKMGTPE";
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length() - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + "B" : String.format(Locale.ROOT, "%.2f%c", value, units.charAt(unit));
    }
}
