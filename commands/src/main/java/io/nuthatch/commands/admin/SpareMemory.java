package io.nuthatch.commands.admin;

import io.nuthatch.commands.MaxMemory;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.NativeHeap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives back what the process holds and has no use for: what a burst of the compilers left in `malloc`, and
/// a heap that grew for garbage.
///
/// malloc is trimmed when more than [#SPARE_MALLOC_BYTES] of it is free. The heap is collected when it holds
/// much more than the last collection left: the collector gives memory back at the end of a concurrent cycle
/// alone, and starts none while little is allocated.
///
/// Threads: [#tick] by one, [#purge] by any.
public final class SpareMemory {
    private static final Logger LOG = LoggerFactory.getLogger(SpareMemory.class);
    private static final long LOOK_MILLIS = 2_000;
    private static final long COLLECT_MILLIS = 30_000;
    private static final long COLLECT_UNDER_PRESSURE_MILLIS = 5_000;
    private static final long SPARE_MALLOC_BYTES = 4L << 20;

    private final Keyspace keyspace;
    private long lastLookMillis;
    private long lastCollectionMillis;

    public SpareMemory(Keyspace keyspace, long nowMillis) {
        this.keyspace = keyspace;
        this.lastLookMillis = nowMillis;
        this.lastCollectionMillis = nowMillis;
    }

    /// Looks every two seconds, however often it is called.
    public void tick(long nowMillis, MaxMemory maxMemory) {
        if (Math.abs(nowMillis - lastLookMillis) < LOOK_MILLIS) { // Also after the clock was set back.
            return;
        }
        lastLookMillis = nowMillis;
        if (NativeHeap.usage().freeBytes() > SPARE_MALLOC_BYTES) {
            NativeHeap.trim();
        }
        long limit = maxMemory.limitBytes();
        boolean isPressed = limit > 0 && maxMemory.usedBytes() > limit - limit / 8;
        long pause = isPressed ? COLLECT_UNDER_PRESSURE_MILLIS : COLLECT_MILLIS;
        if (Math.abs(nowMillis - lastCollectionMillis) < pause) {
            return;
        }
        long spare = HeapInfo.spareBytes(ProcessMemory.heapBytes());
        if (spare > 0) {
            lastCollectionMillis = nowMillis;
            LOG.debug("the heap holds {} bytes that it has no use for: collecting", spare);
            collect();
        }
    }

    /// Gives back all that can be, soon (`MEMORY PURGE`).
    public void purge() {
        keyspace.trim();
        NativeHeap.trim();
        collect();
    }

    /// On a thread of its own, as who asks for a collection waits for its end.
    private static void collect() {
        Thread.ofPlatform().name("give-back").daemon().start(System::gc);
    }
}
