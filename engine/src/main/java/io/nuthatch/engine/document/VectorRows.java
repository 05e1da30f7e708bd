package io.nuthatch.engine.document;

import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import org.roaringbitmap.RoaringBitmap;

/// The rows of one HASH field in one type and dimension: where the field's vectors are held once.
///
/// Every index of the space over this field, type and dimension searches these rows, and the hashes refer to
/// them by [#id]. `users` counts the indexes; the rows go when the last one went and the hashes have their
/// bytes back.
///
/// Threads: a row is written under its key's stripe; `users` and `present` under the space's write lock.
final class VectorRows {
    /// What makes two fields share their rows.
    record Source(String identifier, VectorType type, int dim) {
        Source(String identifier, FieldType.Vector vector) {
            this(identifier, vector.type(), vector.dim());
        }
    }

    private final int id;
    private final Source source;
    private final FieldName field;
    private final Rows rows;
    private final RoaringBitmap present = new RoaringBitmap();
    private volatile int users; // Read without the lock: an orphan never gets a user again.

    VectorRows(int id, Source source, Rows rows) {
        this.id = id;
        this.source = source;
        this.field = new FieldName(source.identifier());
        this.rows = rows;
        assert rows.hasNorms() : "a later index may be " + Metric.COSINE;
    }

    int id() {
        return id;
    }

    Source source() {
        return source;
    }

    FieldName field() {
        return field;
    }

    Rows rows() {
        return rows;
    }

    /// Ordinals that have a row.
    RoaringBitmap present() {
        return present;
    }

    int users() {
        return users;
    }

    /// Whether no index searches the rows any more; hashes may refer to them until they have their bytes
    /// back.
    boolean isOrphan() {
        return users == 0;
    }

    void changeUsers(int by) {
        int next = users + by;
        users = next;
        assert users >= 0 : "users=" + users;
    }
}
