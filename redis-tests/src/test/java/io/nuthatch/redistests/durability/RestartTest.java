package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.SimulatedClock;
import io.nuthatch.redistests.TestServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A server with a log is ended and started again: it has what it had.
class RestartTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int VECTOR_BYTES = 16;

    @TempDir
    Path folder;

    private final SimulatedClock clock = new SimulatedClock(1_700_000_000_000L);

    private TestServer start(String... more) {
        List<String> settings = new ArrayList<>(
                List.of("--dir", folder.toString(), "--appendonly", "yes", "--enable-debug-command", "yes"));
        settings.addAll(List.of(more));
        return TestServer.startWith(clock, settings.toArray(String[]::new));
    }

    /// Everything a client can see of all databases: values, and expiries to the millisecond.
    private static Map<String, Object> everything(RespClient client) {
        Map<String, Object> all = new TreeMap<>();
        for (int database = 0; database < 3; database++) {
            client.call("SELECT", database);
            for (Object key : (List<?>) client.call("KEYS", "*")) {
                Object dump = client.call("DUMP", key);
                Object type = client.call("TYPE", key);
                if ("none".equals(type)) {
                    continue; // Listed, and gone when it was looked at: its last field had expired.
                }
                Object value = "hash".equals(type) ? hash(client, key) : dump;
                all.put(database + ":" + key, Arrays.asList(type, value, client.call("PEXPIRETIME", key)));
            }
        }
        client.call("SELECT", 0);
        return all;
    }

    private static Map<String, Object> hash(RespClient client, Object key) {
        Map<String, Object> fields = new TreeMap<>();
        List<?> pairs = (List<?>) client.call("HGETALL", key);
        for (int i = 0; i < pairs.size(); i += 2) {
            fields.put(
                    String.valueOf(pairs.get(i)),
                    Arrays.asList(pairs.get(i + 1), client.call("HPEXPIRETIME", key, "FIELDS", 1, pairs.get(i))));
        }
        return fields;
    }

    /// One random command that may write, of every kind there is.
    private Object[] command(Random random) {
        String key = "k" + random.nextInt(40);
        String other = "k" + random.nextInt(40);
        String field = "f" + random.nextInt(8);
        int number = random.nextInt(1000);
        String text = "v".repeat(random.nextInt(60)) + number;
        long ttl = 1 + random.nextInt(3000);
        return switch (random.nextInt(38)) {
            case 0, 1, 2 -> new Object[] {"SET", key, text};
            case 3 -> new Object[] {"SET", key, number, "PX", ttl};
            case 4 -> new Object[] {"SET", key, number, "KEEPTTL"};
            case 5 -> new Object[] {"GETEX", key, "PX", ttl};
            case 6 -> new Object[] {"APPEND", key, text};
            case 7 -> new Object[] {"SETRANGE", key, random.nextInt(200), text};
            case 8 -> new Object[] {"INCRBY", key, number};
            case 9 -> new Object[] {"INCRBYFLOAT", key, "0.25"};
            case 10 -> new Object[] {"GETDEL", key};
            case 11 -> new Object[] {"MSET", key, text, other, number};
            case 12 -> new Object[] {"DEL", key, other};
            case 13, 14, 15, 16 -> new Object[] {"HSET", "h" + key, field, text, "n", number, "vec", vector(random)};
            case 17 -> new Object[] {"HDEL", "h" + key, field, "n"};
            case 18 -> new Object[] {"HINCRBY", "h" + key, "n", number};
            case 19 -> new Object[] {"HPEXPIRE", "h" + key, ttl, "FIELDS", 1, field};
            case 20 -> new Object[] {"HPERSIST", "h" + key, "FIELDS", 1, field};
            case 21 -> new Object[] {"HSETEX", "h" + key, "PX", ttl, "FIELDS", 1, field, text};
            case 22 -> new Object[] {"HGETDEL", "h" + key, "FIELDS", 1, field};
            case 23, 24 -> new Object[] {"PEXPIRE", key, ttl};
            case 25 -> new Object[] {"PERSIST", key};
            case 26 -> new Object[] {"RENAME", key, other};
            case 27 -> new Object[] {"RENAME", "h" + key, "h" + other};
            case 28 -> new Object[] {"COPY", "h" + key, "h" + other, "REPLACE"};
            case 29 -> new Object[] {"COPY", key, other, "DB", 1, "REPLACE"};
            case 30 -> new Object[] {"MOVE", key, 1};
            case 31 -> new Object[] {"MOVE", "h" + key, 2};
            case 32 -> new Object[] {"EXPIRE", key, "-1"};
            case 33 -> new Object[] {"HGETEX", "h" + key, "PX", ttl, "FIELDS", 1, field};
            case 34 -> new Object[] {"SWAPDB", 1, 2};
            case 35 -> new Object[] {"SETNX", key, text};
            case 36 -> new Object[] {"PEXPIRE", "h" + key, ttl};
            default -> new Object[] {"HINCRBYFLOAT", "h" + key, "n", "1.5"};
        };
    }

    private static byte[] vector(Random random) {
        byte[] bytes = new byte[VECTOR_BYTES];
        for (int i = 0; i < VECTOR_BYTES; i += 4) {
            int bits = Float.floatToIntBits(random.nextFloat());
            for (int j = 0; j < 4; j++) {
                bytes[i + j] = (byte) (bits >>> 8 * j);
            }
        }
        return bytes;
    }

    @Test
    void everyWriteCommandIsThereAfterTheRestart() {
        for (long seed = SEED; seed < SEED + 6; seed++) {
            Random random = new Random(seed);
            Map<String, Object> before = Map.of();
            long documents = -1;
            for (int life = 0; life < 4; life++) {
                try (TestServer server = start(
                                "--appenddirname",
                                "log" + seed,
                                "--appendfsync",
                                life % 2 == 0 ? "everysec" : "always");
                        RespClient client = server.connect()) {
                    assertThat(everything(client))
                            .as("life %d; reproduce with -Dnuthatch.seed=%d", life, seed)
                            .isEqualTo(before);
                    if (life == 0) {
                        client.call("FLUSHALL");
                        createIndex(client);
                    } else {
                        assertThat(documents(client)).as("seed %d", seed).isEqualTo(documents);
                    }
                    for (int i = 0; i < 400; i++) {
                        if (random.nextInt(12) == 0) {
                            clock.advance(random.nextInt(500));
                        }
                        boolean isMulti = random.nextInt(15) == 0;
                        if (isMulti) {
                            client.call("MULTI");
                            client.call(command(random));
                            client.call(command(random));
                            client.call("EXEC");
                        } else {
                            client.call(command(random));
                        }
                    }
                    before = everything(client);
                    documents = documents(client);
                }
            }
        }
    }

    private static void createIndex(RespClient client) {
        assertThat(client.call(
                        "FT.CREATE",
                        "idx",
                        "PREFIX",
                        1,
                        "hk",
                        "SCHEMA",
                        "n",
                        "NUMERIC",
                        "SORTABLE",
                        "f1",
                        "TAG",
                        "f2",
                        "TEXT",
                        "vec",
                        "VECTOR",
                        "HNSW",
                        6,
                        "TYPE",
                        "FLOAT32",
                        "DIM",
                        VECTOR_BYTES / 4,
                        "DISTANCE_METRIC",
                        "L2"))
                .isEqualTo("OK");
    }

    /// Documents that have a vector, as a search counts them.
    private static long documents(RespClient client) {
        List<?> reply = (List<?>) client.call(
                "FT.SEARCH",
                "idx",
                "*=>[KNN 100 @vec $v]",
                "PARAMS",
                2,
                "v",
                new byte[VECTOR_BYTES],
                "NOCONTENT",
                "DIALECT",
                2);
        return (Long) reply.getFirst();
    }

    @Test
    void indexesComeBackWithTheirAliasesAndChanges() {
        try (TestServer server = start();
                RespClient client = server.connect()) {
            createIndex(client);
            client.call("FT.CREATE", "gone", "SCHEMA", "t", "TEXT");
            client.call("FT.ALIASADD", "one", "idx");
            client.call("FT.ALIASADD", "two", "gone");
            client.call("FT.ALIASUPDATE", "two", "idx");
            client.call("FT.ALIASADD", "three", "idx");
            client.call("FT.ALIASDEL", "three");
            client.call("FT.DROPINDEX", "gone");
            client.call("HSET", "hk1", "n", 5, "late", "red");
            client.call("FT.ALTER", "idx", "SCHEMA", "ADD", "late", "TAG");
            client.call("MULTI");
            client.call("FT.CREATE", "multi", "STOPWORDS", 1, "foo", "PREFIX", 1, "m:", "SCHEMA", "t", "TEXT");
            client.call("HSET", "m:1", "t", "hello");
            client.call("EXEC");
        }
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat((List<?>) client.call("FT._LIST")).isEqualTo(List.of("idx", "multi"));
            awaitIndexed(client, "two");
            assertThat(((List<?>) client.call("FT.SEARCH", "one", "@late:{red} @n:[5 5]", "NOCONTENT")))
                    .isEqualTo(List.of(1L, "hk1"));
            assertThat(((List<?>) client.call("FT.SEARCH", "multi", "hello", "NOCONTENT")))
                    .isEqualTo(List.of(1L, "m:1"));
            assertThat(client.error("FT.SEARCH", "three", "*")).contains("no such index");
            client.call("FT.DROPINDEX", "multi", "DD");
            client.call("FLUSHALL");
        }
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat((List<?>) client.call("FT._LIST")).isEmpty();
            assertThat(client.call("DBSIZE")).isEqualTo(0L);
        }
    }

    private static void awaitIndexed(RespClient client, String index) {
        for (int i = 0; i < 3000; i++) {
            List<?> info = (List<?>) client.call("FT.INFO", index);
            if ("0".equals(String.valueOf(info.get(info.indexOf("indexing") + 1)))) {
                return;
            }
            client.call("PING");
        }
        throw new AssertionError(index + " is still being read");
    }

    @Test
    void whatExpiredWhileTheServerWasDownIsGoneAndAnEarlierClockBringsNothingBack() {
        try (TestServer server = start();
                RespClient client = server.connect()) {
            client.call("SET", "short", "x", "PX", 1000);
            client.call("SET", "long", "x", "PX", 60_000);
            client.call("SET", "dead", "x", "PX", 100);
            clock.advance(200);
            assertThat(client.call("GET", "dead")).isNull();
        }
        clock.advance(5_000);
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "short")).isNull();
            assertThat(client.call("PTTL", "long")).isEqualTo(54_800L);
        }
        clock.advance(-10_000);
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "dead")).isNull();
            assertThat(client.call("GET", "short")).isNull();
            assertThat(client.call("GET", "long")).isEqualTo("x");
        }
    }

    @Test
    void evictionsAreNotUndone() {
        String survivors;
        try (TestServer server = start("--maxmemory-policy", "allkeys-random");
                RespClient client = server.connect()) {
            for (int i = 0; i < 500; i++) {
                client.call("SET", "key" + i, "x".repeat(1000));
            }
            client.call("CONFIG", "SET", "maxmemory", 1);
            while (!client.call("DBSIZE").equals(0L)) {
                client.call("PING");
            }
            client.call("CONFIG", "SET", "maxmemory", 0);
            client.call("SET", "after", "x");
            survivors = String.valueOf(client.call("KEYS", "*"));
        }
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(String.valueOf(client.call("KEYS", "*"))).isEqualTo(survivors);
        }
    }

    @Test
    void infoTellsOfTheLog() {
        try (TestServer server = start("--appendfsync", "always");
                RespClient client = server.connect()) {
            client.call("SET", "key", "x");
            String info = String.valueOf(client.call("INFO", "persistence"));
            assertThat(info)
                    .contains("loading:0\r\n", "aof_enabled:1\r\n", "aof_last_write_status:ok\r\n")
                    .contains("aof_appended_lsn:1\r\n", "aof_synced_lsn:1\r\n");
            assertThat(client.call("CONFIG", "SET", "appendfsync", "no")).isEqualTo("OK");
            assertThat(client.call("CONFIG", "SET", "appendonly", "yes")).isEqualTo("OK");
            assertThat(client.call("CONFIG", "GET", "appendonly")).isEqualTo(List.of("appendonly", "yes"));
        }
    }

    @Test
    void aSecondServerIsKeptOutOfTheFolder() {
        try (TestServer server = start()) {
            assertThatThrownBy(this::start).hasMessageContaining("in use by another server");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 40, 60})
    void damageStopsTheStartAndNamesThePlace(int offset) throws IOException {
        try (TestServer server = start();
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
            client.call("SET", "b", "2");
        }
        Path log = logFile();
        byte[] good = Files.readAllBytes(log);
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            file.seek(32 + offset);
            file.write(good[32 + offset] ^ 1);
        }
        byte[] bad = Files.readAllBytes(log);
        assertThatThrownBy(this::start)
                .hasMessageContaining("0000000000000000001.log: damaged at byte")
                .hasMessageContaining("Nothing was changed");
        assertThat(Files.readAllBytes(log)).isEqualTo(bad);
        Files.write(log, good);
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("MGET", "a", "b")).isEqualTo(List.of("1", "2"));
        }
    }

    private Path logFile() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("appendonlydir"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aTornTransactionIsAbsentAsAWholeAtEveryLaterStart() throws IOException {
        try (TestServer server = start("--appendfsync", "no");
                RespClient client = server.connect()) {
            client.call("SET", "before", "1");
            client.call("MULTI");
            client.call("SET", "one", "1");
            client.call("HSET", "two", "f", "1");
            client.call("EXEC");
        }
        Path log = logFile();
        byte[] whole = Files.readAllBytes(log);
        int end = new String(whole, StandardCharsets.ISO_8859_1).indexOf("two") + 2;
        for (int start = 0; start < 3; start++) {
            if (start == 0) {
                Files.write(log, Arrays.copyOf(whole, end));
            }
            try (TestServer server = start();
                    RespClient client = server.connect()) {
                assertThat(client.call("MGET", "before", "one", "two"))
                        .isEqualTo(Arrays.<@Nullable Object>asList("1", null, null));
                assertThat(client.call("GET", "later")).isEqualTo(start == 0 ? null : "" + (start - 1));
                client.call("SET", "later", start);
            }
        }
    }
}
