package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.memory.Memory;
import java.lang.foreign.Arena;

/// The fields and values of one hash, from [Database#hash]; valid while the key's stripe is held and only as
/// long as the key is changed through this object alone.
///
/// A hash is **packed** into its record while it is small: a list of
/// ```
/// 0   field length (16 bits)
/// 2   flags: 1 has an expiry, 2 value is a reference to a row
/// 4   value length (32 bits)
/// 8   [expiry, 8 bytes] field, value; a reference is the id of the rows and the ordinal, 4 bytes each
/// ```
/// in the order in which fields were first put, found by walking. It becomes a **table** ([Table]) of field
/// records, each a [Record], when a walk would cost more than a lookup: above 512 fields (or
/// `hash-max-listpack-entries` if that is less), above 16 KiB with more than 32 fields, or above 64 KiB, or
/// with a field name of 64 KiB; it never goes back. A document of a few fields and one vector stays packed.
///
/// Addresses given to `put` must not point into the keyspace: writing moves records.
/// Expired fields were removed when the hash was looked up.
public final class HashValue {
    private static final int ENTRY_HEADER = 8;
    private static final int EXPIRY = 1;
    private static final int ROW = 2;
    private static final int ROW_BYTES = 8;
    private static final int MAX_PACKED_FIELD = 0xffff;
    private static final int MAX_PACKED_BYTES = 64 << 10;
    private static final int MAX_WALK_BYTES = 16 << 10;
    private static final int FEW_FIELDS = 32;
    private static final int MAX_PACKED_FIELDS = 512;
    private static final int MAX_RESERVED_BYTES = 64 << 10;

    private Database database;
    private Key key;
    private long record; // 0: the key is absent.
    private int reserve; // Bytes of value that are about to come.

    HashValue(Database database, Key key, long record) {
        this.database = database;
        this.key = key;
        this.record = record;
    }

    /// Stands for another hash from now on.
    HashValue set(Database database, Key key, long record) {
        this.database = database;
        this.key = key;
        this.record = record;
        this.reserve = 0;
        return this;
    }

    /// Where the record is now; 0 while the hash is empty.
    public long record() {
        return record;
    }

    /// Number of fields.
    public int size() {
        return record == 0 ? 0 : Memory.getInt(record + Record.FIELD_COUNT);
    }

    /// Announces that fields and values of `bytes` bytes in all are about to be put, in `fields` fields, so
    /// that the record grows once and not field by field.
    public void reserve(int fields, long bytes) {
        reserve = (int) Math.min(MAX_RESERVED_BYTES, bytes + (long) fields * ENTRY_HEADER);
    }

    /// Finds a field; `out` gets its value, a row's bytes where it is a reference. False when absent.
    public boolean get(long fieldAddress, int fieldLength, Slice out) {
        long entry = locate(fieldAddress, fieldLength);
        if (entry == 0) {
            return false;
        }
        if (isTable()) {
            valueOfRecord(entry, out);
        } else {
            valueOfEntry(entry, out);
        }
        return true;
    }

    public boolean contains(long fieldAddress, int fieldLength) {
        return locate(fieldAddress, fieldLength) != 0;
    }

    /// Sets a field and takes away its expiry, as HSET does; true when the field is new. Creates the key with
    /// its first field.
    public boolean put(long fieldAddress, int fieldLength, long valueAddress, int valueLength) {
        return putExpiring(fieldAddress, fieldLength, valueAddress, valueLength, 0);
    }

    /// As [#put], but the field keeps its expiry (HINCRBY, HSETEX KEEPTTL).
    public boolean putKeepingExpiry(long fieldAddress, int fieldLength, long valueAddress, int valueLength) {
        long at = expireAt(fieldAddress, fieldLength);
        return putExpiring(fieldAddress, fieldLength, valueAddress, valueLength, at);
    }

    /// With an expiry that the field had before, or 0.
    private boolean putExpiring(long fieldAddress, int fieldLength, long valueAddress, int valueLength, long at) {
        boolean isNew = put(fieldAddress, fieldLength, valueAddress, valueLength, at, false);
        database.changed(key);
        EffectLog log = database.keyspace().effects();
        if (log != null) {
            log.putField(
                    database.index(),
                    key.address(),
                    key.length(),
                    fieldAddress,
                    fieldLength,
                    valueAddress,
                    valueLength,
                    at);
        }
        return isNew;
    }

