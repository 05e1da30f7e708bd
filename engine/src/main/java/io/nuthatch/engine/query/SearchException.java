package io.nuthatch.engine.query;

import java.util.Locale;

/// What a client asked of the search engine and cannot have; its message is the text of the error reply.
///
/// The text is RediSearch's where it has one, without a code word: the command puts `ERR ` before it where
/// clients need one. Stackless: it tells the client about the request, never a developer about the code.
public final class SearchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SearchException(String message) {
        super(message, null, false, false);
    }

    /// A message with [String#format]'s placeholders filled in.
    public static SearchException of(String format, Object... arguments) {
        return new SearchException(String.format(Locale.ROOT, format, arguments));
    }

    /// The text of the reply.
    public String text() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
