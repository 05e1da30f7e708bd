package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;

/// Makes, resizes and frees records, and the words of tables.
///
/// Records and tables come from slabs of their own kind: a stale table followed without a lock then still
/// holds addresses of records, never other bytes that look like one. Key and value of a record above the
/// largest block lie in an allocation of their own, which only holders of the stripe follow.
final class Records {
    private final Slabs slabs;
    private final Slabs tables;
    private final MemoryAccount.Counter external;
    private final MemoryAccount.Counter externalTables;

    Records(Slabs slabs, Slabs tables, MemoryAccount.Counter external, MemoryAccount.Counter externalTables) {
        this.slabs = slabs;
        this.tables = tables;
        this.external = external;
        this.externalTables = externalTables;
    }

    /// A record with header and key written and room for `valueLength` bytes of value, whose content is
    /// undefined. The type's own header fields are 0.
    long allocate(int shard, int typeAndFlags, int hash, long keyAddress, int keyLength, int valueLength) {
        int header = Record.headerBytes(typeAndFlags);
        long bytes = (long) header + keyLength + valueLength;
        long record;
        long key;
        int meta = typeAndFlags & ~Record.EXTERNAL;
        if (bytes <= Slabs.MAX_BLOCK) {
            record = slabs.allocate(shard, (int) bytes);
            key = record + header;
        } else {
            record = slabs.allocate(shard, header + Record.EXTERNAL_BYTES);
            long body = OffHeap.footprint((long) keyLength + valueLength);
            key = OffHeap.allocate(body, external);
            Memory.putLong(record + header, key);
            Memory.putLong(record + header + 8, body);
            meta |= Record.EXTERNAL;
        }
        Memory.putInt(record + Record.HASH, hash);
        Memory.putInt(record + Record.META, meta);
        Memory.putLong(record + Record.EXPIRE_AT, 0);
        Memory.putInt(record + Record.KEY_LENGTH, keyLength);
        Memory.putInt(record + Record.VALUE_LENGTH, valueLength);
        if (header == Record.HASH_HEADER_BYTES) {
            Memory.putLong(record + Record.DOCUMENT, 0);
            Memory.putLong(record + Record.FIELDS_EXPIRE_AT, 0);
            Memory.putLong(record + Record.FIELD_COUNT, 0);
        }
        copyBytes(keyAddress, key, keyLength);
        return record;
    }

    /// Frees the record alone: not what a value of it refers to.
    void free(long record) {
        int meta = Record.meta(record);
        if ((meta & Record.EXTERNAL) != 0) {
            long body = record + Record.headerBytes(meta);
            OffHeap.free(Memory.getLong(body), Memory.getLong(body + 8), external);
        }
        slabs.free(record);
    }

    /// Frees the record and all that hangs on it.
    void freeWhole(long record) {
        if (Record.has(record, Record.TABLE) && Record.isHash(record)) {
            long entry = Record.valueAddress(record);
            Table.forEach(entry, this::free);
            Table.free(this, entry);
        }
        free(record);
    }

    /// A copy of the record, but for its place in a table, with room for `capacity` bytes of value.
    long copyOf(int shard, long record, int capacity) {
        int length = Record.valueLength(record);
        long fresh = allocate(
                shard,
                Record.meta(record),
                Record.hash(record),
                Record.keyAddress(record),
                Record.keyLength(record),
                capacity);
        Memory.copy(Record.valueAddress(record), Record.valueAddress(fresh), Math.min(length, capacity));
        Memory.putInt(fresh + Record.VALUE_LENGTH, length);
        Memory.putLong(fresh + Record.EXPIRE_AT, Record.expireAt(record));
        if (Record.isHash(record)) {
            Memory.copy(record + Record.DOCUMENT, fresh + Record.DOCUMENT, Record.HASH_HEADER_BYTES - Record.DOCUMENT);
        }
        return fresh;
    }

    /// Bytes of value for which there is room without moving.
    static long valueCapacity(long record) {
        int meta = Record.meta(record);
        int header = Record.headerBytes(meta);
        long room =
                (meta & Record.EXTERNAL) != 0 ? Memory.getLong(record + header + 8) : Slabs.capacity(record) - header;
        return room - Record.keyLength(record);
    }

    /// Whether a value of `valueLength` bytes may stay in the record: it fits and does not waste much.
    static boolean fits(long record, int valueLength) {
        int meta = Record.meta(record);
        int header = Record.headerBytes(meta);
        long key = Record.keyLength(record);
        if ((meta & Record.EXTERNAL) != 0) {
            long bytes = key + valueLength;
            long room = Memory.getLong(record + header + 8);
            return bytes <= room && bytes >= room / 2 && header + bytes > Slabs.MAX_BLOCK;
        }
        long bytes = header + key + valueLength;
        int room = Slabs.capacity(record);
        return bytes <= room && bytes >= room - 16 - room / 8;
    }

    /// Moves the record's block if its page is sparse; returns where it is then. What it refers to stays.
    long defragment(long record) {
        if (!slabs.isSparse(record)) {
            return record;
        }
        int bytes = Slabs.capacity(record);
        long fresh = slabs.allocate(slabs.shardOfBlock(record), bytes);
        Memory.copy(record, fresh, bytes);
        slabs.free(record);
        return fresh;
    }

    /// Whether words of a table should move.
    boolean isSparse(long words, long bytes) {
        return bytes <= Slabs.MAX_BLOCK && tables.isSparse(words);
    }

    /// Bytes that the record takes in all.
    static long bytes(long record) {
        int meta = Record.meta(record);
        return Slabs.capacity(record)
                + ((meta & Record.EXTERNAL) != 0 ? Memory.getLong(record + Record.headerBytes(meta) + 8) : 0);
    }

    long allocateWords(int shard, long bytes) {
        return bytes <= Slabs.MAX_BLOCK ? tables.allocate(shard, (int) bytes) : OffHeap.allocate(bytes, externalTables);
    }

    void freeWords(long words, long bytes) {
        if (bytes <= Slabs.MAX_BLOCK) {
            tables.free(words);
        } else {
            OffHeap.free(words, bytes, externalTables);
        }
    }

    int shardOf(int hashSlot) {
        return slabs.shardOf(hashSlot);
    }

    /// Copies up to 64 bytes word by word, more by the library. The ranges must not overlap.
    static void copyBytes(long from, long to, int length) {
        if (length > 64) {
            Memory.copy(from, to, length);
        } else if (length >= 8) {
            int last = length - 8;
            for (int i = 0; i < last; i += 8) {
                Memory.putLong(to + i, Memory.getLong(from + i));
            }
            Memory.putLong(to + last, Memory.getLong(from + last));
        } else {
            for (int i = 0; i < length; i++) {
                Memory.putByte(to + i, Memory.getByte(from + i));
            }
        }
    }
}
