package io.nuthatch.engine.query;

import io.nuthatch.engine.query.QueryNode.Option;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A parsed query: a filter, and the nearest neighbours wanted among its documents when there is a KNN
/// clause.
///
/// Vectors are named in it, not held: the same text with another vector is the same tree.
///
/// @param filter what documents must match; [QueryNode.All] for `*`
/// @param knn the KNN clause, or null
/// @param parameters what stands behind the names of vectors; others may be there too, nobody writes to them
public record Query(QueryNode filter, @Nullable Knn knn, Map<String, byte[]> parameters) {
    /// `=>[KNN k @field $vector …]`.
    ///
    /// @param k how many neighbours, not negative
    /// @param vectorName the name of the parameter that holds the query vector
    /// @param options what else the clause said, in its order
    /// @param distanceName the field name under which the distance is returned
    public record Knn(long k, String field, String vectorName, List<Option> options, String distanceName) {}

    /// The same query with other vectors.
    public Query with(Map<String, byte[]> vectors) {
        return new Query(filter, knn, vectors);
    }

    /// The bytes of a vector that the query names; throws [SearchException] when the request lacks it.
    public byte[] vector(String name) {
        byte[] bytes = parameters.get(name);
        if (bytes == null) {
            throw SearchException.of("No such parameter `%s`", name);
        }
        return bytes;
    }
}
