package io.nuthatch.engine.document;

import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Slice;
import io.nuthatch.engine.text.ByteStrings;
import org.jspecify.annotations.Nullable;

/// A hash as the indexes read it. Valid under the key's stripe; one thread.
final class DocumentReader {
    private final HashValue hash;
    private final Slice slice = new Slice();

    DocumentReader(HashValue hash) {
        this.hash = hash;
    }

    HashValue hash() {
        return hash;
    }

    /// The field's bytes as a byte string; null when the hash lacks it.
    @Nullable
    String text(FieldName field) {
        return hash.get(field.address(), field.length(), slice) ? ByteStrings.of(slice.toBytes()) : null;
    }

    /// Points [#address] and [#length] at the field's bytes; false when the hash lacks it.
    boolean find(FieldName field) {
        return hash.get(field.address(), field.length(), slice);
    }

    long address() {
        return slice.address;
    }

    int length() {
        return slice.length;
    }

    /// Whether the field refers to a row; [#rowsId] and [#rowOrdinal] then say to which.
    boolean isRow(FieldName field) {
        return hash.isRow(field.address(), field.length());
    }

    int rowsId(FieldName field) {
        return hash.rowsId(field.address(), field.length());
    }

    int rowOrdinal(FieldName field) {
        return hash.rowOrdinal(field.address(), field.length());
    }
}
