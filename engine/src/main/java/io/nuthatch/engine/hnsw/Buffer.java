package io.nuthatch.engine.hnsw;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Vectors that wait for their place in a graph: ordinals in slots, scanned by every search.
///
/// Threads: changed under the index's bookkeeping lock; searches read [#end] and [#ordinal] without it. A
/// slot is freed only after its vector is in the graph or removed, so that a search that looks here first and
/// walks the graph second meets each vector at least once. It grows when it has to, and is small again when
/// it was empty; a search may look at either array.
///
/// It is *crowded* from a limit on until the threads that empty it have gained on those that fill it: then
/// writers that can wait do. What a log's replay has left in it raises the limit, which comes down
/// again by half of what is linked; so a writer waits for some hundred vectors at most, and the backlog ends.
final class Buffer {
    static final int CAPACITY = 1024;

    private static final int CROWD = 768; // The limit, where nothing has raised it.
    private static final int GAP = 256; // Vectors to be linked before writers go on.
    private static final int EXCESS = 8 * CAPACITY; // Vectors of writers that cannot wait.

    /// In place of a slot: no slot; in place of an ordinal: an empty slot.
    static final int NONE = -1;

    private volatile AtomicIntegerArray slots = new AtomicIntegerArray(0); // Ordinals.
    private boolean[] isClaimed = {};
    private int cursor; // Where the next claim looks first: older entries come before younger ones, roughly.
    private int freeCursor;
    private volatile int size;
    private volatile int end;
    private int limit = CROWD;
    private volatile boolean isCrowded;

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

    /// Whether writers that can wait are to.
    boolean isCrowded() {
        return isCrowded;
    }

    /// Whether a writer that could not wait is to link its vector itself. `isEmptied`: there are threads that
    /// empty it.
    boolean isFull(boolean isEmptied) {
        return size >= (isEmptied ? limit + EXCESS : CAPACITY);
    }

    /// Lets one more in before it is crowded.
    void raiseLimit() {
        limit = Math.max(limit, size + GAP);
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
        int grown = size + 1;
        size = grown;
        if (grown >= limit) {
            isCrowded = true;
        }
    }

    void free(int slot) {
        slots.setRelease(slot, NONE);
        isClaimed[slot] = false;
        int left = size - 1;
        size = left;
        if (left == 0) {
            clear();
        } else if (isCrowded && left <= limit - GAP) {
            limit = Math.max(CROWD, left + GAP / 2);
            isCrowded = false;
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
        limit = CROWD;
        isCrowded = false;
        if (slots.length() > CAPACITY) {
            resize(CAPACITY);
        }
    }
}
