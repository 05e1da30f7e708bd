package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.TestServer;
import io.nuthatch.server.SystemClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A file system of 8 MiB fills up under a server, and has room again. Skipped where none can be mounted:
/// that takes root. The same faults on a disk in memory are in `JournalFaultSuite` and `CheckpointFaultTest`.
class SmallDiskTest {
    private static final int DISK_BYTES = 8 << 20;
    private static final String VALUE = "v".repeat(10_000);

    @TempDir
    private Path disk;

    private boolean isMounted;

    @BeforeEach
    void mount() throws Exception {
        String said = run("mount", "-t", "tmpfs", "-o", "size=" + DISK_BYTES, "tmpfs", disk.toString());
        Assumptions.assumeTrue(said.isEmpty(), () -> "no file system can be mounted here: " + said);
        isMounted = true;
    }

    @AfterEach
    void unmount() throws Exception {
        if (isMounted) {
            assertThat(run("umount", disk.toString())).isEmpty();
        }
    }

    /// Empty when it went well; otherwise what was said.
    private static String run(String... command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            return status == 0 ? "" : "status " + status + " " + said.strip();
        } catch (IOException noSuchProgram) {
            return String.valueOf(noSuchProgram.getMessage());
        }
    }

    private TestServer start(String... more) {
        List<String> settings = new ArrayList<>(List.of("--dir", disk.toString(), "--save", ""));
        settings.addAll(List.of(more));
        return TestServer.startWith(new SystemClock(), settings.toArray(String[]::new));
    }

    /// Leaves room for so many bytes.
    private Path fill(int roomBytes) throws IOException {
        Path ballast = disk.resolve("ballast");
        long free = Files.getFileStore(disk).getUsableSpace();
        Files.write(ballast, new byte[(int) Math.max(0, free - roomBytes)]);
        return ballast;
    }

    private static void await(RespClient client, String line) throws InterruptedException {
        while (!String.valueOf(client.call("INFO", "persistence")).contains("\r\n" + line + "\r\n")) {
            Thread.sleep(5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec", "no"})
    void aFullDiskUnderTheLogRefusesWritesUntilThereIsRoom(String policy) throws Exception {
        AtomicInteger acknowledged = new AtomicInteger();
        AtomicBoolean isOver = new AtomicBoolean();
        try (TestServer server = start("--appendonly", "yes", "--appendfsync", policy);
                RespClient client = server.connect()) {
            Path ballast = fill(1 << 20);
            Thread writer = Thread.ofVirtual().start(() -> {
                try (RespClient own = server.connect()) {
                    while (!isOver.get() && "OK".equals(own.call("SET", "key:" + acknowledged.get(), VALUE))) {
                        acknowledged.incrementAndGet();
                    }
                }
            });
            await(client, "aof_last_write_status:err");
            assertThat(client.error("SET", "other", "x")).startsWith("MISCONF Errors writing to the AOF file: ");
            assertThat(client.error("SET", "other", "x")).contains("No space left on device");
            assertThat(client.call("GET", "key:0")).isEqualTo(VALUE);
            assertThat(client.call("GET", "other")).isNull();
            Files.delete(ballast);
            await(client, "aof_last_write_status:ok");
            assertThat(client.call("SET", "other", "y")).isEqualTo("OK");
            isOver.set(true);
            writer.join();
            assertThat(client.call("SET", "last", "z")).isEqualTo("OK");
        }
        try (TestServer server = start("--appendonly", "yes");
                RespClient client = server.connect()) {
            for (int i = 0; i < acknowledged.get(); i++) {
                assertThat(client.call("GET", "key:" + i)).as("key %d", i).isEqualTo(VALUE);
            }
            assertThat(client.call("MGET", "other", "last")).isEqualTo(List.of("y", "z"));
        }
    }

    @Test
    void aFullDiskUnderACheckpointRefusesWritesUntilOneSucceeds() throws Exception {
        try (TestServer server = start("--save", "3600 1000000");
                RespClient client = server.connect()) {
            client.call("SET", "first", "x");
            assertThat(client.call("SAVE")).isEqualTo("OK");
            for (int i = 0; i < 200; i++) {
                client.call("SET", "key:" + i, VALUE);
            }
            Path ballast = fill(1 << 20);
            client.call("BGSAVE");
            await(client, "rdb_last_bgsave_status:err");
            assertThat(client.error("SET", "other", "x"))
                    .startsWith("MISCONF Redis is configured to save RDB snapshots");
            assertThat(client.call("GET", "key:7")).isEqualTo(VALUE);
            Files.delete(ballast);
            client.call("BGSAVE");
            await(client, "rdb_last_bgsave_status:ok");
            assertThat(client.call("SET", "other", "x")).isEqualTo("OK");
        }
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo(201L);
        }
    }

    @Test
    void aFailedCheckpointLeavesTheOneBefore() throws Exception {
        try (TestServer server = start();
                RespClient client = server.connect()) {
            client.call("SET", "first", "x");
            client.call("SAVE");
            for (int i = 0; i < 200; i++) {
                client.call("SET", "key:" + i, VALUE);
            }
            fill(1 << 20);
            assertThat(client.error("SAVE")).startsWith("ERR");
        }
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("KEYS", "*")).isEqualTo(List.of("first"));
        }
    }

    @Test
    void aReadOnlyDiskIsSaidSoAtTheStart() throws Exception {
        try (TestServer server = start("--appendonly", "yes", "--appendfsync", "always");
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
        }
        assertThat(run("mount", "-o", "remount,ro", disk.toString())).isEmpty();
        assertThatThrownBy(() -> start("--appendonly", "yes")).hasMessageContaining("Read-only file system");
        assertThat(run("mount", "-o", "remount,rw", disk.toString())).isEmpty();
        try (TestServer server = start("--appendonly", "yes");
                RespClient client = server.connect()) {
            assertThat(client.call("GET", "a")).isEqualTo("1");
        }
    }
}
