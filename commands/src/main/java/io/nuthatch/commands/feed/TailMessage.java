package io.nuthatch.commands.feed;

import io.nuthatch.engine.effect.EffectReader;
import io.nuthatch.engine.effect.EffectVisitor;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;

/// One record of the log as a push message: `nuthatch.tail`, the LSN, and the record's effects in their
/// order, each an array of its name, its database, its key and its arguments. What belongs to no database has
/// -1 there, and what is about no key an empty one.
///
/// Bytes are copied, as the record is gone when the message is sent.
final class TailMessage implements EffectVisitor {
    static final String KIND = "nuthatch.tail";
    private static final byte[] NO_KEY = {};

    private final long lsn;
    private final int bytes;
    private final List<Object[]> effects = new ArrayList<>(2);
    private int database;
    private byte[] key = NO_KEY;

    private TailMessage(long lsn, int bytes) {
        this.lsn = lsn;
        this.bytes = bytes;
    }

    static TailMessage of(long lsn, long address, int bytes) {
        TailMessage message = new TailMessage(lsn, bytes);
        EffectReader.read(address, bytes, message);
        return message;
    }

    /// About as many as it takes in memory and on the wire.
    int bytes() {
        return bytes;
    }

    void writeTo(ReplyWriter reply) {
        reply.push(3);
        reply.bulk(KIND);
        reply.integer(lsn);
        reply.array(effects.size());
        for (Object[] effect : effects) {
            reply.array(effect.length);
            for (Object part : effect) {
                switch (part) {
                    case String name -> reply.bulk(name);
                    case byte[] text -> reply.bulk(text);
                    case Long number -> reply.integer(number);
                    default -> throw new AssertionError(part);
                }
            }
        }
    }

    private void add(String name, Object... arguments) {
        Object[] effect = new Object[3 + arguments.length];
        effect[0] = name;
        effect[1] = (long) database;
        effect[2] = key;
        System.arraycopy(arguments, 0, effect, 3, arguments.length);
        effects.add(effect);
    }

    private void addWithoutKey(String name, int of, Object... arguments) {
        database = of;
        key = NO_KEY;
        add(name, arguments);
    }

    private static Long number(boolean value) {
        return value ? 1L : 0L;
    }

    // ---- Keys

    @Override
    public void key(int index, long address, int length) {
        database = index;
        key = Memory.toBytes(address, length);
    }

    @Override
    public void putString(long value, int length, long expireAt) {
        add("put-string", Memory.toBytes(value, length), expireAt);
    }

    @Override
    public void writeRange(int offset, long from, int length) {
        add("write-range", (long) offset, Memory.toBytes(from, length));
    }

    @Override
    public void remove() {
        add("remove");
    }

    @Override
    public void expireAt(long at) {
        add("expire-at", at);
    }

    @Override
    public void putField(long field, int fieldLength, long value, int valueLength, long expireAt) {
        add("put-field", Memory.toBytes(field, fieldLength), Memory.toBytes(value, valueLength), expireAt);
    }

    @Override
    public void removeField(long field, int length) {
        add("remove-field", Memory.toBytes(field, length));
    }

    @Override
    public void fieldExpireAt(long field, int length, long at) {
        add("field-expire-at", Memory.toBytes(field, length), at);
    }

    // ---- Databases and indexes

    @Override
    public void flush(int index) {
        addWithoutKey("flush", index);
    }

    @Override
    public void swap(int one, int other) {
        addWithoutKey("swap", one, (long) other);
    }

    @Override
    public void createIndex(byte[] definition, boolean isScanSkipped) {
        addWithoutKey("create-index", -1, definition, number(isScanSkipped));
    }

    @Override
    public void alterIndex(byte[] name, byte[] fields, boolean isScanSkipped) {
        addWithoutKey("alter-index", -1, name, fields, number(isScanSkipped));
    }

    @Override
    public void dropIndex(byte[] name) {
        addWithoutKey("drop-index", -1, name);
    }

    @Override
    public void setAlias(byte[] alias, byte[] index) {
        addWithoutKey("set-alias", -1, alias, index);
    }

    @Override
    public void removeAlias(byte[] alias) {
        addWithoutKey("remove-alias", -1, alias);
    }
}
