package io.nuthatch.engine.document;

import io.nuthatch.engine.keyspace.Key;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Documents of one space that one thread has read from an image, to be taken up together by
/// [DocumentSpace#take].
///
/// What a document costs by itself is mostly its place in bitmaps: into large sets, a thousand that are
/// sorted go about as fast as a few.
///
/// One thread. It has the addresses of the keys, not their bytes, which stay where they are meanwhile.
final class RestoreBatch {
    /// What one index takes.
    record Taken(SearchIndex index, Ordinals documents, List<FieldBatch> fields) {
        private Taken(SearchIndex index) {
            this(
                    index,
                    new Ordinals(),
                    index.fields().stream().map(FieldBatch::new).toList());
        }
    }

    /// Documents that have a row.
    record Rows(VectorRows rows, Ordinals documents) {}

    private final Ordinals documents = new Ordinals();
    private long[] keyAddresses = new long[256];
    private int[] keyLengths = new int[256];
    private final List<Rows> present = new ArrayList<>();
    private final List<Taken> taken = new ArrayList<>();

    RestoreBatch(List<SearchIndex> indexes, List<VectorRows> sources) {
        sources.forEach(rows -> present.add(new Rows(rows, new Ordinals())));
        indexes.forEach(index -> taken.add(new Taken(index)));
    }

    void add(int ordinal, Key key, List<VectorRows> its) {
        int at = documents.count();
        documents.add(ordinal);
        if (at == keyAddresses.length) {
            keyAddresses = Arrays.copyOf(keyAddresses, 2 * at);
            keyLengths = Arrays.copyOf(keyLengths, 2 * at);
        }
        keyAddresses[at] = key.address();
        keyLengths[at] = key.length();
        for (Rows rows : present) {
            if (its.contains(rows.rows)) {
                rows.documents.add(ordinal);
            }
        }
    }

    int count() {
        return documents.count();
    }

    int ordinal(int at) {
        return documents.get(at);
    }

    long keyAddress(int at) {
        return keyAddresses[at];
    }

    int keyLength(int at) {
        return keyLengths[at];
    }

    List<Rows> present() {
        return present;
    }

    List<Taken> taken() {
        return taken;
    }
}
