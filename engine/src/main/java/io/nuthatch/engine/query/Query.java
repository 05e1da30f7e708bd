package io.nuthatch.engine.query;

import io.nuthatch.engine.query.QueryNode.Option;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A parsed query: a filter, and the nearest neighbours wanted among its documents when there is a KNN
/// clause.
///
/// @param filter what documents must match; [QueryNode.All] for `*`
/// @param knn the KNN clause, or null
public record Query(QueryNode filter, @Nullable Knn knn) {
    /// `=>[KNN k @field $vector …]`.
    ///
    /// @param k how many neighbours, not negative
    /// @param vector the query vector's bytes as a byte string
    /// @param vectorName the name of the parameter that held it; FT.EXPLAIN prints it
    /// @param options what else the clause said, in its order
    /// @param distanceName the field name under which the distance is returned
    public record Knn(
            long k, String field, String vector, String vectorName, List<Option> options, String distanceName) {}
}
