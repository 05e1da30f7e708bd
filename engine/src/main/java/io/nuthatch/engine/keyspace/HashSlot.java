package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;

/// The hash slot of a key as Redis Cluster defines it: CRC16 (XMODEM) modulo 16384 of the key, or of what
/// stands between its first `{` and the next `}` when that is not empty.
///
/// CRC16 runs eight bytes a step over eight tables ("slicing"), since one table lookup a byte is a chain of
/// dependent loads that a batch of short keys would feel.
public final class HashSlot {
    /// Number of hash slots.
    public static final int COUNT = 16384;

    private static final char[] CRC = tables();

    private HashSlot() {}

    /// The hash slot of the `length` bytes at `address`.
    public static int of(long address, int length) {
        int open = indexOf(address, 0, length, '{');
        if (open >= 0) {
            int close = indexOf(address, open + 1, length, '}');
            if (close > open + 1) {
                return crc16(address + open + 1, close - open - 1) & (COUNT - 1);
            }
        }
        return crc16(address, length) & (COUNT - 1);
    }

    /// The hash slot of `key`.
    public static int of(byte[] key) {
        int from = 0;
        int to = key.length;
        for (int open = 0; open < key.length; open++) {
            if (key[open] == '{') {
                int close = open + 1;
                while (close < key.length && key[close] != '}') {
                    close++;
                }
                if (close < key.length && close > open + 1) {
                    from = open + 1;
                    to = close;
                }
                break;
            }
        }
        int crc = 0;
        for (int i = from; i < to; i++) {
            crc = ((crc << 8) & 0xffff) ^ CRC[(crc >>> 8) ^ (key[i] & 0xff)];
        }
        return crc & (COUNT - 1);
    }

    static int crc16(long address, int length) {
        int crc = 0;
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            long w = Memory.getLong(address + i);
            int b0 = (int) w & 0xff ^ crc >>> 8;
            int b1 = (int) (w >>> 8) & 0xff ^ crc & 0xff;
            crc = CRC[7 << 8 | b0]
                    ^ CRC[6 << 8 | b1]
                    ^ CRC[5 << 8 | (int) (w >>> 16) & 0xff]
                    ^ CRC[4 << 8 | (int) (w >>> 24) & 0xff]
                    ^ CRC[3 << 8 | (int) (w >>> 32) & 0xff]
                    ^ CRC[2 << 8 | (int) (w >>> 40) & 0xff]
                    ^ CRC[1 << 8 | (int) (w >>> 48) & 0xff]
                    ^ CRC[(int) (w >>> 56)];
        }
        for (; i < length; i++) {
            crc = (crc << 8) & 0xffff ^ CRC[crc >>> 8 ^ Memory.getByte(address + i) & 0xff];
        }
        return crc;
    }

    private static int indexOf(long address, int from, int length, char wanted) {
        long pattern = 0x0101010101010101L * wanted;
        int i = from;
        for (; i + 8 <= length; i += 8) {
            long x = Memory.getLong(address + i) ^ pattern;
            long zero = (x - 0x0101010101010101L) & ~x & 0x8080808080808080L;
            if (zero != 0) {
                return i + (Long.numberOfTrailingZeros(zero) >>> 3); // The lowest mark is never a false one.
            }
        }
        for (; i < length; i++) {
            if (Memory.getByte(address + i) == wanted) {
                return i;
            }
        }
        return -1;
    }

    /// Table `k` at `k << 8`: the CRC of a byte followed by `k` zero bytes.
    private static char[] tables() {
        char[] crc = new char[8 << 8];
        for (int b = 0; b < 256; b++) {
            int value = b << 8;
            for (int bit = 0; bit < 8; bit++) {
                value = (value & 0x8000) != 0 ? value << 1 ^ 0x1021 : value << 1;
            }
            crc[b] = (char) value;
        }
        for (int k = 1; k < 8; k++) {
            for (int b = 0; b < 256; b++) {
                int previous = crc[(k - 1) << 8 | b];
                crc[k << 8 | b] = (char) ((previous << 8) & 0xffff ^ crc[previous >>> 8]);
            }
        }
        return crc;
    }
}
