package io.nuthatch.engine.query;

import io.nuthatch.engine.query.Query.Knn;
import io.nuthatch.engine.query.Token.Kind;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.text.StopWords;
import io.nuthatch.engine.text.Tokenizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a query of Redis's search language into a [Query], by recursive descent.
///
/// Precedence is that of dialect 2: `-` and `~` bind to the next clause, clauses side by side must all match,
/// `|` binds loosest. In dialect 1 a field, `-` or `~` reaches over all plain words that follow it. What
/// RediSearch refuses and clients send all the same is taken: KNN in dialect 1, and any sign inside the
/// braces of a tag query.
///
/// Errors carry RediSearch's texts. Limits: [#MAX_BYTES] of query, [#MAX_DEPTH] levels, [#MAX_NODES] clauses.
/// Threads: one per parse; [#parse] itself may be called from any thread.
public final class QueryParser {
    /// The longest query, in bytes.
    public static final int MAX_BYTES = 1 << 20;

    /// How deep clauses may nest.
    public static final int MAX_DEPTH = 128;

    /// How many words, tag values and clauses a query may hold.
    public static final int MAX_NODES = 1 << 16;

    private final TokenReader tokens;
    private final Attributes attributes;
    private final Map<String, byte[]> parameters;
    private final int dialect;
    private final StopWords stopWords;
    private int depth;

    private QueryParser(
            String query, Map<String, byte[]> parameters, Set<String> read, int dialect, StopWords stopWords) {
        this.tokens = new TokenReader(query, parameters, read);
        this.attributes = new Attributes(tokens);
        this.parameters = parameters;
        this.dialect = dialect;
        this.stopWords = stopWords;
    }

    /// Parses `query`, a byte string.
    ///
    /// @param parameters what stands behind `$name`, by name; of vectors only that they are there is looked
    /// at
    /// @param dialect 1 to 4; 2 to 4 mean the same here
    /// @param stopWords words to drop from the query
    /// @throws SearchException with RediSearch's text when the query is wrong
    public static Query parse(String query, Map<String, byte[]> parameters, int dialect, StopWords stopWords) {
        return parse(query, parameters, new HashSet<>(), dialect, stopWords);
    }

    /// As above; `read` becomes the names of the parameters whose values went into the tree. Which they are
    /// depends on the text and the dialect alone.
    public static Query parse(
            String query, Map<String, byte[]> parameters, Set<String> read, int dialect, StopWords stopWords) {
        if (query.length() > MAX_BYTES) {
            throw SearchException.of("Query is too long: %d bytes, at most %d", query.length(), MAX_BYTES);
        }
        return new QueryParser(query, parameters, read, dialect, stopWords).query();
    }

    private Query query() {
        if (tokens.at(Kind.END)) {
            return new Query(new QueryNode.Nothing(), null, parameters);
        }
        QueryNode filter;
        if (tokens.at(Kind.STAR)) {
            tokens.advance();
            filter = new QueryNode.All();
        } else {
            filter = orNothing(or(null));
        }
        Knn knn = null;
        if (tokens.at(Kind.ARROW)) {
            tokens.advance();
            knn = vectors().knn();
        }
        if (!tokens.at(Kind.END)) {
            throw tokens.syntaxError();
        }
        return new Query(filter, knn, parameters);
    }

    private VectorSyntax vectors() {
        return new VectorSyntax(tokens, attributes);
    }

    // --- The filter -------------------------------------------------------------------------------------------------

    /// Null when only stop words were there.
    private @Nullable QueryNode or(@Nullable List<String> fields) {
        if (++depth > MAX_DEPTH) {
            throw SearchException.of("Query is nested too deeply: at most %d levels", MAX_DEPTH);
        }
        List<QueryNode> children = new ArrayList<>();
        addTo(children, and(fields));
        while (tokens.at(Kind.OR)) {
            tokens.advance();
            addTo(children, and(fields));
        }
        depth--;
        return switch (children.size()) {
            case 0 -> null;
            case 1 -> children.getFirst();
            default -> new QueryNode.Or(List.copyOf(children), 1);
        };
    }

    private @Nullable QueryNode and(@Nullable List<String> fields) {
        List<QueryNode> children = new ArrayList<>();
        do {
            addTo(children, unary(fields));
        } while (!tokens.at(Kind.END)
                && !tokens.at(Kind.OR)
                && !tokens.at(Kind.RIGHT_PARENTHESIS)
                && !tokens.at(Kind.ARROW));
        return switch (children.size()) {
            case 0 -> null;
            case 1 -> children.getFirst();
            default -> new QueryNode.And(List.copyOf(children), -1, false, 1);
        };
    }

