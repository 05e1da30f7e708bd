package io.nuthatch.persistence.recovery;

import io.nuthatch.engine.document.DefinitionCodec;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.effect.EffectReader;
import io.nuthatch.engine.effect.EffectVisitor;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.wal.LogReader;
import org.jspecify.annotations.Nullable;

/// Does again what the records of a log say, to a keyspace that no client sees yet.
///
/// Nothing is decided here: expiry is removed where the log says so, and no sooner, so that a clock that was
/// wrong in either life changes nothing. Each key's effects are applied under its stripe, as index threads
/// work beside it; the index of documents hears of a key once for all of its effects in a row.
///
/// One thread. The keyspace records no effects meanwhile.
public final class Replay implements LogReader.Visitor, EffectVisitor {
    private static final long NEVER = 0; // As "now", nothing has expired yet.

    private final Keyspace keyspace;
    private final Stripes stripes;
    private final Indexes indexes;
    private final Key key = new Key();
    private final Key other = new Key();
    private @Nullable Database database; // Of the key at hand, whose stripe is held; null while there is none.
    private boolean isDocumentChanged;
    private @Nullable HashValue hash; // Used again and again.
    private long records;

    public Replay(Keyspace keyspace, Indexes indexes) {
        this.keyspace = keyspace;
        this.stripes = keyspace.stripes();
        this.indexes = indexes;
    }

    /// Records that were applied.
    public long records() {
        return records;
    }

    @Override
    public void record(long lsn, long address, int bytes) {
        try {
            EffectReader.read(address, bytes, this);
            records++;
        } catch (RuntimeException failure) {
            throw new IllegalStateException("record " + lsn + " cannot be applied: " + failure.getMessage(), failure);
        } finally {
            leaveKey();
        }
    }

    // ---- Keys

    @Override
    public void key(int index, long address, int length) {
        leaveKey();
        Database next = database(index);
        key.set(address, length);
        stripes.lock(stripes.stripeOf(key.hashSlot()));
        database = next;
    }

    private void leaveKey() {
        Database left = database;
        if (left == null) {
            return;
        }
        database = null;
        try {
            if (isDocumentChanged) {
                isDocumentChanged = false;
                left.signal(key, KeyEvent.HSET);
            }
        } finally {
            stripes.unlock(stripes.stripeOf(key.hashSlot()));
        }
    }

    private Database here() {
        Database current = database;
        if (current == null) {
            throw new IllegalArgumentException("an effect is about no key");
        }
        return current;
    }

    private Database database(int index) {
        if (index >= keyspace.databases()) {
            throw new IllegalArgumentException(
                    "it is about database " + index + ": set databases to " + (index + 1) + " or more");
        }
        return keyspace.database(index);
    }

    @Override
    public void putString(long value, int length, long expireAt) {
        here().putString(key, value, length, expireAt);
        isDocumentChanged = false;
    }

    @Override
    public void writeRange(int offset, long from, int length) {
        Database in = here();
        in.writeRange(key, in.peek(key, NEVER), offset, from, length);
    }

    @Override
    public void remove() {
        here().remove(key);
        isDocumentChanged = false;
    }

    @Override
    public void expireAt(long at) {
        Database in = here();
        long record = in.peek(key, NEVER);
        if (record != 0) {
            in.setExpireAt(key, record, at);
        }
    }

    @Override
    public void putField(long field, int fieldLength, long value, int valueLength, long expireAt) {
        HashValue found = here().hashForWrite(key, NEVER, hash);
        hash = found;
        found.put(field, fieldLength, value, valueLength);
        if (expireAt != 0) {
            found.setExpireAt(field, fieldLength, expireAt);
        }
        isDocumentChanged = true;
    }

    @Override
    public void removeField(long field, int length) {
        HashValue found = findHash();
        if (found != null) {
            found.remove(field, length);
            isDocumentChanged = found.record() != 0;
        }
    }

    @Override
    public void fieldExpireAt(long field, int length, long at) {
        HashValue found = findHash();
        if (found != null) {
            found.setExpireAt(field, length, at);
        }
    }

    private @Nullable HashValue findHash() {
        Database in = here();
        long record = in.peek(key, NEVER);
        if (record == 0 || !Record.isHash(record)) {
            return null;
        }
        hash = in.hash(key, NEVER, hash);
        return hash;
    }

    @Override
    public void moveTo(int index, long address, int length) {
        Database source = here();
        leaveKey();
        Database target = database(index);
        other.set(address, length);
        underBoth(() -> {
            source.moveTo(target, key, other, NEVER);
            target.signal(other, KeyEvent.RENAME_TO);
        });
    }

    @Override
    public void copyTo(int index, long address, int length) {
        Database source = here();
        leaveKey();
        Database target = database(index);
        other.set(address, length);
        underBoth(() -> {
            source.copyTo(target, key, other, NEVER);
            target.signal(other, KeyEvent.COPY_TO);
        });
    }

    private void underBoth(Runnable action) {
        int one = stripes.stripeOf(key.hashSlot());
        int two = stripes.stripeOf(other.hashSlot());
        int[] sorted = {Math.min(one, two), Math.max(one, two)};
        stripes.lockSorted(sorted, sorted.length);
        try {
            action.run();
        } finally {
            stripes.unlockSorted(sorted, sorted.length);
        }
    }

    // ---- Databases

    @Override
    public void flush(int index) {
        leaveKey();
        Database flushed = database(index);
        underAll(flushed::flush);
    }

    @Override
    public void swap(int one, int two) {
        leaveKey();
        database(Math.max(one, two));
        underAll(() -> keyspace.swap(one, two));
    }

    private void underAll(Runnable action) {
        stripes.lockAll();
        try {
            action.run();
        } finally {
            stripes.unlockAll();
        }
    }

    // ---- Indexes

    @Override
    public void createIndex(byte[] definition, boolean isScanSkipped) {
        leaveKey();
        indexes.create(DefinitionCodec.definition(definition), isScanSkipped);
    }

    @Override
    public void alterIndex(byte[] name, byte[] fields, boolean isScanSkipped) {
        leaveKey();
        indexes.alter(ByteStrings.of(name), DefinitionCodec.fields(fields), isScanSkipped);
    }

    @Override
    public void dropIndex(byte[] name) {
        leaveKey();
        indexes.drop(ByteStrings.of(name), Indexes.Drop.KEEP_DOCUMENTS);
    }

    @Override
    public void setAlias(byte[] alias, byte[] index) {
        leaveKey();
        indexes.updateAlias(ByteStrings.of(alias), ByteStrings.of(index));
    }

    @Override
    public void removeAlias(byte[] alias) {
        leaveKey();
        indexes.deleteAlias(ByteStrings.of(alias));
    }
}
