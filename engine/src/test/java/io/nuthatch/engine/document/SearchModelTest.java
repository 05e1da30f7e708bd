package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random writes against a map, random queries against brute force over it.
class SearchModelTest {
    private static final int DIM = 4;
    private static final String[] WORDS = {
        "alpha", "beta", "gamma", "delta", "run", "running", "runs", "runner", "cat", "cats", "algebra"
    };
    private static final String[] TAGS = {"red", "Green", "blue", "a-b", "x y", "redder"};

    @Test
    void everyQueryFindsWhatBruteForceFinds() {
        long base = Long.getLong("nuthatch.seed", 0x5eed);
        int runs = Integer.getInteger("nuthatch.runs", 4);
        for (int run = 0; run < runs; run++) {
            long seed = base + run;
            try (Model model = new Model(new Random(seed), run % 2 == 0 ? Algorithm.FLAT : Algorithm.HNSW)) {
                model.run(1_500);
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError("reproduce with -Dnuthatch.runs=1 -Dnuthatch.seed=" + seed, failure);
            }
        }
    }

    /// A query and what it means.
    private record Question(String query, Predicate<Map<String, String>> matches) {}

    private static final class Model implements AutoCloseable {
        private final Random random;
        private final boolean isExact;
        private final TestStore store = new TestStore();
        private final Map<String, Map<String, String>> hashes = new TreeMap<>();
        private final Map<String, Long> expiry = new HashMap<>();
        private final Map<String, Map<String, Long>> fieldExpiry = new HashMap<>();
        private final Set<String> others = new TreeSet<>();

        Model(Random random, Algorithm algorithm) {
            this.random = random;
            this.isExact = algorithm == Algorithm.FLAT;
            store.indexes.create(definition("i", "d:", algorithm), false);
            store.runBackground();
        }

        private static IndexDefinition definition(String name, String prefix, Algorithm algorithm) {
            return IndexDefinition.of(
                    name,
                    List.of(prefix),
                    List.of(
                            IndexesTest.field("t", new FieldType.Text(1, false), FieldSpec.Flag.INDEXMISSING),
                            IndexesTest.field("u", new FieldType.Text(1, true)),
                            IndexesTest.field("g", FieldType.Tag.DEFAULT, FieldSpec.Flag.SORTABLE),
                            IndexesTest.field("n", new FieldType.Numeric()),
                            IndexesTest.field(
                                    "v", FieldType.Vector.of(algorithm, VectorType.FLOAT32, DIM, Metric.L2))));
        }

        void run(int steps) {
            for (int step = 0; step < steps; step++) {
                write();
                if (random.nextInt(4) == 0) {
                    ask();
                }
                if (random.nextInt(50) == 0) {
                    store.runBackground();
                }
                if (random.nextInt(100) == 0) {
                    toggleOtherIndex();
                }
            }
            readAll();
            for (String name : store.indexes.names()) {
                for (IndexField field : store.index(name).fields()) {
                    IndexField.VectorField vector = field.vector();
                    if (vector != null) {
                        store.runBackground();
                        assertThat(vector.index().invariants()).isEmpty();
                    }
                }
            }
            if (random.nextBoolean()) {
                store.flushAll();
            } else {
                for (String name : store.indexes.names()) {
                    store.indexes.drop(name, Indexes.Drop.KEEP_DOCUMENTS);
                }
                store.runBackground();
                readAll();
            }
            store.runBackground();
            assertThat(store.account.byOwner().keySet()).containsExactly("keyspace");
        }

        /// Another index over the same prefix shares rows and ordinals, one over some of the keys has its
        /// own.
        private void toggleOtherIndex() {
            String name = random.nextBoolean() ? "second" : "part";
            if (others.remove(name)) {
                store.indexes.drop(name, Indexes.Drop.KEEP_DOCUMENTS);
            } else {
                others.add(name);
                Algorithm algorithm = random.nextBoolean() ? Algorithm.FLAT : Algorithm.HNSW;
                store.indexes.create(definition(name, name.equals("part") ? "d:1" : "d:", algorithm), false);
            }
            if (random.nextBoolean()) {
                write();
                write();
            }
            store.runBackground();
        }

