package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.ServerProcess;
import io.nuthatch.redistests.TestServer;
import io.nuthatch.server.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `CONFIG SET appendonly` while the server runs: what is answered behind it, and what a start makes of it.
class LogSwitchTest {
    private static final long SEED = Long.getLong("nuthatch.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("nuthatch.switch.kills", 4);
    private static final int CLIENTS = 2;
    private static final int MORE_KEYS = 2000; // So that a checkpoint takes long enough to be met by the kill.

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    private TestServer start(String appendonly) {
        return TestServer.startWith(
                new SystemClock(), "--dir", folder.toString(), "--save", "", "--appendonly", appendonly);
    }

    private static void turn(RespClient client, String value) {
        assertThat(client.call("CONFIG", "SET", "appendonly", value)).isEqualTo("OK");
        assertThat(client.call("CONFIG", "GET", "appendonly")).isEqualTo(List.of("appendonly", value));
        assertThat(String.valueOf(client.call("INFO", "persistence")))
                .contains("aof_enabled:" + (value.equals("yes") ? 1 : 0) + "\r\n");
    }

    @Test
    void aLogThatIsTurnedOnHasWhatThereWasAndWhatCameThen() {
        try (TestServer server = start("no");
                RespClient client = server.connect()) {
            client.call("SET", "before", "1");
            assertThat(SurvivingIndexes.create(client, "idx")).isTrue();
            turn(client, "yes");
            client.call("SET", "after", "2");
            assertThat(client.call("WAITAOF", 1, 0, 0)).isEqualTo(List.of(1L, 0L));
        }
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "before")).isEqualTo("1");
            assertThat(client.call("GET", "after")).isEqualTo("2");
            assertThat(client.call("FT._LIST")).isEqualTo(List.of("idx"));
        }
    }

    @Test
    void aLogFromBeforeIsNeverReplayedOverNewerData() {
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            client.call("SET", "old", "1");
            client.call("SET", "both", "1");
        }
        try (TestServer server = start("no");
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo(0L); // As Redis does: the log is not read.
            client.call("SET", "both", "2");
            turn(client, "yes");
            client.call("APPEND", "both", "3");
        }
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "both")).isEqualTo("23");
            assertThat(client.call("DBSIZE")).isEqualTo(1L);
        }
    }

    @Test
    void offAndOnAgainHasEverything() {
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            client.call("SET", "first", "1");
            turn(client, "no");
            client.call("SET", "second", "2");
            client.call("SAVE");
            turn(client, "yes");
            client.call("SET", "third", "3");
            turn(client, "no");
            turn(client, "yes");
            client.call("SET", "fourth", "4");
        }
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            assertThat(client.call("MGET", "first", "second", "third", "fourth"))
                    .isEqualTo(List.of("1", "2", "3", "4"));
        }
    }

    @Test
    void aLogThatWasTurnedOffIsReadUpToThereOrRefused() {
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            client.call("SET", "key", "logged");
            turn(client, "no");
            client.call("SET", "key", "not logged");
        }
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "key")).isEqualTo("logged");
            turn(client, "no");
            client.call("SET", "key", "saved");
            client.call("SAVE");
        }
        assertThatThrownBy(() -> start("yes")).hasMessageContaining("written while appendonly was no");
        try (TestServer server = start("no");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "key")).isEqualTo("saved");
            turn(client, "yes"); // The server knows which is the newer one, as it has it.
        }
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "key")).isEqualTo("saved");
        }
    }

    @Test
    void whatCannotBeTurnedOnStaysOff() throws IOException {
        Path log = folder.resolve("appendonlydir");
        try (TestServer server = start("no");
                RespClient client = server.connect()) {
            client.call("SET", "key", "x");
            Files.createFile(log); // Where the folder should be.
            assertThat(client.error("CONFIG", "SET", "appendonly", "yes"))
                    .startsWith("ERR CONFIG SET failed (possibly related to argument 'appendonly') - ");
            assertThat(client.call("CONFIG", "GET", "appendonly")).isEqualTo(List.of("appendonly", "no"));
            assertThat(client.call("SET", "key", "y")).isEqualTo("OK");
            Files.delete(log);
            turn(client, "yes");
            client.call("SET", "key", "z");
        }
        try (TestServer server = start("yes");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "key")).isEqualTo("z");
        }
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            assertThat(client.error("CONFIG", "SET", "appendonly", "yes")).endsWith("keeps its data in memory alone");
        }
    }

    /// Off and on under load, and killed at any moment of that or soon after.
    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void aKillAnywhereAroundTheSwitchLosesNothingThatWasPromised(String engine)
            throws InterruptedException, ExecutionException {
        System.out.println("-Dnuthatch.seed=" + SEED);
        Random random = new Random(SEED);
        List<RecordingClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new RecordingClient(i, random.nextLong()));
        }
        long promisedUntil = Long.MIN_VALUE;
        int switched = 0;
        for (int round = 0; round <= KILLS; round++) {
            try (ServerProcess server = ServerProcess.start(
                    "--dir",
                    folder.toString(),
                    "--appendonly",
                    "yes",
                    "--aof-engine",
                    engine,
                    "--appendfsync",
                    "always")) {
                try (RespClient client = server.connect()) {
                    for (RecordingClient each : clients) {
                        each.check(client, promisedUntil);
                    }
                    for (int i = 0; round == 0 && i < MORE_KEYS; i++) {
                        client.send("SET", "more" + i, "x".repeat(500));
                    }
                    for (int i = 0; round == 0 && i < MORE_KEYS; i++) {
                        assertThat(client.read()).isEqualTo("OK");
                    }
                    assertThat(client.call("GET", "more" + (MORE_KEYS - 1))).isNotNull();
                }
                if (round < KILLS) {
                    promisedUntil = switchAndKill(server, clients, random);
                    switched += promisedUntil == Long.MAX_VALUE ? 1 : 0;
                }
            }
        }
        System.out.println(engine + ": " + KILLS + " kills, " + switched + " of them behind the answer");
    }

    /// Returns until when what was answered must be there, in nano time.
    private static long switchAndKill(ServerProcess server, List<RecordingClient> clients, Random random)
            throws InterruptedException, ExecutionException {
        try (ExecutorService threads = Executors.newCachedThreadPool();
                RespClient admin = server.connect()) {
            List<Future<?>> running = new ArrayList<>();
            for (RecordingClient each : clients) {
                running.add(threads.submit(() -> each.writeUntilKilled(server.port())));
            }
            park(random.nextInt(100));
            long off = System.nanoTime();
            assertThat(admin.call("CONFIG", "SET", "appendonly", "no")).isEqualTo("OK");
            park(random.nextInt(100));
            Future<Boolean> on = threads.submit(() -> {
                try {
                    return "OK".equals(admin.call("CONFIG", "SET", "appendonly", "yes"));
                } catch (UncheckedIOException dead) {
                    return false;
                }
            });
            if (random.nextBoolean()) {
                on.get(); // Else the kill comes in the middle, or at the answer.
            }
            park(random.nextInt(200));
            server.kill();
            for (Future<?> each : running) {
                each.get();
            }
            return on.get() ? Long.MAX_VALUE : off;
        }
    }

    private static void park(int millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
