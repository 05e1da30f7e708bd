package io.nuthatch.engine.document;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a search found.
///
/// @param total how many documents match; with KNN how many neighbours were found
/// @param hits the part that was asked for, in order
/// @param distanceNames the fields that carry distances, in the order of [Hit#distances]
/// @param timedOut whether the deadline passed; the hits are then those found before
public record SearchResult(long total, List<Hit> hits, List<String> distanceNames, boolean timedOut) {
    /// One document.
    ///
    /// A final class and no record: its arrays are handed out as they are, and nobody may write to them.
    public static final class Hit {
        private final byte[] key;
        private final double score;
        private final double[] distances;
        private final @Nullable SortKey sortKey;

        public Hit(byte[] key, double score, double[] distances, @Nullable SortKey sortKey) {
            this.key = key;
            this.score = score;
            this.distances = distances;
            this.sortKey = sortKey;
        }

        public byte[] key() {
            return key;
        }

        /// 0 unless words of the query scored it.
        public double score() {
            return score;
        }

        /// The distances to the query's vectors by the order of [SearchResult#distanceNames]; NaN where the
        /// document was matched by another branch of the query.
        public double[] distances() {
            return distances;
        }

        /// The value it was sorted by; null without SORTBY and for a document that lacks the field.
        public @Nullable SortKey sortKey() {
            return sortKey;
        }
    }

    /// A value that hits are sorted by: a number when `text` is null.
    public record SortKey(double number, @Nullable String text) {}
}
