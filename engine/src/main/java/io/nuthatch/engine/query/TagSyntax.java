package io.nuthatch.engine.query;

import io.nuthatch.engine.query.QueryNode.TagValue;
import io.nuthatch.engine.query.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/// Reads the values in the braces of a tag query.
///
/// Threads: one.
final class TagSyntax {
    private final TokenReader tokens;

    TagSyntax(TokenReader tokens) {
        this.tokens = tokens;
    }

    /// `{one|two}` from behind the brace on.
    QueryNode tag(String field) {
        List<TagValue> values = new ArrayList<>();
        while (true) {
            String text = trimmed(tokens.tagText());
            if (text.isEmpty()) {
                tokens.advance();
                throw tokens.syntaxError();
            }
            tokens.count(1);
            values.add(tagValue(text));
            tokens.showInErrors(text);
            tokens.advance();
            if (tokens.at(Kind.RIGHT_BRACE)) {
                tokens.advance();
                return new QueryNode.Tag(field, List.copyOf(values), 1);
            }
            if (!tokens.at(Kind.OR)) {
                throw tokens.syntaxError();
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
            return new TagValue(TagValue.Match.EXACT, tokens.parameter(text.substring(1)));
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
            tokens.advance();
            throw tokens.syntaxError();
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
}
