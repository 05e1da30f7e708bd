package io.nuthatch.engine.query;

/// One token of a query.
///
/// @param kind what it is
/// @param start its first byte in the query
/// @param end the byte after its last
/// @param text its text with escapes resolved; empty for punctuation
record Token(Kind kind, int start, int end, String text) {
    enum Kind {
        TERM,
        NUMBER,
        /// `@name`
        MODIFIER,
        /// `$name`
        PARAMETER,
        /// `a*`
        PREFIX,
        /// `*a`
        SUFFIX,
        /// `*a*`
        INFIX,
        /// `"…"`, its text still escaped
        QUOTED,
        /// `'…'`
        VERBATIM,
        /// `w'…'`
        WILDCARD,
        ARROW,
        LEFT_PARENTHESIS,
        RIGHT_PARENTHESIS,
        LEFT_BRACE,
        RIGHT_BRACE,
        LEFT_BRACKET,
        RIGHT_BRACKET,
        COLON,
        SEMICOLON,
        OR,
        MINUS,
        TILDE,
        STAR,
        PERCENT,
        EQUAL,
        NOT_EQUAL,
        GREATER,
        GREATER_EQUAL,
        LESS,
        LESS_EQUAL,
        END
    }

    /// Whether an error near this token shows its text; the others show the text of the token before.
    boolean hasText() {
        return switch (kind) {
            case TERM, NUMBER, MODIFIER, PARAMETER, PREFIX, SUFFIX, INFIX, QUOTED, VERBATIM, WILDCARD, ARROW -> true;
            default -> false;
        };
    }
}
