package io.nuthatch.engine.memory;

/// Bytes one behind the other in one block off the heap, which grows by half when they no longer fit.
///
/// Ownership: it owns its block, counted where the caller says, until [#close]. One thread.
public final class GrowingBlock implements AutoCloseable {
    private final MemoryAccount.Counter counter;
    private long address;
    private long capacity;
    private long size;

    /// Room for `capacity` bytes at first, 1 or more.
    public GrowingBlock(long capacity, MemoryAccount.Counter counter) {
        this.counter = counter;
        this.capacity = capacity;
        this.address = OffHeap.allocate(capacity, counter);
    }

    /// Where the bytes are, until the next [#room] or [#clear].
    public long address() {
        return address;
    }

    /// Bytes in use.
    public long size() {
        return size;
    }

    /// Makes the next `bytes` bytes part of it and returns where they are; what stands there is undefined.
    public long room(long bytes) {
        long end = Math.addExact(size, bytes);
        if (end > capacity) {
            resize(Math.max(end, Math.addExact(capacity, capacity / 2)));
        }
        long at = address + size;
        size = end;
        return at;
    }

    /// Forgets everything. A block that has grown above `most` bytes becomes one of `left`, 1 or more.
    public void clear(long most, long left) {
        size = 0;
        if (capacity > most) {
            resize(left);
        }
    }

    private void resize(long bytes) {
        long next = OffHeap.allocate(bytes, counter);
        Memory.copy(address, next, size);
        OffHeap.free(address, capacity, counter);
        address = next;
        capacity = bytes;
    }

    @Override
    public void close() {
        OffHeap.free(address, capacity, counter);
        address = 0;
        capacity = 0;
        size = 0;
    }
}
