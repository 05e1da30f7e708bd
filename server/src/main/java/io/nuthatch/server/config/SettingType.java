package io.nuthatch.server.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What values a setting takes, how they are written, and what is said of one that it does not take.
sealed interface SettingType {
    /// A value in the form in which `CONFIG GET` prints it; `number` is the integer, the size in bytes, 1 or
    /// 0 for yes and no, and 0 for every other type.
    record Value(String text, long number) {}

    /// A value that is not taken: `forFile` explains it to who starts the server, `forClient` is what Redis
    /// answers to `CONFIG SET`.
    final class BadValue extends Exception {
        private static final long serialVersionUID = 1L;

        final String forFile;
        final String forClient;

        BadValue(String forFile, String forClient) {
            super(forFile, null, false, false);
            this.forFile = forFile;
            this.forClient = forClient;
        }
    }

    /// Reads the words after a setting's name. `current` is the value so far, for settings that are given in
    /// several lines.
    Value parse(List<String> words, Value current) throws BadValue;

    /// As [#parse], for a line of a file or an argument of the start, of which there may be several.
    default Value parseLine(List<String> words, Value current) throws BadValue {
        return parse(words, current);
    }

    /// The lines after the setting's name, one per line, that give `value` back when they are read.
    default List<String> lines(Value value) {
        return List.of(value.text());
    }

    private static String single(List<String> words) throws BadValue {
        if (words.size() != 1) {
            throw new BadValue("takes one value, got " + words.size(), "wrong number of arguments");
        }
        return words.get(0);
    }

