package io.nuthatch.tools.importer;

import io.nuthatch.resp.rdb.Crc64;
import io.nuthatch.resp.rdb.Lzf;
import io.nuthatch.resp.rdb.MalformedLzfException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Lengths, strings and values of an RDB file, with the checksum of all that was read.
///
/// A value can be taken as the bytes that it is in the file, which is what RESTORE wants: nothing is decoded
/// but keys. Lengths are packed by their first two bits: `00` six bits, `01` fourteen, `10` the next 4 or 8
/// bytes, big endian; `11` says that a string is an integer or is packed by LZF.
final class RdbInput {
    private static final int INT_8 = 0xc0;
    private static final int INT_16 = 0xc1;
    private static final int INT_32 = 0xc2;
    private static final int LZF = 0xc3;
    /// Keys and names are short in every file that a server wrote.
    private static final int MAX_UNPACKED_BYTES = FileInput.MAX_BYTES;

    private static final int KEPT_BYTES = 1 << 20;

    private final FileInput in;
    private long crc;

    // The value in hand, while it is kept.
    private boolean isKeeping;
    private byte[] kept = new byte[1 << 10];
    private int keptBytes;
    private boolean isTooLong;

    RdbInput(FileInput in) {
        this.in = in;
        in.observe((bytes, from, length) -> crc = Crc64.update(crc, bytes, from, length));
    }

    long offset() {
        return in.offset();
    }

    /// The checksum of everything read so far; nothing behind counts.
    long endOfChecked() {
        in.observe(null);
        return crc;
    }

    String name() {
        return in.name();
    }

    MalformedFileException malformed(String what) {
        return in.malformed(what);
    }

    /// From here on what is read is kept too, until [#kept].
    void keep() {
        isKeeping = true;
        isTooLong = false;
        keptBytes = 0;
        if (kept.length > KEPT_BYTES) {
            kept = new byte[KEPT_BYTES];
        }
    }

    /// The bytes since [#keep], or none when they are more than a server takes as one argument.
    byte[] kept() {
        isKeeping = false;
        return isTooLong ? new byte[0] : Arrays.copyOf(kept, keptBytes);
    }

    int readByte() throws IOException {
        int next = in.readByte();
        if (isKeeping && reserve(1)) {
            kept[keptBytes++] = (byte) next;
        }
        return next;
    }

    /// Room for `bytes` more of the value; false when it has become too long.
    private boolean reserve(int bytes) {
        isTooLong |= (long) keptBytes + bytes > FileInput.MAX_BYTES;
        if (!isTooLong && keptBytes + bytes > kept.length) {
            kept = Arrays.copyOf(
                    kept, (int) Math.min(FileInput.MAX_BYTES, Math.max(2L * kept.length, keptBytes + bytes)));
        }
        return !isTooLong;
    }

    /// Passes `length` bytes, keeping them when the value is kept.
    void pass(long length) throws IOException {
        if (length < 0 || in.size() >= 0 && length > in.size() - in.offset()) {
            throw malformed("a length of " + Long.toUnsignedString(length) + " bytes is behind the end of the file");
        }
        byte[] chunk = new byte[(int) Math.min(length, 1 << 16)];
        for (long left = length; left > 0; left -= Math.min(left, chunk.length)) {
            int count = (int) Math.min(left, chunk.length);
            if (isKeeping && reserve(count)) {
                in.readFully(kept, keptBytes, count);
                keptBytes += count;
            } else {
                in.readFully(chunk, 0, count);
            }
        }
    }

    /// A length that is no string's encoding; of 64 bits, so negative when it is above all reason.
    long readLength() throws IOException {
        return lengthBehind(readByte());
    }

    /// A length that counts things of a byte at least: no more than the file has left.
    long readCount() throws IOException {
        long count = readLength();
        if (count < 0 || in.size() >= 0 && count > in.size() - in.offset()) {
            throw malformed("a count of " + Long.toUnsignedString(count) + " is more than the file has bytes left");
        }
        return count;
    }

    private long lengthBehind(int first) throws IOException {
        return switch (first >> 6) {
            case 0 -> first;
            case 1 -> (first & 0x3f) << 8 | readByte();
            case 2 ->
                switch (first) {
                    case 0x80 -> bigEndian(Integer.BYTES);
                    case 0x81 -> bigEndian(Long.BYTES);
                    default -> throw malformed("no length begins with byte " + first);
                };
            default -> throw malformed("a length was expected here, got the encoding of a string");
        };
    }

    private long bigEndian(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value = value << 8 | readByte();
        }
        return value;
    }

    long readLittleEndian(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) readByte() << (8 * i);
        }
        return value;
    }

    void passString() throws IOException {
        int first = readByte();
        switch (first) {
            case INT_8 -> pass(1);
            case INT_16 -> pass(2);
            case INT_32 -> pass(4);
            case LZF -> {
                long packed = readLength();
                readLength();
                pass(packed);
            }
            default -> pass(lengthBehind(first));
        }
    }

    /// A string with its encoding undone.
    byte[] readString() throws IOException {
        int first = readByte();
        switch (first) {
            case INT_8 -> {
                return decimal((byte) readByte());
            }
            case INT_16 -> {
                return decimal((short) readLittleEndian(2));
            }
            case INT_32 -> {
                return decimal((int) readLittleEndian(4));
            }
            case LZF -> {
                long packed = readLength();
                long unpacked = readLength();
                if (unpacked < 0 || unpacked > MAX_UNPACKED_BYTES) {
                    throw malformed("a packed string of " + Long.toUnsignedString(unpacked) + " bytes");
                }
                byte[] bytes = in.readBytes(packed);
                try {
                    return Lzf.unpack(bytes, 0, bytes.length, unpacked);
                } catch (MalformedLzfException notPacked) {
                    throw malformed("a packed string cannot be unpacked");
                }
            }
            default -> {
                return in.readBytes(lengthBehind(first));
            }
        }
    }

    private static byte[] decimal(long value) {
        return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
    }
}
