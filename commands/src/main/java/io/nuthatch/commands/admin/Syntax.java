package io.nuthatch.commands.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The arguments of a command as `COMMAND DOCS` gives them, read out of its spec's syntax line.
///
/// The notation is that of Redis's manual: an upper-case word is a token, a token takes the operand behind
/// it, `[x]` may be left out, `<a | b>` is one of several, `x [x ...]` may be repeated. A line that does not
/// follow it still gives its words as arguments.
final class Syntax {
    /// One argument.
    ///
    /// @param type `string`, `integer`, `double`, `key`, `pattern`, `unix-time`, `pure-token`, `oneof` or
    /// `block`
    /// @param token the word before the operand, or the word itself
    record Argument(
            String name,
            String type,
            @Nullable String token,
            boolean isOptional,
            boolean isMultiple,
            boolean isMultipleToken,
            List<Argument> arguments) {
        private Argument optional() {
            return new Argument(name, type, token, true, isMultiple, isMultipleToken, arguments);
        }

        private Argument multiple(boolean withToken) {
            return new Argument(name, type, token, isOptional, true, withToken, arguments);
        }

        private Argument withToken(String word) {
            return new Argument(name, type, word, isOptional, isMultiple, isMultipleToken, arguments);
        }
    }

    private static final int MAX_DEPTH = 16;

    private final List<String> words;
    private int at;
    private int depth;

    private Syntax(List<String> words) {
        this.words = words;
    }

    /// The arguments of `line`, which may be empty.
    static List<Argument> parse(String line) {
        Syntax syntax = new Syntax(split(line));
        List<Argument> arguments = new ArrayList<>(syntax.sequence());
        while (syntax.at < syntax.words.size()) {
            syntax.at++; // A stray closing sign.
            arguments.addAll(syntax.sequence());
        }
        return arguments;
    }

    private static List<String> split(String line) {
        List<String> words = new ArrayList<>();
        for (String word : line.replace("[", " [ ").replace("]", " ] ").split("\\s+", -1)) {
            String rest = word;
            if (rest.length() > 1 && rest.startsWith("<")) {
                words.add("<");
                rest = rest.substring(1);
            }
            boolean isClosed = rest.length() > 1 && rest.endsWith(">");
            if (isClosed) {
                rest = rest.substring(0, rest.length() - 1);
            }
            if (!rest.isEmpty()) {
                words.add(rest);
            }
            if (isClosed) {
                words.add(">");
            }
        }
        return words;
    }

    /// Elements up to a sign that closes them, or to a bar.
    private List<Argument> sequence() {
        List<Argument> found = new ArrayList<>();
        if (++depth > MAX_DEPTH) {
            throw new IllegalArgumentException("syntax is nested too deeply: " + words);
        }
        while (at < words.size() && !isClosing(words.get(at))) {
            String word = words.get(at);
            if (word.equals("[")) {
                optionalOrRepeated(found);
            } else if (word.equals("<")) {
                at++;
                found.add(alternatives(">"));
            } else if (word.equals("...")) {
                at++;
                if (!found.isEmpty()) {
                    found.add(found.removeLast().multiple(false));
                }
            } else if (isToken(word)) {
                at++;
                found.add(token(word));
            } else {
                at++;
                found.add(operand(word));
            }
        }
        depth--;
        return found;
    }

    private Argument token(String word) {
        if (at < words.size()) {
            String next = words.get(at);
            if (next.equals("<")) {
                at++;
                return alternatives(">").withToken(word);
            }
            if (!isClosing(next) && !next.equals("[") && !next.equals("...") && !isToken(next)) {
                at++;
                return operand(next).withToken(word.equals("\"\"") ? "" : word);
            }
        }
        return new Argument(word.toLowerCase(Locale.ROOT), "pure-token", word, false, false, false, List.of());
    }

    /// `[x ...]` repeats what stands before it, as long as `x` is; any other brackets make their content
    /// optional.
    private void optionalOrRepeated(List<Argument> before) {
        int start = at;
        at++;
        int inner = at;
        Argument content = alternatives("]");
        int end = at - 1;
        boolean isRepetition = end > inner && words.get(end - 1).equals("...");
        if (!isRepetition || before.isEmpty()) {
            before.add(content.optional());
            return;
        }
        int length = end - 1 - inner;
        boolean repeatsToken =
                start >= length && words.subList(inner, end - 1).equals(words.subList(start - length, start));
        int count = content.type.equals("block") && content.token == null ? content.arguments.size() : 1;
        boolean withToken = repeatsToken && isToken(words.get(inner));
        if (count <= 1 || before.size() < count) {
            before.add(before.removeLast().multiple(withToken));
            return;
        }
        List<Argument> tail = before.subList(before.size() - count, before.size());
        Argument block = new Argument("data", "block", null, false, true, false, List.copyOf(tail));
        tail.clear();
        before.add(block);
    }

    /// What stands up to `closing`: one element as it is, several as a block, bars as a choice.
    private Argument alternatives(String closing) {
        List<Argument> choices = new ArrayList<>();
        choices.add(one(sequence()));
        while (at < words.size() && words.get(at).equals("|")) {
            at++;
            choices.add(one(sequence()));
        }
        if (at < words.size()) {
            assert words.get(at).equals(closing) : closing + " expected in " + words;
            at++;
        }
        return choices.size() == 1
                ? choices.getFirst()
                : new Argument(nameOf(choices), "oneof", null, false, false, false, List.copyOf(choices));
    }

    private static Argument one(List<Argument> sequence) {
        return sequence.size() == 1
                ? sequence.getFirst()
                : new Argument(nameOf(sequence), "block", null, false, false, false, List.copyOf(sequence));
    }

    private static String nameOf(List<Argument> arguments) {
        return arguments.isEmpty() ? "option" : arguments.getFirst().name();
    }

    private static Argument operand(String word) {
        return new Argument(word, type(word), null, false, false, false, List.of());
    }

    private static String type(String name) {
        return switch (name) {
            case "key", "newkey", "source", "destination", "srckey", "dstkey" -> "key";
            case "pattern" -> "pattern";
            case "seconds",
                    "milliseconds",
                    "count",
                    "cursor",
                    "index",
                    "offset",
                    "start",
                    "end",
                    "stop",
                    "db",
                    "index1",
                    "index2",
                    "destination-db",
                    "decrement",
                    "ttl",
                    "numkeys",
                    "numfields",
                    "numreplicas",
                    "timeout",
                    "client-id",
                    "maxage",
                    "frequency",
                    "protover",
                    "version",
                    "limit",
                    "len",
                    "min-match-len",
                    "nargs",
                    "num" -> "integer";
            case "unix-time-seconds", "unix-time-milliseconds" -> "unix-time";
            default -> name.startsWith("key") && !name.contains("word") ? "key" : "string";
        };
    }

    private static boolean isClosing(String word) {
        return word.equals("]") || word.equals(">") || word.equals("|");
    }

    private static boolean isToken(String word) {
        if (word.equals("\"\"") || word.equals("*") || word.equals("=") || word.equals("~")) {
            return true;
        }
        boolean hasLetter = false;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c >= 'a' && c <= 'z') {
                return false;
            }
            hasLetter |= c >= 'A' && c <= 'Z';
        }
        return hasLetter;
    }
}
