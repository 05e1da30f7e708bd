package io.nuthatch.engine.document;

import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Slice;
import io.nuthatch.engine.text.ByteStrings;
import java.lang.ref.Reference;
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
        return find(field) ? ByteStrings.of(slice.toBytes()) : null;
    }

    /// Points [#address] and [#length] at the field's bytes; false when the hash lacks it.
    boolean find(FieldName field) {
        try {
            return hash.get(field.address(), field.length(), slice);
        } finally {
            Reference.reachabilityFence(field); // Its memory lives as long as it does, and no longer.
        }
    }

    long address() {
        return slice.address;
    }

    int length() {
        return slice.length;
    }

    /// Whether the field refers to a row; [#rowsId] and [#rowOrdinal] then say to which.
    boolean isRow(FieldName field) {
        try {
            return hash.isRow(field.address(), field.length());
        } finally {
            Reference.reachabilityFence(field);
        }
    }

    int rowsId(FieldName field) {
        try {
            return hash.rowsId(field.address(), field.length());
        } finally {
            Reference.reachabilityFence(field);
        }
    }

    int rowOrdinal(FieldName field) {
        try {
            return hash.rowOrdinal(field.address(), field.length());
        } finally {
            Reference.reachabilityFence(field);
        }
    }

    /// Lets the field refer to a row.
    void putRow(FieldName field, int rowsId, int ordinal) {
        try {
            hash.putRow(field.address(), field.length(), rowsId, ordinal);
        } finally {
            Reference.reachabilityFence(field);
        }
    }
}