    private void recordRemoval(long fieldAddress, int fieldLength) {
        database.changed(key);
        EffectLog log = database.keyspace().effects();
        if (log != null) {
            log.removeField(database.index(), key.address(), key.length(), fieldAddress, fieldLength);
        }
    }

    /// Replaces the value of a field, which must be there, by a reference to the row `ordinal` of `rowsId`.
    /// The bytes leave the record; from now on [RowResolver] gives them. The field's expiry stays.
    public void putRow(long fieldAddress, int fieldLength, int rowsId, int ordinal) {
        assert contains(fieldAddress, fieldLength) : "no such field";
        long at = expireAt(fieldAddress, fieldLength);
        put(fieldAddress, fieldLength, rowsId, ordinal, at, true);
    }

    /// Whether the value of the field is a reference to a row; false when there is no such field.
    public boolean isRow(long fieldAddress, int fieldLength) {
        long entry = locate(fieldAddress, fieldLength);
        return entry != 0 && isRowAt(entry);
    }

    /// The id of the rows that a field with [#isRow] refers to.
    public int rowsId(long fieldAddress, int fieldLength) {
        return Memory.getInt(referenceOf(fieldAddress, fieldLength));
    }

    /// The ordinal of the row that a field with [#isRow] refers to.
    public int rowOrdinal(long fieldAddress, int fieldLength) {
        return Memory.getInt(referenceOf(fieldAddress, fieldLength) + 4);
    }

    /// Bytes of the rows that fields refer to.
    long rowBytes() {
        Keyspace keyspace = database.keyspace();
        long[] sum = {0};
        scanStored(0, Integer.MAX_VALUE, (field, fieldLength, value, valueLength, isRow, expireAt) -> {
            if (isRow) {
                sum[0] += keyspace.rowBytes(Memory.getInt(value));
            }
        });
        return sum[0];
    }

    /// Replaces every reference to a row by the row's bytes; expiries stay.
    public void materialise() {
        materialise(-1, true);
    }

    /// Replaces references to rows of `rowsId` by the rows' bytes; expiries stay. For an index that is
    /// dropped.
    public void materialise(int rowsId) {
        materialise(rowsId, false);
    }

    /// Removes a field; false when there is none. The key goes with its last field; the caller then signals
    /// DEL too.
    public boolean remove(long fieldAddress, int fieldLength) {
        long entry = locate(fieldAddress, fieldLength);
        if (entry == 0) {
            return false;
        }
        if (size() == 1) {
            database.remove(key);
            record = 0;
            return true;
        }
        recordRemoval(fieldAddress, fieldLength);
        if (isTable()) {
            removeFieldRecord(entry);
        } else {
            removeEntry(entry);
        }
        return true;
    }

    /// Expiry of a field in Unix milliseconds; 0 for none, or when there is no such field.
    public long expireAt(long fieldAddress, int fieldLength) {
        long entry = locate(fieldAddress, fieldLength);
        if (entry == 0) {
            return 0;
        }
        return isTable() ? Record.expireAt(entry) : expiryOf(entry);
    }

    /// Sets the expiry of a field, 0 for none; false when there is no such field. A time in the past is the
    /// caller's affair.
    public boolean setExpireAt(long fieldAddress, int fieldLength, long at) {
        long entry = locate(fieldAddress, fieldLength);
        if (entry == 0) {
            return false;
        }
        if (isTable()) {
            Memory.putLong(entry + Record.EXPIRE_AT, at);
        } else {
            int flags = flagsOf(entry);
            if (at != 0 && (flags & EXPIRY) == 0) {
                entry = splice(entry + ENTRY_HEADER, 0, 8) - ENTRY_HEADER;
            } else if (at == 0 && (flags & EXPIRY) != 0) {
                entry = splice(entry + ENTRY_HEADER, 8, 0) - ENTRY_HEADER;
            }
            setFlags(entry, at == 0 ? flags & ~EXPIRY : flags | EXPIRY);
            if (at != 0) {
                Memory.putLong(entry + ENTRY_HEADER, at);
            }
        }
        if (at != 0) {
            Record.setFlags(record, Record.FIELD_EXPIRY);
            database.fieldExpires(key, record, at);
        }
        database.changed(key);
        EffectLog log = database.keyspace().effects();
        if (log != null) {
            log.fieldExpireAt(database.index(), key.address(), key.length(), fieldAddress, fieldLength, at);
        }
        return true;
    }

