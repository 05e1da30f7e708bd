package io.nuthatch.server.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Redis's way to write words in a line: blanks part them; `"…"` knows `\n \r \t \b \a \\ \" \xhh`, `'…'`
/// knows `\'`; a closing quote is followed by a blank or by the end.
final class ConfigSyntax {
    private ConfigSyntax() {}

    /// The words of `line`, or null when a quote is not closed or something stands right behind a closed one.
    static @Nullable List<String> words(String line) {
        byte[] in = line.getBytes(StandardCharsets.UTF_8);
        List<String> words = new ArrayList<>();
        int i = 0;
        while (true) {
            while (i < in.length && isBlank(in[i])) {
                i++;
            }
            if (i == in.length) {
                return words;
            }
            ByteArrayOutputStream word = new ByteArrayOutputStream();
            boolean isOpen = true;
            while (isOpen && i < in.length && !isBlank(in[i])) {
                byte c = in[i];
                if (c == '"' || c == '\'') {
                    i = quoted(in, i, word);
                    if (i < 0 || (i < in.length && !isBlank(in[i]))) {
                        return null;
                    }
                    isOpen = false;
                } else {
                    word.write(c);
                    i++;
                }
            }
            words.add(word.toString(StandardCharsets.UTF_8));
        }
    }

    /// Reads from the quote at `start`; returns the index behind the closing one, or -1 when there is none.
    private static int quoted(byte[] in, int start, ByteArrayOutputStream word) {
        byte quote = in[start];
        int i = start + 1;
        while (i < in.length && in[i] != quote) {
            if (in[i] != '\\' || i + 1 == in.length) {
                word.write(in[i++]);
            } else if (quote == '\'') {
                boolean isEscape = in[i + 1] == '\'';
                word.write(isEscape ? '\'' : '\\');
                i += isEscape ? 2 : 1;
            } else if (in[i + 1] == 'x' && i + 3 < in.length && hex(in[i + 2]) >= 0 && hex(in[i + 3]) >= 0) {
                word.write(hex(in[i + 2]) << 4 | hex(in[i + 3]));
                i += 4;
            } else {
                word.write(
                        switch (in[i + 1]) {
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            case 't' -> '\t';
                            case 'b' -> '\b';
                            case 'a' -> 7;
                            default -> in[i + 1];
                        });
                i += 2;
            }
        }
        return i < in.length ? i + 1 : -1;
    }

    /// `text` in double quotes, on one line, such that [#words] gives it back.
    static String quote(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            switch (b) {
                case '\\', '"' -> out.append('\\').append((char) b);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case 7 -> out.append("\\a");
                default -> {
                    if (b >= ' ' && b < 127) {
                        out.append((char) b);
                    } else {
                        out.append("\\x")
                                .append(Character.forDigit(b >> 4 & 15, 16))
                                .append(Character.forDigit(b & 15, 16));
                    }
                }
            }
        }
        return out.append('"').toString();
    }

    private static boolean isBlank(byte c) {
        return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
    }

    private static int hex(byte c) {
        return Character.digit(c, 16);
    }
}
