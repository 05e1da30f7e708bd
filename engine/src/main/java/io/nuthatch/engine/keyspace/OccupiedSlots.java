package io.nuthatch.engine.keyspace;

import java.util.concurrent.atomic.AtomicLongArray;

/// A bit per hash slot of a [Database] that has keys, so that a walk over few keys need not look into 16384
/// tables. A bit changes under the slot's stripe; [#next] takes none, and who comes to a slot looks again.
final class OccupiedSlots {
    private final AtomicLongArray words = new AtomicLongArray(HashSlot.COUNT / 64);

    void add(int slot) {
        words.getAndUpdate(slot >>> 6, bits -> bits | 1L << slot);
    }

    void remove(int slot) {
        words.getAndUpdate(slot >>> 6, bits -> bits & ~(1L << slot));
    }

    /// The first hash slot from `slot` on that has keys, -1 for none.
    int next(int slot) {
        for (int word = slot >>> 6; word < words.length(); word++) {
            long bits = words.get(word);
            if (word == slot >>> 6) {
                bits &= -1L << slot;
            }
            if (bits != 0) {
                return (word << 6) + Long.numberOfTrailingZeros(bits);
            }
        }
        return -1;
    }
}
