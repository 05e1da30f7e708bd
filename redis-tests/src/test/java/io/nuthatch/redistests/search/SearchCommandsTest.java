package io.nuthatch.redistests.search;

import static io.nuthatch.redistests.Floats.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.RespClient.ErrorReply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The `FT.*` commands over sockets; replies as recorded from Redis 8.2.3 with RediSearch 2.10.5, where
/// `docs/COMPATIBILITY.md` names no difference.
class SearchCommandsTest {
    private static final String SCHEMA = "t TEXT WEIGHT 2 g TAG SEPARATOR | SORTABLE n NUMERIC SORTABLE vec AS v VECTOR"
            + " HNSW 10 TYPE FLOAT32 DIM 2 DISTANCE_METRIC COSINE M 16 EF_CONSTRUCTION 200";
    private static final byte[] BLOB = bytes(1, 0);

    private Target target;
    private RespClient client;

    @BeforeEach
    void start() {
        target = Target.open();
        client = target.connect();
        client.call("FLUSHALL");
        assertThat(words("FT.CREATE idx ON HASH PREFIX 1 d: SCHEMA " + SCHEMA)).isEqualTo("OK");
        for (int i = 0; i < 3; i++) {
            assertThat(client.call(
                            "HSET", "d:" + i, "t", "hello world " + i, "g", "a|b", "n", i, "vec", bytes(1, i / 2f * i)))
                    .isEqualTo(4L);
        }
    }

    @AfterEach
    void stop() {
        client.close();
        target.close();
    }

    /// Sends the words of a command; `<blob>` stands for the query vector.
    private Object words(String command) {
        List<Object> arguments = new ArrayList<>();
        for (String word : command.split(" ")) {
            arguments.add(word.equals("<blob>") ? BLOB : word.replace('\u00A0', ' '));
        }
        return Objects.requireNonNull(client.call(arguments.toArray()));
    }

    private String error(String command) {
        Object reply = words(command);
        assertThat(reply).as(command).isInstanceOf(ErrorReply.class);
        assertThat(client.call("PING")).isEqualTo("PONG");
        return ((ErrorReply) reply).message();
    }

    @Test
    void repliesOfResp2AreArrays() {
        String knn = "FT.SEARCH idx *=>[KNN\u00A02\u00A0@v\u00A0$b\u00A0AS\u00A0s] PARAMS 2 b <blob> SORTBY s ";
        assertThat(words(knn + "RETURN 2 t s DIALECT 2"))
                .isEqualTo(List.of(
                        2L,
                        "d:0",
                        List.of("s", "0", "t", "hello world 0"),
                        "d:1",
                        List.of("s", "0.10557281971", "t", "hello world 1")));
        assertThat(words(knn + "NOCONTENT DIALECT 2")).isEqualTo(List.of(2L, "d:0", "d:1"));
        assertThat(words("FT.SEARCH idx * LIMIT 0 0")).isEqualTo(List.of(3L));
        assertThat(words("FT.SEARCH idx zzz")).isEqualTo(List.of(0L));
        assertThat(words("FT.SEARCH idx * RETURN 1 nofield LIMIT 0 1 SORTBY n"))
                .isEqualTo(List.of(3L, "d:0", List.of()));
        assertThat(words("FT.SEARCH idx * SORTBY n DESC RETURN 3 t AS title LIMIT 0 1 WITHSORTKEYS"))
                .isEqualTo(List.of(3L, "d:2", "#2", List.of("title", "hello world 2")));
        assertThat(words("FT.SEARCH idx @v:[VECTOR_RANGE\u00A00.1\u00A0$b]=>{$YIELD_DISTANCE_AS:\u00A0d} PARAMS 2 b"
                        + " <blob> RETURN 1 d LIMIT 0 2 DIALECT 2"))
                .isEqualTo(List.of(1L, "d:0", List.of("d", "0")));
    }

    @Test
    void repliesOfResp3AreMaps() {
        client.call("HELLO", 3);
        Object reply =
                words("FT.SEARCH idx *=>[KNN\u00A01\u00A0@v\u00A0$b] PARAMS 2 b <blob> RETURN 2 t __v_score DIALECT 2");
        assertThat(reply)
                .isEqualTo(Map.of(
                        "attributes", List.of(),
                        "total_results", 1L,
                        "format", "STRING",
                        "results",
                                List.of(Map.of(
                                        "id", "d:0",
                                        "extra_attributes", Map.of("__v_score", "0", "t", "hello world 0"),
                                        "values", List.of())),
                        "warning", List.of()));
        assertThat(words("FT._LIST")).isEqualTo(Set.of("idx"));
        assertThat(words("FT.TAGVALS idx g")).isEqualTo(Set.of("a", "b"));
    }

