package io.nuthatch.commands.admin;

import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.MemoryAccount;
import java.util.Locale;
import java.util.Map;

/// The one account of memory: what is off the heap by the counters of its owners, plus what the process holds
/// beside that ([ProcessMemory]). Together they are the resident size, to a few percent.
///
/// Threads: any; [#tick] by one.
public final class MemoryInfo {
    private static final long LOOK_MILLIS = 1_000;
    private static final long YOUNG_MILLIS = 10_000; // In which the process grows fast.

    private final MemoryAccount account;
    private final Keyspace keyspace;
    private final Indexes indexes;
    private final long firstOffHeapBytes;
    private final long startMillis;
    private volatile long startupBytes;
    private volatile long peakBytes;
    private volatile long peakMillis;
    private volatile long besideData;
    private long lastLookMillis; // The ticking thread's own, as what follows.
    private long startupFileBytes;
    private long countedOfProcess;

    public MemoryInfo(MemoryAccount account, Keyspace keyspace, Indexes indexes, long nowMillis) {
        this.account = account;
        this.keyspace = keyspace;
        this.indexes = indexes;
        this.firstOffHeapBytes = account.total();
        this.startMillis = nowMillis;
        this.peakMillis = nowMillis;
        this.lastLookMillis = nowMillis;
    }

    /// Brings up to date what [#countedBytes] adds to the data, and notes a new peak; looks at the process
    /// once a second, however often it is called, and each time in its first seconds. The first look that is
    /// a second after the start says what the process took for itself.
    public void tick(long nowMillis) {
        boolean isYoung = Math.abs(nowMillis - startMillis) < YOUNG_MILLIS;
        if (isYoung || Math.abs(nowMillis - lastLookMillis) >= LOOK_MILLIS) { // Also after the clock was set back.
            lastLookMillis = nowMillis;
            look(nowMillis);
        }
        indexes.measure();
        besideData = offHeapBytes() + countedOfProcess - keyspace.usedBytes() - excessFreeBytes();
    }

    private void look(long nowMillis) {
        Map<String, Long> process = ProcessMemory.byPart();
        long beside = sum(process);
        long files = process.getOrDefault("files", 0L);
        if (startupBytes == 0) {
            startupFileBytes = files;
            if (Math.abs(nowMillis - startMillis) >= LOOK_MILLIS) {
                startupBytes = beside + firstOffHeapBytes;
            }
        }
        countedOfProcess =
                beside - Math.max(0, files - startupFileBytes) - HeapInfo.spareBytes(process.getOrDefault("heap", 0L));
        long used = offHeapBytes() + beside;
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

    /// What the process holds beside [#offHeapBytes], by part.
    Map<String, Long> processParts() {
        return ProcessMemory.byPart();
    }

    /// Off the heap, on it, and what the JVM takes.
    public long usedBytes() {
        return offHeapBytes() + sum(ProcessMemory.byPart());
    }

    /// What `maxmemory` is held against: all that is used but for
    ///
    /// - files mapped since the start, whose pages the system takes back when it needs them,
    /// - a heap that grew for garbage, which [SpareMemory] has collected: no key goes for it,
    /// - what the keyspace's free blocks take above a sixteenth of its data: keys evicted for them would
    ///   leave still more of them behind, where defragmentation makes them pages to give back, and
    /// - what documents that are gone have left in their indexes for the next ones, for the same reason.
    ///
    /// Keys, values and documents are as of now, so that it falls as soon as one goes; the rest is as of the
    /// last tick. Cheap enough for each command.
    public long countedBytes() {
        return keyspace.usedBytes() + besideData - indexes.reusableBytes();
    }

    private long excessFreeBytes() {
        long live = keyspace.usedBytes();
        return Math.max(0, keyspace.reservedBytes() - live - live / 16);
    }

    long startupBytes() {
        return startupBytes;
    }

    /// The most that was used so far; `used` is what is used now.
    long peakBytes(long used) {
        return Math.max(peakBytes, used);
    }

    long peakMillis() {
        return peakMillis;
    }

    static long sum(Map<String, Long> parts) {
        long sum = 0;
        for (long bytes : parts.values()) {
            sum += bytes;
        }
        return sum;
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
