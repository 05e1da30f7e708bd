package io.nuthatch.redistests.durability;

import io.nuthatch.redistests.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/// A client that writes keys of its own and remembers every answer, until the server dies.
///
/// What it did is a list of steps, each a command or a whole MULTI; the server may come back with the state
/// after any prefix of them that holds all it was told to be safe, and with no other. A state is strings and
/// hashes by key, and when keys expire by `key!`.
final class RecordingClient {
    /// Longer than machines stand still under somebody else's load; with a server that was killed, nobody
    /// waits.
    static final int TIMEOUT_MILLIS = 120_000;

    private static final int KEYS = 24;
    private static final int MOST_PIPELINED = 8;
    private static final int VECTOR_BYTES = 32;
    private static final long FAR_MILLIS = 4_000_000_000_000L; // Unix time; nothing expires in the test.

    /// One thing that happens as a whole or not at all.
    private record Step(List<Object[]> commands, Consumer<Map<String, Object>> effect) {}

    /// What a kill left of the steps.
    ///
    /// @param lost answered steps that are gone
    /// @param lastKeptSent nano time when the last step that is surely there was sent
    /// @param firstLostAnswered nano time when the first step that is surely gone was answered
    record Outcome(int lost, long lastKeptSent, long firstLostAnswered) {}

    private final int number;
    private final Random random;
    private Map<String, Object> base = new TreeMap<>(); // What there was before the first step.
    private final List<Step> steps = new ArrayList<>();
    private final List<Long> sentAt = new ArrayList<>(); // Nano time, for each step.
    private final List<Long> answeredAt = new ArrayList<>(); // Nano time, for the first so many steps.

    RecordingClient(int number, long seed) {
        this.number = number;
        this.random = new Random(seed);
    }

    /// Writes until the connection breaks. Throws when the server does not answer.
    void writeUntilKilled(int port) {
        try (RespClient client = RespClient.connect(port)) {
            client.setTimeout(TIMEOUT_MILLIS);
            while (true) {
                int pipelined = 1 + random.nextInt(MOST_PIPELINED);
                List<Step> batch = new ArrayList<>();
                List<Object[]> commands = new ArrayList<>();
                long now = System.nanoTime();
                for (int i = 0; i < pipelined; i++) {
                    Step step = step();
                    batch.add(step);
                    commands.addAll(step.commands);
                    sentAt.add(now);
                }
                steps.addAll(batch); // Whatever is sent from here on may have happened.
                client.sendRaw(pipeline(commands));
                for (Step step : batch) {
                    Object reply = null;
                    for (int i = 0; i < step.commands.size(); i++) {
                        reply = client.read();
                    }
                    if (reply instanceof RespClient.ErrorReply error
                            && !error.message().equals("ERR no such key")) { // RENAME
                        throw new AssertionError(error.message());
                    }
                    answeredAt.add(System.nanoTime());
                }
            }
        } catch (UncheckedIOException dead) {
            if (dead.getCause() instanceof SocketTimeoutException) {
                throw dead;
            } // Else what was not answered may or may not be there.
        }
    }

