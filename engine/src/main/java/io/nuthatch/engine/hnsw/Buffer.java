package io.nuthatch.engine.hnsw;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Vectors that wait for their place in a graph: ordinals in slots, scanned by every search.
///
/// Threads: changed under the index's bookkeeping lock; searches read [#end] and [#ordinal] without it. A
/// slot is freed only after its vector is in the graph or removed, so that a search that looks here first and
/// walks the graph second meets each vector at least once. It grows when it has to, and is small again when
/// it was empty; a search may look at either array.
final class Buffer {
    static final int CAPACITY = 1024;

    /// In place of a slot: no slot; in place of an ordinal: an empty slot.
    static final int NONE = -1;

    private volatile AtomicIntegerArray slots = new AtomicIntegerArray(0); // Ordinals.
    private boolean[] isClaimed = {};
    private int cursor; // Where the next claim looks first: older entries come before younger ones, roughly.
    private int freeCursor;
    private volatile int size;
    private volatile int end;

    Buffer() {
        resize(CAPACITY);
    }

    private void resize(int capacity) {
        AtomicIntegerArray old = slots;
        AtomicIntegerArray resized = new AtomicIntegerArray(capacity);
        for (int i = 0; i < capacity; i++) {
            resized.setPlain(i, i < old.length() ? old.getPlain(i) : NONE);
        }
        slots = resized;
        isClaimed = Arrays.copyOf(isClaimed, capacity);
    }

    /// Slots in use.
    int size() {
        return size;
    }

    /// Whether a writer is to link its vector itself.
    boolean isFull() {
        return size >= CAPACITY;
    }

    /// No slot from here on is in use.
    int end() {
        return end;
    }

    /// The ordinal in a slot, or [#NONE].
    int ordinal(int slot) {
        AtomicIntegerArray present = slots;
        return slot < present.length() ? present.getAcquire(slot) : NONE; // Pairs with add.
    }

    void add(int ordinal) {
        int slot = freeCursor;
        if (size == slots.length()) {
            slot = size;
            resize(2 * size);
        }
        AtomicIntegerArray present = slots;
        while (present.getPlain(slot) != NONE) {
            slot = (slot + 1) % present.length();
        }
        present.setRelease(slot, ordinal); // Pairs with ordinal.
        freeCursor = (slot + 1) % present.length();
        end = Math.max(end, slot + 1);
        size = size + 1;
    }

    void free(int slot) {
        slots.setRelease(slot, NONE);
        isClaimed[slot] = false;
        int left = size - 1;
        size = left;
        if (left == 0) {
            clear();
        }
    }

    /// The slot of an ordinal that is in one.
    int slotOf(int ordinal) {
        int slot = 0;
        AtomicIntegerArray present = slots;
        while (present.getPlain(slot) != ordinal) {
            slot++;
        }
        return slot;
    }

    /// A slot in use that nobody else claimed, or [#NONE].
    int claim() {
        AtomicIntegerArray present = slots;
        int limit = end;
        for (int i = 0; i < limit; i++) {
            int slot = cursor + i < limit ? cursor + i : cursor + i - limit;
            if (slot < limit && present.getPlain(slot) != NONE && !isClaimed[slot]) {
                isClaimed[slot] = true;
                cursor = slot + 1;
                return slot;
            }
        }
        return NONE;
    }

    /// Forgets what is in it.
    void clear() {
        size = 0;
        end = 0;
        cursor = 0;
        freeCursor = 0;
        if (slots.length() > CAPACITY) {
            resize(CAPACITY);
        }
    }
}
