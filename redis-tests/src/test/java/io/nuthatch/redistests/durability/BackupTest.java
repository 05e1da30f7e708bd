package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.backup.BackupManifest;
import io.nuthatch.persistence.backup.BackupProgress;
import io.nuthatch.persistence.backup.FolderStore;
import io.nuthatch.persistence.backup.Restore;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.SimulatedClock;
import io.nuthatch.redistests.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Backups are taken while clients write, brought back elsewhere, and compared key by key.
class BackupTest {
    @TempDir
    Path folder;

    private final SimulatedClock clock = new SimulatedClock(1_700_000_000_000L);

    private TestServer start(String name, String... more) throws IOException {
        Path data = Files.createDirectories(folder.resolve(name));
        List<String> settings = new ArrayList<>(List.of("--dir", data.toString(), "--save", ""));
        settings.addAll(List.of(more));
        return TestServer.startWith(clock, settings.toArray(String[]::new));
    }

    private TestServer startWithLog(String name) throws IOException {
        return startWithLog(name, "segmented");
    }

    private TestServer startWithLog(String name, String engine) throws IOException {
        return start(name, "--appendonly", "yes", "--appendfsync", "everysec", "--aof-engine", engine);
    }

    private String place(String name) {
        return folder.resolve(name).toString();
    }

    private static String info(RespClient client, String field) {
        for (String line : String.valueOf(client.call("INFO", "persistence")).split("\r\n")) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        return "";
    }

    private static void awaitEnd(RespClient client) throws InterruptedException {
        while (info(client, "backup_in_progress").equals("1")) {
            Thread.sleep(5);
        }
    }

    private static void backUp(RespClient client, String place) throws InterruptedException {
        assertThat(client.call("NUTHATCH.BACKUP", "TO", place)).isEqualTo("Background backup started");
        awaitEnd(client);
        assertThat(info(client, "backup_last_error")).isEmpty();
        assertThat(info(client, "backup_last_status")).isEqualTo("ok");
    }

    private Restore restore(String backup) throws IOException {
        return new Restore(
                new FolderStore(folder.resolve(backup)),
                new BackupProgress(),
                () -> 0,
                new MemoryAccount().counter("test", "buffers"));
    }

    private long bringBack(String backup, String to, long lsn, long seconds) throws IOException {
        return restore(backup).to(folder.resolve(to), "checkpoints", "appendonlydir", lsn, seconds);
    }

    private static Map<String, Object> everything(RespClient client) {
        Map<String, Object> all = new HashMap<>();
        for (Object key : (List<?>) client.call("KEYS", "*")) {
            all.put(String.valueOf(key), client.call("GET", key));
        }
        return all;
    }

    /// Each write is one record, and its value says which: what a restore to a record holds follows from
    /// them.
    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void takenUnderLoadAndBroughtBackToARecordItHoldsExactlyWhatWasWrittenUpToThere(String engine) throws Exception {
        Map<Long, String> keyByValue = new ConcurrentHashMap<>();
        BackupManifest manifest;
        try (TestServer server = startWithLog("live", engine);
                RespClient client = server.connect()) {
            AtomicBoolean isOver = new AtomicBoolean();
            Thread writer = Thread.ofVirtual().start(() -> {
                try (RespClient own = server.connect()) {
                    for (long i = 1; !isOver.get() || i < 3000; i++) {
                        String key = "key:" + i * 7919 % 500;
                        keyByValue.put(i, key);
                        own.call("SET", key, i);
                    }
                }
            });
            while (keyByValue.size() < 1000) {
                Thread.sleep(1);
            }
            client.call("BGSAVE");
            while (info(client, "rdb_saves").equals("0") || keyByValue.size() < 2000) {
                Thread.sleep(1);
            }
            backUp(client, place("backup"));
            isOver.set(true);
            writer.join();
            manifest = restore("backup").manifest();
            assertThat(info(client, "backup_last_lsn")).isEqualTo(Long.toString(manifest.lastLsn()));
        }
        assertThat(manifest.lastLsn()).isBetween(manifest.firstLsn(), (long) keyByValue.size());
        long middle = (manifest.firstLsn() + manifest.lastLsn()) / 2;
        for (long lsn : new long[] {manifest.firstLsn(), middle, manifest.lastLsn()}) {
            assertThat(bringBack("backup", "to-" + lsn, lsn, Long.MAX_VALUE)).isEqualTo(lsn);
            Map<String, Object> expected = new HashMap<>();
            for (long i = 1; i <= lsn; i++) {
                expected.put(keyByValue.get(i), Long.toString(i));
            }
            for (int life = 0; life < 2; life++) {
                try (TestServer server = startWithLog("to-" + lsn, engine);
                        RespClient client = server.connect()) {
                    assertThat(everything(client)).as("record %d", lsn).isEqualTo(expected);
                    client.call("SET", "later", life); // And it goes on from there.
                    expected.put("later", Integer.toString(life));
                }
            }
            if (manifest.firstLsn() == manifest.lastLsn()) {
                break;
            }
        }
        assertThatThrownBy(() -> bringBack("backup", "beyond", manifest.lastLsn() + 1, Long.MAX_VALUE))
                .hasMessageContaining("is not in reach: ")
                .hasMessageContaining("goes from record " + manifest.firstLsn() + " to " + manifest.lastLsn());
    }

    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void broughtBackToATimeItHoldsWhatWasWrittenByThen(String engine) throws Exception {
        try (TestServer server = startWithLog("live", engine);
                RespClient client = server.connect()) {
            for (int i = 0; i < 5; i++) {
                client.call("SET", "key:" + i, i);
                client.call("CONFIG", "SET", "appendfsync", "always"); // What follows waits for the disk:
                client.call("SET", "mark", i); // its record bears this second.
                clock.advance(10_000);
            }
            backUp(client, place("backup"));
        }
        bringBack("backup", "restored", Long.MAX_VALUE, 1_700_000_025L);
        try (TestServer server = startWithLog("restored", engine);
                RespClient client = server.connect()) {
            assertThat(everything(client)).isEqualTo(Map.of("key:0", "0", "key:1", "1", "key:2", "2", "mark", "2"));
        }
    }

