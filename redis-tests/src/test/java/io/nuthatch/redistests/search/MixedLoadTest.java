package io.nuthatch.redistests.search;

import static io.nuthatch.redistests.Floats.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.RespClient.ErrorReply;
import io.nuthatch.redistests.SimulatedClock;
import io.nuthatch.redistests.TestServer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Mixed load from several clients at once, against a brute-force model: upserts, partial updates, deletes,
/// expiry, searches of every kind, an index that is dropped and created again and again, and FLUSHALL now and
/// then.
///
/// Each writer owns its keys, so it knows what each must be at any time, and asks. Between rounds everything
/// stands still, and every answer is compared with a full scan of the model. At the end the graphs'
/// invariants hold, and after FLUSHALL the indexes have given back every byte.
///
/// `-Dnuthatch.soak.seconds` is its length (`-Pstress`: ten minutes), `-Dnuthatch.seed` its seed.
class MixedLoadTest {
    private static final int SECONDS = Integer.getInteger("nuthatch.soak.seconds", 10);
    private static final int WRITERS = 3;
    private static final int KEYS = 1_000; // per writer
    private static final int DIM = 24;
    private static final int K = 10;
    private static final int QUERIES = 12; // per check
    private static final int TAGS = 20;
    private static final int NUMBERS = 1_000;
    private static final long ROUND_MILLIS = 400;
    private static final String SCHEMA =
            "id TAG g TAG n NUMERIC SORTABLE t TEXT v VECTOR %s TYPE FLOAT32 DIM " + DIM + " DISTANCE_METRIC L2 %s";
    private static final List<String> INDEXES = List.of("hnsw", "flat", "churn");

    private final long seed = Long.decode(System.getProperty("nuthatch.seed", Long.toString(System.nanoTime())));
    private final SimulatedClock clock = new SimulatedClock(1_700_000_000_000L);
    private final Tally knn = new Tally();
    private final Tally filtered = new Tally();
    private final Tally range = new Tally();

    /// How many of the true neighbours were found.
    private static final class Tally {
        private int right;
        private int all;

        double recall() {
            return all == 0 ? 1 : (double) right / all;
        }
    }

    /// What a document must be.
    private record Doc(String key, float[] vector, String tag, int number, long expireAt) {
        boolean isAlive(long now) {
            return expireAt == 0 || expireAt > now;
        }

        double distance(float[] query) {
            double sum = 0;
            for (int i = 0; i < query.length; i++) {
                double difference = (double) query[i] - vector[i];
                sum += difference * difference;
            }
            return sum;
        }
    }

    private record Hit(String key, double distance) {}

