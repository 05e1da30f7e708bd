package io.nuthatch.tiering;

import io.nuthatch.engine.ColdStore;
import java.io.IOException;
import java.util.SplittableRandom;

/// The kinds of values that a store has, so that one test holds for each.
enum Kind {
    ROWS,
    DOCUMENTS,
    POSTINGS;

    /// Bytes of a row in the tests.
    static final int ROW_BYTES = 1000;

    ColdStore.Values in(ColdStore store, int space) throws IOException {
        return switch (this) {
            case ROWS -> store.rows(space, ROW_BYTES);
            case DOCUMENTS -> store.documents(space);
            case POSTINGS -> store.postings(space);
        };
    }

    /// A length that values of this kind may have: now and then one above what stays in the tree.
    int length(SplittableRandom random) {
        return this == ROWS ? ROW_BYTES : 1 + random.nextInt(random.nextInt(10) == 0 ? 9_000 : 700);
    }
}
