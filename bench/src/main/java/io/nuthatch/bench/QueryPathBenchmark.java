package io.nuthatch.bench;

import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.engine.document.SearchRequest;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceOptions;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.QueryParser;
import io.nuthatch.engine.text.StopWords;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// What a search costs before a vector index is asked: parsing its text, and turning its filter into a set.
///
/// Documents have a tag `g` (`a` is half of them), a tag `id` of their own and a number `n` of 0..9999.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class QueryPathBenchmark {
    private static final Map<String, String> FILTERS = Map.of(
            "tag50", "@g:{a}",
            "range50", "@n:[2500 7499]",
            "range1", "@n:[500 599]",
            "not", "-@g:{a}",
            "or1000",
                    "@id:{"
                            + IntStream.range(0, 1000)
                                    .mapToObj(i -> "id" + 7 * i)
                                    .collect(Collectors.joining("|")) + "}",
            "one", "@id:{id77}",
            "both", "@g:{a} @n:[2500 7499]");

    @Param({"20000", "1000000"})
    public int documents;

    @Param({"tag50", "range50", "range1", "not", "or1000", "one", "both"})
    public String filter;

    private final MemoryAccount account = new MemoryAccount();
    private final Keyspace keyspace = new Keyspace(KeyspaceOptions.defaults(), () -> 1_000_000, account);
    private final Database database = keyspace.database(0);
    private final IndexThreads threads = new IndexThreads(0);
    private final Indexes indexes =
            new Indexes(keyspace, account, System::nanoTime, () -> 1_000_000, threads, Runnable::run);
    private SearchIndex index;
    private String text = "";
    private Query query;

    /// Fills the index.
    @Setup(Level.Trial)
    public void fill() {
        keyspace.setDocuments(indexes);
        keyspace.setListener(indexes);
        index = indexes.create(
                IndexDefinition.of(
                        "i",
                        List.of("d:"),
                        List.of(
                                field("g", FieldType.Tag.DEFAULT),
                                field("id", FieldType.Tag.DEFAULT),
                                field("n", new FieldType.Numeric()))),
                false);
        Random random = new Random(7);
        for (int i = 0; i < documents; i++) {
            put("d:" + i, "g", random.nextBoolean() ? "a" : "b", "id", "id" + i, "n", "" + random.nextInt(10_000));
        }
        text = FILTERS.getOrDefault(filter, "*");
        query = index.parse(text, Map.of(), 2);
    }

    private static FieldSpec field(String name, FieldType type) {
        return new FieldSpec(name, name, type, Set.of());
    }

    private void put(String name, String... pairs) {
        Key key = key(name);
        int stripe = keyspace.stripes().stripeOf(key.hashSlot());
        keyspace.stripes().lock(stripe);
        HashValue hash = database.hashForWrite(key, 1_000_000);
        for (int i = 0; i < pairs.length; i += 2) {
            Key field = key(pairs[i]);
            Key value = key(pairs[i + 1]);
            hash.put(field.address(), field.length(), value.address(), value.length());
            Reference.reachabilityFence(field);
            Reference.reachabilityFence(value);
        }
        database.signal(key, KeyEvent.HSET);
        keyspace.stripes().unlock(stripe);
        Reference.reachabilityFence(key);
    }

    private static Key key(String text) {
        return Key.copyOf(text.getBytes(StandardCharsets.US_ASCII));
    }

    /// Gives everything back.
    @TearDown(Level.Trial)
    public void close() {
        indexes.close();
        threads.close();
        keyspace.close();
    }

    /// The text, anew.
    @Benchmark
    public Query parse() {
        return QueryParser.parse(text, Map.of(), 2, StopWords.DEFAULT);
    }

    /// The text, as kept.
    @Benchmark
    public Query kept() {
        return index.parse(text, Map.of(), 2);
    }

    /// The set of matches and its size.
    @Benchmark
    public long match() {
        return index.search(SearchRequest.of(query, 0)).total();
    }
}