    /// Earliest expiry of a field, or something earlier; 0 when no field expires. Unix milliseconds.
    public long earliestExpiry() {
        return record == 0 ? 0 : Memory.getLong(record + Record.FIELDS_EXPIRE_AT);
    }

    /// Visits all fields: in the order of their creation while packed, in no order afterwards.
    public void forEach(FieldVisitor visitor) {
        if (record == 0) {
            return;
        }
        Slice value = new Slice();
        if (isTable()) {
            Table.scan(tableEntry(), 0, Integer.MAX_VALUE, field -> {
                valueOfRecord(field, value);
                visitor.visit(
                        Record.keyAddress(field),
                        Record.keyLength(field),
                        value.address,
                        value.length,
                        Record.expireAt(field));
            });
            return;
        }
        long end = end();
        for (long entry = start(); entry < end; entry = next(entry)) {
            valueOfEntry(entry, value);
            visitor.visit(fieldOf(entry), fieldLength(entry), value.address, value.length, expiryOf(entry));
        }
    }

    /// Sees fields as they are stored; see [#scanStored].
    interface StoredFieldVisitor {
        /// With `isRow`, `valueAddress` is where the id of the rows and, behind it, the ordinal are.
        void visit(
                long fieldAddress, int fieldLength, long valueAddress, int valueLength, boolean isRow, long expireAt);
    }

    /// As [#scan], but shows references to rows as such, and ends with -1.
    long scanStored(long cursor, int count, StoredFieldVisitor visitor) {
        if (isTable()) {
            return Table.scan(
                    tableEntry(),
                    cursor,
                    count,
                    field -> visitor.visit(
                            Record.keyAddress(field),
                            Record.keyLength(field),
                            Record.valueAddress(field),
                            Record.valueLength(field),
                            Record.has(field, Record.ROW),
                            Record.expireAt(field)));
        }
        long end = end();
        for (long entry = start(); entry < end; entry = next(entry)) {
            boolean isRow = (flagsOf(entry) & ROW) != 0;
            visitor.visit(
                    fieldOf(entry),
                    fieldLength(entry),
                    valueOf(entry),
                    Memory.getInt(entry + 4),
                    isRow,
                    expiryOf(entry));
        }
        return -1;
    }

    /// Sets a field as an image has it; with `isRow`, `valueAddress` is the id of the rows and `valueLength`
    /// the ordinal.
    void restore(long fieldAddress, int fieldLength, long valueAddress, int valueLength, boolean isRow, long expireAt) {
        put(fieldAddress, fieldLength, valueAddress, valueLength, expireAt, isRow);
        if (expireAt != 0) {
            database.fieldExpires(key, record, expireAt);
        }
    }

    /// `HSCAN`: visits about `count` fields from `cursor` on, 0 at first, and returns the cursor to go on
    /// from, 0 at the end. A packed hash is visited whole. A field that is there from the first call to the
    /// last is visited at least once.
    public long scan(long cursor, int count, FieldVisitor visitor) {
        if (record == 0) {
            return 0;
        }
        if (!isTable()) {
            forEach(visitor);
            return 0;
        }
        Slice value = new Slice();
        long next = Table.scan(tableEntry(), cursor & 0xffffffffL, Math.max(1, count), field -> {
            valueOfRecord(field, value);
            visitor.visit(
                    Record.keyAddress(field),
                    Record.keyLength(field),
                    value.address,
                    value.length,
                    Record.expireAt(field));
        });
        return Math.max(0, next);
    }

    /// Visits one field, each as likely as any other; the hash is not empty.
    public void random(FieldVisitor visitor) {
        random(Long.remainderUnsigned(database.keyspace().nextRandom(), size()), visitor);
    }