    @Test
    void allFieldsComeBackAsTheyWereWritten() {
        byte[] raw = bytes(3, 4); // COSINE normalises nothing that the client sees.
        client.call("HSET", "d:9", "t", "nine", "vec", raw, "other", new byte[] {0, (byte) 0xFF, '\r', '\n'});
        List<?> reply = (List<?>) words("FT.SEARCH idx nine");
        assertThat(reply.get(1)).isEqualTo("d:9");
        assertThat((List<?>) reply.get(2))
                .isEqualTo(List.of(
                        "t", "nine", "vec", new String(raw, StandardCharsets.ISO_8859_1), "other", "\0\u00FF\r\n"));
    }

    @Test
    void memoryUsageCountsTheVectorOfADocument() {
        words("FT.CREATE big PREFIX 1 big: SCHEMA v VECTOR FLAT 6 TYPE FLOAT32 DIM 256 DISTANCE_METRIC L2");
        byte[] raw = new byte[256 * Float.BYTES];
        client.call("HSET", "big:1", "v", raw);
        client.call("HSET", "dig:1", "v", raw); // The same bytes, in no index.
        assertThat((long) words("MEMORY USAGE big:1")).isCloseTo((long) words("MEMORY USAGE dig:1"), within(64L));
    }

    @Test
    void valkeyGlideGetsArraysOverResp3() {
        client.call("HELLO", 3);
        client.call("CLIENT", "SETINFO", "LIB-NAME", "GlidePySync");
        assertThat(words("FT.SEARCH idx * NOCONTENT SORTBY n")).isEqualTo(List.of(3L, "d:0", "d:1", "d:2"));
        assertThat(words("FT.INFO idx")).isInstanceOf(List.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void infoKeepsThePositionsThatClientsReadBy(int protocol) {
        try (RespClient other = target.connect(protocol)) {
            Object reply = Objects.requireNonNull(other.call("FT.INFO", "idx"));
            if (protocol == 3) {
                Map<?, ?> info = (Map<?, ?>) reply;
                assertThat(info.get("index_name")).isEqualTo("idx");
                assertThat(info.get("num_docs")).isEqualTo(3L);
                assertThat(info.get("indexing")).isEqualTo(0L);
                assertThat(info.get("percent_indexed")).isEqualTo(1.0);
                assertThat(((List<?>) Objects.requireNonNull(info.get("attributes"))).get(1))
                        .isEqualTo(Map.of(
                                "identifier", "g",
                                "attribute", "g",
                                "type", "TAG",
                                "SEPARATOR", "|",
                                "flags", List.of("SORTABLE")));
                return;
            }
            List<?> info = (List<?>) reply;
            assertThat(info.subList(0, 6))
                    .isEqualTo(List.of(
                            "index_name",
                            "idx",
                            "index_options",
                            List.of(),
                            "index_definition",
                            List.of("key_type", "HASH", "prefixes", List.of("d:"), "default_score", "1")));
            assertThat(info.get(7))
                    .isEqualTo(List.of(
                            List.of("identifier", "t", "attribute", "t", "type", "TEXT", "WEIGHT", "2"),
                            List.of("identifier", "g", "attribute", "g", "type", "TAG", "SEPARATOR", "|", "SORTABLE"),
                            List.of("identifier", "n", "attribute", "n", "type", "NUMERIC", "SORTABLE", "UNF"),
                            List.of(
                                    "identifier",
                                    "vec",
                                    "attribute",
                                    "v",
                                    "type",
                                    "VECTOR",
                                    "algorithm",
                                    "HNSW",
                                    "data_type",
                                    "FLOAT32",
                                    "dim",
                                    2L,
                                    "distance_metric",
                                    "COSINE",
                                    "M",
                                    16L,
                                    "ef_construction",
                                    200L)));
            int cursors = info.indexOf("cursor_stats");
            assertThat((List<?>) info.get(cursors + 1)).hasSize(8); // go-redis reads [1], [3], [5] and [7].
            int errors = info.indexOf("Index Errors");
            assertThat((List<?>) info.get(errors + 1)).hasSize(6);
            assertThat(info.get(errors + 2)).isEqualTo("field statistics");
        }
    }

    @Test
    void aliasesStandForTheIndex() {
        assertThat(words("FT.ALIASADD al idx")).isEqualTo("OK");
        assertThat(words("FT.SEARCH al * LIMIT 0 0")).isEqualTo(List.of(3L));
        assertThat(error("FT.ALIASADD al idx")).isEqualTo("ERR Alias already exists");
        assertThat(error("FT.ALIASADD al2 nope")).startsWith("ERR Unknown index name (or name is an alias itself)");
        assertThat(words("FT.ALIASUPDATE al idx")).isEqualTo("OK");
        assertThat(words("FT.ALIASDEL al")).isEqualTo("OK");
        assertThat(error("FT.ALIASDEL al")).isEqualTo("ERR Alias does not exist");
    }

    @Test
    void alterIndexesWhatIsThereAlready() {
        client.call("HSET", "d:0", "extra", "new");
        assertThat(words("FT.ALTER idx SCHEMA ADD extra TAG")).isEqualTo("OK");
        assertThat(error("FT.ALTER idx SCHEMA ADD extra TAG")).isEqualTo("ERR Duplicate field in schema - extra");
        awaitIndexed("idx");
        assertThat(words("FT.SEARCH idx @extra:{new} NOCONTENT")).isEqualTo(List.of(1L, "d:0"));
    }

    @Test
    void keysOlderThanTheIndexAreFound() {
        assertThat(words("FT.CREATE late PREFIX 1 d: SCHEMA g TAG SEPARATOR |")).isEqualTo("OK");
        awaitIndexed("late");
        assertThat(words("FT.SEARCH late @g:{b} LIMIT 0 0")).isEqualTo(List.of(3L));
        assertThat(words("FT.CREATE never PREFIX 1 d: SKIPINITIALSCAN SCHEMA g TAG"))
                .isEqualTo("OK");
        assertThat(words("FT.SEARCH never * LIMIT 0 0")).isEqualTo(List.of(0L));
    }

    private void awaitIndexed(String index) {
        while (true) {
            List<?> info = (List<?>) words("FT.INFO " + index);
            if (info.get(info.indexOf("indexing") + 1).equals(0L)) {
                return;
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void dropKeepsDocumentsUnlessTold() {
        assertThat(words("FT.DROPINDEX idx")).isEqualTo("OK");
        assertThat(client.call("EXISTS", "d:0")).isEqualTo(1L);
        assertThat(client.call("HGET", "d:2", "vec")).isEqualTo(new String(bytes(1, 2), StandardCharsets.ISO_8859_1));
        words("FT.CREATE idx ON HASH PREFIX 1 d: SCHEMA " + SCHEMA);
        awaitIndexed("idx");
        assertThat(words("FT.DROPINDEX idx DD")).isEqualTo("OK");
        assertThat(client.call("EXISTS", "d:0", "d:1", "d:2")).isEqualTo(0L);
        assertThat(words("FT._LIST")).isEqualTo(List.of());
    }

    @Test
    void writesAreSearchableBeforeTheirReply() {
        for (int i = 0; i < 200; i++) {
            client.call("HSET", "d:x", "n", 1000 + i);
            assertThat(words("FT.SEARCH idx @n:[" + (1000 + i) + "\u00A0" + (1000 + i) + "] NOCONTENT"))
                    .isEqualTo(List.of(1L, "d:x"));
        }
        client.call("DEL", "d:x");
        assertThat(words("FT.SEARCH idx @n:[1000\u00A0+inf] NOCONTENT")).isEqualTo(List.of(0L));
        client.call("RENAME", "d:0", "gone");
        assertThat(words("FT.SEARCH idx * NOCONTENT LIMIT 0 0")).isEqualTo(List.of(2L));
    }

    @Test
    void anExpiredDocumentIsNeverReturned() throws InterruptedException {
        for (int i = 0; i < 20; i++) {
            client.call("HSET", "d:e", "n", 77, "vec", BLOB);
            client.call("PEXPIRE", "d:e", 3);
            long ends = System.nanoTime() + 5_000_000;
            while (System.nanoTime() < ends) {
                Thread.onSpinWait();
            }
            assertThat(words("FT.SEARCH idx @n:[77\u00A077] NOCONTENT")).isEqualTo(List.of(0L));
        }
    }

    /// Clients find out by these words, each by others: RedisVL, redis-om-spring, BetterDB, mem0.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "FT.SEARCH nope *",
                "FT.INFO nope",
                "FT.DROPINDEX nope",
                "FT.ALTER nope SCHEMA ADD a TEXT",
                "FT.TAGVALS nope g",
                "FT.EXPLAIN nope *"
            })
    void aMissingIndexIsNamedForEveryMatcher(String command) {
        assertThat(error(command))
                .startsWith("ERR ")
                .containsIgnoringCase("unknown index name")
                .containsIgnoringCase("no such index")
                .containsIgnoringCase("index not found");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "FT.CREATE # ERR wrong number of arguments for 'ft.create' command",
                "FT.SEARCH idx # ERR No query string provided",
                "FT._LIST x # ERR wrong number of arguments for 'ft._list' command",
                "FT.CREATE idx SCHEMA a TEXT # ERR Index already exists",
                "FT.CREATE i SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 0 DISTANCE_METRIC L2 # ERR Bad arguments for"
                        + " vector similarity HNSW index dim: Value is outside acceptable bounds",
                "FT.CREATE i SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 32769 DISTANCE_METRIC L2 # ERR Bad arguments for"
                        + " vector similarity HNSW index dim: Value is outside acceptable bounds",
                "FT.SEARCH idx * LIMIT -1 10 # ERR LIMIT needs two numeric arguments",
                "FT.SEARCH idx * DIALECT 9 # ERR DIALECT requires a non negative integer >=1 and <= 4",
                "FT.SEARCH idx * BOGUS # ERR Unknown argument `BOGUS` at position 1 for <main>",
                "FT.SEARCH idx * SORTBY nofield # ERR Property `nofield` not loaded nor in schema",
                "FT.SEARCH idx *=>[KNN_2_@v_$b] PARAMS 2 b abc DIALECT 2 # ERR Error parsing vector similarity query:"
                        + " query vector blob size (3) does not match index's expected size (8).",
                "FT.SEARCH idx *=>[KNN_2_@v_$b] DIALECT 2 # ERR No such parameter `b`",
                "FT.SEARCH idx *=>[KNN_-1_@v_$b] PARAMS 2 b <blob> DIALECT 2 # ERR Syntax error at offset 8 near -1",
                "FT.SEARCH idx (( # ERR Syntax error at offset 1 near ",
                "FT.TAGVALS idx t # ERR Not a tag field",
                "FT.TAGVALS idx nofield # ERR No such field",
                "FT.AGGREGATE idx * # ERR unknown command 'FT.AGGREGATE', with args beginning with: 'idx' '*' ",
            })
    void badInputIsAnswered(String command, String error) {
        String sent = command.replace('_', '\u00A0').replace("FT.\u00A0LIST", "FT._LIST");
        assertThat(error(sent).stripTrailing()).isEqualTo(error); // CsvSource strips too.
    }

    @Test
    void queriesThatAreNotFinishedAreRefused() {
        for (String query :
                List.of("(", "@t:(hello", "\"hello", "@t:", "@n:[1", "@g:{a", "*=>[KNN", "(".repeat(100_000))) {
            assertThat(client.call("FT.SEARCH", "idx", query)).as(query).isInstanceOf(ErrorReply.class);
        }
        assertThat(client.call("PING")).isEqualTo("PONG");
    }

    @Test
    void aNumberOfNeighboursOutOfRangeIsRefused() {
        String error = "ERR Error parsing vector similarity query: query KNN K parameter ";
        String knn = "FT.SEARCH idx *=>[KNN\u00A0%s\u00A0@v\u00A0$b] NOCONTENT PARAMS 4 b <blob> k %s";
        for (String k : List.of("0", "$k")) {
            assertThat(error(knn.formatted(k, "0"))).isEqualTo(error + "must be at least 1");
        }
        for (String k : List.of("1000001", "1000000000", "99999999999999999999", "$k")) {
            assertThat(error(knn.formatted(k, "1000000000")))
                    .isEqualTo(error + "is too large, must not exceed 1000000");
        }
        assertThat(words(knn.formatted("1000000", "1"))).isEqualTo(List.of(3L, "d:0", "d:1", "d:2"));
    }

    @Test
    void limitsAndOptionsOutOfRangeAreRefused() {
        assertThat(error("FT.SEARCH idx * LIMIT 0 1000000000000")).isEqualTo("ERR LIMIT exceeds maximum of 1000000");
        assertThat(error("FT.SEARCH idx * LIMIT 1000000000000 1")).isEqualTo("ERR OFFSET exceeds maximum of 1000000");
        for (String option : List.of("EF_RUNTIME\u00A00", "EF_RUNTIME\u00A01000001", "EF_RUNTIME\u00A0abc")) {
            assertThat(error("FT.SEARCH idx *=>[KNN\u00A02\u00A0@v\u00A0$b\u00A0" + option + "] PARAMS 2 b <blob>"))
                    .startsWith("ERR Error parsing vector similarity parameters: Invalid value was given");
        }
        for (String radius : List.of("-1", "-inf")) {
            assertThat(error("FT.SEARCH idx @v:[VECTOR_RANGE\u00A0" + radius + "\u00A0$b] PARAMS 2 b <blob>"))
                    .isEqualTo("ERR Error parsing vector similarity query: negative radius (" + radius
                            + ") given in a range query");
        }
        assertThat(error("FT.SEARCH idx @v:[VECTOR_RANGE\u00A0nan\u00A0$b] PARAMS 2 b <blob>"))
                .startsWith("ERR Syntax error");
        assertThat(words("FT.SEARCH idx @v:[VECTOR_RANGE\u00A0inf\u00A0$b] NOCONTENT PARAMS 2 b <blob>"))
                .isEqualTo(List.of(3L, "d:0", "d:1", "d:2"));
    }

    @Test
    void vectorsThatAreNoneAreNotIndexedAndDoNoHarm() {
        while (!info("indexing").equals(0L)) { // The scan of a new index would refuse them a second time.
            Thread.onSpinWait();
        }
        client.call("HSET", "d:nan", "vec", bytes(Float.NaN, 1), "n", 5);
        client.call("HSET", "d:inf", "vec", bytes(Float.POSITIVE_INFINITY, 1), "n", 5);
        client.call("HSET", "d:short", "vec", "abc", "n", 5);
        Object reply = words("FT.SEARCH idx *=>[KNN\u00A010\u00A0@v\u00A0$b] NOCONTENT PARAMS 2 b <blob>");
        assertThat(reply).isEqualTo(List.of(3L, "d:0", "d:1", "d:2"));
        assertThat(info("hash_indexing_failures")).isEqualTo(3L);
    }

    private Object info(String name) {
        List<?> info = (List<?>) words("FT.INFO idx");
        return info.get(info.indexOf(name) + 1);
    }

    @Test
    void binaryTagsAndKeysAreFound() {
        byte[] key = {'d', ':', 0, (byte) 0xFF};
        client.call("HSET", key, "g", "caf\u00E9 \u6F22\u5B57");
        assertThat(client.call("FT.SEARCH", "idx", "@g:{caf\u00E9\\ \u6F22\u5B57}", "NOCONTENT"))
                .isEqualTo(List.of(1L, new String(key, StandardCharsets.ISO_8859_1)));
    }

    @Test
    void twoCreatesAtOnceMakeOneIndex() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            List<Object> replies = java.util.Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            String name = "race" + round;
            for (int i = 0; i < 2; i++) {
                threads.add(Thread.ofVirtual().start(() -> {
                    try (RespClient other = target.connect()) {
                        replies.add(other.call("FT.CREATE", name, "SCHEMA", "a", "TAG"));
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(replies).containsExactlyInAnyOrder("OK", new ErrorReply("ERR Index already exists"));
        }
    }

    @Test
    void settingsAreReadAndChanged() {
        assertThat(words("FT.CONFIG GET DEFAULT_DIALECT")).isEqualTo(List.of(List.of("DEFAULT_DIALECT", "2")));
        assertThat(words("FT.CONFIG SET TIMEOUT 1234")).isEqualTo("OK");
        assertThat(words("FT.CONFIG GET timeout")).isEqualTo(List.of(List.of("TIMEOUT", "1234")));
        assertThat(error("FT.CONFIG SET NOPE x")).isEqualTo("ERR Invalid option");
        assertThat(words("FT.CONFIG GET NOPE")).isEqualTo(List.of());
    }
}
