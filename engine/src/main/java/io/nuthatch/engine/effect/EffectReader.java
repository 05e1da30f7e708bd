package io.nuthatch.engine.effect;

import io.nuthatch.engine.memory.Memory;

/// Takes a record apart. What is read has passed its checksum; lengths are checked all the same.
public final class EffectReader {
    private final long end;
    private long at;

    private EffectReader(long address, int bytes) {
        this.at = address;
        this.end = address + bytes;
    }

    /// Gives every effect of the record to `visitor`. Throws [IllegalArgumentException] when it was not
    /// written by this version or an older one; the effects before were visited.
    public static void read(long address, int bytes, EffectVisitor visitor) {
        new EffectReader(address, bytes).readAll(visitor);
    }

    private void readAll(EffectVisitor visitor) {
        while (at < end) {
            int code = Memory.getByte(take(1)) & 0xff;
            long expireAt = (code & EffectCode.HAS_EXPIRY) != 0 ? time() : 0;
            switch (code & ~EffectCode.HAS_EXPIRY) {
                case EffectCode.KEY -> {
                    int database = database();
                    int length = length();
                    visitor.key(database, take(length), length);
                }
                case EffectCode.PUT_STRING -> {
                    int length = length();
                    visitor.putString(take(length), length, expireAt);
                }
                case EffectCode.WRITE_RANGE -> {
                    int offset = length();
                    int length = length();
                    visitor.writeRange(offset, take(length), length);
                }
                case EffectCode.REMOVE -> visitor.remove();
                case EffectCode.EXPIRE_AT -> visitor.expireAt(time());
                case EffectCode.PUT_FIELD -> {
                    int fieldLength = length();
                    int valueLength = length();
                    long field = take(fieldLength);
                    visitor.putField(field, fieldLength, take(valueLength), valueLength, expireAt);
                }
                case EffectCode.REMOVE_FIELD -> {
                    int length = length();
                    visitor.removeField(take(length), length);
                }
                case EffectCode.FIELD_EXPIRE_AT -> {
                    long time = time();
                    int length = length();
                    visitor.fieldExpireAt(take(length), length, time);
                }
                case EffectCode.FLUSH -> visitor.flush(database());
                case EffectCode.SWAP -> visitor.swap(database(), database());
                case EffectCode.CREATE_INDEX -> {
                    boolean isScanSkipped = flag();
                    visitor.createIndex(text(), isScanSkipped);
                }
                case EffectCode.ALTER_INDEX -> {
                    boolean isScanSkipped = flag();
                    byte[] name = text();
                    visitor.alterIndex(name, text(), isScanSkipped);
                }
                case EffectCode.DROP_INDEX -> visitor.dropIndex(text());
                case EffectCode.SET_ALIAS -> {
                    byte[] alias = text();
                    visitor.setAlias(alias, text());
                }
                case EffectCode.REMOVE_ALIAS -> visitor.removeAlias(text());
                default ->
                    throw new IllegalArgumentException(
                            "effect " + code + " is unknown: the log was written by a" + " newer version of Nuthatch");
            }
        }
    }

    private long take(int bytes) {
        if (bytes < 0 || bytes > end - at) {
            throw new IllegalArgumentException("an effect reaches beyond its record");
        }
        long place = at;
        at += bytes;
        return place;
    }

    private int database() {
        return Memory.getShort(take(2)) & 0xffff;
    }

    private boolean flag() {
        return Memory.getByte(take(1)) != 0;
    }

    private int length() {
        return Memory.getInt(take(4));
    }

    private long time() {
        return Memory.getLong(take(8));
    }

    private byte[] text() {
        int length = length();
        return Memory.toBytes(take(length), length);
    }
}
