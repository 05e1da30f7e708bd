package io.nuthatch.persistence.recovery;

import io.nuthatch.engine.effect.EffectReader;
import io.nuthatch.engine.effect.EffectVisitor;
import io.nuthatch.engine.keyspace.HashSlot;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.persistence.checkpoint.Checkpoints;
import org.jspecify.annotations.Nullable;

/// Which threads of a replay a record concerns. One thread.
final class RecordRoute implements EffectVisitor {
    /// A bit for each thread is what fits in an int.
    static final int MAX_THREADS = 16;

    private final Stripes stripes;
    private final Checkpoints.@Nullable Saved checkpoint;
    private final int threads;
    private long lsn;
    private int concerned;
    private boolean isAboutAll;

    RecordRoute(Stripes stripes, Checkpoints.@Nullable Saved checkpoint, int threads) {
        this.stripes = stripes;
        this.checkpoint = checkpoint;
        this.threads = threads;
    }

    /// Looks at a record. Throws [IllegalArgumentException] when it makes no sense.
    void look(long recordLsn, long address, int bytes) {
        lsn = recordLsn;
        concerned = 0;
        isAboutAll = false;
        EffectReader.read(address, bytes, this);
    }

    /// A bit for each thread that has keys in the record which the checkpoint does not cover.
    int concerned() {
        return concerned;
    }

    /// Whether the record says something of databases or indexes.
    boolean isAboutAll() {
        return isAboutAll;
    }

    @Override
    public void key(int database, long address, int length) {
        int slot = HashSlot.of(address, length);
        if (checkpoint == null || lsn > checkpoint.slotLsns()[slot]) {
            concerned |= 1 << stripes.stripeOf(slot) % threads;
        }
    }

    @Override
    public void flush(int database) {
        isAboutAll = true;
    }

    @Override
    public void swap(int one, int other) {
        isAboutAll = true;
    }

    @Override
    public void createIndex(byte[] definition, boolean isScanSkipped) {
        isAboutAll = true;
    }

    @Override
    public void alterIndex(byte[] name, byte[] fields, boolean isScanSkipped) {
        isAboutAll = true;
    }

    @Override
    public void dropIndex(byte[] name) {
        isAboutAll = true;
    }

    @Override
    public void setAlias(byte[] alias, byte[] index) {
        isAboutAll = true;
    }

    @Override
    public void removeAlias(byte[] alias) {
        isAboutAll = true;
    }

    // ---- What is done with a key is for whom it concerns

    @Override
    public void putString(long value, int length, long expireAt) {}

    @Override
    public void writeRange(int offset, long from, int length) {}

    @Override
    public void remove() {}

    @Override
    public void expireAt(long at) {}

    @Override
    public void putField(long field, int fieldLength, long value, int valueLength, long expireAt) {}

    @Override
    public void removeField(long field, int length) {}

    @Override
    public void fieldExpireAt(long field, int length, long at) {}
}
