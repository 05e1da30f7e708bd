package io.nuthatch.engine.query;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A query as a tree: what must hold of a document, with every parameter but the vectors in its place.
///
/// All strings are byte strings (one byte a char, see [io.nuthatch.engine.text.ByteStrings]). Terms are in
/// lower case; tag values are as the client wrote them, since only the field knows whether its case counts.
/// `weight` scales the node's share of a document's score and never changes which documents match.
///
/// Immutable. Depth, width and length are bounded by [QueryParser].
public sealed interface QueryNode {
    /// Every document: `*`.
    record All() implements QueryNode {}

    /// No document: an empty query, or one of stop words only.
    record Nothing() implements QueryNode {}

    /// A word of a TEXT field.
    ///
    /// @param fields the fields to look in; null for all TEXT fields
    /// @param expand whether documents with the same stem match as well
    record Term(@Nullable List<String> fields, String term, boolean expand, double weight) implements QueryNode {}

    /// Words side by side and in this order, as the document has them.
    record Phrase(@Nullable List<String> fields, List<String> terms, double weight) implements QueryNode {}

    /// Words that begin (`a*`), end (`*a`) or go on at both ends (`*a*`) with `text`.
    record Affix(@Nullable List<String> fields, String text, boolean openStart, boolean openEnd, double weight)
            implements QueryNode {}

    /// Words within `distance` single-character edits of `term`: `%a%`, `%%a%%`, `%%%a%%%`.
    record Fuzzy(@Nullable List<String> fields, String term, int distance, double weight) implements QueryNode {}

    /// Words that match a pattern of `*` and `?`: `w'a?c*'`.
    record Wildcard(@Nullable List<String> fields, String pattern, double weight) implements QueryNode {}

    /// Documents with one of the values in a TAG field: `@field:{a | b}`.
    record Tag(String field, List<TagValue> values, double weight) implements QueryNode {}

    /// Documents whose NUMERIC field lies between the bounds.
    record Numeric(String field, double min, boolean minInclusive, double max, boolean maxInclusive, double weight)
            implements QueryNode {}

    /// Documents without the field: `ismissing(@field)`.
    record Missing(String field) implements QueryNode {}

    /// Documents whose vector lies within `radius` of the query: `@field:[VECTOR_RANGE radius $blob]`.
    ///
    /// @param vectorName the name of the parameter that holds the query vector
    /// @param distanceName the field name under which the distance is returned; null when nobody asked
    record VectorRange(
            String field,
            double radius,
            String vectorName,
            List<Option> options,
            @Nullable String distanceName,
            double weight)
            implements QueryNode {}

    /// All of the children.
    ///
    /// @param slop how many foreign words may lie between the children's; negative for any number
    record And(List<QueryNode> children, int slop, boolean inOrder, double weight) implements QueryNode {}

    /// At least one of the children.
    record Or(List<QueryNode> children, double weight) implements QueryNode {}

    /// None of the child's documents.
    record Not(QueryNode child) implements QueryNode {}

    /// Every document; those of the child score higher: `~a`.
    record Optional(QueryNode child, double weight) implements QueryNode {}

    /// One alternative in the braces of a tag query.
    record TagValue(Match match, String text) {
        /// How the value of a document is compared with the text.
        public enum Match {
            EXACT,
            PREFIX,
            SUFFIX,
            INFIX,
            WILDCARD
        }
    }

    /// A name and value as the query wrote them, such as `EF_RUNTIME 10` or `$EF_RUNTIME: 10`.
    record Option(String name, String value) {}

    /// The same node with another weight; of nodes that have none, the node itself.
    default QueryNode weighted(double weight) {
        return switch (this) {
            case Term n -> new Term(n.fields, n.term, n.expand, weight);
            case Phrase n -> new Phrase(n.fields, n.terms, weight);
            case Affix n -> new Affix(n.fields, n.text, n.openStart, n.openEnd, weight);
            case Fuzzy n -> new Fuzzy(n.fields, n.term, n.distance, weight);
            case Wildcard n -> new Wildcard(n.fields, n.pattern, weight);
            case Tag n -> new Tag(n.field, n.values, weight);
            case Numeric n -> new Numeric(n.field, n.min, n.minInclusive, n.max, n.maxInclusive, weight);
            case VectorRange n -> new VectorRange(n.field, n.radius, n.vectorName, n.options, n.distanceName, weight);
            case And n -> new And(n.children, n.slop, n.inOrder, weight);
            case Or n -> new Or(n.children, weight);
            case Optional n -> new Optional(n.child, weight);
            case All n -> n;
            case Nothing n -> n;
            case Missing n -> n;
            case Not n -> n;
        };
    }
}
