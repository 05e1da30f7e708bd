package io.nuthatch.engine.document;

import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.SearchException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One search: what to find, in which order, and which part of it to return.
///
/// @param query what to find, from [SearchIndex#parse]
/// @param offset hits to skip, 0..[#MAX_RESULTS]
/// @param limit hits to return, 0..[#MAX_RESULTS]; 0 only counts
/// @param sortBy the order; null for nearest first with KNN, highest score first with text, else as indexed
/// @param scorer how text is scored
/// @param verbatim whether words match without their stems
/// @param inKeys only these keys (byte strings); null for all
/// @param inFields look for words without a field only in these TEXT fields; null for all
/// @param withScores whether the hits' scores will be read
/// @param deadlineNanos when [io.nuthatch.engine.NanoClock] passes it the search gives up; [Long#MAX_VALUE]
/// for never
public record SearchRequest(
        Query query,
        int offset,
        int limit,
        @Nullable SortBy sortBy,
        Scorer scorer,
        boolean verbatim,
        @Nullable Set<String> inKeys,
        @Nullable Set<String> inFields,
        boolean withScores,
        long deadlineNanos) {
    /// The largest offset and limit (RediSearch's MAXSEARCHRESULTS).
    public static final int MAX_RESULTS = 1_000_000;

    /// How the words of a query make a score.
    public enum Scorer {
        /// BM25 with k1 = 1.2, b = 0.5, as RediSearch computes its default.
        BM25STD,
        /// `Σ tf · idf / (1 + the document's highest tf)`, RediSearch's TFIDF without its division by the
        /// words' distance.
        TFIDF
    }

    /// The order by a field or by a distance's name.
    ///
    /// @param field a name of the schema, or the name of a distance the query yields; a byte string
    public record SortBy(String field, boolean ascending) {}

    public SearchRequest {
        if (offset < 0 || offset > MAX_RESULTS) {
            throw SearchException.of("OFFSET exceeds maximum of %d", MAX_RESULTS);
        }
        if (limit < 0 || limit > MAX_RESULTS) {
            throw SearchException.of("LIMIT exceeds maximum of %d", MAX_RESULTS);
        }
    }

    /// The first `limit` hits in the query's own order.
    public static SearchRequest of(Query query, int limit) {
        return new SearchRequest(query, 0, limit, null, Scorer.BM25STD, false, null, null, false, Long.MAX_VALUE);
    }
}