    /// A whole number from `min` to `max`.
    record Int(long min, long max) implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            String word = single(words);
            long number;
            try {
                number = Long.parseLong(word);
            } catch (NumberFormatException e) {
                throw new BadValue(
                        "'" + word + "' is not a whole number" + range(),
                        "argument couldn't be parsed into an integer");
            }
            if (number < min || number > max) {
                throw new BadValue(
                        "'" + word + "' is not a whole number" + range(),
                        "argument must be between " + min + " and " + max + " inclusive");
            }
            return new Value(Long.toString(number), number);
        }

        private String range() {
            return max >= Integer.MAX_VALUE ? " of at least " + min : " from " + min + " to " + max;
        }
    }

    /// Bytes from `min` to `max`: `1k` is 1,000 and `1kb` 1,024, so on for m and g; printed as plain bytes.
    record Size(long min, long max) implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            String word = single(words);
            long bytes = bytes(word);
            if (bytes < 0) {
                throw new BadValue(
                        "'" + word + "' is not a size; write for example 4gb or 512mb",
                        "argument must be a memory value");
            }
            if (bytes < min || bytes > max) {
                throw new BadValue(
                        "'" + word + "' is not a size of at least " + written(min)
                                + (max == Long.MAX_VALUE ? "" : " and at most " + written(max)),
                        "argument must be between " + min + " and " + max + " inclusive");
            }
            return new Value(Long.toString(bytes), bytes);
        }

        @Override
        public List<String> lines(Value value) {
            return List.of(written(value.number()));
        }

        /// Bytes, or -1 when `word` is no size or one of 2^63 bytes and more.
        static long bytes(String word) {
            int digits = 0;
            while (digits < word.length() && word.charAt(digits) >= '0' && word.charAt(digits) <= '9') {
                digits++;
            }
            long unit = switch (word.substring(digits).toLowerCase(Locale.ROOT)) {
                case "", "b" -> 1;
                case "k" -> 1000;
                case "kb" -> 1L << 10;
                case "m" -> 1000_000;
                case "mb" -> 1L << 20;
                case "g" -> 1000_000_000;
                case "gb" -> 1L << 30;
                default -> 0;
            };
            if (digits == 0 || digits > 19 || unit == 0) {
                return -1;
            }
            try {
                return Math.multiplyExact(Long.parseLong(word.substring(0, digits)), unit);
            } catch (ArithmeticException | NumberFormatException e) {
                return -1;
            }
        }

        static String written(long bytes) {
            if (bytes > 0 && bytes % (1L << 30) == 0) {
                return (bytes >> 30) + "gb";
            }
            if (bytes > 0 && bytes % (1L << 20) == 0) {
                return (bytes >> 20) + "mb";
            }
            if (bytes > 0 && bytes % (1L << 10) == 0) {
                return (bytes >> 10) + "kb";
            }
            return Long.toString(bytes);
        }
    }

    /// `yes` or `no`.
    record Flag() implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            String word = single(words);
            if (word.equalsIgnoreCase("yes")) {
                return new Value("yes", 1);
            }
            if (word.equalsIgnoreCase("no")) {
                return new Value("no", 0);
            }
            throw new BadValue("'" + word + "' is neither yes nor no", "argument must be 'yes' or 'no'");
        }
    }

    /// One of some words, without regard to case.
    record Choice(List<String> words) implements SettingType {
        @Override
        public Value parse(List<String> given, Value current) throws BadValue {
            String word = single(given);
            for (String choice : words) {
                if (choice.equalsIgnoreCase(word)) {
                    return new Value(choice, 0);
                }
            }
            throw new BadValue(
                    "'" + word + "' is not one of " + String.join(", ", words),
                    "argument(s) must be one of the following: " + String.join(", ", words));
        }
    }

    /// The one value that is true of this server: the setting exists so that clients that read it, or that
    /// set it to just this, are answered; `why` tells the others.
    record Only(String value, String why) implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            String word = single(words);
            if (!word.equalsIgnoreCase(value)) {
                throw new BadValue("can only be '" + value + "': " + why, "only '" + value + "' is supported: " + why);
            }
            return new Value(value, 0);
        }

        @Override
        public List<String> lines(Value value) {
            return List.of(ConfigSyntax.quote(value.text()));
        }
    }

    /// Any text; written in quotes.
    record Text() implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            return new Value(single(words), 0);
        }

        @Override
        public List<String> lines(Value value) {
            return List.of(ConfigSyntax.quote(value.text()));
        }
    }

    /// A folder that is there; printed as an absolute path.
    record Folder() implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            String word = single(words);
            Path path = Path.of(word).toAbsolutePath().normalize();
            if (!path.toFile().isDirectory()) {
                throw new BadValue("'" + word + "' is not a folder", "No such file or directory");
            }
            return new Value(path.toString(), 0);
        }

        @Override
        public List<String> lines(Value value) {
            return List.of(ConfigSyntax.quote(value.text()));
        }
    }

    /// Some words, at least `min` and at most `max`.
    record Words(int min, int max) implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            List<String> kept = new ArrayList<>(words);
            kept.removeIf(String::isEmpty);
            if (kept.size() < min || kept.size() > max) {
                throw new BadValue(
                        "takes " + min + " to " + max + " words, got " + kept.size(), "wrong number of arguments");
            }
            return new Value(String.join(" ", kept), 0);
        }
    }

    /// Percentiles from 0 to 100, at most sixteen.
    record Percentiles() implements SettingType {
        private static final int MAX = 16;

        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            List<String> kept = new ArrayList<>();
            for (String word : words) {
                if (word.isEmpty()) {
                    continue;
                }
                double percentile;
                try {
                    percentile = Double.parseDouble(word);
                } catch (NumberFormatException e) {
                    throw new BadValue(
                            "'" + word + "' is not a percentile; write for example 50 99 99.9",
                            "Invalid latency-tracking-info-percentiles parameters");
                }
                if (!(percentile >= 0 && percentile <= 100)) {
                    throw new BadValue(
                            "'" + word + "' is not a percentile from 0 to 100",
                            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
                }
                kept.add(
                        percentile == Math.rint(percentile)
                                ? Long.toString((long) percentile)
                                : Double.toString(percentile));
            }
            if (kept.size() > MAX) {
                throw new BadValue("takes at most " + MAX + " percentiles", "too many percentiles");
            }
            return new Value(String.join(" ", kept), 0);
        }

        @Override
        public List<String> lines(Value value) {
            return List.of(value.text().isEmpty() ? "\"\"" : value.text());
        }
    }

    /// Redis's letters for classes of keyspace events, brought into Redis's order.
    record Events() implements SettingType {
        private static final String CLASSES = "g$lshzxetd"; // What 'A' stands for.
        private static final String OTHERS = "KEmn"; // Printed after the classes, in this order.

        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            String word = words.isEmpty() ? "" : single(words);
            for (int i = 0; i < word.length(); i++) {
                char letter = word.charAt(i);
                if (letter != 'A' && CLASSES.indexOf(letter) < 0 && OTHERS.indexOf(letter) < 0) {
                    throw new BadValue(
                            "'" + letter + "' is not a class of events; the letters are A" + CLASSES + OTHERS,
                            "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
                }
            }
            boolean all = word.indexOf('A') >= 0 || CLASSES.chars().allMatch(letter -> word.indexOf(letter) >= 0);
            StringBuilder text = new StringBuilder(all ? "A" : "");
            for (int i = 0; i < CLASSES.length() && !all; i++) {
                if (word.indexOf(CLASSES.charAt(i)) >= 0) {
                    text.append(CLASSES.charAt(i));
                }
            }
            for (int i = 0; i < OTHERS.length(); i++) {
                if (word.indexOf(OTHERS.charAt(i)) >= 0) {
                    text.append(OTHERS.charAt(i));
                }
            }
            return new Value(text.toString(), 0);
        }

        @Override
        public List<String> lines(Value value) {
            return List.of(ConfigSyntax.quote(value.text()));
        }
    }

    /// Pairs of seconds and changes, or the empty string for none. Lines of a file add up, as in Redis;
    /// `number` is 1 when a line gave the value, and 0 for the default, which the first line replaces.
    record SavePoints() implements SettingType {
        @Override
        public Value parseLine(List<String> words, Value current) throws BadValue {
            List<String> all = new ArrayList<>(words);
            if (current.number() == 1 && !parse(words, current).text().isEmpty()) {
                all.add(0, current.text());
            }
            return new Value(parse(all, current).text(), 1);
        }

        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            List<String> numbers = new ArrayList<>();
            for (String word : words) {
                if (!word.isBlank()) {
                    numbers.addAll(List.of(word.strip().split("\\s+")));
                }
            }
            for (int i = 0; i < numbers.size(); i++) {
                if (!numbers.get(i).matches("\\d{1,15}") || i % 2 == 0 && Long.parseLong(numbers.get(i)) == 0) {
                    throw bad(words);
                }
            }
            if (numbers.size() % 2 != 0) {
                throw bad(words);
            }
            return new Value(String.join(" ", numbers), 0);
        }

        private static BadValue bad(List<String> words) {
            return new BadValue(
                    "'" + String.join(" ", words) + "' is not pairs of seconds (1 or more) and changes",
                    "Invalid save parameters");
        }

        @Override
        public List<String> lines(Value value) {
            return List.of(value.text().isEmpty() ? "\"\"" : value.text());
        }
    }

    /// Groups of four words, `class hard soft seconds`, for the classes normal, replica and pubsub; a class
    /// that is not named keeps its limits. Printed with Redis's older word `slave`, which clients know.
    record OutputLimits() implements SettingType {
        @Override
        public Value parse(List<String> words, Value current) throws BadValue {
            if (words.isEmpty() || words.size() % 4 != 0) {
                throw new BadValue(
                        "takes groups of four: class, hard limit, soft limit, seconds",
                        "Wrong number of arguments in buffer limit configuration.");
            }
            Map<String, String> byClass = byClass(current.text());
            for (int i = 0; i < words.size(); i += 4) {
                String client = words.get(i).toLowerCase(Locale.ROOT);
                client = client.equals("replica") ? "slave" : client;
                if (!List.of("normal", "slave", "pubsub").contains(client)) {
                    throw new BadValue(
                            "'" + words.get(i) + "' is not one of normal, replica, pubsub",
                            "Invalid client class specified in buffer limit configuration.");
                }
                long hard = Size.bytes(words.get(i + 1));
                long soft = Size.bytes(words.get(i + 2));
                long seconds = Size.bytes(words.get(i + 3));
                if (hard < 0 || soft < 0 || seconds < 0) {
                    throw new BadValue(
                            "the limits of '" + words.get(i) + "' are two sizes and some seconds",
                            "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
                }
                byClass.put(client, hard + " " + soft + " " + seconds);
            }
            StringBuilder text = new StringBuilder();
            byClass.forEach((client, limits) -> text.append(text.isEmpty() ? "" : " ")
                    .append(client)
                    .append(' ')
                    .append(limits));
            return new Value(text.toString(), 0);
        }

        @Override
        public List<String> lines(Value value) {
            List<String> lines = new ArrayList<>();
            byClass(value.text()).forEach((client, limits) -> {
                String[] parts = limits.split(" ");
                lines.add((client.equals("slave") ? "replica" : client) + " " + Size.written(Long.parseLong(parts[0]))
                        + " " + Size.written(Long.parseLong(parts[1])) + " " + parts[2]);
            });
            return lines;
        }

        private static Map<String, String> byClass(String text) {
            Map<String, String> byClass = new LinkedHashMap<>();
            byClass.put("normal", "0 0 0");
            byClass.put("slave", "0 0 0");
            byClass.put("pubsub", "0 0 0");
            String[] words = text.isEmpty() ? new String[0] : text.split(" ");
            for (int i = 0; i + 3 < words.length; i += 4) {
                byClass.put(words[i], words[i + 1] + " " + words[i + 2] + " " + words[i + 3]);
            }
            return byClass;
        }
    }
}
