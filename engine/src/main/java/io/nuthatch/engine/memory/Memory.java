package io.nuthatch.engine.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Raw access to absolute native addresses, little endian whatever the machine, unaligned unless said.
///
/// There are no bounds: a wrong address is a crash of the process, so every length that came from outside is
/// checked by the caller before it gets here. One segment over the whole address space keeps the accessors
/// free of per-arena state; the JIT reduces each of them to a single instruction.
///
/// The `Acquire`, `Release`, `Volatile` and `compareAndSet` forms need an address aligned to the size of the
/// value.
public final class Memory {
    /// The whole address space; for code that must hand a segment to an API (vector loads,
    /// [MemorySegment#copy]).
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BYTE_ACCESS = ValueLayout.JAVA_BYTE.varHandle();
    private static final VarHandle INT_ACCESS =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle LONG_ACCESS =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private Memory() {}

    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    public static void putByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    public static short getShort(long address) {
        return ALL.get(SHORT, address);
    }

    public static void putShort(long address, short value) {
        ALL.set(SHORT, address, value);
    }

    public static int getInt(long address) {
        return ALL.get(INT, address);
    }

    public static void putInt(long address, int value) {
        ALL.set(INT, address, value);
    }

    public static long getLong(long address) {
        return ALL.get(LONG, address);
    }

    public static void putLong(long address, long value) {
        ALL.set(LONG, address, value);
    }

    public static float getFloat(long address) {
        return ALL.get(FLOAT, address);
    }

    public static void putFloat(long address, float value) {
        ALL.set(FLOAT, address, value);
    }

    public static double getDouble(long address) {
        return ALL.get(DOUBLE, address);
    }

    public static void putDouble(long address, double value) {
        ALL.set(DOUBLE, address, value);
    }

    /// Pairs with [#putByteRelease].
    public static byte getByteAcquire(long address) {
        return (byte) BYTE_ACCESS.getAcquire(ALL, address);
    }

    public static void putByteRelease(long address, byte value) {
        BYTE_ACCESS.setRelease(ALL, address, value);
    }

    /// Pairs with [#putIntRelease] and [#compareAndSetInt].
    public static int getIntAcquire(long address) {
        return (int) INT_ACCESS.getAcquire(ALL, address);
    }

    public static void putIntRelease(long address, int value) {
        INT_ACCESS.setRelease(ALL, address, value);
    }

    public static int getIntVolatile(long address) {
        return (int) INT_ACCESS.getVolatile(ALL, address);
    }

    public static void putIntVolatile(long address, int value) {
        INT_ACCESS.setVolatile(ALL, address, value);
    }

    public static boolean compareAndSetInt(long address, int expected, int value) {
        return INT_ACCESS.compareAndSet(ALL, address, expected, value);
    }

    /// Pairs with [#putLongRelease] and [#compareAndSetLong].
    public static long getLongAcquire(long address) {
        return (long) LONG_ACCESS.getAcquire(ALL, address);
    }

    public static void putLongRelease(long address, long value) {
        LONG_ACCESS.setRelease(ALL, address, value);
    }

    public static long getLongVolatile(long address) {
        return (long) LONG_ACCESS.getVolatile(ALL, address);
    }

    public static void putLongVolatile(long address, long value) {
        LONG_ACCESS.setVolatile(ALL, address, value);
    }

    public static boolean compareAndSetLong(long address, long expected, long value) {
        return LONG_ACCESS.compareAndSet(ALL, address, expected, value);
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
