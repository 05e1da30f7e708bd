package io.nuthatch.engine.query;

import io.nuthatch.engine.query.Query.Knn;
import io.nuthatch.engine.query.QueryNode.Option;
import io.nuthatch.engine.query.QueryNode.TagValue;
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

    private final QueryLexer lexer;
    private final Map<String, byte[]> parameters;
    private final Set<String> read; // Parameters whose values are in the tree.
    private final int dialect;
    private final StopWords stopWords;
    private Token token;
    private int errorOffset;
    private String errorText = "";
    private int depth;
    private int nodes;

    private QueryParser(
            String query, Map<String, byte[]> parameters, Set<String> read, int dialect, StopWords stopWords) {
        this.lexer = new QueryLexer(query);
        this.parameters = parameters;
        this.read = read;
        this.dialect = dialect;
        this.stopWords = stopWords;
        this.token = lexer.next();
        see(token);
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
        if (at(Kind.END)) {
            return new Query(new QueryNode.Nothing(), null, parameters);
        }
        QueryNode filter;
        if (at(Kind.STAR)) {
            advance();
            filter = new QueryNode.All();
        } else {
            filter = orNothing(or(null));
        }
        Knn knn = null;
        if (at(Kind.ARROW)) {
            advance();
            knn = knn();
        }
        if (!at(Kind.END)) {
            throw syntaxError();
        }
        return new Query(filter, knn, parameters);
    }

    // --- The filter -------------------------------------------------------------------------------------------------

    /// Null when only stop words were there.
    private @Nullable QueryNode or(@Nullable List<String> fields) {
        if (++depth > MAX_DEPTH) {
            throw SearchException.of("Query is nested too deeply: at most %d levels", MAX_DEPTH);
        }
        List<QueryNode> children = new ArrayList<>();
        addTo(children, and(fields));
        while (at(Kind.OR)) {
            advance();
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
        } while (!at(Kind.END) && !at(Kind.OR) && !at(Kind.RIGHT_PARENTHESIS) && !at(Kind.ARROW));
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
        if (at(Kind.MINUS)) {
            advance();
            QueryNode child = operand(fields);
            node = child == null ? null : new QueryNode.Not(child);
        } else if (at(Kind.TILDE)) {
            advance();
            QueryNode child = operand(fields);
            node = child == null ? null : new QueryNode.Optional(child, 1);
        } else {
            node = attributed(primary(fields));
        }
        depth--;
        return node;
    }

    /// What `-`, `~` or a field applies to: the next clause, and in dialect 1 all plain words that follow.
    private @Nullable QueryNode operand(@Nullable List<String> fields) {
        if (dialect >= 2 || (!at(Kind.TERM) && !at(Kind.NUMBER))) {
            return unary(fields);
        }
        List<QueryNode> words = new ArrayList<>();
        while (at(Kind.TERM) || at(Kind.NUMBER)) {
            addTo(words, primary(fields));
        }
        return attributed(
                switch (words.size()) {
                    case 0 -> null;
                    case 1 -> words.getFirst();
                    default -> new QueryNode.And(List.copyOf(words), -1, false, 1);
                });
    }

    private @Nullable QueryNode primary(@Nullable List<String> fields) {
        if (++nodes > MAX_NODES) {
            throw SearchException.of("Query has too many clauses: at most %d", MAX_NODES);
        }
        Token first = token;
        switch (first.kind()) {
            case TERM -> {
                advance();
                if (fields == null && at(Kind.LEFT_PARENTHESIS) && first.text().equalsIgnoreCase("ismissing")) {
                    QueryNode missing = missing();
                    if (missing != null) {
                        return missing;
                    }
                }
                return term(fields, first.text(), true);
            }
            case NUMBER -> {
                advance();
                return term(fields, first.text(), false);
            }
            case PARAMETER -> {
                advance();
                String value = parameter(first.text());
                return term(fields, value, !isNumber(value));
            }
            case PREFIX -> {
                advance();
                return new QueryNode.Affix(fields, ByteStrings.lower(first.text()), false, true, 1);
            }
            case SUFFIX -> {
                advance();
                return new QueryNode.Affix(fields, ByteStrings.lower(first.text()), true, false, 1);
            }
            case INFIX -> {
                advance();
                return new QueryNode.Affix(fields, ByteStrings.lower(first.text()), true, true, 1);
            }
            case WILDCARD -> {
                advance();
                return new QueryNode.Wildcard(fields, ByteStrings.lower(first.text()), 1);
            }
            case QUOTED -> {
                advance();
                return phrase(fields, first.text());
            }
            case PERCENT -> {
                return fuzzy(fields);
            }
            case LEFT_PARENTHESIS -> {
                advance();
                if (at(Kind.STAR) && fields == null) {
                    advance();
                    expect(Kind.RIGHT_PARENTHESIS);
                    return new QueryNode.All();
                }
                QueryNode inner = or(fields);
                expect(Kind.RIGHT_PARENTHESIS);
                return inner;
            }
            case MODIFIER -> {
                if (fields != null) {
                    throw syntaxError();
                }
                return field();
            }
            default -> throw syntaxError();
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
        nodes += words.size();
        return switch (words.size()) {
            case 0 -> null;
            case 1 -> new QueryNode.Term(fields, words.getFirst(), false, 1);
            default -> new QueryNode.Phrase(fields, words, 1);
        };
    }

    private QueryNode fuzzy(@Nullable List<String> fields) {
        int distance = 0;
        while (at(Kind.PERCENT) && distance < 3) {
            distance++;
            advance();
        }
        Token word = token;
        if (!at(Kind.TERM) && !at(Kind.NUMBER) && !at(Kind.PARAMETER)) {
            throw syntaxError();
        }
        advance();
        for (int i = 0; i < distance; i++) {
            expect(Kind.PERCENT);
        }
        String text = word.kind() == Kind.PARAMETER ? parameter(word.text()) : word.text();
        return new QueryNode.Fuzzy(fields, ByteStrings.lower(text), distance, 1);
    }

    /// `ismissing(@field)` from the parenthesis on; null when it is the word and a group, with nothing read.
    private @Nullable QueryNode missing() {
        int position = lexer.position();
        Token parenthesis = token;
        advance();
        if (at(Kind.MODIFIER)) {
            String field = token.text();
            advance();
            if (at(Kind.RIGHT_PARENTHESIS)) {
                advance();
                return new QueryNode.Missing(field);
            }
        }
        lexer.moveTo(position);
        token = parenthesis;
        see(token);
        return null;
    }

    /// `@field…` or `@one|two:…`.
    private @Nullable QueryNode field() {
        List<String> names = new ArrayList<>();
        names.add(token.text());
        advance();
        if (names.size() == 1) {
            QueryNode comparison = comparison(names.getFirst());
            if (comparison != null) {
                return comparison;
            }
        }
        while (at(Kind.OR)) {
            advance();
            if (!at(Kind.TERM) && !at(Kind.MODIFIER)) {
                throw syntaxError();
            }
            names.add(token.text());
            nodes++;
            advance();
        }
        if (!at(Kind.COLON)) {
            throw syntaxError();
        }
        if (names.size() == 1) {
            int afterColon = lexer.position();
            advance();
            if (at(Kind.LEFT_BRACE)) {
                return tag(names.getFirst());
            }
            if (at(Kind.LEFT_BRACKET)) {
                return bracket(names.getFirst());
            }
            assert lexer.position() >= afterColon;
        } else {
            advance();
        }
        return operand(List.copyOf(names));
    }

    // --- Tags -------------------------------------------------------------------------------------------------------

    private QueryNode tag(String field) {
        List<TagValue> values = new ArrayList<>();
        while (true) {
            String text = trimmed(lexer.tagText());
            if (text.isEmpty()) {
                advance();
                throw syntaxError();
            }
            if (++nodes > MAX_NODES) {
                throw SearchException.of("Query has too many clauses: at most %d", MAX_NODES);
            }
            values.add(tagValue(text));
            errorText = text;
            advance();
            if (at(Kind.RIGHT_BRACE)) {
                advance();
                return new QueryNode.Tag(field, List.copyOf(values), 1);
            }
            if (!at(Kind.OR)) {
                throw syntaxError();
            }
        }
    }

    /// Without the spaces at its ends, except one behind a backslash.
    private static String trimmed(String raw) {
        int start = 0;
        int end = raw.length();
        while (start < end && Character.isWhitespace(raw.charAt(start))) {
            start++;
        }
        while (end > start && Character.isWhitespace(raw.charAt(end - 1)) && !isEscaped(raw, end - 1)) {
            end--;
        }
        return raw.substring(start, end);
    }

    private static boolean isEscaped(String text, int at) {
        int backslashes = 0;
        while (at - 1 - backslashes >= 0 && text.charAt(at - 1 - backslashes) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }

    private TagValue tagValue(String text) {
        int length = text.length();
        if (text.charAt(0) == '$' && length > 1 && isName(text, 1)) {
            return new TagValue(TagValue.Match.EXACT, parameter(text.substring(1)));
        }
        if (length >= 2 && text.charAt(0) == '"' && text.charAt(length - 1) == '"') {
            return new TagValue(TagValue.Match.EXACT, QueryLexer.unescape(text.substring(1, length - 1)));
        }
        if (length >= 3 && text.startsWith("w'") && text.charAt(length - 1) == '\'') {
            return new TagValue(TagValue.Match.WILDCARD, text.substring(2, length - 1));
        }
        boolean openStart = text.charAt(0) == '*';
        boolean openEnd = length > 1 && text.charAt(length - 1) == '*' && !isEscaped(text, length - 1);
        if (openStart && length == 1) {
            advance();
            throw syntaxError();
        }
        String value = plainTag(text.substring(openStart ? 1 : 0, openEnd ? length - 1 : length));
        TagValue.Match match = openStart
                ? openEnd ? TagValue.Match.INFIX : TagValue.Match.SUFFIX
                : openEnd ? TagValue.Match.PREFIX : TagValue.Match.EXACT;
        return new TagValue(match, value);
    }

    private static boolean isName(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (!QueryLexer.isTermChar(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /// Escapes resolved, and each run of unescaped spaces as one.
    private static String plainTag(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                plain.append(text.charAt(i));
            } else if (!Character.isWhitespace(c)) {
                plain.append(c);
            } else if (i == 0 || !Character.isWhitespace(text.charAt(i - 1))) {
                plain.append(' ');
            }
        }
        return plain.toString();
    }

    // --- Numbers ----------------------------------------------------------------------------------------------------

    private @Nullable QueryNode comparison(String field) {
        Kind operator = token.kind();
        switch (operator) {
            case EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL -> advance();
            default -> {
                return null;
            }
        }
        double value = number();
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
        advance();
        if (at(Kind.TERM) && token.text().equalsIgnoreCase("VECTOR_RANGE")) {
            return vectorRange(field);
        }
        boolean minInclusive = inclusive();
        double min = number();
        if (at(Kind.RIGHT_BRACKET) && minInclusive) {
            advance();
            return new QueryNode.Numeric(field, min, true, min, true, 1);
        }
        boolean maxInclusive = inclusive();
        double max = number();
        if (at(Kind.NUMBER) || at(Kind.PARAMETER)) {
            throw SearchException.of("GEO filters are not supported yet: @%s", field);
        }
        expect(Kind.RIGHT_BRACKET);
        return new QueryNode.Numeric(field, min, minInclusive, max, maxInclusive, 1);
    }

    private boolean inclusive() {
        if (at(Kind.LEFT_PARENTHESIS)) {
            advance();
            return false;
        }
        return true;
    }

    private double number() {
        Token literal = token;
        boolean negative = false;
        if (at(Kind.MINUS)) { // `-$parameter`
            advance();
            negative = true;
        }
        String text;
        String name = "";
        if (at(Kind.NUMBER) && !negative) {
            text = token.text();
        } else if (at(Kind.PARAMETER)) {
            name = token.text();
            text = parameter(name);
        } else {
            throw syntaxError();
        }
        advance();
        if (!isNumber(text)) {
            throw SearchException.of("Invalid numeric value (%s) for parameter `%s`", text, name);
        }
        assert literal != null;
        double value = parseNumber(text);
        return negative ? -value : value;
    }

    static boolean isNumber(String text) {
        return !Double.isNaN(parseNumber(text));
    }

    /// NaN when `text` is no number; `inf` with or without a sign is one, `NaN` and Java's suffixes are not.
    public static double parseNumber(String text) {
        if (text.isEmpty() || text.length() > 400) {
            return Double.NaN;
        }
        int start = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
        String rest = text.substring(start);
        if (rest.equalsIgnoreCase("inf") || rest.equalsIgnoreCase("infinity")) {
            return text.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        for (int i = 0; i < rest.length(); i++) {
            char c = rest.charAt(i);
            boolean sign = (c == '-' || c == '+') && i > 0 && (rest.charAt(i - 1) == 'e' || rest.charAt(i - 1) == 'E');
            if (!(c >= '0' && c <= '9') && c != '.' && c != 'e' && c != 'E' && !sign) {
                return Double.NaN;
            }
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException no) {
            return Double.NaN;
        }
    }

    // --- Vectors ----------------------------------------------------------------------------------------------------

    private QueryNode vectorRange(String field) {
        advance();
        if (!at(Kind.NUMBER) && !at(Kind.PARAMETER)) {
            throw syntaxError();
        }
        double radius = number();
        if (!at(Kind.PARAMETER)) {
            throw syntaxError();
        }
        String vectorName = vectorName();
        expect(Kind.RIGHT_BRACKET);
        return new QueryNode.VectorRange(field, radius, vectorName, List.of(), null, 1);
    }

    /// `[KNN k @field $vector (NAME value)* [AS name]]` and the attributes behind it.
    private Knn knn() {
        expect(Kind.LEFT_BRACKET);
        if (!at(Kind.TERM) || !token.text().equalsIgnoreCase("KNN")) {
            throw SearchException.of(
                    "Syntax error: Expecting Vector Similarity command at offset %d near %s", errorOffset, errorText);
        }
        advance();
        long k = neighbours();
        if (!at(Kind.MODIFIER)) {
            throw syntaxError();
        }
        String field = token.text();
        advance();
        if (!at(Kind.PARAMETER)) {
            throw syntaxError();
        }
        String vectorName = vectorName();
        List<Option> options = new ArrayList<>();
        String distanceName = null;
        while (!at(Kind.RIGHT_BRACKET)) {
            if (!at(Kind.TERM)) {
                throw syntaxError();
            }
            String name = token.text();
            advance();
            String value = optionValue();
            if (name.equalsIgnoreCase("AS")) {
                distanceName = value;
            } else {
                addOption(options, new Option(name, value));
            }
        }
        advance();
        while (at(Kind.ARROW)) {
            for (Option attribute : attributes()) {
                if (attribute.name().equalsIgnoreCase("yield_distance_as")) {
                    distanceName = attribute.value();
                } else if (isVectorOption(attribute.name())) {
                    addOption(options, attribute);
                } else {
                    throw SearchException.of("Invalid attribute %s", attribute.name());
                }
            }
        }
        String distance = distanceName == null ? "__" + field + "_score" : distanceName;
        return new Knn(k, field, vectorName, List.copyOf(options), distance);
    }

    /// The name of the parameter that holds a vector, which must be there; what it holds is looked at later.
    private String vectorName() {
        String name = token.text();
        advance();
        if (!parameters.containsKey(name)) {
            throw SearchException.of("No such parameter `%s`", name);
        }
        return name;
    }

    private static void addOption(List<Option> options, Option option) {
        if (options.size() >= 16) {
            throw new SearchException("Error parsing vector similarity parameters: too many options");
        }
        options.add(option);
    }

    private long neighbours() {
        String text;
        String name = "";
        if (at(Kind.NUMBER)) {
            text = token.text();
        } else if (at(Kind.PARAMETER)) {
            name = token.text();
            text = parameter(name);
        } else {
            throw syntaxError();
        }
        boolean digits = !text.isEmpty();
        for (int i = 0; i < text.length(); i++) {
            digits &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (!digits) {
            if (name.isEmpty()) {
                throw syntaxError();
            }
            throw SearchException.of("Invalid numeric value (%s) for parameter `%s`", text, name);
        }
        advance();
        return text.length() > 18 ? Long.MAX_VALUE : Long.parseLong(text);
    }

    private String optionValue() {
        String value = switch (token.kind()) {
            case TERM, NUMBER, VERBATIM -> token.text();
            case QUOTED -> QueryLexer.unescape(token.text());
            case PARAMETER -> parameter(token.text());
            default -> throw syntaxError();
        };
        advance();
        return value;
    }

    private static boolean isVectorOption(String name) {
        return name.equalsIgnoreCase("EF_RUNTIME")
                || name.equalsIgnoreCase("RESCORE")
                || name.equalsIgnoreCase("EPSILON")
                || name.equalsIgnoreCase("HYBRID_POLICY")
                || name.equalsIgnoreCase("BATCH_SIZE");
    }

    // --- Attributes -------------------------------------------------------------------------------------------------

    /// `node` with the attributes of a following `=>{…}`.
    private @Nullable QueryNode attributed(@Nullable QueryNode node) {
        QueryNode result = node;
        while (at(Kind.ARROW) && braceFollows()) {
            for (Option attribute : attributes()) {
                result = result == null ? null : with(result, attribute);
            }
        }
        return result;
    }

    private boolean braceFollows() {
        int position = lexer.position();
        boolean brace = lexer.next().kind() == Kind.LEFT_BRACE;
        lexer.moveTo(position);
        return brace;
    }

    /// `=>{$name: value; …}`, with the names as written.
    private List<Option> attributes() {
        expect(Kind.ARROW);
        expect(Kind.LEFT_BRACE);
        List<Option> attributes = new ArrayList<>();
        while (!at(Kind.RIGHT_BRACE)) {
            if (!at(Kind.PARAMETER)) {
                throw syntaxError();
            }
            String name = token.text();
            advance();
            expect(Kind.COLON);
            addOption(attributes, new Option(name, optionValue()));
            if (!at(Kind.RIGHT_BRACE)) {
                expect(Kind.SEMICOLON);
            }
        }
        advance();
        return attributes;
    }

    private static QueryNode with(QueryNode node, Option attribute) {
        String name = ByteStrings.lower(attribute.name());
        String value = attribute.value();
        if (name.equals("weight")) {
            double weight = parseNumber(value);
            if (Double.isNaN(weight) || Double.isInfinite(weight) || weight < 0) {
                throw SearchException.of("Invalid value (%s) for `weight`", value);
            }
            return node.weighted(weight);
        }
        if (node instanceof QueryNode.VectorRange range) {
            if (name.equals("yield_distance_as")) {
                return new QueryNode.VectorRange(
                        range.field(), range.radius(), range.vectorName(), range.options(), value, range.weight());
            }
            if (isVectorOption(name)) {
                List<Option> options = new ArrayList<>(range.options());
                addOption(options, attribute);
                return new QueryNode.VectorRange(
                        range.field(),
                        range.radius(),
                        range.vectorName(),
                        List.copyOf(options),
                        range.distanceName(),
                        range.weight());
            }
        }
        if (name.equals("slop") || name.equals("inorder")) {
            return proximity(node, name, value);
        }
        if (name.equals("phonetic")) {
            throw new SearchException("field does not support phonetics");
        }
        throw SearchException.of("Invalid attribute %s", attribute.name());
    }

    private static QueryNode proximity(QueryNode node, String name, String value) {
        if (name.equals("slop")) {
            double slop = parseNumber(value);
            if (!(slop >= -1 && slop <= 1_000_000) || slop != Math.rint(slop)) {
                throw SearchException.of("Invalid value (%s) for `slop`", value);
            }
            return node instanceof QueryNode.And and
                    ? new QueryNode.And(and.children(), (int) slop, and.inOrder(), and.weight())
                    : node;
        }
        boolean inOrder;
        if (value.equalsIgnoreCase("true") || value.equals("1")) {
            inOrder = true;
        } else if (value.equalsIgnoreCase("false") || value.equals("0")) {
            inOrder = false;
        } else {
            throw SearchException.of("Invalid value (%s) for `inorder`", value);
        }
        return node instanceof QueryNode.And and
                ? new QueryNode.And(and.children(), and.slop(), inOrder, and.weight())
                : node;
    }

    // --- Tokens -----------------------------------------------------------------------------------------------------

    private String parameter(String name) {
        byte[] value = parameters.get(name);
        if (value == null) {
            throw SearchException.of("No such parameter `%s`", name);
        }
        read.add(name);
        return ByteStrings.of(value);
    }

    private boolean at(Kind kind) {
        return token.kind() == kind;
    }

    private void expect(Kind kind) {
        if (!at(kind)) {
            throw syntaxError();
        }
        advance();
    }

    private void advance() {
        token = lexer.next();
        see(token);
    }

    /// Remembers what an error would name: RediSearch keeps the last text it saw, and the end has no place of
    /// its own.
    private void see(Token seen) {
        if (seen.kind() != Kind.END) {
            errorOffset = seen.start();
        }
        if (seen.hasText()) {
            errorText = seen.text();
        }
    }

    private SearchException syntaxError() {
        return SearchException.of("Syntax error at offset %d near %s", errorOffset, errorText);
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
