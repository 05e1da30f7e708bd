package io.nuthatch.engine.memory;

import io.nuthatch.engine.SuppressForbidden;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.nio.ByteOrder;
import sun.misc.Unsafe;

/// Raw access to absolute native addresses, little endian, unaligned unless said.
///
/// There are no bounds: a wrong address is a crash of the process, so every length that came from outside is
/// checked by the caller before it gets here.
///
/// Single values go through `Unsafe`, one node of the JIT's graph each. The same access through a
/// [MemorySegment] costs it hundreds before they fold into one instruction, and the commands' hot path then
/// runs into HotSpot's limit on inlining (NodeCountInliningCutoff) half-way: a tenth of a GET's time. Ranges
/// go through [#ALL].
///
/// The `Acquire`, `Release`, `Volatile` and `compareAndSet` forms need an address aligned to the size of the
/// value.
@SuppressForbidden("the one place where the engine uses Unsafe, see above")
public final class Memory {
    /// The whole address space; for code that must hand a segment to an API (vector loads,
    /// [MemorySegment#copy]).
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final Unsafe UNSAFE = unsafe();

    private Memory() {}

    private static Unsafe unsafe() {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException("Nuthatch needs a little-endian machine");
        }
        try {
            Field field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (ReflectiveOperationException refused) {
            throw new UnsupportedOperationException("sun.misc.Unsafe is not to be had: run on JDK 25", refused);
        }
    }

    public static byte getByte(long address) {
        return UNSAFE.getByte(address);
    }

    public static void putByte(long address, byte value) {
        UNSAFE.putByte(address, value);
    }

    public static short getShort(long address) {
        return UNSAFE.getShort(address);
    }

    public static void putShort(long address, short value) {
        UNSAFE.putShort(address, value);
    }

    public static int getInt(long address) {
        return UNSAFE.getInt(address);
    }

    public static void putInt(long address, int value) {
        UNSAFE.putInt(address, value);
    }

    public static long getLong(long address) {
        return UNSAFE.getLong(address);
    }

    public static void putLong(long address, long value) {
        UNSAFE.putLong(address, value);
    }

    public static float getFloat(long address) {
        return UNSAFE.getFloat(address);
    }

    public static void putFloat(long address, float value) {
        UNSAFE.putFloat(address, value);
    }

    public static double getDouble(long address) {
        return UNSAFE.getDouble(address);
    }

    public static void putDouble(long address, double value) {
        UNSAFE.putDouble(address, value);
    }

    /// Pairs with [#putByteRelease].
    public static byte getByteAcquire(long address) {
        return UNSAFE.getByteVolatile(null, address);
    }

    public static void putByteRelease(long address, byte value) {
        UNSAFE.storeFence();
        UNSAFE.putByte(address, value);
    }

    /// Pairs with [#putIntRelease] and [#compareAndSetInt].
    public static int getIntAcquire(long address) {
        return UNSAFE.getIntVolatile(null, address);
    }

    public static void putIntRelease(long address, int value) {
        UNSAFE.putOrderedInt(null, address, value);
    }

    public static int getIntVolatile(long address) {
        return UNSAFE.getIntVolatile(null, address);
    }

    public static void putIntVolatile(long address, int value) {
        UNSAFE.putIntVolatile(null, address, value);
    }

    public static boolean compareAndSetInt(long address, int expected, int value) {
        return UNSAFE.compareAndSwapInt(null, address, expected, value);
    }

    /// Pairs with [#putLongRelease] and [#compareAndSetLong].
    public static long getLongAcquire(long address) {
        return UNSAFE.getLongVolatile(null, address);
    }

    public static void putLongRelease(long address, long value) {
        UNSAFE.putOrderedLong(null, address, value);
    }

    public static long getLongVolatile(long address) {
        return UNSAFE.getLongVolatile(null, address);
    }

    public static void putLongVolatile(long address, long value) {
        UNSAFE.putLongVolatile(null, address, value);
    }

    public static boolean compareAndSetLong(long address, long expected, long value) {
        return UNSAFE.compareAndSwapLong(null, address, expected, value);
    }

    /// Copies `bytes` bytes; the ranges may overlap.
    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    /// Copies `length` bytes of `source`, from `offset` on, to `address`.
    public static void copyIn(byte[] source, int offset, long address, int length) {
        MemorySegment.copy(source, offset, ALL, ValueLayout.JAVA_BYTE, address, length);
    }

    /// Copies `length` bytes at `address` into `target`, from `offset` on.
    public static void copyOut(long address, byte[] target, int offset, int length) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, target, offset, length);
    }

    /// A new array holding the `length` bytes at `address`.
    public static byte[] toBytes(long address, int length) {
        byte[] bytes = new byte[length];
        copyOut(address, bytes, 0, length);
        return bytes;
    }

    public static void fill(long address, long bytes, byte value) {
        ALL.asSlice(address, bytes).fill(value);
    }

    public static boolean equal(long one, long other, long bytes) {
        return mismatch(one, other, bytes) < 0;
    }

    /// Whether the `length` bytes at `address` are those of `array` from `offset` on.
    public static boolean equal(long address, byte[] array, int offset, int length) {
        return MemorySegment.mismatch(
                        ALL, address, address + length, MemorySegment.ofArray(array), offset, (long) offset + length)
                < 0;
    }

    /// The offset of the first byte that differs, or -1 when the `bytes` bytes are the same.
    public static long mismatch(long one, long other, long bytes) {
        return MemorySegment.mismatch(ALL, one, one + bytes, ALL, other, other + bytes);
    }
}
