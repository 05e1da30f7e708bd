package io.nuthatch.engine.image;

import io.nuthatch.engine.memory.GrowingBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.ByteStrings;

/// Bytes of an image as they come, little endian, in one block off the heap, counted where the caller says.
///
/// Ownership: the writer owns its memory until [#close]. One thread.
public final class ImageWriter implements AutoCloseable {
    private final GrowingBlock block;

    /// Room for `capacity` bytes at first, 1 or more.
    public ImageWriter(long capacity, MemoryAccount.Counter counter) {
        this.block = new GrowingBlock(capacity, counter);
    }

    /// Where the bytes are, until the next one is written.
    public long address() {
        return block.address();
    }

    /// Bytes written.
    public long size() {
        return block.size();
    }

    /// Forgets everything, and gives back what is over `keep` bytes of room.
    public void clear(long keep) {
        block.clear(keep, keep);
    }

    public void putByte(int value) {
        Memory.putByte(block.room(1), (byte) value);
    }

    /// The lower 16 bits.
    public void putShort(int value) {
        Memory.putShort(block.room(2), (short) value);
    }

    public void putInt(int value) {
        Memory.putInt(block.room(4), value);
    }

    public void putLong(long value) {
        Memory.putLong(block.room(8), value);
    }

    public void putDouble(double value) {
        putLong(Double.doubleToRawLongBits(value));
    }

    public void putFloat(float value) {
        putInt(Float.floatToRawIntBits(value));
    }

    public void putBytes(long from, long length) {
        long to = block.room(length);
        if (length > 0) {
            Memory.copy(from, to, length);
        }
    }

    public void putBytes(byte[] bytes) {
        Memory.copyIn(bytes, 0, block.room(bytes.length), bytes.length);
    }

    /// A byte string with its length before it.
    public void putString(String byteString) {
        byte[] bytes = ByteStrings.bytes(byteString);
        putInt(bytes.length);
        Memory.copyIn(bytes, 0, block.room(bytes.length), bytes.length);
    }

    /// Writes over the int at byte `at`.
    public void setInt(long at, int value) {
        assert at + 4 <= size() : "at=" + at + " size=" + size();
        Memory.putInt(address() + at, value);
    }

    /// Writes over the byte at byte `at`.
    public void setByte(long at, int value) {
        assert at < size() : "at=" + at + " size=" + size();
        Memory.putByte(address() + at, (byte) value);
    }

    @Override
    public void close() {
        block.close();
    }
}
