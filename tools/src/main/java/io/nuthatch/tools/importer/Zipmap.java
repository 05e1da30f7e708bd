package io.nuthatch.tools.importer;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/// Small hashes as Redis before 2.6 wrote them, which servers of today do not restore: made plain here.
///
/// ```
/// count (1; above 253: look) | field length, field, value length, unused (1), value, unused bytes... | ff
/// length = 1 byte below 254, or fe and 4 bytes, little endian
/// ```
final class Zipmap {
    private static final int HEADER_BYTES = 1;
    private static final int LONG_LENGTH = 254;
    private static final int END = 255;

    private final byte[] map;
    private int at = HEADER_BYTES;

    private Zipmap(byte[] map) {
        this.map = map;
    }

    /// The plain form of a hash (a count, then fields and values as strings) for the string that holds a
    /// zipmap.
    ///
    /// @param value the string as in the RDB file
    /// @throws IOException when that is no zipmap
    static byte[] toPlainHash(byte[] value) throws IOException {
        RdbInput string = new RdbInput(FileInput.of("zipmap", new ByteArrayInputStream(value)));
        Zipmap zipmap = new Zipmap(string.readString());
        ByteArrayOutputStream pairs = new ByteArrayOutputStream();
        int count = 0;
        while (zipmap.unsigned() != END) {
            zipmap.at--;
            zipmap.copy(pairs, zipmap.length(), 0);
            int length = zipmap.length();
            zipmap.copy(pairs, length, zipmap.unsigned());
            count++;
        }
        if (zipmap.at != zipmap.map.length) {
            throw new IOException("a zipmap ends before its string does");
        }
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        writeLength(plain, count);
        pairs.writeTo(plain);
        return plain.toByteArray();
    }

    private int unsigned() throws IOException {
        if (at >= map.length) {
            throw new IOException("a zipmap is cut off");
        }
        return map[at++] & 0xff;
    }

    private int length() throws IOException {
        int first = unsigned();
        if (first < LONG_LENGTH) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            length |= unsigned() << (8 * i);
        }
        return length;
    }

    /// Copies `length` bytes as a string and passes `unused` bytes behind them.
    private void copy(ByteArrayOutputStream out, int length, int unused) throws IOException {
        if (length < 0 || (long) at + length + unused > map.length) {
            throw new IOException("a zipmap is cut off");
        }
        writeLength(out, length);
        out.write(map, at, length);
        at += length + unused;
    }

    private static void writeLength(ByteArrayOutputStream out, int length) {
        out.write(0x80);
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.write(length >>> shift);
        }
    }
}
