package io.nuthatch.redistests.churn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.TestServer;
import io.nuthatch.redistests.churn.Questions.Kind;
import io.nuthatch.redistests.churn.Questions.Question;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// Steady upserts and deletes, half of them of drifting vectors, beside searches, for as long as one likes:
/// recall and memory stay as they were, of a graph over exact rows and of one over codes, and in the end both
/// are as good and as small as graphs built afresh from the same documents.
///
/// Now and then everything stands still: the graphs' invariants are looked at, sampled answers are compared
/// with all documents, bytes are counted part by part. All of it goes into a CSV, with the latencies of the
/// searches, which are shown and not judged.
///
/// `-Dnuthatch.churn.seconds` is its length (`-Pstress`: an hour), `-Dnuthatch.churn.data` a folder of real
/// vectors (see [VectorSource]), `-Dnuthatch.churn.documents` how many of them live at a time,
/// `-Dnuthatch.churn.rate` changes a second, `-Dnuthatch.churn.csv` where the CSV goes, `-Dnuthatch.seed` the
/// seed. `bench/scripts/churn-hour.sh` runs it and draws.
class ChurnTest {
    private static final int SECONDS = Integer.getInteger("nuthatch.churn.seconds", 8);
    private static final boolean IS_LONG = SECONDS >= 60;
    private static final int DOCUMENTS = Integer.getInteger("nuthatch.churn.documents", IS_LONG ? 12_000 : 1_600);
    private static final int RATE = Integer.getInteger("nuthatch.churn.rate", IS_LONG ? 300 : 1_000);
    private static final int SEARCH_RATE = 100;
    private static final int WRITERS = 2;
    private static final int SAMPLES = 120; // At most.
    private static final int QUERIES = IS_LONG ? 200 : 40; // A sample's, of each kind.
    private static final int EF = IS_LONG ? 40 : 10; // Below a recall of 1, which could hide a loss.
    private static final int CYCLES = 4; // Of the drift: one a quarter, so that quarters can be compared.
    private static final long PATIENCE_SECONDS =
            180; // A machine that stands still for a minute is not the server's fault.
    private static final String OPTIONS =
            "TYPE FLOAT32 DIM %d DISTANCE_METRIC %s M 16 EF_CONSTRUCTION 100 EF_RUNTIME %d COMPRESSION %s";
    private static final Map<String, String> INDEXES = Map.of("none", "NONE", "sq8", "SQ8");
    private static final List<String> NAMES = List.of("none", "sq8");

    /// Recall may fall by that much, and memory grow by that share: what DESIGN asks for after ten turnovers.
    private static final double RECALL_TOLERANCE = 0.005;

    private static final double GROWTH = 1.1;
    private static final double SLACK_BYTES = 1 << 20; // Tables are counted by granules of 256 KiB.

    private static final double CACHES_BYTES = 48 << 20; // Those of queries and filters fill, up to 40 MiB together.

    private final long seed = Long.decode(System.getProperty("nuthatch.seed", Long.toString(System.nanoTime())));
    private final Random random = new Random(seed);

    @Test
    void recallAndMemoryStayAsTheyWere() throws Exception {
        String data = System.getProperty("nuthatch.churn.data", "");
        VectorSource vectors = data.isEmpty()
                ? VectorSource.generate(DOCUMENTS * 3 / 2, QUERIES, IS_LONG ? 96 : 32, random)
                : VectorSource.read(Path.of(data), QUERIES, random);
        Path csv = Path.of(System.getProperty("nuthatch.churn.csv", "target/churn.csv"));
        List<Writer> writers = new ArrayList<>();
        try (TestServer server = TestServer.start();
                ExecutorService threads = Executors.newCachedThreadPool();
                RespClient client = connect(server);
                Searcher searcher = new Searcher(NAMES, vectors, connect(server), new Random(random.nextLong()));
                Record record = new Record(csv)) {
            record.note("seed " + seed + ", " + vectors.name + ", " + DOCUMENTS + " documents, " + RATE
                    + " changes a second, " + SEARCH_RATE + " searches a second");
            NAMES.forEach(name -> create(client, vectors, name));
            for (int w = 0; w < WRITERS; w++) {
                Random source = new Random(random.nextLong());
                writers.add(new Writer(w, DOCUMENTS / WRITERS, vectors, connect(server), source));
            }
            for (Writer writer : writers) {
                writer.fill(DOCUMENTS / WRITERS);
            }
            churn(server, client, threads, writers, searcher, vectors, record);
            for (String name : NAMES) {
                for (Kind kind : Kind.values()) {
                    record.checkNotLess(name, "recall " + kind.percent() + " %", RECALL_TOLERANCE);
                }
                record.checkNotMore(name, "bytes", GROWTH, SLACK_BYTES);
            }
            record.checkNotMore("server", "bytes off heap", GROWTH, 2 * SLACK_BYTES);
            record.checkNotMore("server", "bytes of heap", GROWTH, CACHES_BYTES);
            compareWithFresh(server, client, vectors, writers, record);
            assertThat(client.call("FLUSHALL")).isEqualTo("OK");
        } catch (AssertionError | Exception failure) {
            throw new AssertionError("reproduce with -Dnuthatch.seed=" + seed + ": " + failure.getMessage(), failure);
        } finally {
            writers.forEach(Writer::close);
        }
    }