    private void random(long nth, FieldVisitor visitor) {
        Slice value = new Slice();
        if (!isTable()) {
            long entry = start();
            for (long i = 0; i < nth; i++) {
                entry = next(entry);
            }
            valueOfEntry(entry, value);
            visitor.visit(fieldOf(entry), fieldLength(entry), value.address, value.length, expiryOf(entry));
            return;
        }
        // Words are drawn until one is taken: each record is as likely as any other, and a fifth of the words at least
        // is taken but for tables that shrink soon.
        long entry = tableEntry();
        long words = Table.words(entry);
        int capacity = Table.capacity(entry);
        while (true) {
            long at = Long.remainderUnsigned(database.keyspace().nextRandom(), capacity);
            long word = Memory.getLong(words + (at << 3));
            if (word != 0) {
                long field = word & Table.ADDRESS;
                valueOfRecord(field, value);
                visitor.visit(
                        Record.keyAddress(field),
                        Record.keyLength(field),
                        value.address,
                        value.length,
                        Record.expireAt(field));
                return;
            }
        }
    }

    /// Removes the fields that had expired by `now`, tells the listener, and removes the key with the last of
    /// them. Returns how many went.
    int expireFields(long now) {
        int removed = 0;
        long earliest = 0;
        if (isTable()) {
            AddressList found = new AddressList();
            long[] least = {0};
            Table.scan(tableEntry(), 0, Integer.MAX_VALUE, field -> {
                long at = Record.expireAt(field);
                if (at != 0 && at <= now) {
                    found.visit(field);
                } else if (at != 0 && (least[0] == 0 || at < least[0])) {
                    least[0] = at;
                }
            });
            for (int i = 0; i < found.size; i++) {
                removed++;
                if (size() == 1) {
                    return allExpired(removed);
                }
                long field = found.addresses[i];
                recordRemoval(Record.keyAddress(field), Record.keyLength(field));
                removeFieldRecord(field);
            }
            earliest = least[0];
        } else {
            for (long entry = start(); entry < end(); ) {
                long at = expiryOf(entry);
                if (at != 0 && at <= now) {
                    removed++;
                    if (size() == 1) {
                        return allExpired(removed);
                    }
                    long offset = entry - start();
                    recordRemoval(fieldOf(entry), fieldLength(entry));
                    removeEntry(entry);
                    entry = start() + offset;
                    continue;
                }
                if (at != 0 && (earliest == 0 || at < earliest)) {
                    earliest = at;
                }
                entry = next(entry);
            }
        }
        Memory.putLong(record + Record.FIELDS_EXPIRE_AT, earliest);
        if (earliest != 0) {
            database.fieldExpires(key, record, earliest);
        }
        if (removed > 0) {
            database.keyspace().expiredFields.add(removed);
            database.signal(key, KeyEvent.HEXPIRED);
            record = database.peek(key, 0); // The index of documents may have put a row, and moved the record.
        }
        return removed;
    }

    /// Puts all fields with their expiries into another, empty hash; rows become bytes.
    void copyInto(HashValue target) {
        forEach((fieldAddress, fieldLength, valueAddress, valueLength, at) -> {
            target.put(fieldAddress, fieldLength, valueAddress, valueLength, at, false);
            if (at != 0) {
                target.database.fieldExpires(target.key, target.record, at);
            }
        });
    }

    private int allExpired(int removed) {
        database.keyspace().expiredFields.add(removed);
        try (Arena arena = Arena.ofConfined()) {
            Key owned = Key.copyOf(key.toBytes(), arena); // The key may point into the record.
            database.remove(owned);
            record = 0;
            database.signal(owned, KeyEvent.HEXPIRED);
            database.signal(owned, KeyEvent.DEL);
        }
        return removed;
    }

