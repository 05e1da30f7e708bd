package io.nuthatch.commands.keys;

import io.nuthatch.commands.CommandException;
import io.nuthatch.resp.rdb.Crc64;
import io.nuthatch.resp.rdb.Lzf;
import io.nuthatch.resp.rdb.MalformedLzfException;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What `DUMP` gives and `RESTORE` takes: one value as Redis's RDB files hold it.
///
/// ```
/// type (1) | value | RDB version (2, little endian) | CRC-64 of all before (8, little endian)
/// ```
/// Lengths are packed by their first two bits: `00` six bits, `01` fourteen, `10` the next 4 or 8 bytes, big
/// endian; `11` says that a string is an integer of 1, 2 or 4 bytes or is packed by LZF. Strings and hashes
/// are written in their plain forms (types 0, 4 and 24) and read in every form that Redis 4 and later write:
/// also as ziplist (13), listpack (16) and listpack with field expiry (23 and 25).
///
/// A payload comes from a client: every length is checked against what is there before it is believed, and
/// what is announced is never allocated in advance.
final class Payload {
    /// The newest RDB version read: that of Redis 7.4 to 8.2.
    static final int VERSION = 12;
    /// Written where no field expires; older servers and Valkey take it too.
    private static final int VERSION_WITHOUT_FIELD_EXPIRY = 11;

    private static final int FOOTER_BYTES = 10;
    private static final int TYPE_STRING = 0;
    private static final int TYPE_HASH = 4;
    private static final int TYPE_HASH_ZIPLIST = 13;
    private static final int TYPE_HASH_LISTPACK = 16;
    private static final int TYPE_HASH_METADATA_PRE_GA = 22;
    private static final int TYPE_HASH_LISTPACK_EX_PRE_GA = 23;
    private static final int TYPE_HASH_METADATA = 24;
    private static final int TYPE_HASH_LISTPACK_EX = 25;
    /// Field expiry has 46 bits in Redis.
    static final long MAX_FIELD_EXPIRY = (1L << 46) - 1;

    private static final VarHandle LONG_LE =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Payload() {}

    /// What a payload holds.
    sealed interface Value {}

    /// A string.
    record StringValue(byte[] bytes) implements Value {}

    /// A hash of at least one field, in the payload's order, no field twice.
    record HashValue(List<Field> fields) implements Value {}

    /// A field of a hash; `expireAt` in Unix milliseconds, 0 for never.
    record Field(byte[] name, byte[] value, long expireAt) {}

    /// `ERR Bad data format`.
    static CommandException badFormat() {
        return new CommandException("ERR Bad data format");
    }

    /// The value of a payload. Throws `ERR DUMP payload version or checksum are wrong`, or `ERR Bad data
    /// format` also for types that are not here yet (lists, sets, sorted sets, streams, modules).
    static Value decode(byte[] payload) {
        int end = payload.length - FOOTER_BYTES;
        if (end < 0
                || ((payload[end] & 0xff) | (payload[end + 1] & 0xff) << 8) > VERSION
                || (long) LONG_LE.get(payload, end + 2) != Crc64.of(payload, end + 2)) {
            throw new CommandException("ERR DUMP payload version or checksum are wrong");
        }
        Reader reader = new Reader(payload, 0, end);
        int type = reader.unsignedByte();
        Value value = switch (type) {
            case TYPE_STRING -> new StringValue(reader.string());
            case TYPE_HASH -> new HashValue(plainFields(reader, ExpiryForm.NONE));
            case TYPE_HASH_METADATA -> new HashValue(plainFields(reader, ExpiryForm.RELATIVE));
            case TYPE_HASH_METADATA_PRE_GA -> new HashValue(plainFields(reader, ExpiryForm.ABSOLUTE));
            case TYPE_HASH_ZIPLIST -> new HashValue(fieldsOf(PackedLists.ziplist(reader.string()), 2));
            case TYPE_HASH_LISTPACK -> new HashValue(fieldsOf(PackedLists.listpack(reader.string()), 2));
            case TYPE_HASH_LISTPACK_EX_PRE_GA -> new HashValue(fieldsOf(PackedLists.listpack(reader.string()), 3));
            case TYPE_HASH_LISTPACK_EX -> {
                reader.skip(Long.BYTES); // The earliest expiry, which the fields say again.
                yield new HashValue(fieldsOf(PackedLists.listpack(reader.string()), 3));
            }
            default -> throw badFormat();
        };
        if (reader.left() != 0) {
            throw badFormat();
        }
        return value;
    }

