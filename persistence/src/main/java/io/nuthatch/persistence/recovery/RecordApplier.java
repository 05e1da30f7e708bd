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
import io.nuthatch.persistence.checkpoint.Checkpoints;
import org.jspecify.annotations.Nullable;

/// Does again what the records of a log say, to a keyspace that no client sees yet: of all keys, or of those
/// whose stripes are one thread's share.
///
/// Behind a checkpoint, what a record says of a key is done exactly if it is newer than the checkpoint's
/// image of the key's hash slot, and what it says of databases and indexes exactly if it is newer than its
/// image of the indexes. (A flush or a swap of databases while a checkpoint is written gives that checkpoint
/// up: to each that became one, such a record is either older or newer than all of it.)
///
/// Nothing is decided here: expiry is removed where the log says so, and no sooner, so that a clock that was
/// wrong in either life changes nothing. Each key's effects are applied under its stripe, as index threads
/// and other appliers work beside it; the index of documents hears of a key once for all of its effects in a
/// row.
///
/// One thread. The keyspace records no effects meanwhile.
final class RecordApplier implements EffectVisitor {
    private static final long NEVER = 0; // As "now", nothing has expired yet.

    private final Keyspace keyspace;
    private final Stripes stripes;
    private final Indexes indexes;
    private final Key key = new Key();
    private final Checkpoints.@Nullable Saved checkpoint;
    private final ReplayShare share;
    private long lsn; // Of the record at hand.
    private boolean isPassedOver; // What it says of the key at hand is in the checkpoint, or another's to do.
    private @Nullable Database database; // Of the key at hand, whose stripe is held; null while there is none.
    private boolean isDocumentChanged;
    private @Nullable HashValue hash; // Used again and again.

    /// `checkpoint`: what the keyspace and the indexes hold; null for nothing. `share`: whose keys.
    RecordApplier(Keyspace keyspace, Indexes indexes, Checkpoints.@Nullable Saved checkpoint, ReplayShare share) {
        this.checkpoint = checkpoint;
        this.keyspace = keyspace;
        this.stripes = keyspace.stripes();
        this.indexes = indexes;
        this.share = share;
    }

    /// Applies the record whose payload of `bytes` bytes is at `address`.
    void apply(long recordLsn, long address, int bytes) {
        lsn = recordLsn;
        try {
            EffectReader.read(address, bytes, this);
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
        int stripe = stripes.stripeOf(key.hashSlot());
        isPassedOver = !share.contains(stripe)
                || checkpoint != null && lsn <= checkpoint.slotLsns()[key.hashSlot()];
        if (isPassedOver) {
            return;
        }
        stripes.lock(stripe);
        database = next;
    }

    private void leaveKey() {
        isPassedOver = false;
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
        if (isPassedOver) {
            return;
        }
        here().putString(key, value, length, expireAt);
        isDocumentChanged = false;
    }

    @Override
    public void writeRange(int offset, long from, int length) {
        if (isPassedOver) {
            return;
        }
        Database in = here();
        in.writeRange(key, in.peek(key, NEVER), offset, from, length);
    }

    @Override
    public void remove() {
        if (isPassedOver) {
            return;
        }
        here().remove(key);
        isDocumentChanged = false;
    }

    @Override
    public void expireAt(long at) {
        if (isPassedOver) {
            return;
        }
        Database in = here();
        long record = in.peek(key, NEVER);
        if (record != 0) {
            in.setExpireAt(key, record, at);
        }
    }

    @Override
    public void putField(long field, int fieldLength, long value, int valueLength, long expireAt) {
        if (isPassedOver) {
            return;
        }
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
        if (isPassedOver) {
            return;
        }
        HashValue found = findHash();
        if (found != null) {
            found.remove(field, length);
            isDocumentChanged = found.record() != 0;
        }
    }

    @Override
    public void fieldExpireAt(long field, int length, long at) {
        if (isPassedOver) {
            return;
        }
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

    // ---- Databases

    @Override
    public void flush(int index) {
        leaveKey();
        Database flushed = database(index);
        if (isNewerThanIndexes()) {
            underAll(flushed::flush);
        }
    }

    @Override
    public void swap(int one, int two) {
        leaveKey();
        database(Math.max(one, two));
        if (isNewerThanIndexes()) {
            underAll(() -> keyspace.swap(one, two));
        }
    }

    private boolean isNewerThanIndexes() {
        return checkpoint == null || lsn > checkpoint.indexesLsn();
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
        if (isNewerThanIndexes()) {
            indexes.create(DefinitionCodec.definition(definition), isScanSkipped && !isBesideCheckpoint());
        }
    }

    @Override
    public void alterIndex(byte[] name, byte[] fields, boolean isScanSkipped) {
        leaveKey();
        if (isNewerThanIndexes()) {
            indexes.alter(ByteStrings.of(name), DefinitionCodec.fields(fields), isScanSkipped && !isBesideCheckpoint());
        }
    }

    @Override
    public void dropIndex(byte[] name) {
        leaveKey();
        if (isNewerThanIndexes()) {
            indexes.drop(ByteStrings.of(name), Indexes.Drop.KEEP_DOCUMENTS);
        }
    }

    @Override
    public void setAlias(byte[] alias, byte[] index) {
        leaveKey();
        if (isNewerThanIndexes()) {
            indexes.updateAlias(ByteStrings.of(alias), ByteStrings.of(index));
        }
    }

    @Override
    public void removeAlias(byte[] alias) {
        leaveKey();
        if (isNewerThanIndexes()) {
            indexes.deleteAlias(ByteStrings.of(alias));
        }
    }

    /// Whether the checkpoint may hold keys that are newer than the record. Then nobody can tell which of
    /// them an index that skipped its first scan had: it gets all that it covers, and none is missed.
    private boolean isBesideCheckpoint() {
        return checkpoint != null && lsn <= checkpoint.endLsn();
    }
}
