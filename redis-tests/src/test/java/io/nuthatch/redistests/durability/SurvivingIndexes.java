package io.nuthatch.redistests.durability;

import static io.nuthatch.redistests.Floats.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nuthatch.redistests.RespClient;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Holds the answers of the indexes that came back after a crash against those of one that is made anew, and
/// both against a look at all documents.
final class SurvivingIndexes {
    private static final int QUERIES = 10;
    private static final int NEAREST = 5;
    private static final int FLOATS = 8;
    private static final String FRESH = "fresh";

    private final RespClient client;
    private final Random random;
    private final Map<String, String> words = new TreeMap<>(); // The first of each text, by key.
    private final Map<String, float[]> vectors = new TreeMap<>();

    /// `hashes`: all that the server has, with their fields.
    SurvivingIndexes(RespClient client, Map<String, Map<String, Object>> hashes, Random random) {
        this.client = client;
        this.random = random;
        hashes.forEach((key, fields) -> {
            if (fields.get("t") instanceof String text) {
                words.put(key, text.substring(0, text.indexOf(' ')));
            }
            if (fields.get("vec") instanceof String vector) {
                vectors.put(key, floats(vector.getBytes(StandardCharsets.ISO_8859_1)));
            }
        });
    }

    /// Makes an index of the hashes' two fields. False when there is one of that name.
    static boolean create(RespClient client, String name) {
        Object reply = client.call(
                "FT.CREATE",
                name,
                "SCHEMA",
                "t",
                "TEXT",
                "vec",
                "VECTOR",
                "HNSW",
                6,
                "TYPE",
                "FLOAT32",
                "DIM",
                FLOATS,
                "DISTANCE_METRIC",
                "L2");
        return !(reply instanceof RespClient.ErrorReply);
    }

    void check(String when) {
        client.call("FT.DROPINDEX", FRESH); // Dropped in the round before; the kill may have undone that.
        List<?> names = (List<?>) client.call("FT._LIST");
        assertThat(create(client, FRESH)).isTrue();
        int wanted = QUERIES * Math.min(NEAREST, vectors.size());
        float[][] queries = new float[QUERIES][];
        for (int i = 0; i < QUERIES; i++) {
            queries[i] = new float[FLOATS];
            for (int j = 0; j < FLOATS; j++) {
                queries[i][j] = 0.5f + random.nextFloat();
            }
        }
        int anew = found(FRESH, queries, when);
        for (Object name : names) {
            assertThat((double) found(String.valueOf(name), queries, when))
                    .as(when + ": nearest documents that " + name + " finds, of " + wanted + "; one made anew finds "
                            + anew)
                    .isGreaterThanOrEqualTo(anew - 0.01 * wanted);
        }
        client.call("FT.DROPINDEX", FRESH);
    }

    /// How many of the nearest documents the index finds. What else it says is exact, or this throws.
    private int found(String index, float[][] queries, String when) {
        while (!isScanned(index)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        String as = when + ", " + index;
        assertThat(nearest(index, new float[FLOATS], vectors.size() + 10))
                .as(as + ": documents with vectors")
                .containsOnlyKeys(vectors.keySet());
        for (String word : words.values().stream().limit(NEAREST).toList()) {
            assertThat(keysOf(index, "@t:" + word))
                    .as(as + ": documents with the word " + word)
                    .containsExactlyInAnyOrderElementsOf(words.keySet().stream()
                            .filter(key -> words.get(key).equals(word))
                            .toList());
        }
        int found = 0;
        for (float[] query : queries) {
            Map<String, Double> answer = nearest(index, query, NEAREST);
            answer.forEach((key, score) ->
                    assertThat(score).as(as + ": distance of " + key).isCloseTo(distance(query, key), within(1e-4)));
            found += (int) vectors.keySet().stream()
                    .sorted(Comparator.comparingDouble(key -> distance(query, key)))
                    .limit(NEAREST)
                    .filter(answer::containsKey)
                    .count();
        }
        return found;
    }

    private boolean isScanned(String index) {
        List<?> info = (List<?>) client.call("FT.INFO", index);
        return String.valueOf(info.get(info.indexOf("percent_indexed") + 1)).equals("1");
    }

    private double distance(float[] query, String key) {
        float[] vector = vectors.get(key);
        double sum = 0;
        for (int i = 0; i < FLOATS; i++) {
            double difference = query[i] - vector[i];
            sum += difference * difference;
        }
        return sum;
    }

    private List<String> keysOf(String index, String query) {
        List<?> reply = (List<?>) client.call("FT.SEARCH", index, query, "NOCONTENT", "LIMIT", 0, 1000, "DIALECT", 2);
        return reply.subList(1, reply.size()).stream().map(String::valueOf).toList();
    }

    /// Distances by key.
    private Map<String, Double> nearest(String index, float[] query, int count) {
        List<?> reply = (List<?>) client.call(
                "FT.SEARCH",
                index,
                "*=>[KNN " + count + " @vec $v AS score]",
                "PARAMS",
                2,
                "v",
                bytes(query),
                "RETURN",
                1,
                "score",
                "LIMIT",
                0,
                count,
                "DIALECT",
                2);
        Map<String, Double> found = new LinkedHashMap<>();
        for (int i = 1; i < reply.size(); i += 2) {
            found.put(
                    String.valueOf(reply.get(i)), Double.valueOf(String.valueOf(((List<?>) reply.get(i + 1)).get(1))));
        }
        return found;
    }

    private static float[] floats(byte[] bytes) {
        float[] floats = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }
}
