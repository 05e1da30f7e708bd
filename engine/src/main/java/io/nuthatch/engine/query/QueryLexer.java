package io.nuthatch.engine.query;

import io.nuthatch.engine.query.Token.Kind;
import io.nuthatch.engine.text.ByteStrings;
import org.jspecify.annotations.Nullable;

/// Cuts a query into tokens, by the rules of RediSearch's scanner.
///
/// A term runs over letters, digits, `_` and bytes from 128 on; a backslash makes the punctuation or space
/// after it a part of the term. Punctuation without a meaning of its own parts terms and is skipped. The
/// braces of a tag query are read by [#tagText] instead, which takes what RediSearch's grammar would refuse
/// there (`-`, `@`, `/`…).
///
/// Threads: one; the position moves with each call.
final class QueryLexer {
    private final String query;
    private int position;

    QueryLexer(String query) {
        this.query = query;
    }

    int position() {
        return position;
    }

    void moveTo(int newPosition) {
        position = newPosition;
    }

    /// The next token; [Kind#END] again and again at the end.
    Token next() {
        while (position < query.length()) {
            int start = position;
            char c = query.charAt(start);
            if (isTermStart(start)) {
                return termOrNumber(start);
            }
            Token token = switch (c) {
                case '(' -> single(Kind.LEFT_PARENTHESIS);
                case ')' -> single(Kind.RIGHT_PARENTHESIS);
                case '{' -> single(Kind.LEFT_BRACE);
                case '}' -> single(Kind.RIGHT_BRACE);
                case '[' -> single(Kind.LEFT_BRACKET);
                case ']' -> single(Kind.RIGHT_BRACKET);
                case ':' -> single(Kind.COLON);
                case ';' -> single(Kind.SEMICOLON);
                case '|' -> single(Kind.OR);
                case '~' -> single(Kind.TILDE);
                case '%' -> single(Kind.PERCENT);
                case '-' -> digitAt(start + 1) || infinityAt(start + 1) ? number(start) : single(Kind.MINUS);
                case '+' -> infinityAt(start + 1) || digitAt(start + 1) ? number(start) : null;
                case '*' -> star(start);
                case '@' -> named(start, Kind.MODIFIER);
                case '$' -> named(start, Kind.PARAMETER);
                case '"' -> phrase(start);
                case '\'' -> quoted(start, start + 1, '\'', Kind.VERBATIM);
                case '=' ->
                    charAt(start + 1, '>') ? arrow(start) : charAt(start + 1, '=') ? fixed(start, 2, Kind.EQUAL) : null;
                case '!' -> charAt(start + 1, '=') ? fixed(start, 2, Kind.NOT_EQUAL) : null;
                case '>' ->
                    charAt(start + 1, '=') ? fixed(start, 2, Kind.GREATER_EQUAL) : fixed(start, 1, Kind.GREATER);
                case '<' -> charAt(start + 1, '=') ? fixed(start, 2, Kind.LESS_EQUAL) : fixed(start, 1, Kind.LESS);
                default -> null;
            };
            if (token != null) {
                position = token.end();
                return token;
            }
            position = start + 1; // A space or a sign without meaning.
        }
        return new Token(Kind.END, query.length(), query.length(), "");
    }

    /// The raw text of one alternative in the braces of a tag query, up to an unescaped `|` or `}` outside
    /// quotes.
    ///
    /// On return [#position] is at that sign, or at the end of the query.
    String tagText() {
        int start = position;
        boolean inQuotes = false;
        while (position < query.length()) {
            char c = query.charAt(position);
            if (c == '\\') {
                position++;
            } else if (c == '"'
                    && (inQuotes
                            || ByteStrings.trim(query.substring(start, position))
                                    .isEmpty())) {
                inQuotes = !inQuotes;
            } else if (!inQuotes && (c == '|' || c == '}')) {
                break;
            }
            position++;
        }
        position = Math.min(position, query.length());
        return query.substring(start, position);
    }

    private Token termOrNumber(int start) {
        int end = termEnd(start);
        int numberEnd = numberEnd(start);
        if (numberEnd >= end) {
            if (charAt(numberEnd, '*')) {
                return moved(new Token(Kind.PREFIX, start, numberEnd + 1, query.substring(start, numberEnd)));
            }
            return moved(new Token(Kind.NUMBER, start, numberEnd, query.substring(start, numberEnd)));
        }
        if (end == start + 1 && query.charAt(start) == 'w' && charAt(end, '\'')) {
            Token wildcard = quoted(start, end + 1, '\'', Kind.WILDCARD);
            if (wildcard != null) {
                return moved(wildcard);
            }
        }
        String text = unescape(query.substring(start, end));
        if (charAt(end, '*')) {
            return moved(new Token(Kind.PREFIX, start, end + 1, text));
        }
        return moved(new Token(Kind.TERM, start, end, text));
    }

