package io.nuthatch.bench;

import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldType.Vector;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.engine.document.SearchRequest;
import io.nuthatch.engine.document.SearchResult;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceOptions;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.recall.Band;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.recall.LiveRecall;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.VectorType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Recall asked for against recall reached: the whole way of a search, from the query's text to its hits.
///
/// `RecallBenchmark PACK OUT.jsonl [--compression NONE] [--rows N] [--learn 512] [--test 1000] [--rounds 3]`.
/// The last rows of the pack are no documents but queries: some to learn from, others to be measured by. The
/// truth is `RECALL 1`. For each recall the controller learns from its queries and is then left alone
/// (`search-recall-every 0`); QPS is one thread's, by its processor time, beside that of the same width given
/// as `EF_RUNTIME`.
public final class RecallBenchmark {
    private static final int K = 10;
    private static final double[] ASKED = {0.90, 0.95, 0.99};

    private final MemoryAccount account = new MemoryAccount();
    private final Keyspace keyspace = new Keyspace(KeyspaceOptions.defaults(), () -> 1_000_000, account);
    private final Database database = keyspace.database(0);
    private final IndexThreads threads = new IndexThreads(1);
    private final Indexes indexes =
            new Indexes(keyspace, account, System::nanoTime, () -> 1_000_000, threads, Runnable::run);
    private final LiveRecall live = indexes.liveRecall();
    private final VectorPack pack;
    private final int rounds;
    private final int documents;
    private final int learning;
    private final int testing;
    private final SearchIndex index;

    private RecallBenchmark(VectorPack pack, Map<String, String> options) {
        this.pack = pack;
        this.rounds = Integer.parseInt(options.getOrDefault("rounds", "3"));
        this.learning = Integer.parseInt(options.getOrDefault("learn", "512"));
        this.testing = Integer.parseInt(options.getOrDefault("test", "1000"));
        this.documents =
                Math.min(Integer.parseInt(options.getOrDefault("rows", "1000000")), pack.size()) - learning - testing;
        Compression compression = Compression.valueOf(options.getOrDefault("compression", "NONE"));
        keyspace.setDocuments(indexes);
        keyspace.setListener(indexes);
        Vector type = new Vector(
                Vector.Algorithm.HNSW,
                VectorType.FLOAT32,
                pack.dim(),
                pack.metric(),
                0,
                Vector.DEFAULT_BLOCK_SIZE,
                Vector.DEFAULT_MAX_CONNECTIONS,
                Vector.DEFAULT_EF_CONSTRUCTION,
                Vector.DEFAULT_EF_RUNTIME,
                0,
                Vector.DEFAULT_EPSILON,
                compression);
        this.index = indexes.create(
                IndexDefinition.of("i", List.of("d:"), List.of(new FieldSpec("v", "v", type, Set.of()))), true);
    }

    /// See the class.
    public static void main(String[] args) throws IOException, InterruptedException {
        Map<String, String> options = new HashMap<>();
        for (int i = 2; i < args.length; i += 2) {
            options.put(args[i].substring(2), args[i + 1]);
        }
        Map<String, Object> common = new HashMap<>();
        common.put("set", Path.of(args[0]).getFileName().toString());
        common.put("compression", options.getOrDefault("compression", "NONE"));
        RecallBenchmark benchmark = new RecallBenchmark(VectorPack.read(Path.of(args[0])), options);
        try (JsonLines out = new JsonLines(Path.of(args[1]), common)) {
            benchmark.fill();
            benchmark.run(out);
        } finally {
            benchmark.close();
        }
    }

    private void fill() throws InterruptedException {
        for (int i = 0; i < documents; i++) {
            Key key = Key.copyOf(("d:" + i).getBytes(StandardCharsets.US_ASCII));
            Key field = Key.copyOf("v".getBytes(StandardCharsets.US_ASCII));
            Key value = Key.copyOf(pack.base()[i]);
            int stripe = keyspace.stripes().stripeOf(key.hashSlot());
            keyspace.stripes().lock(stripe);
            HashValue hash = database.hashForWrite(key, 1_000_000);
            hash.put(field.address(), field.length(), value.address(), value.length());
            database.signal(key, KeyEvent.HSET);
            keyspace.stripes().unlock(stripe);
            Reference.reachabilityFence(key);
            Reference.reachabilityFence(field);
            Reference.reachabilityFence(value);
        }
        while (index.vectorLag() > 0 || threads.backlog() > 0) {
            Thread.sleep(50);
        }
        Thread.sleep(2_000); // The upkeep of a quiet moment makes the codes.
    }

    private void run(JsonLines out) {
        live.setEvery(0);
        List<Set<String>> truth = new ArrayList<>();
        for (int query = 0; query < testing; query++) {
            truth.add(new HashSet<>(search("RECALL 1", learning + query)));
        }
        FieldRecall recall = Objects.requireNonNull(index.recalls().get("v"));
        for (double asked : ASKED) {
            live.setEvery(1);
            for (int query = 0; query < learning; query++) {
                search("RECALL " + asked, query);
                live.doWork(false);
            }
            live.setEvery(0);
            int ef = recall.peekEf(Band.ALL, K, asked);
            for (int round = 0; round < rounds; round++) {
                out.add(
                        "asked",
                        "recall",
                        asked,
                        "round",
                        round,
                        "ef",
                        ef,
                        "reached",
                        reached("RECALL " + asked, truth),
                        "qps",
                        qps("RECALL " + asked),
                        "qps_same_ef",
                        qps("EF_RUNTIME " + ef));
            }
        }
    }

    private double reached(String option, List<Set<String>> truth) {
        long hits = 0;
        for (int query = 0; query < testing; query++) {
            List<String> found = search(option, learning + query);
            hits += found.stream().filter(truth.get(query)::contains).count();
        }
        return hits / (double) (K * testing);
    }

    private double qps(String option) {
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        for (int query = 0; query < testing; query++) {
            search(option, learning + query);
        }
        return testing * 1e9 / (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu);
    }

    /// The keys that are found for query `number` of those that are no documents.
    private List<String> search(String option, int number) {
        Query query =
                index.parse("*=>[KNN " + K + " @v $b " + option + "]", Map.of("b", pack.base()[documents + number]), 2);
        List<String> keys = new ArrayList<>(K);
        for (SearchResult.Hit hit : index.search(SearchRequest.of(query, K)).hits()) {
            keys.add(new String(hit.key(), StandardCharsets.US_ASCII));
        }
        return keys;
    }

    private void close() {
        indexes.close();
        threads.close();
        keyspace.close();
    }
}
