package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Servers that end and start again: what SAVE, BGSAVE, SHUTDOWN and SIGTERM leave behind, and what becomes
/// of it after kill -9 at a bad moment.
class CheckpointRestartTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    @TempDir
    private Path folder;

    private ServerProcess start(String... more) {
        return ServerProcess.start(Stream.concat(Stream.of("--dir", folder.toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    private static String info(RespClient client, String field) {
        for (String line : String.valueOf(client.call("INFO", "persistence")).split("\r\n")) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        throw new AssertionError("no " + field);
    }

    @Test
    void aSavedServerComesBackWithKeysAndIndexes() {
        byte[] query = vector(new Random(SEED));
        Object found;
        Object foundByTag;
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            client.call("SET", "plain", "value");
            client.call("SET", "mortal", "x", "EX", "1000");
            client.call("SELECT", "3");
            client.call("SET", "third", "3");
            client.call("SELECT", "0");
            createIndex(client);
            fill(client, 1500);
            client.call("FT.ALIASADD", "alias", "idx");
            found = search(client, query);
            foundByTag = client.call("FT.SEARCH", "alias", "@tag:{t3}", "NOCONTENT", "LIMIT", "0", "5");
            assertThat(Integer.parseInt(info(client, "rdb_changes_since_last_save")))
                    .isGreaterThan(1500);
            assertThat(client.call("SAVE")).isEqualTo("OK");
            assertThat(info(client, "rdb_changes_since_last_save")).isEqualTo("0");
            assertThat(info(client, "rdb_saves")).isEqualTo("1");
            client.call("SET", "later", "lost");
            server.kill();
        }
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "plain")).isEqualTo("value");
            assertThat((Long) client.call("TTL", "mortal")).isBetween(1L, 1000L);
            assertThat(client.call("GET", "later")).isNull();
            assertThat(search(client, query)).isEqualTo(found);
            assertThat(client.call("FT.SEARCH", "alias", "@tag:{t3}", "NOCONTENT", "LIMIT", "0", "5"))
                    .isEqualTo(foundByTag);
            assertThat(client.call("FT._LIST")).isEqualTo(List.of("idx"));
            assertThat(info(client, "rdb_last_load_keys_loaded")).isEqualTo("1503");
            assertThat(info(client, "loading")).isEqualTo("0");
            client.call("SELECT", "3");
            assertThat(client.call("GET", "third")).isEqualTo("3");
        }
    }

    private static void createIndex(RespClient client) {
        client.call(
                "FT.CREATE",
                "idx",
                "PREFIX",
                "1",
                "doc:",
                "SCHEMA",
                "v",
                "VECTOR",
                "HNSW",
                "8",
                "TYPE",
                "FLOAT32",
                "DIM",
                "8",
                "DISTANCE_METRIC",
                "L2",
                "COMPRESSION",
                "SQ8",
                "tag",
                "TAG");
    }

    private static byte[] vector(Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 8; i++) {
            bytes.putFloat((float) random.nextGaussian());
        }
        return bytes.array();
    }

    private static void fill(RespClient client, int documents) {
        Random random = new Random(SEED + 1);
        for (int i = 0; i < documents; i++) {
            client.call("HSET", "doc:" + i, "v", vector(random), "tag", "t" + i % 10);
        }
    }

    private static Object search(RespClient client, byte[] query) {
        return client.call(
                "FT.SEARCH", "idx", "*=>[KNN 10 @v $q]", "PARAMS", "2", "q", query, "NOCONTENT", "DIALECT", "2");
    }

    @Test
    void shutdownSavesWhenSaveHasPoints() {
        try (ServerProcess server = start("--save", "3600 1");
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
            end(client, server, "SHUTDOWN");
        }
        try (ServerProcess server = start("--save", "3600 1");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "a")).isEqualTo("1");
            client.call("SET", "a", "2");
            end(client, server, "SHUTDOWN", "NOSAVE");
        }
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "a")).as("not saved").isEqualTo("1");
            client.call("SET", "a", "3");
            end(client, server, "SHUTDOWN");
        }
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "a")).as("there were no points").isEqualTo("1");
            client.call("SET", "a", "4");
            end(client, server, "SHUTDOWN", "SAVE", "NOW", "FORCE");
        }
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "a")).isEqualTo("4");
        }
    }

    private static void end(RespClient client, ServerProcess server, String... shutdown) {
        assertThatThrownBy(() -> client.call((Object[]) shutdown))
                .as("no reply")
                .isInstanceOf(RuntimeException.class);
        assertThat(server.awaitExit()).isZero();
    }

    @Test
    void sigtermSavesWhenSaveHasPoints() {
        try (ServerProcess server = start("--save", "3600 1");
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
        }
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "a")).isEqualTo("1");
        }
    }

    @Test
    void savePointsSaveByThemselves() throws InterruptedException {
        try (ServerProcess server = start("--save", "1 5");
                RespClient client = server.connect()) {
            for (int i = 0; i < 5; i++) {
                client.call("SET", "key:" + i, "x");
            }
            while (info(client, "rdb_saves").equals("0")) {
                Thread.sleep(20);
            }
            server.kill();
        }
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo(5L);
        }
    }

    @Test
    void killedAtAnyMomentOfABackgroundSaveTheLastWholeOneComesBack() throws Exception {
        Random random = new Random(SEED);
        long kept = 0;
        for (int round = 0; round < 6; round++) {
            try (ServerProcess server = start();
                    RespClient client = server.connect()) {
                long loaded = client.call("GET", "round") == null
                        ? 0
                        : Long.parseLong(String.valueOf(client.call("GET", "round")));
                assertThat(loaded).as("round %d, seed %d", round, SEED).isGreaterThanOrEqualTo(kept);
                if (loaded > 0) {
                    assertThat(client.call("DBSIZE")).isEqualTo(2001L);
                    assertThat(client.call("GET", "key:17")).isEqualTo("value of round " + loaded);
                }
                for (int i = 0; i < 2000; i++) {
                    client.call("SET", "key:" + i, "value of round " + (loaded + 1));
                }
                client.call("SET", "round", Long.toString(loaded + 1));
                assertThat(client.call("BGSAVE")).isEqualTo("Background saving started");
                Thread.sleep(random.nextInt(40));
                while (round % 3 == 2 && info(client, "rdb_saves").equals("0")) {
                    Thread.sleep(5); // Now and then one may end.
                }
                if (info(client, "rdb_saves").equals("1")) {
                    kept = loaded + 1;
                }
                server.kill();
            }
        }
        assertThat(kept).as("saves that ended").isPositive();
    }

    @Test
    void damageIsSaidAtTheStartByFileAndOffset() throws IOException {
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            for (int i = 0; i < 500; i++) {
                client.call("SET", "key:" + i, "value" + i);
            }
            client.call("SAVE");
            server.kill();
        }
        Path keys = folder.resolve("checkpoints").resolve("1-keys");
        byte[] bytes = Files.readAllBytes(keys);
        bytes[bytes.length / 2] ^= 4;
        Files.write(keys, bytes);
        assertThatThrownBy(this::start)
                .hasMessageContaining("1-keys is damaged at byte 32: the checksum of the block there is wrong")
                .hasMessageContaining("Nothing was changed");
        assertThat(Files.readAllBytes(keys)).isEqualTo(bytes);
    }

    @Test
    void twoServersDoNotShareAFolder() {
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
            client.call("SAVE");
            assertThatThrownBy(this::start).hasMessageContaining("in use by another server");
        }
    }

    @Test
    void aSaveThatFailsStopsWritesUntilOneSucceeds() throws Exception {
        Path checkpoints = folder.resolve("checkpoints");
        Files.writeString(checkpoints, "a file where the folder should be");
        try (ServerProcess server = start("--save", "3600 1");
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
            client.call("BGSAVE");
            while (!info(client, "rdb_last_bgsave_status").equals("err")) {
                Thread.sleep(10);
            }
            assertThat(client.error("SET", "a", "2")).startsWith("MISCONF Redis is configured to save RDB snapshots");
            assertThat(client.error("PING")).startsWith("MISCONF");
            assertThat(client.call("GET", "a")).isEqualTo("1");
            assertThat(client.error("SHUTDOWN")).isEqualTo("ERR Errors trying to SHUTDOWN. Check logs.");
            client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
            assertThat(client.call("SET", "a", "3")).isEqualTo("OK");
            client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
            Files.delete(checkpoints);
            client.call("SAVE");
            assertThat(client.call("SET", "a", "4")).isEqualTo("OK");
            assertThat(info(client, "rdb_last_bgsave_status")).isEqualTo("ok");
        }
    }

    @Test
    void debugReloadBringsBackWhatWasThere() {
        try (ServerProcess server = start("--enable-debug-command", "yes");
                RespClient client = server.connect()) {
            createIndex(client);
            fill(client, 1200);
            client.call("SET", "a", "1");
            byte[] query = vector(new Random(SEED));
            Object before = search(client, query);
            Object digest = client.call("DEBUG", "DIGEST");
            assertThat(client.call("DEBUG", "RELOAD")).isEqualTo("OK");
            assertThat(client.call("DEBUG", "DIGEST")).isEqualTo(digest);
            assertThat(search(client, query)).isEqualTo(before);
            client.call("SET", "a", "2");
            assertThat(client.call("DEBUG", "RELOAD", "NOSAVE")).isEqualTo("OK");
            assertThat(client.call("GET", "a")).isEqualTo("1");
            assertThat(client.error("DEBUG", "RELOAD", "MERGE")).contains("only supports the NOSAVE option");
            client.call("FLUSHALL");
            assertThat(client.call("FT._LIST")).isEqualTo(List.of());
            assertThat(client.call("DEBUG", "RELOAD")).isEqualTo("OK");
            assertThat(client.call("DBSIZE")).isEqualTo(0L);
        }
    }

    @Test
    void whileItLoadsPingAndInfoAnswerAndDataDoesNot() throws Exception {
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            String value = "x".repeat(400);
            for (int i = 0; i < 300; i++) {
                Object[] mset = new Object[2001];
                mset[0] = "MSET";
                for (int j = 0; j < 1000; j++) {
                    mset[2 * j + 1] = "key:" + (i * 1000 + j);
                    mset[2 * j + 2] = value;
                }
                client.call(mset);
            }
            client.call("SAVE");
            server.kill();
        }
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        AtomicBoolean isSeen = new AtomicBoolean();
        AtomicBoolean isUp = new AtomicBoolean();
        Thread watcher = Thread.ofVirtual().start(() -> {
            while (!isUp.get()) {
                try (RespClient client = RespClient.connect(port)) {
                    while (!isUp.get()) {
                        String info = String.valueOf(client.call("INFO", "persistence"));
                        assertThat(client.call("PING")).isEqualTo("PONG");
                        Object value = client.call("GET", "key:1");
                        if (value instanceof RespClient.ErrorReply refused) {
                            assertThat(refused.message()).isEqualTo("LOADING Redis is loading the dataset in memory");
                            if (info.contains("\r\nloading:1\r\n")) {
                                assertThat(info)
                                        .contains(
                                                "async_loading:0\r\n",
                                                "loading_start_time:",
                                                "loading_total_bytes:",
                                                "loading_loaded_bytes:",
                                                "loading_loaded_perc:",
                                                "loading_eta_seconds:");
                                isSeen.set(true);
                            }
                        }
                    }
                } catch (UncheckedIOException notYet) {
                    Thread.onSpinWait();
                }
            }
        });
        try (ServerProcess server = start("--port", Integer.toString(port));
                RespClient client = server.connect()) {
            isUp.set(true);
            watcher.join();
            assertThat(client.call("DBSIZE")).isEqualTo(300_000L);
            assertThat(isSeen).as("somebody was told LOADING").isTrue();
        }
    }

    @Test
    void repliesAreThoseOfRedis() {
        try (ServerProcess server = start();
                RespClient client = server.connect()) {
            assertThat(client.error("SAVE", "x")).isEqualTo("ERR wrong number of arguments for 'save' command");
            assertThat(client.error("BGSAVE", "x")).isEqualTo("ERR syntax error");
            assertThat(client.call("BGSAVE", "SCHEDULE")).isEqualTo("Background saving started");
            long saved = (Long) client.call("LASTSAVE");
            assertThat(saved).isGreaterThan(1_600_000_000L);
            assertThat(client.error("SHUTDOWN", "ABORT")).isEqualTo("ERR No shutdown in progress.");
            assertThat(client.error("SHUTDOWN", "SAVE", "NOSAVE")).isEqualTo("ERR syntax error");
            for (String bad : List.of("abc", "1 2 3", "0 1")) {
                assertThat(client.error("CONFIG", "SET", "save", bad))
                        .isEqualTo("ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save"
                                + " parameters");
            }
            assertThat(client.call("CONFIG", "SET", "save", "3600 1 300 100")).isEqualTo("OK");
            assertThat(client.call("CONFIG", "GET", "save")).isEqualTo(List.of("save", "3600 1 300 100"));
            assertThat(client.call("CONFIG", "SET", "save", "")).isEqualTo("OK");
        }
    }

    @Test
    void severalLinesOfSaveAddUp() {
        // ServerProcess gives --save "" before these.
        try (ServerProcess server = start("--save", "100 1", "--save", "50 2 30 3");
                RespClient client = server.connect()) {
            assertThat(client.call("CONFIG", "GET", "save")).isEqualTo(List.of("save", "100 1 50 2 30 3"));
        }
    }
}