    private Token number(int start) {
        int end = numberEnd(start);
        return new Token(Kind.NUMBER, start, end, query.substring(start, end));
    }

    private Token star(int start) {
        if (!isTermStart(start + 1)) {
            return new Token(Kind.STAR, start, start + 1, "");
        }
        int end = termEnd(start + 1);
        String text = unescape(query.substring(start + 1, end));
        return charAt(end, '*')
                ? new Token(Kind.INFIX, start, end + 1, text)
                : new Token(Kind.SUFFIX, start, end, text);
    }

    private @Nullable Token named(int start, Kind kind) {
        if (!isTermStart(start + 1)) {
            return null;
        }
        int end = termEnd(start + 1);
        return new Token(kind, start, end, unescape(query.substring(start + 1, end)));
    }

    /// A quoted phrase; RediSearch refuses one that nothing closes.
    private Token phrase(int start) {
        Token phrase = quoted(start, start + 1, '"', Kind.QUOTED);
        if (phrase == null) {
            throw SearchException.of(
                    "Syntax error at offset %d near %s", start + 1, query.substring(start + 1, termEnd(start + 1)));
        }
        return phrase;
    }

    private @Nullable Token quoted(int start, int from, char quote, Kind kind) {
        for (int i = from; i < query.length(); i++) {
            char c = query.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == quote) {
                return new Token(kind, start, i + 1, query.substring(from, i));
            }
        }
        return null; // A quote that nothing closes is punctuation.
    }

    /// RediSearch shows an arrow in an error by what follows its `=`.
    private Token arrow(int start) {
        return new Token(Kind.ARROW, start, start + 2, query.substring(start + 1, Math.min(start + 3, query.length())));
    }

    private Token single(Kind kind) {
        return fixed(position, 1, kind);
    }

    private static Token fixed(int start, int length, Kind kind) {
        return new Token(kind, start, start + length, "");
    }

    private Token moved(Token token) {
        position = token.end();
        return token;
    }

    private boolean charAt(int i, char c) {
        return i < query.length() && query.charAt(i) == c;
    }

    private boolean digitAt(int i) {
        return i < query.length() && query.charAt(i) >= '0' && query.charAt(i) <= '9';
    }

    /// `inf` as a whole word, in any case.
    private boolean infinityAt(int i) {
        return query.regionMatches(true, i, "inf", 0, 3) && termEnd(i) == i + 3;
    }

    private boolean isTermStart(int i) {
        if (i >= query.length()) {
            return false;
        }
        char c = query.charAt(i);
        return isTermChar(c) || (c == '\\' && isEscapable(i + 1));
    }

    static boolean isTermChar(char c) {
        return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    }

    private boolean isEscapable(int i) {
        return i < query.length()
                && (ByteStrings.isPunctuation(query.charAt(i)) || Character.isWhitespace(query.charAt(i)));
    }

    private int termEnd(int start) {
        int i = start;
        while (i < query.length()) {
            if (isTermChar(query.charAt(i))) {
                i++;
            } else if (query.charAt(i) == '\\' && isEscapable(i + 1)) {
                i += 2;
            } else {
                break;
            }
        }
        return i;
    }

    /// The end of a number at `start`, or `start` when there is none.
    private int numberEnd(int start) {
        int i = start;
        if (charAt(i, '-') || charAt(i, '+')) {
            i++;
        }
        if (infinityAt(i)) {
            return i + 3;
        }
        int digits = digitsEnd(i);
        if (digits == i) {
            return start;
        }
        i = digits;
        if (charAt(i, '.') && digitAt(i + 1)) {
            i = digitsEnd(i + 1);
        }
        if (charAt(i, 'e') || charAt(i, 'E')) {
            int exponent = i + 1;
            if (charAt(exponent, '+') || charAt(exponent, '-')) {
                exponent++;
            }
            if (digitAt(exponent)) {
                i = digitsEnd(exponent);
            }
        }
        return i;
    }

    private int digitsEnd(int start) {
        int i = start;
        while (digitAt(i)) {
            i++;
        }
        return i;
    }

    /// Without the backslashes that escape.
    static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                c = text.charAt(i);
            }
            plain.append(c);
        }
        return plain.toString();
    }
}
