package io.nuthatch.engine.document;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.roaringbitmap.RoaringBitmap;

/// The ordinals of a space: handed out dense, taken back, and used again when nobody can know them any more.
///
/// A retired ordinal may stand in two places: in vector indexes, each of which says when it has let go, and
/// in the results of searches under way. So it waits for its releases first, and then until every search has
/// left that was inside at that time (reclamation by epochs: a search stamps a slot with the present epoch, a
/// waiting ordinal carries the epoch in which it came).
///
/// Threads: any.
final class OrdinalPool implements AutoCloseable {
    private static final long IDLE = Long.MAX_VALUE;
    private static final int SLOTS = 512; // Searches at one time; more of them wait for a slot.

    private record Waiting(int ordinal, long epoch) {}

    private final AtomicLong reclaimEpoch = new AtomicLong(1);
    private final AtomicLongArray readers = new AtomicLongArray(SLOTS);
    private final AtomicInteger used = new AtomicInteger(); // Handed out, and not on their way back.
    private final RecordTable pending; // ordinal -> releases it waits for
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(); // Guarded by this, as is all below.
    private final RoaringBitmap free = new RoaringBitmap();
    private int next;

    OrdinalPool(MemoryAccount.Counter counter) {
        this.pending = new RecordTable(Integer.BYTES, counter);
        for (int i = 0; i < SLOTS; i++) {
            readers.set(i, IDLE);
        }
    }

    /// An ordinal nobody uses, the smallest there is.
    synchronized int take() {
        Waiting head = waiting.peekFirst();
        if (head != null) {
            long oldest = oldestReader();
            while (head != null && head.epoch < oldest) {
                waiting.removeFirst();
                free.add(head.ordinal);
                head = waiting.peekFirst();
            }
        }
        if (!free.isEmpty()) {
            int ordinal = free.first();
            free.remove(ordinal);
            used.getAndIncrement();
            return ordinal;
        }
        if (next == Integer.MAX_VALUE) {
            throw new IllegalStateException("too many documents");
        }
        int ordinal = next;
        next++;
        pending.ensure(ordinal);
        used.getAndIncrement();
        return ordinal;
    }

    /// Ordinals that are handed out and were not retired.
    int used() {
        return used.get();
    }

    /// Ordinals below this have been in use at some time.
    synchronized int limit() {
        return next;
    }

    /// Makes room for an ordinal that was handed out in another life of the server.
    void prepare(int ordinal) {
        pending.ensure(ordinal);
    }

    /// Begins anew with `handedOut` handed out, and nothing else. Nobody else is inside the pool.
    synchronized void restore(RoaringBitmap handedOut) {
        waiting.clear();
        free.clear();
        used.set(handedOut.getCardinality());
        next = handedOut.isEmpty() ? 0 : handedOut.last() + 1;
        for (int ordinal = 0; ordinal < next; ordinal += pending.granuleRecords()) {
            pending.ensure(ordinal);
        }
        free.add(0L, next);
        free.andNot(handedOut);
    }

    /// Starts the way back of an ordinal that `releases` more calls of [#released] will follow, and one by
    /// the caller.
    void retire(int ordinal, int releases) {
        used.getAndDecrement();
        Memory.putIntVolatile(pending.address(ordinal), releases + 1);
    }

    /// One holder of a retired ordinal has let go.
    void released(int ordinal) {
        long address = pending.address(ordinal);
        while (true) {
            int count = Memory.getIntVolatile(address);
            assert count > 0 : "ordinal=" + ordinal + " releases=" + count;
            if (Memory.compareAndSetInt(address, count, count - 1)) {
                if (count == 1) {
                    free(ordinal);
                }
                return;
            }
        }
    }

    private synchronized void free(int ordinal) {
        waiting.addLast(new Waiting(ordinal, reclaimEpoch.getAndIncrement()));
    }

    /// Begins a search: ordinals it meets stay what they are until [#leave] with the returned slot.
    int enter() {
        int slot = (int) Thread.currentThread().threadId() & (SLOTS - 1);
        for (int tries = 0; ; tries++) {
            // Volatile: whoever retires after this sees the stamp, whoever retired before is seen by the search.
            if (readers.get(slot) == IDLE && readers.compareAndSet(slot, IDLE, reclaimEpoch.get())) {
                return slot;
            }
            slot = (slot + 1) & (SLOTS - 1);
            if (tries >= SLOTS) {
                Thread.yield();
            }
        }
    }

    void leave(int slot) {
        readers.set(slot, IDLE);
    }

    private long oldestReader() {
        long oldest = IDLE;
        for (int i = 0; i < SLOTS; i++) {
            oldest = Math.min(oldest, readers.get(i));
        }
        return oldest;
    }

    @Override
    public void close() {
        pending.close();
    }
}