    private static byte[] pipeline(List<Object[]> commands) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        commands.forEach(command -> bytes.writeBytes(RespClient.request(command)));
        return bytes.toByteArray();
    }

    private Step step() {
        String key = number + ":k" + random.nextInt(KEYS);
        String text = "v" + random.nextInt(1_000_000) + " "
                + "x".repeat(random.nextInt(random.nextInt(30) == 0 ? 9_000 : 80));
        return switch (random.nextInt(11)) {
            case 0, 1, 2 ->
                new Step(one("SET", key, text), state -> {
                    state.put(key, text);
                    state.remove(key + "!");
                });
            case 3 ->
                new Step(one("DEL", key, "h" + key), state -> {
                    remove(state, key);
                    remove(state, "h" + key);
                });
            case 4 ->
                new Step(one("APPEND", key, text), state -> state.merge(key, text, (old, more) -> old + "" + more));
            case 5, 6 -> {
                byte[] vector = new byte[VECTOR_BYTES];
                for (int i = 0; i < VECTOR_BYTES; i++) {
                    vector[i] = (byte) (i % 4 == 3 ? 0x3f : random.nextInt(128));
                }
                yield new Step(
                        one("HSET", "h" + key, "t", text, "vec", vector),
                        state -> hash(state, "h" + key)
                                .putAll(Map.of("t", text, "vec", new String(vector, StandardCharsets.ISO_8859_1))));
            }
            case 7 ->
                new Step(one("HDEL", "h" + key, "t"), state -> {
                    Map<String, Object> hash = hash(state, "h" + key);
                    hash.remove("t");
                    if (hash.isEmpty()) {
                        remove(state, "h" + key);
                    }
                });
            case 8 -> {
                long at = FAR_MILLIS + random.nextInt(1_000_000);
                yield new Step(one("PEXPIREAT", "h" + key, at), state -> {
                    if (state.containsKey("h" + key)) {
                        state.put("h" + key + "!", at);
                    }
                });
            }
            case 9 -> {
                String other = number + ":k" + random.nextInt(KEYS);
                yield new Step(one("RENAME", "h" + key, "h" + other), state -> rename(state, "h" + key, "h" + other));
            }
            default ->
                new Step(
                        List.of(
                                new Object[] {"MULTI"},
                                new Object[] {"SET", number + ":a", text},
                                new Object[] {"HSET", "h" + number + ":b", "t", text},
                                new Object[] {"SET", number + ":c", text},
                                new Object[] {"EXEC"}),
                        state -> {
                            state.put(number + ":a", text);
                            hash(state, "h" + number + ":b").put("t", text);
                            state.put(number + ":c", text);
                        });
        };
    }

    private static List<Object[]> one(Object... command) {
        return List.<Object[]>of(command);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> hash(Map<String, Object> state, String key) {
        return (Map<String, Object>) state.computeIfAbsent(key, absent -> new TreeMap<String, Object>());
    }

    private static void remove(Map<String, Object> state, String key) {
        state.remove(key);
        state.remove(key + "!");
    }

    private static void rename(Map<String, Object> state, String from, String to) {
        Object value = state.get(from);
        if (value == null || from.equals(to)) {
            return;
        }
        Object expiry = state.get(from + "!");
        remove(state, from);
        remove(state, to);
        state.put(to, value);
        if (expiry != null) {
            state.put(to + "!", expiry);
        }
    }

    /// How many steps were answered.
    int answered() {
        return answeredAt.size();
    }

    /// Holds what the server came back with against what was promised, which is what was answered until
    /// `promisedUntil` (nano time), and goes on from there.
    Outcome check(RespClient client, long promisedUntil) {
        Map<String, Object> found = read(client);
        Map<String, Object> state = copy(base);
        int promised = 0;
        while (promised < answeredAt.size() && answeredAt.get(promised) <= promisedUntil) {
            promised++;
        }
        int least = -1; // The shortest prefix that fits, and the longest: steps may leave everything as it was.
        int most = -1;
        for (int done = 0; ; done++) {
            if (done >= promised && state.equals(found)) {
                least = least < 0 ? done : least;
                most = done;
            }
            if (done == steps.size()) {
                break;
            }
            steps.get(done).effect.accept(state);
        }
        if (most < 0) {
            throw new AssertionError("client " + number + ": the server has the state after no prefix of its "
                    + steps.size() + " steps with the " + promised + " that were promised\nfound:  " + found
                    + "\nall:    " + state);
        }
        Outcome outcome = new Outcome(
                Math.max(0, answeredAt.size() - most),
                least == 0 ? Long.MIN_VALUE : sentAt.get(least - 1),
                most < answeredAt.size() ? answeredAt.get(most) : Long.MAX_VALUE);
        base = found;
        steps.clear();
        sentAt.clear();
        answeredAt.clear();
        return outcome;
    }

    private Map<String, Object> read(RespClient client) {
        List<String> keys = new ArrayList<>(List.of(number + ":a", number + ":b", number + ":c"));
        for (int i = 0; i < KEYS; i++) {
            keys.add(number + ":k" + i);
        }
        List<Object[]> commands = new ArrayList<>();
        for (String key : keys) {
            commands.add(new Object[] {"GET", key});
            commands.add(new Object[] {"HGETALL", "h" + key});
            commands.add(new Object[] {"PEXPIRETIME", "h" + key});
        }
        client.sendRaw(pipeline(commands));
        Map<String, Object> found = new TreeMap<>();
        for (String key : keys) {
            Object value = client.read();
            if (value != null) {
                found.put(key, value);
            }
            List<?> pairs = (List<?>) client.read();
            for (int i = 0; i < pairs.size(); i += 2) {
                hash(found, "h" + key).put(String.valueOf(pairs.get(i)), pairs.get(i + 1));
            }
            if (client.read() instanceof Long at && at >= 0) {
                found.put("h" + key + "!", at);
            }
        }
        return found;
    }

    private static Map<String, Object> copy(Map<String, Object> state) {
        Map<String, Object> copy = new TreeMap<>();
        state.forEach((key, value) -> copy.put(key, value instanceof Map<?, ?> map ? new TreeMap<>(map) : value));
        return copy;
    }

    /// Hashes that the server has now, by key, their fields as they were read.
    Map<String, Map<String, Object>> hashes() {
        Map<String, Map<String, Object>> hashes = new TreeMap<>();
        base.forEach((key, value) -> {
            if (value instanceof Map<?, ?>) {
                hashes.put(key, hash(base, key));
            }
        });
        return hashes;
    }
}
