package io.nuthatch.resp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The request protocol written down a second time, plainly: the whole stream at once, everything copied.
final class RequestModel {
    /// What a stream of requests comes to.
    ///
    /// @param requests the whole requests before the end or the error
    /// @param isFailed whether the stream breaks the protocol or a limit
    /// @param failure the error's text; null for none, or for a limit that closes without a word
    record Outcome(
            List<List<byte[]>> requests,
            boolean isFailed,
            @Nullable String failure) {}

    private static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;
        private final @Nullable String text;

        Failure(@Nullable String text) {
            this.text = text;
        }
    }

    private static final class Incomplete extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private final byte[] stream;
    private final RespLimits limits;
    private int at;

    private RequestModel(byte[] stream, RespLimits limits) {
        this.stream = stream;
        this.limits = limits;
    }

    static Outcome parse(byte[] stream, RespLimits limits) {
        RequestModel model = new RequestModel(stream, limits);
        List<List<byte[]>> requests = new ArrayList<>();
        try {
            while (model.at < stream.length) {
                List<byte[]> request = model.stream[model.at] == '*' ? model.array() : model.inline();
                if (!request.isEmpty()) {
                    requests.add(request);
                }
            }
        } catch (Incomplete end) {
            return new Outcome(requests, false, null);
        } catch (Failure failure) {
            return new Outcome(requests, true, failure.text);
        }
        return new Outcome(requests, false, null);
    }

    private List<byte[]> array() throws Failure, Incomplete {
        int start = at;
        long count = number("too big mbulk count string", "invalid multibulk length");
        if (count > limits.arguments()) {
            throw new Failure(
                    limits.isBeforeAuth() && count <= Integer.MAX_VALUE
                            ? "Protocol error: unauthenticated multibulk length"
                            : "Protocol error: invalid multibulk length");
        }
        List<byte[]> request = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            if (at < stream.length && stream[at] != '$') {
                line("too big bulk count string");
                throw new Failure("Protocol error: expected '$', got '" + (char) (stream[at] & 0xff) + "'");
            }
            long length = number("too big bulk count string", "invalid bulk length");
            if (length < 0 || length > limits.bulkBytes()) {
                throw new Failure(
                        limits.isBeforeAuth() && length > 0 && length <= RespLimits.DEFAULT.bulkBytes()
                                ? "Protocol error: unauthenticated bulk length"
                                : "Protocol error: invalid bulk length");
            }
            if (at - start + length + 2 > limits.requestBytes()) {
                throw new Failure(null);
            }
            if (stream.length - at < length + 2) {
                throw new Incomplete();
            }
            request.add(Arrays.copyOfRange(stream, at, at + (int) length));
            at += (int) length + 2;
        }
        return request;
    }

    private long number(String tooBig, String invalid) throws Failure, Incomplete {
        int end = line(tooBig);
        String digits = new String(stream, at + 1, end - at - 1, java.nio.charset.StandardCharsets.ISO_8859_1);
        if (!digits.matches("0|-?[1-9][0-9]{0,16}")) {
            throw new Failure("Protocol error: " + invalid);
        }
        at = end + 2;
        return Long.parseLong(digits);
    }

    /// Where the CR of the line at hand is, with a byte behind it.
    private int line(String tooBig) throws Failure, Incomplete {
        int end = at;
        while (end < stream.length && stream[end] != '\r' && stream[end] != 0) {
            end++;
        }
        boolean hasEnd = end < stream.length && stream[end] == '\r';
        if ((hasEnd ? end : stream.length) - at > limits.inlineBytes()) {
            throw new Failure("Protocol error: " + tooBig);
        }
        if (!hasEnd || end + 1 == stream.length) {
            throw new Incomplete();
        }
        return end;
    }

    private List<byte[]> inline() throws Failure, Incomplete {
        int end = at;
        while (end < stream.length && stream[end] != '\n' && stream[end] != 0) {
            end++;
        }
        boolean isWhole = end < stream.length && stream[end] == '\n';
        if ((isWhole ? end : stream.length) - at > limits.inlineBytes()) {
            throw new Failure("Protocol error: too big inline request");
        }
        if (!isWhole) {
            throw new Incomplete();
        }
        String line = new String(stream, at, end - at, java.nio.charset.StandardCharsets.ISO_8859_1);
        if (line.endsWith("\r")) {
            line = line.substring(0, line.length() - 1);
        }
        List<byte[]> words = words(line);
        if (words == null) {
            throw new Failure("Protocol error: unbalanced quotes in request");
        }
        at = end + 1;
        return words;
    }

    /// A state machine over characters, unlike the decoder's loops.
    private static @Nullable List<byte[]> words(String line) {
        List<byte[]> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        String state = "between";
        String rest = line;
        while (!rest.isEmpty()) {
            char c = rest.charAt(0);
            switch (state) {
                case "between" -> {
                    if (" \t\n\013\f\r".indexOf(c) >= 0) {
                        rest = rest.substring(1);
                    } else {
                        state = "bare";
                    }
                }
                case "bare" -> {
                    if (" \t\n\r".indexOf(c) >= 0) {
                        words.add(word.toString().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
                        word.setLength(0);
                        state = "between";
                    } else {
                        rest = rest.substring(1);
                        if (c == '"') {
                            state = "double";
                        } else if (c == '\'') {
                            state = "single";
                        } else {
                            word.append(c);
                        }
                    }
                }
                case "double", "single" -> {
                    char quote = state.equals("double") ? '"' : '\'';
                    if (c == quote) {
                        rest = rest.substring(1);
                        if (!rest.isEmpty() && " \t\n\013\f\r".indexOf(rest.charAt(0)) < 0) {
                            return null;
                        }
                        words.add(word.toString().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
                        word.setLength(0);
                        state = "between";
                    } else if (quote == '\'' && rest.startsWith("\\'")) {
                        word.append('\'');
                        rest = rest.substring(2);
                    } else if (quote == '"' && rest.matches("(?s)\\\\x[0-9a-fA-F]{2}.*")) {
                        word.append((char) Integer.parseInt(rest.substring(2, 4), 16));
                        rest = rest.substring(4);
                    } else if (quote == '"' && c == '\\' && rest.length() > 1) {
                        int escape = "nrtba".indexOf(rest.charAt(1));
                        word.append(escape < 0 ? rest.charAt(1) : "\n\r\t\b\007".charAt(escape));
                        rest = rest.substring(2);
                    } else {
                        word.append(c);
                        rest = rest.substring(1);
                    }
                }
                default -> throw new AssertionError(state);
            }
        }
        if (state.equals("double") || state.equals("single")) {
            return null;
        }
        if (state.equals("bare")) {
            words.add(word.toString().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        }
        return words;
    }
}
