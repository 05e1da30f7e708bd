package io.nuthatch.engine.keyspace;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/// Lower bounds of when documents expire: per hash slot, and per group of 128 hash slots.
///
/// A bound may be too early (the expiry was lengthened, the document went), never too late once [#lower] has
/// returned; whoever comes upon a bound that is due looks at the hash slot and tightens it. A hash slot's
/// bound is written under its stripe; a group's under the lock of the group, after the slot's: a tightening
/// either sees the slot's new bound, or comes first and is lowered again. (Without a lock, by comparing and
/// exchanging the group's bound alone, a slot lowered to a time after that bound left no trace in it.)
///
/// A crowded slot has a heap beside its bound, lest one hash tag over many documents makes each expiry a walk
/// over all of them.
final class DueDocuments {
    static final int GROUPS = 128;
    private static final int GROUP_SHIFT = 7;

    private final AtomicLongArray slots = new AtomicLongArray(HashSlot.COUNT);
    private final @Nullable DueHeap[] heaps = new DueHeap[HashSlot.COUNT]; // Of crowded slots; under the stripe.
    private final AtomicLongArray groups = new AtomicLongArray(GROUPS);
    private final Object[] groupLocks =
            new Object[GROUPS]; // Leaves in the order of locks; held for a few hundred reads.

    DueDocuments() {
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            slots.setPlain(slot, Long.MAX_VALUE);
        }
        for (int group = 0; group < GROUPS; group++) {
            groups.set(group, Long.MAX_VALUE);
            groupLocks[group] = new Object();
        }
    }

    /// A document of the slot expires at `at`.
    void lower(int slot, long at) {
        if (at < slots.get(slot)) {
            slots.set(slot, at);
            int group = slot >>> GROUP_SHIFT;
            synchronized (groupLocks[group]) {
                groups.set(group, Math.min(groups.get(group), at));
            }
        }
    }

    /// The heap of a crowded slot, or null.
    @Nullable
    DueHeap heap(int slot) {
        return heaps[slot];
    }

    void setHeap(int slot, @Nullable DueHeap heap) {
        heaps[slot] = heap;
    }

    long slot(int slot) {
        return slots.get(slot);
    }

    long group(int group) {
        return groups.get(group);
    }

    void setSlot(int slot, long at) {
        slots.set(slot, at);
    }

    /// Raises the group's bound to the least of its slots.
    void tighten(int group) {
        synchronized (groupLocks[group]) {
            groups.set(group, least(group));
        }
    }

    private long least(int group) {
        long least = Long.MAX_VALUE;
        for (int slot = group << GROUP_SHIFT; slot < (group + 1) << GROUP_SHIFT; slot++) {
            least = Math.min(least, slots.get(slot));
        }
        return least;
    }
}
