package io.nuthatch.engine.document;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.query.QueryNode.Option;
import io.nuthatch.engine.query.SearchException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Checks queries against the schema of an index, with RediSearch's words for what is wrong.
///
/// [#check] looks at what the text alone says, once for each query that is kept; [#checkVectors] at the
/// vectors, which every request brings anew. Threads: any; pure.
final class SchemaCheck {
    private final Map<String, IndexField> fields;

    /// `fields`: the schema by name.
    SchemaCheck(Map<String, IndexField> fields) {
        this.fields = fields;
    }

    /// Everything about the query but its vectors.
    void check(Query query) {
        Query.Knn knn = query.knn();
        if (knn != null) {
            checkNeighbours(knn.k());
            checkDistanceName(knn.distanceName());
            checkOptions(
                    knn.field(),
                    knn.options(),
                    query.filter() instanceof QueryNode.All ? VectorOptions.Use.KNN : VectorOptions.Use.HYBRID);
        }
        check(query.filter());
    }

    private void check(QueryNode node) {
        switch (node) {
            case QueryNode.And and -> {
                if (and.slop() >= 0 || and.inOrder()) {
                    throw new SearchException("SLOP and INORDER are not supported yet");
                }
                and.children().forEach(this::check);
            }
            case QueryNode.Or or -> or.children().forEach(this::check);
            case QueryNode.Not not -> check(not.child());
            case QueryNode.Optional optional -> check(optional.child());
            case QueryNode.Missing missing -> {
                IndexField field = fields.get(missing.field());
                if (field != null && field.missing() == null) {
                    throw SearchException.of(
                            "'ismissing' requires field '%s' to be defined with 'INDEXMISSING'", missing.field());
                }
            }
            case QueryNode.VectorRange range -> {
                String name = range.distanceName();
                if (name != null) {
                    checkDistanceName(name);
                }
                if (!(range.radius() >= 0)) {
                    throw SearchException.of(
                            "Error parsing vector similarity query: negative radius (%s) given in a range query",
                            trimZeros(range.radius()));
                }
                checkOptions(range.field(), range.options(), VectorOptions.Use.RANGE);
            }
            default -> {
                // Nothing in the others can be wrong.
            }
        }
    }

    private static String trimZeros(double value) {
        if (Double.isInfinite(value)) {
            return value < 0 ? "-inf" : "inf";
        }
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : "" + value;
    }

    private static void checkNeighbours(long k) {
        if (k < 1) {
            throw new SearchException(
                    "Error parsing vector similarity query: query KNN K parameter must be at least 1");
        }
        if (k > SearchRequest.MAX_RESULTS) {
            throw SearchException.of(
                    "Error parsing vector similarity query: query KNN K parameter is too large, must not exceed %d",
                    SearchRequest.MAX_RESULTS);
        }
    }

    private void checkDistanceName(String name) {
        if (fields.containsKey(name)) {
            throw SearchException.of("Property `%s` already exists in schema", name);
        }
    }

    private void checkOptions(String fieldName, List<Option> options, VectorOptions.Use use) {
        IndexField.VectorField vector = vectorField(fieldName);
        if (vector != null) { // Another field matches nothing.
            VectorOptions.parse(options).check(use, vector.type().algorithm());
        }
    }

    private IndexField.@Nullable VectorField vectorField(String name) {
        IndexField field = fields.get(name);
        return field == null ? null : field.vector();
    }

    /// The size and the numbers of the vectors that the query refers to.
    void checkVectors(Query query) {
        Query.Knn knn = query.knn();
        if (knn != null) {
            checkVector(knn.field(), query.vector(knn.vectorName()));
        }
        checkVectors(query, query.filter());
    }

    private void checkVectors(Query query, QueryNode node) {
        switch (node) {
            case QueryNode.VectorRange range -> checkVector(range.field(), query.vector(range.vectorName()));
            case QueryNode.And and -> checkVectors(query, and.children());
            case QueryNode.Or or -> checkVectors(query, or.children());
            case QueryNode.Not not -> checkVectors(query, not.child());
            case QueryNode.Optional optional -> checkVectors(query, optional.child());
            default -> {
                // No vectors in there.
            }
        }
    }

    private void checkVectors(Query query, List<QueryNode> nodes) {
        for (QueryNode node : nodes) {
            checkVectors(query, node);
        }
    }

    private void checkVector(String fieldName, byte[] blob) {
        IndexField.VectorField vector = vectorField(fieldName);
        if (vector == null) {
            return;
        }
        int expected = vector.type().bytes();
        if (blob.length != expected) {
            throw SearchException.of(
                    "Error parsing vector similarity query: query vector blob size (%d) does not match index's"
                            + " expected size (%d).",
                    blob.length, expected);
        }
        try (Arena arena = Arena.ofConfined()) {
            if (!vector.type().type().isFinite(copy(arena, blob), vector.type().dim())) {
                throw new SearchException(
                        "Error parsing vector similarity query: query vector has NaN or infinite components");
            }
        }
    }

    /// The bytes of a vector off the heap, as a vector index takes them.
    static long copy(Arena arena, byte[] blob) {
        MemorySegment segment = arena.allocate(Math.max(64, (blob.length + 63L) & -64L), 64);
        Memory.copyIn(blob, 0, segment.address(), blob.length);
        return segment.address();
    }
}
