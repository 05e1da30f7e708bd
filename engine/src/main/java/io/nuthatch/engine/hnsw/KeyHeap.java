package io.nuthatch.engine.hnsw;

import java.util.Arrays;

/// A binary min-heap of keys; one thread, reused.
final class KeyHeap {
    private long[] keys = new long[256];
    private int size;

    void clear() {
        size = 0;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// The least key; the heap is not empty.
    long first() {
        return keys[0];
    }

    void push(long key) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
        }
        long[] heap = keys;
        int i = size++;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (heap[parent] <= key) {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = key;
    }

    /// For native code: the heap as an array with room for `more` keys, of which the first [#size] are in it.
    long[] withRoomFor(int more) {
        if (keys.length - size < more) {
            keys = Arrays.copyOf(keys, Math.max(2 * keys.length, size + more));
        }
        return keys;
    }

    int size() {
        return size;
    }

    /// Native code pushed and popped.
    void resize(int size) {
        this.size = size;
    }

    /// Takes the least key out.
    void pop() {
        long[] heap = keys;
        int last = --size;
        long key = heap[last];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= last) {
                break;
            }
            if (child + 1 < last && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= key) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = key;
    }
}
