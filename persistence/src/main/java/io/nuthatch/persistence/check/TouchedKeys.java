package io.nuthatch.persistence.check;

import io.nuthatch.engine.document.DefinitionCodec;
import io.nuthatch.engine.effect.EffectReader;
import io.nuthatch.engine.effect.EffectVisitor;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.wal.LogFiles;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.SequencedSet;

/// Names of what records change, for people to read: `db0 user:17`, `db1 FLUSH`, `index idx`. Bytes that are
/// no printable ASCII are escaped as `\x00`.
final class TouchedKeys implements LogFiles.Visitor, EffectVisitor {
    private static final int MAX_NAMES = 1_000_000;

    private final SequencedSet<String> names = new LinkedHashSet<>();
    private long records;
    private boolean isFull;

    /// In the order of their first change.
    SequencedSet<String> names() {
        return names;
    }

    /// Records that were read.
    long records() {
        return records;
    }

    /// Whether there were more names than are kept.
    boolean isFull() {
        return isFull;
    }

    @Override
    public void record(long lsn, long address, int bytes) {
        records++;
        try {
            EffectReader.read(address, bytes, this);
        } catch (IllegalArgumentException newer) {
            add("record " + lsn + ": " + newer.getMessage());
        }
    }

    private void add(String name) {
        if (names.size() < MAX_NAMES) {
            names.add(name);
        } else {
            isFull |= !names.contains(name);
        }
    }

    private void addKey(int database, long address, int length) {
        add("db" + database + " " + printable(Memory.toBytes(address, length)));
    }

    private void addIndex(byte[] name) {
        add("index " + printable(name));
    }

    static String printable(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) {
            if (each == '\\') {
                text.append("\\\\");
            } else if (each > ' ' && each < 0x7f) {
                text.append((char) each);
            } else {
                text.append(String.format(Locale.ROOT, "\\x%02x", each & 0xff));
            }
        }
        return text.toString();
    }

    @Override
    public void key(int database, long address, int length) {
        addKey(database, address, length);
    }

    @Override
    public void flush(int database) {
        add("db" + database + " FLUSH");
    }

    @Override
    public void swap(int one, int other) {
        add("db" + one + " SWAP with db" + other);
    }

    @Override
    public void createIndex(byte[] definition, boolean isScanSkipped) {
        addIndex(ByteStrings.bytes(DefinitionCodec.definition(definition).name()));
    }

    @Override
    public void alterIndex(byte[] name, byte[] fields, boolean isScanSkipped) {
        addIndex(name);
    }

    @Override
    public void dropIndex(byte[] name) {
        addIndex(name);
    }

    @Override
    public void setAlias(byte[] alias, byte[] index) {
        add("alias " + printable(alias));
    }

    @Override
    public void removeAlias(byte[] alias) {
        add("alias " + printable(alias));
    }

    @Override
    public void putString(long value, int length, long expireAt) {
        // Its key was named.
    }

    @Override
    public void writeRange(int offset, long from, int length) {
        // As above.
    }

    @Override
    public void remove() {
        // As above.
    }

    @Override
    public void expireAt(long at) {
        // As above.
    }

    @Override
    public void putField(long field, int fieldLength, long value, int valueLength, long expireAt) {
        // As above.
    }

    @Override
    public void removeField(long field, int length) {
        // As above.
    }

    @Override
    public void fieldExpireAt(long field, int length, long at) {
        // As above.
    }
}