        private static boolean covers(String index, String key) {
            return !index.equals("part") || key.startsWith("d:1");
        }

        // --- Writes ---

        private void write() {
            String key = "d:" + random.nextInt(60);
            expire();
            switch (random.nextInt(16)) {
                case 0 -> {
                    store.del(key);
                    forget(key);
                }
                case 1 -> {
                    String field = List.of("t", "g", "n", "v").get(random.nextInt(4));
                    store.hdel(key, field);
                    removeField(key, field);
                }
                case 2 -> {
                    if (hashes.containsKey(key)) {
                        long at = store.now.get() + 1 + random.nextInt(30);
                        store.expireAt(key, at);
                        expiry.put(key, at);
                    }
                }
                case 12, 13 -> rename(key, "d:" + random.nextInt(60), random.nextBoolean());
                case 14 -> {
                    String field = List.of("t", "g", "n", "v").get(random.nextInt(4));
                    Map<String, String> hash = hashes.get(key);
                    if (hash != null && hash.containsKey(field)) {
                        long at = store.now.get() + 1 + random.nextInt(20);
                        store.expireFieldAt(key, field, at);
                        fieldExpiry
                                .computeIfAbsent(key, absent -> new HashMap<>())
                                .put(field, at);
                    }
                }
                case 3 -> store.now.addAndGet(random.nextInt(4));
                case 4, 5, 6 -> put(key, one());
                default -> put(key, all());
            }
        }

        private void put(String key, Map<String, String> fields) {
            List<String> pairs = new ArrayList<>();
            fields.forEach((name, value) -> {
                pairs.add(name);
                pairs.add(value);
            });
            store.hset(key, pairs.toArray(new String[0]));
            hashes.computeIfAbsent(key, absent -> new HashMap<>()).putAll(fields);
            Map<String, Long> times = fieldExpiry.get(key);
            if (times != null) {
                times.keySet().removeAll(fields.keySet());
            }
        }

        private void rename(String from, String to, boolean keep) {
            if (from.equals(to)) {
                return;
            }
            boolean done = store.rename(from, to, keep);
            assertThat(done).isEqualTo(hashes.containsKey(from));
            Map<String, String> hash = hashes.get(from);
            if (hash == null) {
                return;
            }
            Long at = expiry.get(from);
            Map<String, Long> times = fieldExpiry.get(from);
            forget(to);
            hashes.put(to, new HashMap<>(hash));
            if (at != null) {
                expiry.put(to, at);
            }
            if (times != null) {
                fieldExpiry.put(to, new HashMap<>(times));
            }
            if (!keep) {
                forget(from);
            }
        }

        private void forget(String key) {
            hashes.remove(key);
            expiry.remove(key);
            fieldExpiry.remove(key);
        }

        private void removeField(String key, String field) {
            Map<String, String> hash = hashes.get(key);
            if (hash != null) {
                hash.remove(field);
                Map<String, Long> times = fieldExpiry.get(key);
                if (times != null) {
                    times.remove(field);
                }
                if (hash.isEmpty()) {
                    forget(key);
                }
            }
        }

        private void expire() {
            for (String key : List.copyOf(hashes.keySet())) {
                Map<String, Long> times = fieldExpiry.get(key);
                Map<String, String> hash = hashes.get(key);
                if (times != null && hash != null) {
                    if (!isIndexed(hash)) {
                        store.touch(key); // No document: its fields expire when somebody looks, as in Redis.
                    }
                    Map.copyOf(times).forEach((field, at) -> {
                        if (at <= store.now.get()) {
                            removeField(key, field);
                        }
                    });
                }
                Long at = expiry.get(key);
                if (at != null && at <= store.now.get()) {
                    forget(key);
                }
            }
        }