    /// The payload of a string.
    static byte[] encode(StringValue value) {
        Writer writer = new Writer();
        writer.out.write(TYPE_STRING);
        writer.string(value.bytes);
        return writer.finish(VERSION_WITHOUT_FIELD_EXPIRY);
    }

    /// The payload of a hash.
    static byte[] encode(HashValue value) {
        long earliest = Long.MAX_VALUE;
        for (Field field : value.fields) {
            earliest = field.expireAt > 0 ? Math.min(earliest, field.expireAt) : earliest;
        }
        boolean expires = earliest != Long.MAX_VALUE;
        Writer writer = new Writer();
        writer.out.write(expires ? TYPE_HASH_METADATA : TYPE_HASH);
        if (expires) {
            writer.littleEndian(earliest, Long.BYTES);
        }
        writer.length(value.fields.size());
        for (Field field : value.fields) {
            if (expires) {
                writer.length(field.expireAt > 0 ? field.expireAt - earliest + 1 : 0);
            }
            writer.string(field.name);
            writer.string(field.value);
        }
        return writer.finish(expires ? VERSION : VERSION_WITHOUT_FIELD_EXPIRY);
    }

    /// How a hash in its plain form says when a field expires.
    private enum ExpiryForm {
        NONE,
        /// Milliseconds after the hash's earliest expiry, plus one.
        RELATIVE,
        ABSOLUTE
    }

