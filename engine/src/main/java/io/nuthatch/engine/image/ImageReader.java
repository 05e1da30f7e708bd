package io.nuthatch.engine.image;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.text.ByteStrings;

/// Reads what an [ImageWriter] wrote. Every read is held against the end: bytes from a disk are believed
/// nothing, whatever their checksum says.
///
/// It does not own the bytes. One thread. Throws [MalformedImageException].
public final class ImageReader {
    private final long start;
    private final long end;
    private long position;

    /// `length` bytes at `address`.
    public ImageReader(long address, long length) {
        this.start = address;
        this.end = address + length;
        this.position = address;
    }

    /// Bytes read so far.
    public long offset() {
        return position - start;
    }

    /// Goes back to where [#offset] was `offset`.
    public void back(long offset) {
        assert offset >= 0 && offset <= offset() : "offset=" + offset + " of " + offset();
        position = start + offset;
    }

    public boolean hasMore() {
        return position < end;
    }

    public int getByte() {
        return Memory.getByte(take(1)) & 0xff;
    }

    public int getShort() {
        return Memory.getShort(take(2)) & 0xffff;
    }

    public int getInt() {
        return Memory.getInt(take(4));
    }

    public long getLong() {
        return Memory.getLong(take(8));
    }

    public double getDouble() {
        return Double.longBitsToDouble(getLong());
    }

    public float getFloat() {
        return Float.intBitsToFloat(getInt());
    }

    /// A count or length, 0 to `max`.
    public int getCount(int max) {
        int count = getInt();
        if (count < 0 || count > max) {
            throw malformed("a count of " + (count & 0xffffffffL) + ", at most " + max);
        }
        return count;
    }

    /// Passes over `length` bytes and returns where they are.
    public long take(long length) {
        if (length < 0 || length > end - position) {
            throw malformed(length + " bytes wanted, " + (end - position) + " left");
        }
        long at = position;
        position += length;
        return at;
    }

    /// A byte string of at most `maxBytes`.
    public String getString(int maxBytes) {
        int length = getCount(maxBytes);
        return ByteStrings.of(Memory.toBytes(take(length), length));
    }

    /// What to throw when the bytes up to here make no sense.
    public MalformedImageException malformed(String what) {
        return new MalformedImageException(what + " at byte " + offset() + " of the image");
    }
}