        private Map<String, String> one() {
            return switch (random.nextInt(5)) {
                case 0 -> Map.of("t", text());
                case 1 -> Map.of("u", text());
                case 2 -> Map.of("g", tags());
                case 3 -> Map.of("n", number());
                default -> Map.of("v", vector());
            };
        }

        private Map<String, String> all() {
            Map<String, String> fields = new HashMap<>(Map.of("g", tags(), "n", number(), "v", vector()));
            if (random.nextInt(4) > 0) {
                fields.put("t", text());
            }
            if (random.nextBoolean()) {
                fields.put("u", text());
            }
            return fields;
        }

        private String text() {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(6); i >= 0; i--) {
                text.append(WORDS[random.nextInt(WORDS.length)]).append(random.nextInt(5) == 0 ? ", " : " ");
            }
            return text.toString();
        }

        private String tags() {
            StringBuilder tags = new StringBuilder(TAGS[random.nextInt(TAGS.length)]);
            while (random.nextInt(3) == 0) {
                tags.append(", ").append(TAGS[random.nextInt(TAGS.length)]);
            }
            return tags.toString();
        }

        private String number() {
            return random.nextInt(40) == 0 ? "none" : "" + (random.nextInt(41) - 20) / 2.0;
        }

        private String vector() {
            if (random.nextInt(40) == 0) {
                return random.nextBoolean() ? "short" : TestStore.vector(1, Float.NaN, 1, 1);
            }
            float[] components = new float[DIM];
            for (int i = 0; i < DIM; i++) {
                components[i] = random.nextInt(21) - 10;
            }
            return TestStore.vector(components);
        }

        // --- The model ---

        private static boolean isIndexed(Map<String, String> hash) {
            String number = hash.get("n");
            String vector = hash.get("v");
            return !"none".equals(number) && (vector == null || floats(vector) != null);
        }

        private static float @Nullable [] floats(String vector) {
            if (vector.length() != 4 * DIM) {
                return null;
            }
            float[] floats = new float[DIM];
            ByteBuffer.wrap(ByteStrings.bytes(vector))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(floats);
            for (float component : floats) {
                if (!Float.isFinite(component)) {
                    return null;
                }
            }
            return floats;
        }

        private static List<String> words(@Nullable String text) {
            return text == null
                    ? List.of()
                    : List.of(text.replace(",", "").trim().split(" +"));
        }

        private static Set<String> tagsOf(Map<String, String> hash) {
            Set<String> tags = new HashSet<>();
            String text = hash.get("g");
            if (text != null) {
                for (String tag : text.toLowerCase(Locale.ROOT).split(",")) {
                    tags.add(tag.trim());
                }
            }
            return tags;
        }

        /// Words of a stemmed field that match `word`.
        private static Set<String> forms(String word) {
            return switch (word) {
                case "run", "running", "runs" -> Set.of("run", "running", "runs");
                case "cat", "cats" -> Set.of("cat", "cats");
                default -> Set.of(word);
            };
        }

        private static boolean hasAny(List<String> words, Set<String> wanted) {
            return words.stream().anyMatch(wanted::contains);
        }

        private Set<String> expected(String index, Predicate<Map<String, String>> matches) {
            Set<String> keys = new TreeSet<>();
            hashes.forEach((key, hash) -> {
                if (covers(index, key) && isIndexed(hash) && matches.test(hash)) {
                    keys.add(key);
                }
            });
            return keys;
        }

        // --- Questions ---