    private static RespClient connect(TestServer server) {
        RespClient client = server.connect();
        client.setTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        return client;
    }

    private static void create(RespClient client, VectorSource vectors, String name) {
        String metric = vectors.isCosine ? "COSINE" : "L2";
        String options = OPTIONS.formatted(vectors.dim, metric, EF, Objects.requireNonNull(INDEXES.get(name)));
        String command = "FT.CREATE " + name + " PREFIX 1 d: SCHEMA g TAG n NUMERIC v VECTOR HNSW "
                + options.split(" ").length + " " + options;
        assertThat(client.call((Object[]) command.split(" "))).as(command).isEqualTo("OK");
    }

    // --- The load ---------------------------------------------------------------------------------------------------

    private void churn(
            TestServer server,
            RespClient client,
            ExecutorService threads,
            List<Writer> writers,
            Searcher searcher,
            VectorSource vectors,
            Record record)
            throws InterruptedException, ExecutionException, IOException {
        long interval = Math.max(IS_LONG ? 5 : 1, SECONDS / SAMPLES);
        long changes = 0;
        sample(server, client, vectors, writers, record, 0);
        long begun = System.nanoTime();
        for (double second = 0; second < SECONDS; second = (System.nanoTime() - begun) / 1e9) {
            double phase = second * CYCLES / SECONDS % 1;
            long start = System.nanoTime();
            List<Future<Long>> running = new ArrayList<>();
            for (Writer writer : writers) {
                running.add(threads.submit(() -> paced(interval, (double) RATE / WRITERS, due -> writer.step(phase))));
            }
            Future<Long> searches = threads.submit(() -> paced(interval, SEARCH_RATE, searcher::step));
            long done = 0;
            for (Future<Long> writing : running) {
                done += writing.get();
            }
            searches.get();
            changes += done;
            record.add(second, "server", "changes a second", done / ((System.nanoTime() - start) / 1e9));
            for (String name : NAMES) {
                double[] millis = searcher.percentiles(name, 0.5, 0.99, 1);
                record.add(second, name, "p50 ms", millis[0]);
                record.add(second, name, "p99 ms", millis[1]);
                record.add(second, name, "max ms", millis[2]);
            }
            sample(server, client, vectors, writers, record, (System.nanoTime() - begun) / 1e9);
        }
        long written =
                writers.stream().mapToLong(writer -> writer.vectorsWritten).sum() - DOCUMENTS;
        record.note(changes + " changes, each document replaced "
                + String.format(Locale.ROOT, "%.1f", (double) written / DOCUMENTS) + " times");
    }

    private interface Step {
        void at(long dueNanos);
    }

    /// Steps `rate` times a second; who is more than a second late gives up what was missed. Returns how many
    /// steps there were.
    private static long paced(long seconds, double rate, Step step) {
        long start = System.nanoTime();
        long ends = start + TimeUnit.SECONDS.toNanos(seconds);
        long pause = (long) (1e9 / rate);
        long steps = 0;
        for (long due = start; due < ends; due += pause) {
            long now = System.nanoTime();
            while (now < due) {
                LockSupport.parkNanos(due - now);
                now = System.nanoTime();
            }
            if (now >= ends) {
                break;
            }
            if (now - due > TimeUnit.SECONDS.toNanos(1)) {
                due = now;
            }
            step.at(due);
            steps++;
        }
        return steps;
    }

    // --- Checks while everything stands still -----------------------------------------------------------------------

