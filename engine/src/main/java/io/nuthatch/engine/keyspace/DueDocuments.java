package io.nuthatch.engine.keyspace;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/// Lower bounds of when documents expire: per hash slot, and per group of 128 hash slots.
///
/// A bound may be too early (the expiry was lengthened, the document went), never too late; whoever comes
/// upon a bound that is due looks at the hash slot and tightens it. A hash slot's bound is written under its
/// stripe; a group's by whoever lowers one of its slots, and by [#tighten].
///
/// A crowded slot has a heap beside its bound, lest one hash tag over many documents makes each expiry a walk
/// over all of them.
final class DueDocuments {
    static final int GROUPS = 128;
    private static final int GROUP_SHIFT = 7;

    private final AtomicLongArray slots = new AtomicLongArray(HashSlot.COUNT);
    private final @Nullable DueHeap[] heaps = new DueHeap[HashSlot.COUNT]; // Of crowded slots; under the stripe.
    private final AtomicLongArray groups = new AtomicLongArray(GROUPS);

    DueDocuments() {
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            slots.setPlain(slot, Long.MAX_VALUE);
        }
        for (int group = 0; group < GROUPS; group++) {
            groups.set(group, Long.MAX_VALUE);
        }
    }

    /// A document of the slot expires at `at`.
    void lower(int slot, long at) {
        if (at < slots.get(slot)) {
            slots.set(slot, at);
            groups.accumulateAndGet(slot >>> GROUP_SHIFT, at, Math::min); // After the slot; see tighten.
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

    /// Raises the group's bound, which was `seen`, to the least of its slots.
    ///
    /// A slot that is lowered meanwhile either changed the group already (the exchange fails), or is seen by
    /// the second look, or changes the group after it.
    void tighten(int group, long seen) {
        if (groups.compareAndSet(group, seen, least(group))) {
            groups.accumulateAndGet(group, least(group), Math::min);
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