    private static List<Field> plainFields(Reader reader, ExpiryForm form) {
        long earliest = form == ExpiryForm.RELATIVE ? reader.littleEndianLong() : 0;
        if (earliest < 0 || earliest > MAX_FIELD_EXPIRY) {
            throw badFormat();
        }
        long count = reader.length();
        if (count <= 0 || count > reader.left()) { // A field takes two bytes at least.
            throw badFormat();
        }
        List<Field> fields = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            long expireAt = 0;
            if (form != ExpiryForm.NONE) {
                expireAt = reader.length();
                if (expireAt < 0 || expireAt > MAX_FIELD_EXPIRY) {
                    throw badFormat();
                }
                expireAt += form == ExpiryForm.RELATIVE && expireAt != 0 ? earliest - 1 : 0;
            }
            fields.add(field(reader.string(), reader.string(), expireAt));
        }
        return distinct(fields);
    }

    private static List<Field> fieldsOf(List<byte[]> elements, int elementsPerField) {
        if (elements.isEmpty() || elements.size() % elementsPerField != 0) {
            throw badFormat();
        }
        List<Field> fields = new ArrayList<>(elements.size() / elementsPerField);
        for (int i = 0; i < elements.size(); i += elementsPerField) {
            long expireAt = 0;
            if (elementsPerField == 3) {
                try {
                    expireAt = Long.parseLong(new String(elements.get(i + 2), StandardCharsets.ISO_8859_1));
                } catch (NumberFormatException notANumber) {
                    throw badFormat();
                }
            }
            fields.add(field(elements.get(i), elements.get(i + 1), expireAt));
        }
        return distinct(fields);
    }

    private static Field field(byte[] name, byte[] value, long expireAt) {
        if (expireAt < 0 || expireAt > MAX_FIELD_EXPIRY) {
            throw badFormat();
        }
        return new Field(name, value, expireAt);
    }

    private static List<Field> distinct(List<Field> fields) {
        Set<ByteBuffer> names = new HashSet<>();
        for (Field field : fields) {
            if (!names.add(ByteBuffer.wrap(field.name))) {
                throw badFormat();
            }
        }
        return fields;
    }

    /// Reads the bytes of `data` from `at` to `end` and nothing beyond.
    private static final class Reader {
        private final byte[] data;
        private final int end;
        private int at;

        Reader(byte[] data, int at, int end) {
            this.data = data;
            this.at = at;
            this.end = end;
        }

        int left() {
            return end - at;
        }

        void skip(int bytes) {
            if (bytes > left()) {
                throw badFormat();
            }
            at += bytes;
        }

        int unsignedByte() {
            skip(1);
            return data[at - 1] & 0xff;
        }

        long littleEndianLong() {
            skip(Long.BYTES);
            return (long) LONG_LE.get(data, at - Long.BYTES);
        }

        /// A length that is no string's encoding; negative when it has 64 bits.
        long length() {
            int first = unsignedByte();
            return switch (first >> 6) {
                case 0 -> first;
                case 1 -> (first & 0x3f) << 8 | unsignedByte();
                case 2 ->
                    switch (first) {
                        case 0x80 -> bigEndian(Integer.BYTES);
                        case 0x81 -> bigEndian(Long.BYTES);
                        default -> throw badFormat();
                    };
                default -> throw badFormat();
            };
        }

        byte[] string() {
            skip(1);
            int first = data[at - 1] & 0xff;
            return switch (first) {
                case 0xc0 -> decimal((byte) unsignedByte());
                case 0xc1 -> decimal((short) (unsignedByte() | unsignedByte() << 8));
                case 0xc2 ->
                    decimal(unsignedByte() | unsignedByte() << 8 | unsignedByte() << 16 | unsignedByte() << 24);
                case 0xc3 -> {
                    long packed = length();
                    long unpacked = length();
                    if (packed < 0 || packed > left() || unpacked < 0) {
                        throw badFormat();
                    }
                    int start = at;
                    skip((int) packed);
                    try {
                        yield Lzf.unpack(data, start, (int) packed, unpacked);
                    } catch (MalformedLzfException notPacked) {
                        throw badFormat();
                    }
                }
                default -> {
                    at--;
                    long length = length();
                    if (length < 0 || length > left()) {
                        throw badFormat();
                    }
                    skip((int) length);
                    yield Arrays.copyOfRange(data, at - (int) length, at);
                }
            };
        }

        private long bigEndian(int bytes) {
            long value = 0;
            for (int i = 0; i < bytes; i++) {
                value = value << 8 | unsignedByte();
            }
            return value;
        }

        private static byte[] decimal(long value) {
            return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private static final class Writer {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void length(long value) {
            if (value < 1 << 6) {
                out.write((int) value);
            } else if (value < 1 << 14) {
                out.write(0x40 | (int) (value >> 8));
                out.write((int) value);
            } else if (value <= 0xffff_ffffL) {
                out.write(0x80);
                bigEndian(value, Integer.BYTES);
            } else {
                out.write(0x81);
                bigEndian(value, Long.BYTES);
            }
        }

        /// As an integer when it is one of 32 bits in its shortest digits.
        void string(byte[] bytes) {
            long number = bytes.length <= 11 ? IntegerText.parse(bytes) : IntegerText.NONE;
            if (number == (byte) number) {
                out.write(0xc0);
                littleEndian(number, 1);
            } else if (number == (short) number) {
                out.write(0xc1);
                littleEndian(number, 2);
            } else if (number == (int) number) {
                out.write(0xc2);
                littleEndian(number, 4);
            } else {
                length(bytes.length);
                out.write(bytes, 0, bytes.length);
            }
        }

        void littleEndian(long value, int bytes) {
            for (int i = 0; i < bytes; i++) {
                out.write((int) (value >>> (8 * i)));
            }
        }

        private void bigEndian(long value, int bytes) {
            for (int i = bytes - 1; i >= 0; i--) {
                out.write((int) (value >>> (8 * i)));
            }
        }

        byte[] finish(int version) {
            littleEndian(version, 2);
            byte[] body = out.toByteArray();
            littleEndian(Crc64.of(body, body.length), Long.BYTES);
            return out.toByteArray();
        }
    }

    /// Integers of 32 bits in the one spelling that can be restored from the number.
    private static final class IntegerText {
        static final long NONE = Long.MIN_VALUE;

        static long parse(byte[] text) {
            int start = text.length > 1 && text[0] == '-' ? 1 : 0;
            if (start == text.length || text[start] == '0' && text.length > 1) {
                return NONE;
            }
            long value = 0;
            for (int i = start; i < text.length; i++) {
                if (text[i] < '0' || text[i] > '9') {
                    return NONE;
                }
                value = value * 10 + (text[i] - '0');
            }
            return start == 1 ? -value : value;
        }
    }
}
