package io.nuthatch.redistests.durability;

import io.nuthatch.redistests.RespClient;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/// A client that writes keys of its own and remembers every answer, until the server dies.
///
/// What it did is a list of steps, each a command or a whole MULTI; the server may come back with the state
/// after any prefix of them that holds all it was told to be safe, and with no other.
final class RecordingClient {
    private static final int KEYS = 12;
    private static final int MOST_PIPELINED = 8;
    private static final int VECTOR_BYTES = 32;

    /// One thing that happens as a whole or not at all.
    private record Step(List<Object[]> commands, Consumer<Map<String, Object>> effect) {}

    private final int number;
    private final Random random;
    private Map<String, Object> base = new TreeMap<>(); // What there was before the first step.
    private final List<Step> steps = new ArrayList<>();
    private final List<Long> answeredAt = new ArrayList<>(); // Nano time, for the first so many steps.

    RecordingClient(int number, long seed) {
        this.number = number;
        this.random = new Random(seed);
    }

    /// Writes until the connection breaks.
    void writeUntilKilled(int port) {
        try (RespClient client = RespClient.connect(port)) {
            while (true) {
                int pipelined = 1 + random.nextInt(MOST_PIPELINED);
                List<Step> batch = new ArrayList<>();
                for (int i = 0; i < pipelined; i++) {
                    batch.add(step());
                }
                steps.addAll(batch); // Whatever is sent from here on may have happened.
                for (Step step : batch) {
                    for (Object[] command : step.commands) {
                        client.send(command);
                    }
                }
                for (Step step : batch) {
                    Object reply = null;
                    for (int i = 0; i < step.commands.size(); i++) {
                        reply = client.read();
                    }
                    if (reply instanceof RespClient.ErrorReply error) {
                        throw new AssertionError(error.message());
                    }
                    answeredAt.add(System.nanoTime());
                }
            }
        } catch (UncheckedIOException dead) {
            // What was not answered may or may not be there.
        }
    }

    private Step step() {
        String key = number + ":k" + random.nextInt(KEYS);
        String text =
                "v" + random.nextInt(1_000_000) + "x".repeat(random.nextInt(random.nextInt(30) == 0 ? 9_000 : 80));
        return switch (random.nextInt(9)) {
            case 0, 1, 2 -> new Step(one("SET", key, text), state -> state.put(key, text));
            case 3 ->
                new Step(one("DEL", key, "h" + key), state -> {
                    state.remove(key);
                    state.remove("h" + key);
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
                        state.remove("h" + key);
                    }
                });
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

    /// How many steps were answered.
    int answered() {
        return answeredAt.size();
    }

    /// Holds what the server came back with against what was promised, and goes on from there. Returns how
    /// many answered steps were lost, which must have been answered after `promisedUntil` (nano time).
    int check(RespClient client, long promisedUntil) {
        Map<String, Object> found = read(client);
        Map<String, Object> state = copy(base);
        int promised = 0;
        while (promised < answeredAt.size() && answeredAt.get(promised) <= promisedUntil) {
            promised++;
        }
        int match = -1;
        for (int done = 0; ; done++) {
            if (done >= promised && state.equals(found)) {
                match = done; // The longest prefix that fits: steps may leave everything as it was.
            }
            if (done == steps.size()) {
                break;
            }
            steps.get(done).effect.accept(state);
        }
        if (match < 0) {
            throw new AssertionError("client " + number + ": the server has the state after no prefix of its "
                    + steps.size() + " steps with the " + promised + " that were promised\nfound:  " + found
                    + "\nall:    " + state);
        }
        int lost = Math.max(0, answeredAt.size() - match);
        base = found;
        steps.clear();
        answeredAt.clear();
        return lost;
    }

    private Map<String, Object> read(RespClient client) {
        Map<String, Object> found = new TreeMap<>();
        List<String> keys = new ArrayList<>(List.of(number + ":a", number + ":b", number + ":c"));
        for (int i = 0; i < KEYS; i++) {
            keys.add(number + ":k" + i);
        }
        for (String key : keys) {
            Object value = client.call("GET", key);
            if (value != null) {
                found.put(key, value);
            }
            List<?> pairs = (List<?>) client.call("HGETALL", "h" + key);
            for (int i = 0; i < pairs.size(); i += 2) {
                hash(found, "h" + key).put(String.valueOf(pairs.get(i)), pairs.get(i + 1));
            }
        }
        return found;
    }

    private static Map<String, Object> copy(Map<String, Object> state) {
        Map<String, Object> copy = new TreeMap<>();
        state.forEach((key, value) -> copy.put(key, value instanceof Map<?, ?> map ? new TreeMap<>(map) : value));
        return copy;
    }

    /// Vectors of the documents that the server has now, by key.
    Map<String, byte[]> vectors() {
        Map<String, byte[]> vectors = new TreeMap<>();
        base.forEach((key, value) -> {
            if (value instanceof Map<?, ?> hash && hash.get("vec") instanceof String vector) {
                vectors.put(key, vector.getBytes(StandardCharsets.ISO_8859_1));
            }
        });
        return vectors;
    }

    @Override
    public String toString() {
        return "client " + number + " " + Arrays.asList(steps.size(), answeredAt.size());
    }
}
