package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Plays files recorded from Redis by `redis-tests/recorded/record.py`: every reply, in both protocols, and
/// every keyspace event must be what Redis said.
///
/// `> command`, then `= reply` (or `2 reply` and `3 reply` where the protocols differ), then `! database
/// event key` for each event. `~` before a command: the order of its elements is free. `?`: only the reply's
/// type counts.
class RecordedRepliesTest {
    @ParameterizedTest
    @CsvSource({
        "strings, 2",
        "strings, 3",
        "hashes, 2",
        "hashes, 3",
        "fieldexpiry, 2",
        "fieldexpiry, 3",
        "keys, 2",
        "keys, 3",
        "specs, 2",
        "specs, 3"
    })
    void repliesAndEventsAreThoseOfRedis(String file, int protocol) throws IOException {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect();
                RespClient subscriber = server.connect()) {
            client.call("HELLO", protocol);
            assertThat(client.call("CONFIG", "SET", "notify-keyspace-events", "KEA"))
                    .isEqualTo("OK");
            subscriber.call("PSUBSCRIBE", "__keyevent@*__:*", "mark");
            subscriber.read();
            List<String> differences = new ArrayList<>();
            for (Recorded recorded : read(file, protocol)) {
                client.sendRaw(request(recorded.command));
                String reply = new WireText(client, recorded.isUnordered, recorded.isVague).read();
                List<String> events = eventsUntilMark(client, subscriber);
                if (!reply.equals(recorded.reply) || !events.equals(recorded.events)) {
                    differences.add("> " + recorded.command + "\n  Redis: " + recorded.reply + " " + recorded.events
                            + "\n  here:  " + reply + " " + events);
                }
            }
            assertThat(differences).as("RESP%d", protocol).isEmpty();
        }
    }

    /// A command and what Redis answered in one protocol.
    private record Recorded(String command, boolean isUnordered, boolean isVague, String reply, List<String> events) {}

    private static List<Recorded> read(String file, int protocol) throws IOException {
        List<Recorded> all = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(
                RecordedRepliesTest.class.getResourceAsStream("/recorded/" + file + ".txt"), file)) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                String rest = line.isEmpty() ? "" : line.substring(2);
                if (line.startsWith("> ")) {
                    boolean isUnordered = rest.startsWith("~ ");
                    boolean isVague = rest.startsWith("? ");
                    String command = isUnordered || isVague ? rest.substring(2) : rest;
                    all.add(new Recorded(command, isUnordered, isVague, "", new ArrayList<>()));
                } else if (line.startsWith("= ") || line.startsWith(protocol + " ")) {
                    Recorded last = all.removeLast();
                    all.add(new Recorded(last.command, last.isUnordered, last.isVague, rest, last.events));
                } else if (line.startsWith("! ")) {
                    all.getLast().events.add(rest);
                }
            }
        }
        assertThat(all).isNotEmpty();
        return all;
    }

    private static List<String> eventsUntilMark(RespClient client, RespClient subscriber) {
        client.sendRaw(RespClient.request("PUBLISH", "mark", "x"));
        new WireText(client, false, false).read();
        List<String> events = new ArrayList<>();
        while (true) {
            List<?> message = (List<?>) Objects.requireNonNull(subscriber.read());
            String channel = (String) Objects.requireNonNull(message.get(2));
            if (channel.equals("mark")) {
                return events;
            }
            events.add(channel.replace("__keyevent@", "").replace("__:", " ") + " "
                    + WireText.quoted((String) Objects.requireNonNull(message.get(3))));
        }
    }

    /// Splits as redis-cli does: blanks separate, double quotes hold together, `\xhh`, `\n`, `\r` and `\t`
    /// inside.
    private static byte[] request(String command) {
        List<byte[]> arguments = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        boolean isQuoted = false;
        boolean isStarted = false;
        for (int i = 0; i < command.length(); i++) {
            char c = command.charAt(i);
            if (isQuoted && c == '\\') {
                i++;
                switch (command.charAt(i)) {
                    case 'x' -> {
                        current.append((char) Integer.parseInt(command.substring(i + 1, i + 3), 16));
                        i += 2;
                    }
                    case 'n' -> current.append('\n');
                    case 'r' -> current.append('\r');
                    case 't' -> current.append('\t');
                    default -> current.append(command.charAt(i));
                }
            } else if (c == '"') {
                isQuoted = !isQuoted;
                isStarted = true;
            } else if (c == ' ' && !isQuoted) {
                if (isStarted || !current.isEmpty()) {
                    arguments.add(current.toString().getBytes(StandardCharsets.ISO_8859_1));
                }
                current.setLength(0);
                isStarted = false;
            } else {
                current.append(c);
            }
        }
        if (isStarted || !current.isEmpty()) {
            arguments.add(current.toString().getBytes(StandardCharsets.ISO_8859_1));
        }
        return RespClient.request(arguments.toArray());
    }

    /// Reads a reply in the notation of the files.
    private record WireText(RespClient client, boolean isUnordered, boolean isVague) {
        String read() {
            String line = client.readRawLine();
            char type = line.charAt(0);
            String rest = line.substring(1);
            return switch (type) {
                case '$', '=' -> bulk(type, Integer.parseInt(rest));
                case '*', '%', '~', '>' -> aggregate(type, Integer.parseInt(rest));
                default -> isVague ? String.valueOf(type) : line;
            };
        }

        private String bulk(char type, int length) {
            if (length < 0) {
                return type + "nil";
            }
            String bytes = client.readRawBulk(length);
            return isVague ? String.valueOf(type) : type + quoted(bytes);
        }

        private String aggregate(char type, int count) {
            if (count < 0) {
                return type + "nil";
            }
            List<String> parts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String part = read();
                parts.add(type == '%' ? part + ": " + read() : part);
            }
            Stream<String> ordered = isUnordered ? parts.stream().sorted() : parts.stream();
            return type + "[" + (isVague ? "..." : ordered.collect(Collectors.joining(", "))) + "]";
        }

        static String quoted(String text) {
            return text.chars()
                    .mapToObj(c -> c == '"' || c == '\\'
                            ? "\\" + (char) c
                            : c >= 32 && c < 127 ? String.valueOf((char) c) : String.format("\\x%02x", c))
                    .collect(Collectors.joining("", "\"", "\""));
        }
    }
}
