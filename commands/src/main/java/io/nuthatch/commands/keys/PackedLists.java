package io.nuthatch.commands.keys;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads Redis's two packed lists, in which payloads hold small hashes: the listpack and, before Redis 7, the
/// ziplist.
///
/// Both come from clients: each entry must lie wholly inside the list, its size as told by the entry itself
/// and by the field behind (listpack) or before it (ziplist) must agree, and the list must end where its
/// header says.
final class PackedLists {
    private static final int LISTPACK_HEADER_BYTES = 6;
    private static final int ZIPLIST_HEADER_BYTES = 10;
    private static final int UNKNOWN_COUNT = 0xffff;
    private static final int END = 0xff;

    private PackedLists() {}

    /// The elements of a listpack.
    ///
    /// ```
    /// bytes (4, LE) | count (2, LE) | entry... | ff
    /// entry = encoding and data | its length, 7 bits a byte
    /// ```
    static List<byte[]> listpack(byte[] data) {
        if (data.length <= LISTPACK_HEADER_BYTES || unsigned(data, 0, 4) != data.length || last(data) != END) {
            throw Payload.badFormat();
        }
        List<byte[]> elements = new ArrayList<>();
        int end = data.length - 1;
        int at = LISTPACK_HEADER_BYTES;
        while (at < end) {
            int first = data[at] & 0xff;
            int start; // Of a string's bytes, behind the encoding.
            long length = -1; // Of a string; -1 for an integer.
            long number = 0;
            if (first < 0x80) {
                start = at + 1;
                number = first;
            } else if (first < 0xc0) {
                start = at + 1;
                length = first & 0x3f;
            } else if (first < 0xe0) {
                start = at + 2;
                check(start <= end);
                number = (first & 0x1f) << 8 | data[at + 1] & 0xff;
                number = number << (Long.SIZE - 13) >> (Long.SIZE - 13);
            } else if (first < 0xf0) {
                start = at + 2;
                check(start <= end);
                length = (first & 0x0f) << 8 | data[at + 1] & 0xff;
            } else if (first == 0xf0) {
                start = at + 5;
                check(start <= end);
                length = unsigned(data, at + 1, 4);
            } else {
                int bytes = switch (first) {
                    case 0xf1 -> 2;
                    case 0xf2 -> 3;
                    case 0xf3 -> 4;
                    case 0xf4 -> 8;
                    default -> throw Payload.badFormat();
                };
                start = at + 1 + bytes;
                check(start <= end);
                number = signed(data, at + 1, bytes);
            }
            long entryEnd = start + Math.max(0, length);
            check(entryEnd < end);
            elements.add(length < 0 ? decimal(number) : Arrays.copyOfRange(data, start, (int) entryEnd));
            at = backLength(data, (int) entryEnd, end, (int) entryEnd - at);
        }
        int count = (int) unsigned(data, 4, 2);
        check(at == end && (count == UNKNOWN_COUNT || count == elements.size()));
        return elements;
    }

    /// The elements of a ziplist.
    ///
    /// ```
    /// bytes (4, LE) | offset of the last entry (4, LE) | count (2, LE) | entry... | ff
    /// entry = length of the entry before: 1 byte, or fe and 4 bytes, LE | encoding and data
    /// ```
    static List<byte[]> ziplist(byte[] data) {
        if (data.length <= ZIPLIST_HEADER_BYTES || unsigned(data, 0, 4) != data.length || last(data) != END) {
            throw Payload.badFormat();
        }
        List<byte[]> elements = new ArrayList<>();
        int end = data.length - 1;
        int at = ZIPLIST_HEADER_BYTES;
        int before = 0;
        int lastEntry = at;
        while (at < end) {
            int entry = at;
            lastEntry = entry;
            boolean isLong = (data[at] & 0xff) == 0xfe;
            int encoding = at + (isLong ? 5 : 1);
            check(encoding < end && (data[at] & 0xff) != END);
            check((isLong ? unsigned(data, at + 1, 4) : data[at] & 0xff) == before);
            int first = data[encoding] & 0xff;
            int start = encoding + 1;
            long length = -1;
            int numberBytes = 0;
            if (first < 0x40) {
                length = first;
            } else if (first < 0x80) {
                start = encoding + 2;
                check(start <= end);
                length = (first & 0x3f) << 8 | data[encoding + 1] & 0xff;
            } else if (first == 0x80) {
                start = encoding + 5;
                check(start <= end);
                length = Integer.toUnsignedLong(Integer.reverseBytes((int) unsigned(data, encoding + 1, 4)));
            } else {
                numberBytes = switch (first) {
                    case 0xfe -> 1;
                    case 0xc0 -> 2;
                    case 0xf0 -> 3;
                    case 0xd0 -> 4;
                    case 0xe0 -> 8;
                    default -> 0; // f1 to fd: the number is in the byte itself.
                };
                check(numberBytes > 0 || first >= 0xf1 && first <= 0xfd);
            }
            long entryEnd = start + Math.max(length, numberBytes);
            check(entryEnd <= end);
            if (length >= 0) {
                elements.add(Arrays.copyOfRange(data, start, (int) entryEnd));
            } else {
                elements.add(decimal(numberBytes == 0 ? (first & 0x0f) - 1 : signed(data, start, numberBytes)));
            }
            at = (int) entryEnd;
            before = at - entry;
        }
        int count = (int) unsigned(data, 8, 2);
        check(at == end && (count == UNKNOWN_COUNT || count == elements.size()));
        check(unsigned(data, 4, 4) == lastEntry);
        return elements;
    }

    /// Checks that a listpack's entry of `length` bytes is followed by this length, most significant 7 bits
    /// first, a set top bit on all bytes but the first; returns the place behind.
    private static int backLength(byte[] data, int at, int end, int length) {
        // Redis takes one byte more than needed for the largest length of each size but the first.
        int bytes = length < 1 << 7 ? 1 : length < (1 << 14) - 1 ? 2 : length < (1 << 21) - 1 ? 3 : 4;
        bytes = length < (1 << 28) - 1 ? bytes : 5;
        check(at + bytes <= end);
        for (int i = 0; i < bytes; i++) {
            int group = length >> (7 * (bytes - 1 - i)) & 0x7f;
            check((data[at + i] & 0xff) == (i == 0 ? group : group | 0x80));
        }
        return at + bytes;
    }

    private static void check(boolean holds) {
        if (!holds) {
            throw Payload.badFormat();
        }
    }

    private static int last(byte[] data) {
        return data[data.length - 1] & 0xff;
    }

    private static long unsigned(byte[] data, int at, int bytes) {
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | data[at + i] & 0xff;
        }
        return value;
    }

    private static long signed(byte[] data, int at, int bytes) {
        int unused = Long.SIZE - 8 * bytes;
        return unsigned(data, at, bytes) << unused >> unused;
    }

    private static byte[] decimal(long value) {
        return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
    }
}
