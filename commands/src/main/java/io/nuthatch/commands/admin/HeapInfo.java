package io.nuthatch.commands.admin;

import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import io.nuthatch.engine.SuppressForbidden;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;

/// What the Java heap holds of use: its size after the last collection, or now where that is less. What was
/// allocated since is mostly garbage, and would make the figure a matter of chance. Any thread.
@SuppressForbidden("only HotSpot's own bean tells what the last collection left")
final class HeapInfo {
    private static final long SPARE_FROM_BYTES = 64L << 20; // The heap's size at the start.

    private HeapInfo() {}

    /// Loads the platform's beans at the first call.
    static long usedBytes() {
        long now = allocatedBytes();
        long lastEnd = -1;
        long afterLast = now;
        for (GarbageCollectorMXBean collector : Collectors.ALL) {
            GcInfo last = collector.getLastGcInfo();
            if (last != null && last.getEndTime() > lastEnd) {
                lastEnd = last.getEndTime();
                afterLast = heapBytes(last);
            }
        }
        return Math.min(now, afterLast);
    }

    /// Of `held` bytes of heap, what is more than twice the use and [#SPARE_FROM_BYTES], and so worth a
    /// collection to get back; 0 for nothing.
    static long spareBytes(long held) {
        return Math.max(0, held - 2 * usedBytes() - SPARE_FROM_BYTES);
    }

    /// What the heap holds now, garbage with it.
    static long allocatedBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static long heapBytes(GcInfo collection) {
        long bytes = 0;
        for (var pool : collection.getMemoryUsageAfterGc().entrySet()) {
            MemoryUsage usage = pool.getValue();
            if (Collectors.HEAP_POOLS.contains(pool.getKey())) {
                bytes += usage.getUsed();
            }
        }
        return bytes;
    }

    @SuppressForbidden("as above")
    private static final class Collectors {
        static final List<GarbageCollectorMXBean> ALL =
                ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class);
        static final List<String> HEAP_POOLS = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getName)
                .toList();
    }
}
