package io.nuthatch.engine.keyspace;

import java.util.Arrays;

/// The expiries of the documents of one crowded hash slot, earliest first: a binary heap of `expiry << 16 |
/// tag`, where the tag is the upper half of the key's 32-bit hash.
///
/// Every document that can expire has at least one entry that is not later than its expiry. Entries are not
/// taken out when an expiry is lengthened or a document goes: whoever takes one looks at what is there.
/// Guarded by the slot's stripe.
final class DueHeap {
    private long[] entries = new long[64];
    private int size;

    int size() {
        return size;
    }

    void push(long at, int tag) {
        if (size == entries.length) {
            entries = Arrays.copyOf(entries, size * 2);
        }
        long entry = at << 16 | tag;
        int i = size++;
        while (i > 0) {
            int parent = i - 1 >>> 1;
            if (entries[parent] <= entry) {
                break;
            }
            entries[i] = entries[parent];
            i = parent;
        }
        entries[i] = entry;
    }

    /// The earliest expiry; the largest number when empty.
    long earliest() {
        return size == 0 ? Long.MAX_VALUE : entries[0] >>> 16;
    }

    /// Takes the earliest entry out and returns its tag.
    int pop() {
        int tag = (int) entries[0] & 0xffff;
        long moved = entries[--size];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && entries[child + 1] < entries[child]) {
                child++;
            }
            if (entries[child] >= moved) {
                break;
            }
            entries[i] = entries[child];
            i = child;
        }
        entries[i] = moved;
        return tag;
    }
}
