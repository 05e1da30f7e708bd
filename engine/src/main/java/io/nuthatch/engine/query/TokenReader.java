package io.nuthatch.engine.query;

import io.nuthatch.engine.query.Token.Kind;
import io.nuthatch.engine.text.ByteStrings;
import java.util.Map;
import java.util.Set;

/// The query as its grammar reads it: one token ahead, parameters in place of their names, and the place that
/// an error would name.
///
/// Threads: one.
final class TokenReader {
    private final QueryLexer lexer;
    private final Map<String, byte[]> parameters;
    private final Set<String> read; // Parameters whose values are in the tree.
    private Token token;
    private int errorOffset;
    private String errorText = "";
    private int clauses;

    TokenReader(String query, Map<String, byte[]> parameters, Set<String> read) {
        this.lexer = new QueryLexer(query);
        this.parameters = parameters;
        this.read = read;
        this.token = lexer.next();
        see(token);
    }

    /// The token that is read next.
    Token token() {
        return token;
    }

    String text() {
        return token.text();
    }

    /// Counts words, tag values or clauses; throws when the query has too many.
    void count(int more) {
        clauses += more;
        if (clauses > QueryParser.MAX_NODES) {
            throw SearchException.of("Query has too many clauses: at most %d", QueryParser.MAX_NODES);
        }
    }

    String parameter(String name) {
        byte[] value = parameters.get(name);
        if (value == null) {
            throw SearchException.of("No such parameter `%s`", name);
        }
        read.add(name);
        return ByteStrings.of(value);
    }

    boolean at(Kind kind) {
        return token.kind() == kind;
    }

    void expect(Kind kind) {
        if (!at(kind)) {
            throw syntaxError();
        }
        advance();
    }

    void advance() {
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

    SearchException syntaxError() {
        return errorHere("Syntax error");
    }

    /// An error that says where it was found, after `what`.
    SearchException errorHere(String what) {
        return SearchException.of("%s at offset %d near %s", what, errorOffset, errorText);
    }

    /// The raw text of a tag up to the next sign that parts tags; the token stays as it is.
    String tagText() {
        return lexer.tagText();
    }

    /// What an error after this shows, when the text did not come as a token.
    void showInErrors(String text) {
        errorText = text;
    }

    /// Whether a `{` follows the present token.
    boolean braceFollows() {
        int position = lexer.position();
        boolean brace = lexer.next().kind() == Kind.LEFT_BRACE;
        lexer.moveTo(position);
        return brace;
    }

    /// A place to go back to with [#moveTo].
    record Place(int position, Token token) {}

    Place place() {
        return new Place(lexer.position(), token);
    }

    void moveTo(Place place) {
        lexer.moveTo(place.position);
        token = place.token;
        see(token);
    }

    // --- Values -----------------------------------------------------------------------------------------------------

    /// A number or a parameter that holds one, either with a minus.
    double number() {
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
        if (!Numbers.isNumber(text)) {
            throw SearchException.of("Invalid numeric value (%s) for parameter `%s`", text, name);
        }
        double value = Numbers.parse(text);
        return negative ? -value : value;
    }

    /// The value of an option or an attribute.
    String optionValue() {
        String value = switch (token.kind()) {
            case TERM, NUMBER, VERBATIM -> token.text();
            case QUOTED -> QueryLexer.unescape(token.text());
            case PARAMETER -> parameter(token.text());
            default -> throw syntaxError();
        };
        advance();
        return value;
    }

    /// The name of the parameter that holds a vector, which must be there; what it holds is looked at later.
    String vectorName() {
        String name = token.text();
        advance();
        if (!parameters.containsKey(name)) {
            throw SearchException.of("No such parameter `%s`", name);
        }
        return name;
    }
}