        private Question question(int depth) {
            int kind = random.nextInt(depth > 0 ? 13 : 10);
            switch (kind) {
                case 0 -> {
                    String word = word();
                    return new Question("@t:" + word, hash -> hasAny(words(hash.get("t")), forms(word)));
                }
                case 1 -> {
                    String word = word();
                    return new Question(
                            "@u:" + word, hash -> words(hash.get("u")).contains(word));
                }
                case 2 -> {
                    String word = word();
                    return new Question(
                            "(" + word + ")",
                            hash -> hasAny(words(hash.get("t")), forms(word))
                                    || words(hash.get("u")).contains(word));
                }
                case 3 -> {
                    String prefix = List.of("al", "alp", "run", "ca", "zz").get(random.nextInt(5));
                    return new Question(
                            "@t:" + prefix + "*",
                            hash -> words(hash.get("t")).stream().anyMatch(word -> word.startsWith(prefix)));
                }
                case 4 -> {
                    String one = word();
                    String two = word();
                    return new Question("@t:\"" + one + " " + two + "\"", hash -> {
                        List<String> words = words(hash.get("t"));
                        for (int i = 0; i + 1 < words.size(); i++) {
                            if (words.get(i).equals(one) && words.get(i + 1).equals(two)) {
                                return true;
                            }
                        }
                        return false;
                    });
                }
                case 5 -> {
                    String tag = TAGS[random.nextInt(TAGS.length)];
                    String other = TAGS[random.nextInt(TAGS.length)];
                    return new Question(
                            "@g:{" + tag + " | " + other.replace("-", "\\-") + "}",
                            hash -> tagsOf(hash).contains(tag.toLowerCase(Locale.ROOT))
                                    || tagsOf(hash).contains(other.toLowerCase(Locale.ROOT)));
                }
                case 6 -> {
                    return new Question(
                            "@g:{re*}", hash -> tagsOf(hash).stream().anyMatch(tag -> tag.startsWith("re")));
                }
                case 7 -> {
                    double min = (random.nextInt(41) - 20) / 2.0;
                    double max = min + random.nextInt(10) / 2.0;
                    boolean open = random.nextBoolean();
                    return new Question("@n:[" + (open ? "(" : "") + min + " " + max + "]", hash -> {
                        String text = hash.get("n");
                        if (text == null) {
                            return false;
                        }
                        double value = Double.parseDouble(text);
                        return (open ? value > min : value >= min) && value <= max;
                    });
                }
                case 8 -> {
                    return new Question("ismissing(@t)", hash -> !hash.containsKey("t"));
                }
                case 9 -> {
                    if (!isExact) {
                        return new Question("@bad:{x}", hash -> false);
                    }
                    return new Question("@v:[VECTOR_RANGE 120 $b]", hash -> {
                        String vector = hash.get("v");
                        return vector != null && distance(vector) <= 120;
                    });
                }
                case 10 -> {
                    Question one = question(depth - 1);
                    return new Question("-(" + one.query + ")", hash -> !one.matches.test(hash));
                }
                case 11 -> {
                    Question one = question(depth - 1);
                    Question two = question(depth - 1);
                    return new Question(
                            "(" + one.query + " " + two.query + ")",
                            hash -> one.matches.test(hash) && two.matches.test(hash));
                }
                default -> {
                    Question one = question(depth - 1);
                    Question two = question(depth - 1);
                    return new Question(
                            "(" + one.query + " | " + two.query + ")",
                            hash -> one.matches.test(hash) || two.matches.test(hash));
                }
            }
        }

        private String word() {
            return WORDS[random.nextInt(WORDS.length)];
        }

        private static final float[] ORIGIN = {1, -2, 3, 0};

        private static double distance(String vector) {
            float[] components = floats(vector);
            assertThat(components).isNotNull();
            double sum = 0;
            for (int i = 0; i < DIM; i++) {
                sum += (components[i] - ORIGIN[i]) * (components[i] - ORIGIN[i]);
            }
            return sum;
        }

