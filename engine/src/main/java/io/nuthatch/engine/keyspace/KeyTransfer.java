package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;

/// The same value under another name: `RENAME`, `MOVE` and `COPY`, within a [Database] or into another one.
///
/// A record holds its key, so that a new name is a new record; a table of fields lives on behind it when the
/// old name goes. What was under the new name is removed first. References to rows become their bytes, and
/// the new record is no document until the index makes it one. The caller holds the stripes of both names.
final class KeyTransfer {
    private KeyTransfer() {}

    /// See [Database#moveTo].
    static boolean move(Database source, Key from, Database target, Key to, long now) {
        long record = source.peek(from, now);
        if (record == 0) {
            return false;
        }
        if (isSame(source, from, target, to)) {
            return true;
        }
        record = source.materialise(from, record);
        source.beforeRemove(from, record);
        int meta = Record.meta(record);
        int valueLength = Record.valueLength(record);
        long at = Record.expireAt(record);
        target.remove(to);
        Records records = source.records();
        int shard = records.shardOf(to.hashSlot());
        long fresh =
                records.allocate(shard, meta & ~Record.EXTERNAL, to.hash32(), to.address(), to.length(), valueLength);
        Memory.copy(Record.valueAddress(record), Record.valueAddress(fresh), valueLength);
        copyHashHeader(record, fresh);
        source.unlink(from.hashSlot(), source.entry(from.hashSlot()), record);
        records.free(record); // A table of fields lives on under the new name.
        long entry = target.entryForWrite(to.hashSlot());
        target.insert(to.hashSlot(), shard, entry, to.hash32(), fresh);
        target.signal(to, KeyEvent.NEW);
        afterCopy(target, to.hashSlot(), entry, fresh, at);
        return true;
    }

    /// See [Database#copyTo].
    static boolean copy(Database source, Key from, Database target, Key to, long now) {
        long record = source.peek(from, now);
        if (record == 0 || isSame(source, from, target, to)) {
            return false;
        }
        target.remove(to);
        record = source.peek(
                from, now); // Removal changes no other record; said again because addresses are short-lived.
        Records records = source.records();
        int shard = records.shardOf(to.hashSlot());
        long entry = target.entryForWrite(to.hashSlot());
        if (Record.isHash(record)) {
            HashValue original = new HashValue(source, from, record);
            HashValue copy = new HashValue(target, to, 0);
            original.copyInto(copy);
            long fresh = copy.record();
            Memory.putInt(
                    fresh + Record.META,
                    Record.meta(fresh) | Record.meta(record) & (Record.LARGE | Record.FIELD_EXPIRY));
            target.setExpireAt(to.hashSlot(), entry, fresh, Record.expireAt(record));
            return true;
        }
        int valueLength = Record.valueLength(record);
        long fresh = records.allocate(
                shard,
                source.freshMeta(Record.meta(record) & ~Record.EXTERNAL),
                to.hash32(),
                to.address(),
                to.length(),
                valueLength);
        Memory.copy(Record.valueAddress(record), Record.valueAddress(fresh), valueLength);
        target.insert(to.hashSlot(), shard, entry, to.hash32(), fresh);
        target.signal(to, KeyEvent.NEW);
        afterCopy(target, to.hashSlot(), entry, fresh, Record.expireAt(record));
        return true;
    }

    private static boolean isSame(Database source, Key from, Database target, Key to) {
        return target == source
                && from.length() == to.length()
                && Record.bytesEqual(from.address(), to.address(), from.length());
    }

    private static void copyHashHeader(long record, long fresh) {
        if (Record.isHash(record)) {
            Memory.copy(
                    record + Record.FIELDS_EXPIRE_AT,
                    fresh + Record.FIELDS_EXPIRE_AT,
                    Record.HASH_HEADER_BYTES - Record.FIELDS_EXPIRE_AT);
        }
    }

    private static void afterCopy(Database target, int slot, long entry, long record, long at) {
        target.setExpireAt(slot, entry, record, at);
        Expiry.lower(entry, Expiry.earliest(record));
    }
}
