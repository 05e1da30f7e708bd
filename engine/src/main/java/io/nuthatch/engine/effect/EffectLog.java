package io.nuthatch.engine.effect;

import io.nuthatch.engine.Journal;
import org.jspecify.annotations.Nullable;

/// Collects what a thread changes while it holds stripes, and appends it to the journal as one record before
/// it gives them back.
///
/// The keyspace reports every change from the few places through which all commands go, so that no command
/// can forget to; the stripes call [#commit]. A command, or a whole MULTI, holds its stripes from its first
/// change to its last: its effects are one record, and records of one hash slot are in the order of the
/// changes. What nobody asked for, expiry and eviction, is recorded the same way: a replay decides nothing.
///
/// Threads: any; each has a buffer of its own. Methods but [#commit] and [#takeLastLsn] are called under the
/// stripes of what they report.
public final class EffectLog {
    /// Hears of every key that changes, under its stripe.
    public interface KeyWatch {
        /// The key is in the memory of whoever calls.
        void changed(int database, long key, int keyLength);
    }

    private final Journal journal;
    private volatile @Nullable KeyWatch watch;
    private final ThreadLocal<EffectBuffer> buffers = ThreadLocal.withInitial(EffectBuffer::new);

    public EffectLog(Journal journal) {
        this.journal = journal;
    }

    /// Has every change heard by `listening`, one at a time; null for none. What is heard for certain is what
    /// is changed under a stripe that is taken after this call.
    public void setWatch(@Nullable KeyWatch listening) {
        watch = listening;
    }

    /// Appends what this thread has recorded since the last call, if anything.
    public void commit() {
        EffectBuffer buffer = buffers.get();
        if (!buffer.isEmpty()) {
            buffer.lastLsn = journal.append(buffer.address(), buffer.bytes());
            buffer.clear();
        }
    }

    /// Whether this thread has recorded something that is not appended yet.
    public boolean isRecording() {
        return !buffers.get().isEmpty();
    }

    /// The LSN of the last record that this thread appended since it last asked; 0 for none.
    public long takeLastLsn() {
        EffectBuffer buffer = buffers.get();
        long lsn = buffer.lastLsn;
        buffer.lastLsn = 0;
        return lsn;
    }

    // ---- Keys

    public void putString(int database, long key, int keyLength, long value, int valueLength, long expireAt) {
        EffectBuffer buffer = about(database, key, keyLength);
        buffer.code(EffectCode.PUT_STRING, expireAt);
        buffer.text(value, valueLength);
    }

    /// `length` bytes of a string were overwritten, or added, from `offset` on.
    public void writeRange(int database, long key, int keyLength, int offset, long from, int length) {
        EffectBuffer buffer = about(database, key, keyLength);
        buffer.code(EffectCode.WRITE_RANGE);
        buffer.number(offset);
        buffer.text(from, length);
    }

    public void remove(int database, long key, int keyLength) {
        about(database, key, keyLength).code(EffectCode.REMOVE);
    }

    /// `at`: Unix milliseconds, 0 for none.
    public void expireAt(int database, long key, int keyLength, long at) {
        EffectBuffer buffer = about(database, key, keyLength);
        buffer.code(EffectCode.EXPIRE_AT);
        buffer.time(at);
    }

    public void putField(
            int database,
            long key,
            int keyLength,
            long field,
            int fieldLength,
            long value,
            int valueLength,
            long expireAt) {
        EffectBuffer buffer = about(database, key, keyLength);
        buffer.code(EffectCode.PUT_FIELD, expireAt);
        buffer.number(fieldLength);
        buffer.number(valueLength);
        buffer.raw(field, fieldLength);
        buffer.raw(value, valueLength);
    }

    public void removeField(int database, long key, int keyLength, long field, int fieldLength) {
        EffectBuffer buffer = about(database, key, keyLength);
        buffer.code(EffectCode.REMOVE_FIELD);
        buffer.text(field, fieldLength);
    }

    public void fieldExpireAt(int database, long key, int keyLength, long field, int fieldLength, long at) {
        EffectBuffer buffer = about(database, key, keyLength);
        buffer.code(EffectCode.FIELD_EXPIRE_AT);
        buffer.time(at);
        buffer.text(field, fieldLength);
    }

    private EffectBuffer about(int database, long key, int keyLength) {
        KeyWatch heard = watch;
        if (heard != null) {
            heard.changed(database, key, keyLength);
        }
        EffectBuffer buffer = buffers.get();
        buffer.about(database, key, keyLength);
        return buffer;
    }

    // ---- Databases

    public void flush(int database) {
        EffectBuffer buffer = general(EffectCode.FLUSH);
        buffer.database(database);
    }

    public void swap(int one, int other) {
        EffectBuffer buffer = general(EffectCode.SWAP);
        buffer.database(one);
        buffer.database(other);
    }

    // ---- Indexes; names are byte strings as bytes, definitions are the index registry's own format

    public void createIndex(byte[] definition, boolean isScanSkipped) {
        EffectBuffer buffer = general(EffectCode.CREATE_INDEX);
        buffer.flag(isScanSkipped);
        buffer.text(definition);
    }

    public void alterIndex(byte[] name, byte[] fields, boolean isScanSkipped) {
        EffectBuffer buffer = general(EffectCode.ALTER_INDEX);
        buffer.flag(isScanSkipped);
        buffer.text(name);
        buffer.text(fields);
    }

    /// Its documents stay; those that went with it are recorded one by one.
    public void dropIndex(byte[] name) {
        general(EffectCode.DROP_INDEX).text(name);
    }

    public void setAlias(byte[] alias, byte[] index) {
        EffectBuffer buffer = general(EffectCode.SET_ALIAS);
        buffer.text(alias);
        buffer.text(index);
    }

    public void removeAlias(byte[] alias) {
        general(EffectCode.REMOVE_ALIAS).text(alias);
    }

    private EffectBuffer general(int code) {
        EffectBuffer buffer = buffers.get();
        buffer.aboutNone();
        buffer.code(code);
        return buffer;
    }
}