    /// With `row`, `valueAddress` is the id of the rows and `valueLength` the ordinal.
    private boolean put(long fieldAddress, int fieldLength, long valueAddress, int valueLength, long at, boolean row) {
        int bytes = row ? ROW_BYTES : valueLength;
        if (record == 0) {
            record = database.createHash(
                    key, packs(fieldLength, bytes) ? Math.max(reserve, ENTRY_HEADER + fieldLength + bytes) : 0);
        }
        boolean isNew;
        if (!isTable()) {
            long entry = findEntry(fieldAddress, fieldLength);
            long old = entry == 0 ? 0 : next(entry) - entry;
            int size = ENTRY_HEADER + (at == 0 ? 0 : 8) + fieldLength + bytes;
            isNew = entry == 0;
            // An expiry moves the name, even where a shorter or longer value makes up for its eight bytes.
            boolean nameMoves = isNew || ((flagsOf(entry) & EXPIRY) != 0) != (at != 0);
            long total = Record.valueLength(record) - old + size;
            int fields = size() + (isNew ? 1 : 0);
            if (packs(fieldLength, bytes) && isPackable(fields, total)) {
                if (isNew) {
                    entry = end();
                    Memory.putInt(record + Record.FIELD_COUNT, fields);
                }
                noteEncoding(fieldLength, row ? 0 : valueLength);
                entry = splice(entry, (int) old, size);
                int flags = (at == 0 ? 0 : EXPIRY) | (row ? ROW : 0);
                Memory.putInt(entry, fieldLength | flags << 16);
                Memory.putInt(entry + 4, bytes);
                long body = entry + ENTRY_HEADER;
                if (at != 0) {
                    Memory.putLong(body, at);
                    body += 8;
                }
                if (nameMoves || old != size) {
                    copy(fieldAddress, body, fieldLength);
                }
                writeValue(body + fieldLength, valueAddress, valueLength, row);
                return isNew;
            }
            toTable();
        }
        Records records = database.records();
        int shard = records.shardOf(key.hashSlot());
        int hash = (int) (KeyHash.of(fieldAddress, fieldLength) >>> 32);
        long entry = tableEntry();
        long field = Table.find(entry, hash, fieldAddress, fieldLength);
        isNew = field == 0;
        int meta = Record.FIELD << 28 | (row ? Record.ROW : 0);
        if (!isNew && Records.fits(field, bytes)) {
            Memory.putInt(field + Record.VALUE_LENGTH, bytes);
            Memory.putInt(field + Record.META, meta | Record.meta(field) & Record.EXTERNAL);
        } else {
            long fresh = records.allocate(shard, meta, hash, fieldAddress, fieldLength, bytes);
            if (isNew) {
                Table.insert(records, shard, entry, hash, fresh);
                Memory.putInt(record + Record.FIELD_COUNT, Table.size(entry));
            } else {
                Table.replace(entry, hash, field, fresh);
                records.free(field);
            }
            field = fresh;
        }
        noteEncoding(fieldLength, row ? 0 : valueLength);
        Memory.putLong(field + Record.EXPIRE_AT, at);
        writeValue(Record.valueAddress(field), valueAddress, valueLength, row);
        return isNew;
    }

    private static void writeValue(long to, long valueAddress, int valueLength, boolean row) {
        if (row) {
            Memory.putInt(to, (int) valueAddress);
            Memory.putInt(to + 4, valueLength);
        } else {
            copy(valueAddress, to, valueLength);
        }
    }

    private static void copy(long from, long to, int length) {
        Records.copyBytes(from, to, length);
    }

    /// What `OBJECT ENCODING` says follows Redis's rule, which knows no exception for a vector.
    private void noteEncoding(int fieldLength, int valueLength) {
        int limit = database.keyspace().hashMaxListpackValue;
        if (fieldLength > limit || valueLength > limit || size() > database.keyspace().hashMaxListpackEntries) {
            Record.setFlags(record, Record.LARGE);
        }
    }

    private static boolean packs(int fieldLength, int valueLength) {
        return fieldLength <= MAX_PACKED_FIELD && valueLength <= MAX_PACKED_BYTES;
    }

    private boolean isPackable(int fields, long bytes) {
        return fields <= Math.min(MAX_PACKED_FIELDS, database.keyspace().hashMaxListpackEntries)
                && bytes <= (fields <= FEW_FIELDS ? MAX_PACKED_BYTES : MAX_WALK_BYTES);
    }

