package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;

/// Bytes at a native address, filled in by whoever looks something up; one object serves many calls.
///
/// Valid as long as what it points into: for the keyspace, until the stripe is released or the key is
/// written. Not thread-safe.
public final class Slice {
    public long address;
    public int length;

    /// Points it at `length` bytes at `address`.
    public Slice set(long address, int length) {
        this.address = address;
        this.length = length;
        return this;
    }

    /// A copy on the heap.
    public byte[] toBytes() {
        return Memory.toBytes(address, length);
    }
}
