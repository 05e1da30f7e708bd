package io.nuthatch.engine.keyspace;

/// Sees the fields of a hash one by one, under the key's stripe.
public interface FieldVisitor {
    /// A field and its value, a row's bytes where the value is a reference. `expireAt`: Unix milliseconds, 0
    /// for none. The visitor must not write to the hash.
    void visit(long fieldAddress, int fieldLength, long valueAddress, int valueLength, long expireAt);
}