    private void materialise(int rowsId, boolean all) {
        if (record == 0) {
            return;
        }
        Keyspace keyspace = database.keyspace();
        if (isTable()) {
            AddressList found = new AddressList();
            Table.scan(tableEntry(), 0, Integer.MAX_VALUE, field -> {
                if (Record.has(field, Record.ROW) && (all || Memory.getInt(Record.valueAddress(field)) == rowsId)) {
                    found.visit(field);
                }
            });
            for (int i = 0; i < found.size; i++) {
                materialiseRecord(keyspace, found.addresses[i]);
            }
            return;
        }
        for (long entry = start(); entry < end(); ) {
            long offset = entry - start();
            if ((flagsOf(entry) & ROW) != 0) {
                long reference = valueOf(entry);
                int id = Memory.getInt(reference);
                if (all || id == rowsId) {
                    long from = keyspace.rowAddress(id, Memory.getInt(reference + 4));
                    int bytes = keyspace.rowBytes(id);
                    if (!isPackable(size(), (long) Record.valueLength(record) - ROW_BYTES + bytes)) {
                        toTable();
                        materialise(rowsId, all);
                        return;
                    }
                    long value = splice(reference, ROW_BYTES, bytes);
                    entry = start() + offset;
                    setFlags(entry, flagsOf(entry) & ~ROW);
                    Memory.putInt(entry + 4, bytes);
                    Memory.copy(from, value, bytes);
                }
            }
            entry = next(start() + offset);
        }
    }

    private void materialiseRecord(Keyspace keyspace, long field) {
        long reference = Record.valueAddress(field);
        int id = Memory.getInt(reference);
        long from = keyspace.rowAddress(id, Memory.getInt(reference + 4));
        int bytes = keyspace.rowBytes(id);
        Records records = database.records();
        int hash = Record.hash(field);
        long fresh = records.allocate(
                records.shardOf(key.hashSlot()),
                Record.FIELD << 28,
                hash,
                Record.keyAddress(field),
                Record.keyLength(field),
                bytes);
        Memory.putLong(fresh + Record.EXPIRE_AT, Record.expireAt(field));
        Memory.copy(from, Record.valueAddress(fresh), bytes);
        Table.replace(tableEntry(), hash, field, fresh);
        records.free(field);
    }

    // ---- Packed

    private boolean isTable() {
        return record != 0 && Record.has(record, Record.TABLE);
    }

    private long start() {
        return Record.valueAddress(record);
    }

    private long end() {
        return Record.valueAddress(record) + Record.valueLength(record);
    }

    private static int fieldLength(long entry) {
        return Memory.getInt(entry) & 0xffff;
    }

    private static int flagsOf(long entry) {
        return Memory.getByte(entry + 2);
    }

    private static void setFlags(long entry, int flags) {
        Memory.putByte(entry + 2, (byte) flags);
    }

    private static long fieldOf(long entry) {
        return entry + ENTRY_HEADER + ((flagsOf(entry) & EXPIRY) << 3);
    }

    private static long valueOf(long entry) {
        return fieldOf(entry) + fieldLength(entry);
    }

    private static long expiryOf(long entry) {
        return (flagsOf(entry) & EXPIRY) == 0 ? 0 : Memory.getLong(entry + ENTRY_HEADER);
    }

    private static long next(long entry) {
        return valueOf(entry) + Memory.getInt(entry + 4);
    }

    private void valueOfEntry(long entry, Slice out) {
        long value = valueOf(entry);
        if ((flagsOf(entry) & ROW) != 0) {
            row(value, out);
        } else {
            out.set(value, Memory.getInt(entry + 4));
        }
    }

    private void valueOfRecord(long field, Slice out) {
        long value = Record.valueAddress(field);
        if (Record.has(field, Record.ROW)) {
            row(value, out);
        } else {
            out.set(value, Record.valueLength(field));
        }
    }

    private void row(long reference, Slice out) {
        int rowsId = Memory.getInt(reference);
        Keyspace keyspace = database.keyspace();
        out.set(keyspace.rowAddress(rowsId, Memory.getInt(reference + 4)), keyspace.rowBytes(rowsId));
    }

    private boolean isRowAt(long entry) {
        return isTable() ? Record.has(entry, Record.ROW) : (flagsOf(entry) & ROW) != 0;
    }

    private long referenceOf(long fieldAddress, int fieldLength) {
        long entry = locate(fieldAddress, fieldLength);
        assert entry != 0 && isRowAt(entry) : "not a reference to a row";
        return isTable() ? Record.valueAddress(entry) : valueOf(entry);
    }