    @Test
    void everyAnswerAgreesWithAFullScan() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try (TestServer server = TestServer.start(clock);
                ExecutorService threads = Executors.newCachedThreadPool();
                RespClient client = server.connect()) {
            Random random = new Random(seed);
            List<Writer> writers = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                writers.add(new Writer(w, new Random(seed + 1 + w), server.connect()));
            }
            client.call("FLUSHALL");
            create(client);
            int rounds = 0;
            do {
                round(server, threads, writers, new Random(random.nextLong()));
                check(server, client, writers, random);
                rounds++;
                if (rounds % 25 == 0) {
                    flush(server, client, writers);
                    create(client);
                }
            } while (System.nanoTime() < deadline);
            for (String name : INDEXES) {
                assertThat(index(server, name).invariants()).as(name).isEmpty();
            }
            flush(server, client, writers);
            writers.forEach(Writer::close);
            assertThat(knn.recall()).as("recall of KNN").isGreaterThan(0.97);
            assertThat(filtered.recall()).as("recall of filtered KNN").isGreaterThan(0.97);
            assertThat(range.recall()).as("recall of ranges").isGreaterThan(0.9);
        } catch (AssertionError | Exception failure) {
            throw new AssertionError("reproduce with -Dnuthatch.seed=" + seed + ": " + failure.getMessage(), failure);
        }
    }

    private static SearchIndex index(TestServer server, String name) {
        return Objects.requireNonNull(server.server().indexes().find(name), name);
    }

    private static void create(RespClient client) {
        create(client, "hnsw", "HNSW 10", "M 16 EF_RUNTIME 100");
        create(client, "flat", "FLAT 6", "");
        create(client, "churn", "HNSW 10", "M 8 EF_RUNTIME 100");
    }

    private static void create(RespClient client, String name, String algorithm, String options) {
        String command = ("FT.CREATE " + name + " PREFIX 1 d: SCHEMA " + SCHEMA.formatted(algorithm, options)).trim();
        assertThat(client.call((Object[]) command.split(" +"))).as(command).isEqualTo("OK");
    }

    // --- Load -------------------------------------------------------------------------------------------------------

    private void round(TestServer server, ExecutorService threads, List<Writer> writers, Random random)
            throws InterruptedException, ExecutionException {
        long ends = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ROUND_MILLIS);
        List<Future<?>> running = new ArrayList<>();
        for (Writer writer : writers) {
            running.add(threads.submit(() -> writer.run(ends)));
        }
        Random searcher = new Random(random.nextLong());
        running.add(threads.submit(() -> search(server, searcher, ends)));
        Random churner = new Random(random.nextLong());
        running.add(threads.submit(() -> churn(server, churner, ends)));
        while (System.nanoTime() < ends) {
            Thread.sleep(1); // Not a wait for anything: it is the pace of the simulated clock.
            clock.advance(random.nextInt(4));
        }
        for (Future<?> task : running) {
            task.get();
        }
    }

    /// Writes its own keys, and finds each as it left it.
    private final class Writer {
        private final int number;
        private final Random random;
        private final RespClient client;
        private final Map<String, Doc> documents = new HashMap<>();

        Writer(int number, Random random, RespClient client) {
            this.number = number;
            this.random = random;
            this.client = client;
        }

        void run(long ends) {
            while (System.nanoTime() < ends) {
                step();
            }
        }

        private void step() {
            String id = "w" + number + "x" + random.nextInt(KEYS);
            String key = "d:" + id;
            long now = clock.nowMillis();
            Doc old = documents.get(key);
            if (old != null && old.expireAt() != 0) {
                if (old.isAlive(now)) {
                    return; // Whether it is there when the next command is taken, nobody can say.
                }
                documents.remove(key);
                expect(id, 0);
                old = null;
            }
            int choice = random.nextInt(100);
            if (old == null || choice < 50) {
                Doc doc = new Doc(key, vector(random), "t" + random.nextInt(TAGS), random.nextInt(NUMBERS), 0);
                Object added = client.call(
                        "HSET",
                        key,
                        "id",
                        id,
                        "g",
                        doc.tag(),
                        "n",
                        doc.number(),
                        "t",
                        "word" + doc.number(),
                        "v",
                        bytes(doc.vector()));
                assertThat(added).isEqualTo(old == null ? 5L : 0L);
                documents.put(key, doc);
                expect(id, 1);
            } else if (choice < 65) {
                Doc doc = new Doc(key, old.vector(), old.tag(), random.nextInt(NUMBERS), 0);
                assertThat(client.call("HSET", key, "n", doc.number())).isEqualTo(0L);
                documents.put(key, doc);
                assertThat(count("@id:{" + id + "} @n:[" + doc.number() + " " + doc.number() + "]"))
                        .isEqualTo(1);
            } else if (choice < 85) {
                assertThat(client.call("DEL", key)).isEqualTo(1L);
                documents.remove(key);
                expect(id, 0);
            } else if (choice < 95) {
                long at = now + 1 + random.nextInt(200);
                assertThat(client.call("PEXPIREAT", key, at)).isEqualTo(1L);
                documents.put(key, new Doc(key, old.vector(), old.tag(), old.number(), at));
            } else {
                List<Hit> hits = hits(client.call(
                        "FT.SEARCH",
                        "hnsw",
                        "(@id:{" + id + "})=>[KNN 1 @v $q AS d]",
                        "PARAMS",
                        2,
                        "q",
                        bytes(old.vector()),
                        "RETURN",
                        1,
                        "d",
                        "DIALECT",
                        2));
                assertThat(hits).containsExactly(new Hit(key, 0));
            }
        }

        /// Sometimes asks whether `id` is found `times` times.
        private void expect(String id, int times) {
            if (random.nextInt(4) == 0) {
                assertThat(count("@id:{" + id + "}")).as(id).isEqualTo(times);
            }
        }

        private long count(String query) {
            return total(client.call("FT.SEARCH", random.nextBoolean() ? "hnsw" : "flat", query, "NOCONTENT"));
        }

        void close() {
            client.close();
        }
    }

    /// Searches without knowing what is there; only the answers' form can be checked.
    private void search(TestServer server, Random random, long ends) {
        try (RespClient client = server.connect()) {
            while (System.nanoTime() < ends) {
                String name = INDEXES.get(random.nextInt(INDEXES.size()));
                Object reply = switch (random.nextInt(4)) {
                    case 0 -> knn(client, name, "*", vector(random));
                    case 1 -> knn(client, name, "@g:{t" + random.nextInt(TAGS) + "}", vector(random));
                    case 2 -> range(client, name, vector(random), 20);
                    default ->
                        client.call("FT.SEARCH", name, "@t:(word*) @n:[100 600]", "SORTBY", "n", "RETURN", 1, "n");
                };
                if (reply instanceof ErrorReply error) {
                    assertThat(name).as(error.message()).isEqualTo("churn");
                    assertThat(error.message()).contains("no such index");
                } else {
                    assertThat(total(reply)).isNotNegative();
                }
            }
        }
    }

    private static void churn(TestServer server, Random random, long ends) {
        try (RespClient client = server.connect()) {
            while (System.nanoTime() < ends) {
                assertThat(client.call("FT.DROPINDEX", "churn")).isEqualTo("OK");
                create(client, "churn", "HNSW 10", "M 8 EF_RUNTIME 100");
                for (int i = random.nextInt(20); i > 0; i--) {
                    assertThat(knn(client, "churn", "*", vector(random))).isInstanceOf(List.class);
                }
            }
        }
    }

    // --- Checks while everything stands still -----------------------------------------------------------------------

    private void check(TestServer server, RespClient client, List<Writer> writers, Random random) {
        long now = clock.nowMillis();
        List<Doc> alive = new ArrayList<>();
        for (Writer writer : writers) {
            writer.documents.values().stream().filter(doc -> doc.isAlive(now)).forEach(alive::add);
        }
        while (index(server, "churn").progress() < 1) {
            Thread.onSpinWait();
        }
        for (String name : INDEXES) {
            assertThat(total(client.call("FT.SEARCH", name, "*", "LIMIT", 0, 0)))
                    .as("documents of " + name)
                    .isEqualTo(alive.size());
            for (int q = 0; q < QUERIES; q++) {
                checkOne(client, name, alive, random);
            }
        }
    }

    private void checkOne(RespClient client, String name, List<Doc> alive, Random random) {
        boolean exact = name.equals("flat");
        float[] query = vector(random);
        compare(knn(client, name, "*", query), alive, doc -> true, query, exact, knn);
        String tag = "t" + random.nextInt(TAGS);
        int low = random.nextInt(NUMBERS);
        int high = low + random.nextInt(NUMBERS / (1 + random.nextInt(20)));
        Predicate<Doc> matches = doc -> doc.tag().equals(tag) || (doc.number() >= low && doc.number() <= high);
        String filter = "(@g:{" + tag + "} | @n:[" + low + " " + high + "])";
        compare(knn(client, name, filter, query), alive, matches, query, exact, filtered);
        assertThat(total(client.call("FT.SEARCH", name, filter, "LIMIT", 0, 0)))
                .as(name + " " + filter)
                .isEqualTo(alive.stream().filter(matches).count());

        double radius = 15 + random.nextInt(15);
        List<Hit> within = hits(range(client, name, query, radius));
        // The server sums in float32: what lies on the radius itself may fall on either side.
        Set<String> sure = keysWithin(alive, query, radius * 0.999999);
        Set<String> possible = keysWithin(alive, query, radius * 1.000001);
        assertThat(within).allMatch(hit -> hit.distance() <= radius * 1.000001);
        assertThat(within).map(Hit::key).doesNotHaveDuplicates().isSubsetOf(possible);
        if (exact) {
            assertThat(within).map(Hit::key).containsAll(sure);
        } else {
            range.right += within.size();
            range.all += possible.size();
        }
    }

    private static Set<String> keysWithin(List<Doc> alive, float[] query, double radius) {
        return alive.stream()
                .filter(doc -> doc.distance(query) <= radius)
                .map(Doc::key)
                .collect(Collectors.toSet());
    }

    /// Compares an answer with the model's: as many hits as there can be, all of them matches, nearest first.
    private static void compare(
            Object reply, List<Doc> alive, Predicate<Doc> matches, float[] query, boolean exact, Tally tally) {
        List<Hit> hits = hits(reply);
        Map<String, Doc> possible = new HashMap<>();
        alive.stream().filter(matches).forEach(doc -> possible.put(doc.key(), doc));
        List<Doc> nearest = possible.values().stream()
                .sorted(Comparator.comparingDouble(doc -> doc.distance(query)))
                .limit(K)
                .toList();
        assertThat(hits).hasSize(nearest.size()).isSortedAccordingTo(Comparator.comparingDouble(Hit::distance));
        assertThat(hits).map(Hit::key).doesNotHaveDuplicates().isSubsetOf(possible.keySet());
        double worst = nearest.isEmpty() ? 0 : nearest.getLast().distance(query) * 1.000001;
        int right = 0;
        for (Hit hit : hits) {
            double distance = Objects.requireNonNull(possible.get(hit.key())).distance(query);
            assertThat(hit.distance()).isCloseTo(distance, org.assertj.core.data.Percentage.withPercentage(0.01));
            right += distance <= worst ? 1 : 0;
        }
        if (exact) {
            assertThat(right).isEqualTo(nearest.size());
        } else {
            tally.right += right;
            tally.all += nearest.size();
        }
    }

    /// Empties everything and sees the indexes' memory come back.
    private static void flush(TestServer server, RespClient client, List<Writer> writers) throws InterruptedException {
        assertThat(client.call("FLUSHALL")).isEqualTo("OK");
        writers.forEach(writer -> writer.documents.clear());
        assertThat(client.call("FT._LIST")).isEqualTo(List.of());
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        Map<String, Long> left = indexMemory(server);
        while (!left.isEmpty() && System.nanoTime() < patience) { // The last readers' memory goes a moment later.
            Thread.sleep(5);
            left = indexMemory(server);
        }
        assertThat(left).as("bytes that the indexes still hold").isEmpty();
        assertThat(client.call("DBSIZE")).isEqualTo(0L);
    }

    /// Owners of memory off the heap but for the keyspace, which keeps its empty slabs.
    private static Map<String, Long> indexMemory(TestServer server) {
        Map<String, Long> owners = new HashMap<>(server.server().memory().byOwner());
        owners.remove("keyspace");
        owners.values().removeIf(bytes -> bytes == 0);
        return owners;
    }

    // --- Requests and replies ---------------------------------------------------------------------------------------

    private static Object knn(RespClient client, String name, String filter, float[] query) {
        return Objects.requireNonNull(client.call(
                "FT.SEARCH",
                name,
                filter + "=>[KNN " + K + " @v $q AS d]",
                "PARAMS",
                2,
                "q",
                bytes(query),
                "RETURN",
                1,
                "d",
                "LIMIT",
                0,
                K,
                "DIALECT",
                2));
    }

    private static Object range(RespClient client, String name, float[] query, double radius) {
        String epsilon = name.equals("flat") ? "" : "; $EPSILON: 0.5"; // A flat index has none.
        return Objects.requireNonNull(client.call(
                "FT.SEARCH",
                name,
                "@v:[VECTOR_RANGE $r $q]=>{$YIELD_DISTANCE_AS: d" + epsilon + "}",
                "PARAMS",
                4,
                "q",
                bytes(query),
                "r",
                radius,
                "RETURN",
                1,
                "d",
                "SORTBY",
                "d",
                "LIMIT",
                0,
                10_000,
                "DIALECT",
                2));
    }

    private static long total(@Nullable Object reply) {
        assertThat(reply).isInstanceOf(List.class);
        return (Long) Objects.requireNonNull(((List<?>) Objects.requireNonNull(reply)).getFirst());
    }

    private static List<Hit> hits(@Nullable Object reply) {
        assertThat(reply).isInstanceOf(List.class);
        List<?> list = (List<?>) Objects.requireNonNull(reply);
        List<Hit> hits = new ArrayList<>();
        for (int i = 1; i < list.size(); i += 2) {
            List<?> fields = (List<?>) Objects.requireNonNull(list.get(i + 1));
            assertThat(fields).hasSize(2);
            hits.add(new Hit((String) Objects.requireNonNull(list.get(i)), Double.parseDouble((String) fields.get(1))));
        }
        return hits;
    }

    /// Around one of a few centres, as embeddings lie.
    private static float[] vector(Random random) {
        Random centre = new Random(random.nextInt(30));
        float[] vector = new float[DIM];
        for (int i = 0; i < DIM; i++) {
            vector[i] = (float) (centre.nextGaussian() + 0.6 * random.nextGaussian());
        }
        return vector;
    }
}
