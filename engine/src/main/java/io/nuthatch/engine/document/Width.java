package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.Filter;
import io.nuthatch.engine.recall.Band;
import io.nuthatch.engine.recall.FieldRecall;
import org.jspecify.annotations.Nullable;

/// How wide one KNN clause walks: what the query says, or else what the index says, as `EF_RUNTIME` or as
/// `RECALL`.
///
/// @param ef the width, 0 for the index's EF_RUNTIME
/// @param asked the recall that was asked for, 0 when none was; 1 is an exact search
/// @param band of the filter
record Width(int ef, double asked, Band band) {
    static Width of(IndexField.VectorField vector, VectorOptions options, int k, @Nullable Filter filter) {
        Band band = filter == null
                ? Band.ALL
                : Band.of(filter.count(), vector.index().size());
        FieldRecall recall = vector.recall();
        double asked = options.recall(vector.type());
        if (recall == null || asked == 0) {
            return new Width(options.efRuntime(), 0, band);
        }
        return new Width(asked == 1 ? 0 : recall.ef(band, k, asked), asked, band);
    }

    boolean isExact() {
        return asked == 1;
    }
}