    /// The entry or record of a field, 0 when absent.
    private long locate(long fieldAddress, int fieldLength) {
        if (record == 0) {
            return 0;
        }
        if (!isTable()) {
            return findEntry(fieldAddress, fieldLength);
        }
        int hash = (int) (KeyHash.of(fieldAddress, fieldLength) >>> 32);
        return Table.find(tableEntry(), hash, fieldAddress, fieldLength);
    }

    private long findEntry(long fieldAddress, int fieldLength) {
        long end = end();
        for (long entry = start(); entry < end; entry = next(entry)) {
            if (fieldLength(entry) == fieldLength && Record.bytesEqual(fieldOf(entry), fieldAddress, fieldLength)) {
                return entry;
            }
        }
        return 0;
    }

    private void removeEntry(long entry) {
        splice(entry, (int) (next(entry) - entry), 0);
        Memory.putInt(record + Record.FIELD_COUNT, size() - 1);
    }

    /// Makes room for `size` bytes where `old` bytes are at `address` within the value; returns the address
    /// of that place, as the record may move. What stands there is undefined.
    private long splice(long address, int old, int size) {
        if (old == size) {
            return address;
        }
        long start = start();
        int offset = (int) (address - start);
        int length = Record.valueLength(record);
        int newLength = length - old + size;
        int tail = length - offset - old;
        if (newLength > Records.valueCapacity(record) || reserve == 0 && !Records.fits(record, newLength)) {
            // The copy takes the tail along where it stands; the gap is opened or closed in whichever is the larger.
            if (newLength < length) {
                Memory.copy(address + old, address + size, tail);
                Memory.putInt(record + Record.VALUE_LENGTH, newLength);
                record = database.resizeValue(key, record, newLength);
                return start() + offset;
            }
            record = database.resizeValue(key, record, Math.max(newLength, length + reserve));
            address = start() + offset;
        }
        Memory.copy(address + old, address + size, tail);
        Memory.putInt(record + Record.VALUE_LENGTH, newLength);
        return address;
    }

    // ---- Table

    private long tableEntry() {
        return Record.valueAddress(record);
    }

    private void removeFieldRecord(long field) {
        Records records = database.records();
        long entry = tableEntry();
        Table.remove(records, records.shardOf(key.hashSlot()), entry, Record.hash(field), field);
        records.free(field);
        Memory.putInt(record + Record.FIELD_COUNT, Table.size(entry));
    }

    /// Turns the packed list into a table of field records.
    private void toTable() {
        Records records = database.records();
        int shard = records.shardOf(key.hashSlot());
        byte[] fresh = new byte[Table.ENTRY_BYTES];
        long end = end();
        // The table's entry is built behind the list, in a record with room for both, and then moved to the front.
        int length = Record.valueLength(record);
        if (Records.valueCapacity(record) < length + Table.ENTRY_BYTES) {
            record = database.resizeValue(key, record, length + Table.ENTRY_BYTES);
            end = end();
        }
        long tableEntry = end;
        Memory.copyIn(fresh, 0, tableEntry, fresh.length);
        for (long entry = start(); entry < end; entry = next(entry)) {
            int flags = flagsOf(entry);
            int fieldLength = fieldLength(entry);
            int valueLength = Memory.getInt(entry + 4);
            int hash = (int) (KeyHash.of(fieldOf(entry), fieldLength) >>> 32);
            int meta = Record.FIELD << 28 | ((flags & ROW) != 0 ? Record.ROW : 0);
            long field = records.allocate(shard, meta, hash, fieldOf(entry), fieldLength, valueLength);
            Memory.putLong(field + Record.EXPIRE_AT, expiryOf(entry));
            copy(valueOf(entry), Record.valueAddress(field), valueLength);
            Table.insert(records, shard, tableEntry, hash, field);
        }
        Memory.copy(tableEntry, start(), Table.ENTRY_BYTES);
        Memory.putInt(record + Record.VALUE_LENGTH, Table.ENTRY_BYTES);
        Record.setFlags(record, Record.TABLE);
        record = database.resizeValue(key, record, Table.ENTRY_BYTES);
    }

    /// For tests: whether the fields are in a table.
    boolean isTableForTest() {
        return isTable();
    }

    @Override
    public String toString() {
        return "HashValue[" + key + ", " + size() + " fields]";
    }
}
