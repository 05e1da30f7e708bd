package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;

/// The packed record of a key, or of a field of a large hash, by its address.
///
/// ```
/// 0   hash (upper half of the key's 64 bits)
/// 4   meta: type in bits 28..31, flags in 24..27, access in 0..23
/// 8   expiry in Unix milliseconds, 0 for none
/// 16  key length
/// 20  value length
/// 24  (hashes only) document word; 32: earliest expiry of a field or 0; 40: number of fields; 44: unused
/// 24 or 48   key, then value
///            or, with EXTERNAL: address of a block of its own holding key and value; its bytes
/// ```
/// The access bits are, as in Redis, the time of the last access in seconds (24 bits, wrapping), or, while
/// the eviction policy is an LFU one, minutes of the last decay (16 bits) and a logarithmic counter (8 bits).
///
/// An address is valid until the key's stripe is released or the key is written. All callers hold the stripe.
public final class Record {
    static final int HASH = 0;
    static final int META = 4;
    static final int EXPIRE_AT = 8;
    static final int KEY_LENGTH = 16;
    static final int VALUE_LENGTH = 20;
    static final int HEADER_BYTES = 24;
    static final int DOCUMENT = 24;
    static final int FIELDS_EXPIRE_AT = 32;
    static final int FIELD_COUNT = 40;
    static final int HASH_HEADER_BYTES = 48;
    static final int EXTERNAL_BYTES = 16;

    /// A field record of a large hash; no [ValueType] of a key.
    static final int FIELD = 15;

    static final int ACCESS_MASK = 0xffffff;
    static final int EXTERNAL = 1 << 24;
    /// STRING: was changed in place, and is no number even where it looks like one.
    static final int RAW = 2 << 24;
    /// HASH: the value is a table of field records.
    static final int TABLE = 2 << 24;
    /// HASH: grew beyond what Redis keeps in a listpack; never taken back.
    static final int LARGE = 4 << 24;
    /// HASH: a field had an expiry once; never taken back.
    static final int FIELD_EXPIRY = 8 << 24;
    /// FIELD: the value is a reference to a row.
    static final int ROW = 2 << 24;

    private static final int HASH_CODE = ValueType.HASH.code();

    private Record() {}

    /// The code of the [ValueType].
    public static int type(long record) {
        return Memory.getInt(record + META) >>> 28;
    }

    public static ValueType valueType(long record) {
        return ValueType.of(type(record));
    }

    public static boolean isString(long record) {
        return type(record) == ValueType.STRING.code();
    }

    public static boolean isHash(long record) {
        return type(record) == HASH_CODE;
    }

    public static int keyLength(long record) {
        return Memory.getInt(record + KEY_LENGTH);
    }

    public static long keyAddress(long record) {
        int meta = Memory.getInt(record + META);
        long body = record + headerBytes(meta);
        return (meta & EXTERNAL) != 0 ? Memory.getLong(body) : body;
    }

    /// Where a string's bytes are. For other types, see [HashValue].
    public static long valueAddress(long record) {
        return keyAddress(record) + keyLength(record);
    }

    /// Bytes of a string.
    public static int valueLength(long record) {
        return Memory.getInt(record + VALUE_LENGTH);
    }

    /// Unix milliseconds, 0 for none.
    public static long expireAt(long record) {
        return Memory.getLong(record + EXPIRE_AT);
    }

    /// The word that the index of documents keeps with a hash; 0 for none and for other types.
    public static long document(long record) {
        return isHash(record) ? Memory.getLong(record + DOCUMENT) : 0;
    }

    /// What `OBJECT ENCODING` says: `int`, `embstr`, `raw`, `listpack`, `listpackex` or `hashtable`.
    ///
    /// The names follow Redis's rules; what lies behind them is our own.
    public static String encoding(long record) {
        int meta = Memory.getInt(record + META);
        if (meta >>> 28 == HASH_CODE) {
            return (meta & LARGE) != 0 ? "hashtable" : (meta & FIELD_EXPIRY) != 0 ? "listpackex" : "listpack";
        }
        if ((meta & RAW) != 0) {
            return "raw";
        }
        int length = valueLength(record);
        return isCanonicalLong(valueAddress(record), length) ? "int" : length <= 44 ? "embstr" : "raw";
    }

    /// Bytes from the record's start to its value's end when both lie in it; a guess for who holds no lock.
    static int bodyEnd(long record) {
        return HEADER_BYTES + keyLength(record) + valueLength(record);
    }

    static int hash(long record) {
        return Memory.getInt(record + HASH);
    }

    static int meta(long record) {
        return Memory.getInt(record + META);
    }

    static void setFlags(long record, int flags) {
        Memory.putInt(record + META, Memory.getInt(record + META) | flags);
    }

    static boolean has(long record, int flag) {
        return (Memory.getInt(record + META) & flag) != 0;
    }

    static int headerBytes(int meta) {
        return meta >>> 28 == HASH_CODE ? HASH_HEADER_BYTES : HEADER_BYTES;
    }

    static boolean keyEquals(long record, long address, int length) {
        return keyLength(record) == length && bytesEqual(keyAddress(record), address, length);
    }

    /// Both ranges equal; short ones, the usual case, without a call into the library.
    static boolean bytesEqual(long one, long other, int length) {
        if (length > 64) {
            return Memory.equal(one, other, length);
        }
        if (length >= 8) {
            int last = length - 8;
            for (int i = 0; i < last; i += 8) {
                if (Memory.getLong(one + i) != Memory.getLong(other + i)) {
                    return false;
                }
            }
            return Memory.getLong(one + last) == Memory.getLong(other + last);
        }
        for (int i = 0; i < length; i++) {
            if (Memory.getByte(one + i) != Memory.getByte(other + i)) {
                return false;
            }
        }
        return true;
    }

    /// Whether the bytes are a signed 64-bit number exactly as it would be printed.
    private static boolean isCanonicalLong(long address, int length) {
        if (length == 0 || length > 20) {
            return false;
        }
        byte first = Memory.getByte(address);
        boolean negative = first == '-';
        int i = negative ? 1 : 0;
        if (i == length) {
            return false;
        }
        byte lead = Memory.getByte(address + i);
        if (lead == '0') {
            return length == 1;
        }
        long value = 0; // Negative all along, as there is one more negative number.
        for (; i < length; i++) {
            int digit = Memory.getByte(address + i) - '0';
            if (digit < 0 || digit > 9 || value < Long.MIN_VALUE / 10) {
                return false;
            }
            value *= 10;
            if (value < Long.MIN_VALUE + digit) {
                return false;
            }
            value -= digit;
        }
        return negative || value != Long.MIN_VALUE;
    }
}