        private void ask() {
            expire();
            Question question = question(3);
            for (String name : store.indexes.names()) {
                Set<String> expected = expected(name, question.matches);
                SearchResult result = store.search(name, question.query, "b", TestStore.vector(ORIGIN));
                assertThat(new TreeSet<>(TestStore.keys(result)))
                        .describedAs("%s: %s", name, question.query)
                        .isEqualTo(expected);
                assertThat(result.total()).isEqualTo(expected.size());
                assertThat(store.first(0, name, question.query, "b", TestStore.vector(ORIGIN))
                                .total())
                        .isEqualTo(expected.size());
                nearest(name, question);
                sorted(name, question, expected);
                assertThat(store.index(name).info().numDocs())
                        .isEqualTo(expected(name, hash -> true).size());
            }
        }

        private void nearest(String name, Question question) {
            List<Double> expected = new ArrayList<>();
            for (String key : expected(name, hash -> hash.containsKey("v") && question.matches.test(hash))) {
                String vector = hashes.get(key).get("v");
                expected.add(vector == null ? Double.NaN : distance(vector));
            }
            expected.sort(null);
            int k = 1 + random.nextInt(12);
            SearchResult result = store.search(
                    name, "(" + question.query + ")=>[KNN " + k + " @v $b AS dist]", "b", TestStore.vector(ORIGIN));
            double[] distances = result.hits().stream()
                    .mapToDouble(hit -> hit.distances()[result.distanceNames().indexOf("dist")])
                    .toArray();
            assertThat(distances).hasSize(Math.min(k, expected.size()));
            double[] wanted =
                    expected.stream().limit(k).mapToDouble(Double::doubleValue).toArray();
            // So few documents are always scanned, whatever the index.
            assertThat(distances).describedAs(question.query).isEqualTo(wanted);
            for (SearchResult.Hit hit : result.hits()) {
                Map<String, String> hash = hashes.get(ByteStrings.of(hit.key()));
                assertThat(hash).isNotNull();
                assertThat(question.matches.test(hash)).isTrue();
            }
        }

        private void sorted(String name, Question question, Set<String> expected) {
            String by = random.nextBoolean() ? "n" : random.nextBoolean() ? "g" : "u";
            boolean ascending = random.nextBoolean();
            int offset = random.nextInt(5);
            int limit = 1 + random.nextInt(10);
            Query query = store.index(name)
                    .parse(question.query, Map.of("b", ByteStrings.bytes(TestStore.vector(ORIGIN))), 2);
            SearchResult result = store.index(name)
                    .search(new SearchRequest(
                            query,
                            offset,
                            limit,
                            new SearchRequest.SortBy(by, ascending),
                            SearchRequest.Scorer.BM25STD,
                            false,
                            null,
                            null,
                            false,
                            Long.MAX_VALUE));
            List<String> values = new ArrayList<>();
            for (String key : expected) {
                String value = hashes.get(key).get(by);
                values.add(value == null ? "" : value);
            }
            values.sort((a, b) -> {
                if (a.isEmpty() || b.isEmpty()) {
                    return Boolean.compare(a.isEmpty(), b.isEmpty());
                }
                int order = by.equals("n")
                        ? Double.compare(Double.parseDouble(a), Double.parseDouble(b))
                        : a.toLowerCase(Locale.ROOT).compareTo(b.toLowerCase(Locale.ROOT));
                return ascending ? order : -order;
            });
            List<String> found = new ArrayList<>();
            for (SearchResult.Hit hit : result.hits()) {
                Map<String, String> hash = hashes.get(ByteStrings.of(hit.key()));
                String value = hash == null ? null : hash.get(by);
                found.add(value == null ? "" : value.toLowerCase(Locale.ROOT));
            }
            assertThat(found)
                    .describedAs("%s by %s", question.query, by)
                    .isEqualTo(values.stream()
                            .skip(offset)
                            .limit(limit)
                            .map(value -> value.toLowerCase(Locale.ROOT))
                            .toList());
        }

        private void readAll() {
            expire();
            hashes.forEach((key, hash) -> assertThat(store.hgetall(key)).isEqualTo(hash));
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