    private @Nullable QueryNode unary(@Nullable List<String> fields) {
        if (++depth > MAX_DEPTH) {
            throw SearchException.of("Query is nested too deeply: at most %d levels", MAX_DEPTH);
        }
        QueryNode node;
        if (tokens.at(Kind.MINUS)) {
            tokens.advance();
            QueryNode child = operand(fields);
            node = child == null ? null : new QueryNode.Not(child);
        } else if (tokens.at(Kind.TILDE)) {
            tokens.advance();
            QueryNode child = operand(fields);
            node = child == null ? null : new QueryNode.Optional(child, 1);
        } else {
            node = attributes.attributed(primary(fields));
        }
        depth--;
        return node;
    }

    /// What `-`, `~` or a field applies to: the next clause, and in dialect 1 all plain words that follow.
    private @Nullable QueryNode operand(@Nullable List<String> fields) {
        if (dialect >= 2 || (!tokens.at(Kind.TERM) && !tokens.at(Kind.NUMBER))) {
            return unary(fields);
        }
        List<QueryNode> words = new ArrayList<>();
        while (tokens.at(Kind.TERM) || tokens.at(Kind.NUMBER)) {
            addTo(words, primary(fields));
        }
        return attributes.attributed(
                switch (words.size()) {
                    case 0 -> null;
                    case 1 -> words.getFirst();
                    default -> new QueryNode.And(List.copyOf(words), -1, false, 1);
                });
    }

    private @Nullable QueryNode primary(@Nullable List<String> fields) {
        tokens.count(1);
        Token first = tokens.token();
        switch (first.kind()) {
            case TERM -> {
                tokens.advance();
                if (fields == null
                        && tokens.at(Kind.LEFT_PARENTHESIS)
                        && first.text().equalsIgnoreCase("ismissing")) {
                    QueryNode missing = missing();
                    if (missing != null) {
                        return missing;
                    }
                }
                return term(fields, first.text(), true);
            }
            case NUMBER -> {
                tokens.advance();
                return term(fields, first.text(), false);
            }
            case PARAMETER -> {
                tokens.advance();
                String value = tokens.parameter(first.text());
                return term(fields, value, !Numbers.isNumber(value));
            }
            case PREFIX -> {
                tokens.advance();
                return new QueryNode.Affix(fields, ByteStrings.lower(first.text()), false, true, 1);
            }
            case SUFFIX -> {
                tokens.advance();
                return new QueryNode.Affix(fields, ByteStrings.lower(first.text()), true, false, 1);
            }
            case INFIX -> {
                tokens.advance();
                return new QueryNode.Affix(fields, ByteStrings.lower(first.text()), true, true, 1);
            }
            case WILDCARD -> {
                tokens.advance();
                return new QueryNode.Wildcard(fields, ByteStrings.lower(first.text()), 1);
            }
            case QUOTED -> {
                tokens.advance();
                return phrase(fields, first.text());
            }
            case PERCENT -> {
                return fuzzy(fields);
            }
            case LEFT_PARENTHESIS -> {
                tokens.advance();
                if (tokens.at(Kind.STAR) && fields == null) {
                    tokens.advance();
                    tokens.expect(Kind.RIGHT_PARENTHESIS);
                    return new QueryNode.All();
                }
                QueryNode inner = or(fields);
                tokens.expect(Kind.RIGHT_PARENTHESIS);
                return inner;
            }
            case MODIFIER -> {
                if (fields != null) {
                    throw tokens.syntaxError();
                }
                return field();
            }
            default -> throw tokens.syntaxError();
        }
    }

    private @Nullable QueryNode term(@Nullable List<String> fields, String text, boolean expand) {
        String word = ByteStrings.lower(text);
        return stopWords.contains(word) ? null : new QueryNode.Term(fields, word, expand, 1);
    }

    private @Nullable QueryNode phrase(@Nullable List<String> fields, String quoted) {
        if (quoted.isEmpty()) {
            return new QueryNode.Term(fields, "", false, 1); // Found where the field says INDEXEMPTY.
        }
        List<String> words = Tokenizer.words(quoted, stopWords);
        tokens.count(words.size());
        return switch (words.size()) {
            case 0 -> null;
            case 1 -> new QueryNode.Term(fields, words.getFirst(), false, 1);
            default -> new QueryNode.Phrase(fields, words, 1);
        };
    }

