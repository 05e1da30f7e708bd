package io.nuthatch.engine.effect;

/// Takes the effects of a record in their order; see [EffectCode] for what each means. Addresses are valid
/// during the call, that of a key until the next [#key] or the record's end.
public interface EffectVisitor {
    /// What follows, up to the next call of this or of a method that names no key, is about this key.
    void key(int database, long address, int length);

    void putString(long value, int length, long expireAt);

    void writeRange(int offset, long from, int length);

    void remove();

    void expireAt(long at);

    void putField(long field, int fieldLength, long value, int valueLength, long expireAt);

    void removeField(long field, int length);

    void fieldExpireAt(long field, int length, long at);

    void flush(int database);

    void swap(int one, int other);

    void createIndex(byte[] definition, boolean isScanSkipped);

    void alterIndex(byte[] name, byte[] fields, boolean isScanSkipped);

    void dropIndex(byte[] name);

    void setAlias(byte[] alias, byte[] index);

    void removeAlias(byte[] alias);
}
