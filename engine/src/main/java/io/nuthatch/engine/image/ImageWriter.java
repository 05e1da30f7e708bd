package io.nuthatch.engine.image;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.text.ByteStrings;

/// Bytes of an image as they come, little endian, in one growing block off the heap.
///
/// Ownership: the writer owns its block, counted where the caller says, until [#close]. One thread.
public final class ImageWriter implements AutoCloseable {
    private final MemoryAccount.Counter counter;
    private long address;
    private long capacity;
    private long size;

    /// Room for `capacity` bytes at first, 1 or more.
    public ImageWriter(long capacity, MemoryAccount.Counter counter) {
        this.counter = counter;
        this.capacity = capacity;
        this.address = OffHeap.allocate(capacity, counter);
    }

    /// Where the bytes are, until the next one is written.
    public long address() {
        return address;
    }

    /// Bytes written.
    public long size() {
        return size;
    }

    /// Forgets all bytes from `size` on.
    public void truncate(long size) {
        assert size >= 0 && size <= this.size : "size=" + size + " of " + this.size;
        this.size = size;
    }

    /// Forgets everything, and gives back what is over `keep` bytes of room.
    public void clear(long keep) {
        size = 0;
        if (capacity > keep) {
            resize(keep);
        }
    }

    public void putByte(int value) {
        Memory.putByte(room(1), (byte) value);
    }

    /// The lower 16 bits.
    public void putShort(int value) {
        Memory.putShort(room(2), (short) value);
    }

    public void putInt(int value) {
        Memory.putInt(room(4), value);
    }

    public void putLong(long value) {
        Memory.putLong(room(8), value);
    }

    public void putDouble(double value) {
        putLong(Double.doubleToRawLongBits(value));
    }

    public void putFloat(float value) {
        putInt(Float.floatToRawIntBits(value));
    }

    public void putBytes(long from, long length) {
        long to = room(length);
        if (length > 0) {
            Memory.copy(from, to, length);
        }
    }

    /// A byte string with its length before it.
    public void putString(String byteString) {
        byte[] bytes = ByteStrings.bytes(byteString);
        putInt(bytes.length);
        Memory.copyIn(bytes, 0, room(bytes.length), bytes.length);
    }

    /// Writes over the int at byte `at`.
    public void setInt(long at, int value) {
        assert at + 4 <= size : "at=" + at + " size=" + size;
        Memory.putInt(address + at, value);
    }

    /// Writes over the byte at byte `at`.
    public void setByte(long at, int value) {
        assert at < size : "at=" + at + " size=" + size;
        Memory.putByte(address + at, (byte) value);
    }

    private long room(long bytes) {
        long end = Math.addExact(size, bytes);
        if (end > capacity) {
            resize(Math.max(end, Math.addExact(capacity, capacity / 2)));
        }
        long at = address + size;
        size = end;
        return at;
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