    private QueryNode fuzzy(@Nullable List<String> fields) {
        int distance = 0;
        while (tokens.at(Kind.PERCENT) && distance < 3) {
            distance++;
            tokens.advance();
        }
        Token word = tokens.token();
        if (!tokens.at(Kind.TERM) && !tokens.at(Kind.NUMBER) && !tokens.at(Kind.PARAMETER)) {
            throw tokens.syntaxError();
        }
        tokens.advance();
        for (int i = 0; i < distance; i++) {
            tokens.expect(Kind.PERCENT);
        }
        String text = word.kind() == Kind.PARAMETER ? tokens.parameter(word.text()) : word.text();
        return new QueryNode.Fuzzy(fields, ByteStrings.lower(text), distance, 1);
    }

    /// `ismissing(@field)` from the parenthesis on; null when it is the word and a group, with nothing read.
    private @Nullable QueryNode missing() {
        TokenReader.Place parenthesis = tokens.place();
        tokens.advance();
        if (tokens.at(Kind.MODIFIER)) {
            String field = tokens.text();
            tokens.advance();
            if (tokens.at(Kind.RIGHT_PARENTHESIS)) {
                tokens.advance();
                return new QueryNode.Missing(field);
            }
        }
        tokens.moveTo(parenthesis);
        return null;
    }

    /// `@field…` or `@one|two:…`.
    private @Nullable QueryNode field() {
        List<String> names = new ArrayList<>();
        names.add(tokens.text());
        tokens.advance();
        if (names.size() == 1) {
            QueryNode comparison = comparison(names.getFirst());
            if (comparison != null) {
                return comparison;
            }
        }
        while (tokens.at(Kind.OR)) {
            tokens.advance();
            if (!tokens.at(Kind.TERM) && !tokens.at(Kind.MODIFIER)) {
                throw tokens.syntaxError();
            }
            names.add(tokens.text());
            tokens.count(1);
            tokens.advance();
        }
        if (!tokens.at(Kind.COLON)) {
            throw tokens.syntaxError();
        }
        if (names.size() == 1) {
            tokens.advance();
            if (tokens.at(Kind.LEFT_BRACE)) {
                return new TagSyntax(tokens).tag(names.getFirst());
            }
            if (tokens.at(Kind.LEFT_BRACKET)) {
                return bracket(names.getFirst());
            }
        } else {
            tokens.advance();
        }
        return operand(List.copyOf(names));
    }

    // --- Numbers ----------------------------------------------------------------------------------------------------

    private @Nullable QueryNode comparison(String field) {
        Kind operator = tokens.token().kind();
        switch (operator) {
            case EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL -> tokens.advance();
            default -> {
                return null;
            }
        }
        double value = tokens.number();
        double inf = Double.POSITIVE_INFINITY;
        return switch (operator) {
            case EQUAL -> new QueryNode.Numeric(field, value, true, value, true, 1);
            case NOT_EQUAL -> new QueryNode.Not(new QueryNode.Numeric(field, value, true, value, true, 1));
            case GREATER -> new QueryNode.Numeric(field, value, false, inf, true, 1);
            case GREATER_EQUAL -> new QueryNode.Numeric(field, value, true, inf, true, 1);
            case LESS -> new QueryNode.Numeric(field, -inf, true, value, false, 1);
            default -> new QueryNode.Numeric(field, -inf, true, value, true, 1);
        };
    }

    /// `[min max]`, `[VECTOR_RANGE radius $vector]` or a circle on the globe.
    private QueryNode bracket(String field) {
        tokens.advance();
        if (tokens.at(Kind.TERM) && tokens.text().equalsIgnoreCase("VECTOR_RANGE")) {
            return vectors().vectorRange(field);
        }
        boolean minInclusive = inclusive();
        double min = tokens.number();
        if (tokens.at(Kind.RIGHT_BRACKET) && minInclusive) {
            tokens.advance();
            return new QueryNode.Numeric(field, min, true, min, true, 1);
        }
        boolean maxInclusive = inclusive();
        double max = tokens.number();
        if (tokens.at(Kind.NUMBER) || tokens.at(Kind.PARAMETER)) {
            throw SearchException.of("GEO filters are not supported yet: @%s", field);
        }
        tokens.expect(Kind.RIGHT_BRACKET);
        return new QueryNode.Numeric(field, min, minInclusive, max, maxInclusive, 1);
    }

    private boolean inclusive() {
        if (tokens.at(Kind.LEFT_PARENTHESIS)) {
            tokens.advance();
            return false;
        }
        return true;
    }

    private static void addTo(List<QueryNode> nodes, @Nullable QueryNode node) {
        if (node != null) {
            nodes.add(node);
        }
    }

    private static QueryNode orNothing(@Nullable QueryNode node) {
        return node == null ? new QueryNode.Nothing() : node;
    }
}