    @Test
    void aServerWithoutALogBacksUpACheckpointOfNow() throws Exception {
        try (TestServer server = start("live");
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
            client.call("SAVE");
            client.call("SET", "b", "2");
            backUp(client, place("backup"));
            client.call("SET", "c", "3");
            client.call("SAVE"); // Clears away what the backup is linked to.
        }
        bringBack("backup", "restored", Long.MAX_VALUE, Long.MAX_VALUE);
        try (TestServer server = start("restored");
                RespClient client = server.connect()) {
            assertThat(everything(client)).isEqualTo(Map.of("a", "1", "b", "2"));
        }
    }

    @Test
    void oneThatWasCancelledIsNoBackupAndGoesOnWhenItIsBegunAgain() throws Exception {
        try (TestServer server = startWithLog("live");
                RespClient client = server.connect()) {
            String value = "v".repeat(100_000);
            for (int i = 0; i < 40; i++) {
                client.call("SET", "key:" + i, value);
            }
            client.call("SAVE");
            assertThat(client.call("NUTHATCH.BACKUP", "TO", place("backup"), "RATE", 1))
                    .isEqualTo("Background backup started");
            assertThat(client.error("NUTHATCH.BACKUP", "TO", place("other"))).contains("is under way");
            while (info(client, "backup_done_bytes").matches("0?")) {
                Thread.sleep(1);
            }
            assertThat(client.call("NUTHATCH.BACKUP", "CANCEL")).isEqualTo(1L);
            awaitEnd(client);
            assertThat(info(client, "backup_last_status")).isEqualTo("err");
            assertThat(info(client, "backup_last_error")).isEqualTo("the backup was cancelled");
            assertThatThrownBy(() -> restore("backup")).hasMessageContaining("holds no whole backup");
            assertThat(client.call("NUTHATCH.BACKUP", "CANCEL")).isEqualTo(0L);
            backUp(client, place("backup"));
            assertThat(client.call("NUTHATCH.BACKUP", "TO", place("backup"))).isEqualTo("Background backup started");
            awaitEnd(client);
            assertThat(info(client, "backup_last_error")).contains("holds a backup already: name another place");
        }
        bringBack("backup", "restored", Long.MAX_VALUE, Long.MAX_VALUE);
        try (TestServer server = startWithLog("restored");
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo(40L);
        }
    }

    @Test
    void aDamagedBackupIsRefusedAndNothingIsLeftOfTheRestore() throws Exception {
        try (TestServer server = start("live");
                RespClient client = server.connect()) {
            client.call("SET", "a", "1");
            backUp(client, place("backup"));
        }
        Path keys;
        try (Stream<Path> files = Files.list(folder.resolve("backup/checkpoints"))) {
            keys = files.filter(file -> file.toString().endsWith("-keys"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(keys);
        bytes[bytes.length - 1] ^= 1;
        Files.delete(keys); // The server's own file has the same bytes.
        Files.write(keys, bytes);
        assertThatThrownBy(() -> bringBack("backup", "restored", Long.MAX_VALUE, Long.MAX_VALUE))
                .hasMessageContaining("is damaged: it is not what was backed up");
        assertThat(folder.resolve("restored/checkpoints")).isEmptyDirectory();
        assertThatThrownBy(() -> bringBack("backup", "live", Long.MAX_VALUE, Long.MAX_VALUE))
                .hasMessageContaining("is not empty: restore to another folder");
    }

    @Test
    void whatCannotBeginSaysWhy() throws IOException {
        try (TestServer server = startWithLog("live");
                RespClient client = server.connect()) {
            assertThat(client.error("NUTHATCH.BACKUP")).contains("wrong number of arguments");
            assertThat(client.error("NUTHATCH.BACKUP", "FROM", "x")).isEqualTo("ERR syntax error");
            assertThat(client.error("NUTHATCH.BACKUP", "TO", "x", "RATE", 0))
                    .isEqualTo("ERR RATE must be between 1 and 1048576 megabytes a second, got 0");
            assertThat(client.error("NUTHATCH.BACKUP", "TO", "ftp://x"))
                    .isEqualTo("ERR nothing on the class path keeps backups in ftp://: name a folder");
            assertThat(client.error("NUTHATCH.BACKUP", "TO", place("live/checkpoints/b")))
                    .contains("is in a folder of the server's own data");
        }
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            assertThat(client.error("NUTHATCH.BACKUP", "TO", place("b"))).contains("keeps its data in memory alone");
        }
    }
}
