package io.nuthatch.commands;

import io.nuthatch.engine.memory.Memory;

/// 64-bit integers as decimal digits in native memory, in the one spelling that Redis takes: no blank, no
/// `+`, no leading zero, no `-0`.
public final class LongText {
    /// The most bytes that [#print] writes.
    public static final int MAX_BYTES = 20;

    private LongText() {}

    /// Whether the `length` bytes at `address` are an integer of 64 bits.
    public static boolean isLong(long address, int length) {
        if (length == 0 || length > MAX_BYTES) {
            return false;
        }
        boolean isNegative = Memory.getByte(address) == '-';
        int at = isNegative ? 1 : 0;
        if (at == length) {
            return false;
        }
        int first = Memory.getByte(address + at) - '0';
        if (first < 1 || first > 9) {
            return first == 0 && length == 1;
        }
        long value = 0; // Kept negative, as that side reaches one further.
        for (; at < length; at++) {
            int digit = Memory.getByte(address + at) - '0';
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                return false;
            }
            value = value * 10 - digit;
        }
        return isNegative || value != Long.MIN_VALUE;
    }

    /// The integer that [#isLong] said is there.
    public static long valueOf(long address, int length) {
        boolean isNegative = Memory.getByte(address) == '-';
        long value = 0;
        for (int at = isNegative ? 1 : 0; at < length; at++) {
            value = value * 10 - (Memory.getByte(address + at) - '0');
        }
        return isNegative ? value : -value;
    }

    /// Writes `value` to `address` and returns how many bytes that took.
    public static int print(long value, long address) {
        int length = value < 0 ? 2 : 1;
        for (long rest = value / 10; rest != 0; rest /= 10) {
            length++;
        }
        long rest = value;
        for (int at = length - 1; at >= (value < 0 ? 1 : 0); at--) {
            Memory.putByte(address + at, (byte) ('0' + Math.abs((int) (rest % 10))));
            rest /= 10;
        }
        if (value < 0) {
            Memory.putByte(address, (byte) '-');
        }
        return length;
    }
}