    private void sample(
            TestServer server,
            RespClient client,
            VectorSource vectors,
            List<Writer> writers,
            Record record,
            double second)
            throws IOException {
        List<Document> documents =
                writers.stream().flatMap(writer -> writer.live.stream()).toList();
        for (String name : NAMES) {
            settle(server, name);
            assertThat(index(server, name).size()).as("documents of " + name).isEqualTo(documents.size());
        }
        ask(client, vectors, documents, random)
                .forEach((key, recalls) ->
                        record.add(second, key.index(), "recall " + key.kind().percent() + " %", Record.mean(recalls)));
        for (String name : NAMES) {
            long sum = 0;
            for (Map.Entry<String, Long> part : parts(server, name).entrySet()) {
                record.add(second, name, part.getKey() + " bytes", part.getValue());
                sum += part.getValue();
            }
            record.add(second, name, "bytes", sum);
        }
        record.add(second, "server", "bytes off heap", server.server().memory().total());
        System.gc(); // What is left is in use.
        record.add(
                second,
                "server",
                "bytes of heap",
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        record.add(second, "server", "bytes resident", resident());
    }

    private record Asked(String index, Kind kind) {}

    /// Recalls of all kinds of questions, the same for all indexes.
    private static Map<Asked, List<Double>> ask(
            RespClient client, VectorSource vectors, List<Document> documents, Random random) {
        Map<Asked, List<Double>> recalls = new LinkedHashMap<>();
        Map<String, Integer> places = new HashMap<>();
        for (Document document : documents) {
            places.put(document.key(), places.size());
        }
        for (float[] query : vectors.queries) {
            float[] distances = Questions.distances(query, vectors, documents);
            for (Kind kind : Kind.values()) {
                Question question = Question.any(random, kind, query);
                for (String name : NAMES) {
                    Object reply = Questions.ask(client, name, question);
                    recalls.computeIfAbsent(new Asked(name, kind), asked -> new ArrayList<>())
                            .add(Questions.recall(reply, question, documents, places, distances));
                }
            }
        }
        return recalls;
    }

    /// Waits until everything is linked, and until the graph has no fault: upkeep under way may show as one,
    /// and must be done soon.
    private static void settle(TestServer server, String name) {
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (index(server, name).vectorLag() > 0 || index(server, name).progress() < 1) {
            assertThat(System.nanoTime())
                    .as("nanoseconds of waiting for " + name)
                    .isLessThan(patience);
            LockSupport.parkNanos(1_000_000);
        }
        List<String> faults = index(server, name).invariants();
        while (!faults.isEmpty() && System.nanoTime() < patience) {
            LockSupport.parkNanos(100_000_000);
            faults = index(server, name).invariants();
        }
        assertThat(faults).as("faults of " + name).isEmpty();
    }

    private static SearchIndex index(TestServer server, String name) {
        return Objects.requireNonNull(server.server().indexes().find(name), name);
    }

    private static Map<String, Long> parts(TestServer server, String name) {
        return server.server().memory().byPart(SearchIndex.accountOwner(name));
    }

    /// Bytes of this process in memory; 0 where there is no `/proc`.
    private static double resident() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        try (var lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> 1024 * Double.parseDouble(line.replaceAll("[^0-9]", "")))
                    .sum();
        }
    }

    // --- In the end -------------------------------------------------------------------------------------------------

    private void compareWithFresh(
            TestServer server, RespClient client, VectorSource vectors, List<Writer> writers, Record record) {
        List<Document> documents =
                writers.stream().flatMap(writer -> writer.live.stream()).toList();
        long same = random.nextLong();
        Map<Asked, List<Double>> churned = ask(client, vectors, documents, new Random(same));
        for (String name : NAMES) {
            long bytes = parts(server, name).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            assertThat(client.call("FT.DROPINDEX", name)).isEqualTo("OK");
            create(client, vectors, name);
            settle(server, name);
            long fresh = parts(server, name).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            record.add(SECONDS, name, "fresh bytes", fresh);
            assertThat((double) bytes)
                    .as("bytes of " + name + " against " + fresh + " built afresh")
                    .isLessThanOrEqualTo(GROWTH * fresh + SLACK_BYTES);
        }
        ask(client, vectors, documents, new Random(same)).forEach((asked, fresh) -> {
            record.add(SECONDS, asked.index(), "fresh recall " + asked.kind().percent() + " %", Record.mean(fresh));
            List<Double> old = churned.getOrDefault(asked, List.of());
            record.add(SECONDS, asked.index(), "last recall " + asked.kind().percent() + " %", Record.mean(old));
            assertThat(Record.mean(old))
                    .as("recall of " + asked + " against a graph built afresh")
                    .isGreaterThanOrEqualTo(Record.mean(fresh) - RECALL_TOLERANCE - Record.chance(old, fresh));
        });
    }
}
