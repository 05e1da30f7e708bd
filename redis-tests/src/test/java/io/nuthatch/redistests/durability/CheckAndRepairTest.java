package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.persistence.check.Findings;
import io.nuthatch.persistence.check.FolderCheck;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.SimulatedClock;
import io.nuthatch.redistests.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Data folders are damaged while no server runs: the start refuses and names the tool, the tool finds the
/// same and mends it, and the next start has what the tool said it would.
class CheckAndRepairTest {
    private static final int KEYS = 40;

    @TempDir
    Path folder;

    private final SimulatedClock clock = new SimulatedClock(1_700_000_000_000L);

    private TestServer start(String... more) {
        List<String> settings = new ArrayList<>(List.of("--dir", folder.toString(), "--save", ""));
        settings.addAll(List.of(more));
        return TestServer.startWith(clock, settings.toArray(String[]::new));
    }

    private TestServer startWithLog() {
        return startWithLog("segmented");
    }

    private TestServer startWithLog(String engine) {
        return start("--appendonly", "yes", "--appendfsync", "always", "--aof-engine", engine);
    }

    /// Each is one record of the log.
    private static void write(RespClient client, int from, int to) {
        for (int i = from; i < to; i++) {
            client.call("SET", "key:" + i, "value of " + i);
        }
    }

    private static void assertKeys(RespClient client, int from, int to) {
        List<Object> expected = new ArrayList<>();
        for (int i = from; i < to; i++) {
            expected.add("value of " + i);
        }
        Object[] command = Stream.concat(
                        Stream.of("MGET"), IntStream.range(from, to).mapToObj(i -> "key:" + i))
                .toArray();
        assertThat(client.call(command)).isEqualTo(expected);
        assertThat(client.call("DBSIZE")).isEqualTo((long) to - from);
    }

    private FolderCheck check() {
        try {
            return new FolderCheck(folder, "appendonlydir", "checkpoints", clock);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private List<Findings.Damage> damages() throws IOException {
        try (FolderCheck check = check()) {
            return check.damages(check.verify());
        }
    }

    private FolderCheck.Repaired repair() throws IOException {
        try (FolderCheck check = check()) {
            Findings findings = check.verify();
            assertThat(check.damages(findings)).isNotEmpty();
            return check.repair(findings);
        }
    }

    private List<Path> files(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(name))) {
            return files.filter(file -> !file.endsWith("lock")).sorted().toList();
        }
    }

    private static void flip(Path file, long offset) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) offset] ^= 4;
        Files.write(file, bytes);
    }

    private static long offsetOf(Path file, String text) throws IOException {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertThat(bytes).contains(text);
        return bytes.indexOf(text);
    }

    private void assertRefused(String file, String... settings) {
        assertThatThrownBy(() -> start(settings))
                .hasMessageContaining(file)
                .hasMessageContaining("damaged at byte")
                .hasMessageContaining("bin/nuthatch-check --verify " + folder);
    }

    @Test
    void aWholeFolderIsSaidToBeWholeAndIsLeftAsItIs() throws IOException {
        try (TestServer server = startWithLog();
                RespClient client = server.connect()) {
            write(client, 0, KEYS);
            client.call("SAVE");
        }
        try (FolderCheck check = check()) {
            Findings findings = check.verify();
            assertThat(check.damages(findings)).isEmpty();
            assertThat(findings.log().lastLsn()).isEqualTo(KEYS + 1); // The last one says that it was closed.
            assertThat(findings.newest().summary().keys()).isEqualTo(KEYS);
        }
    }

    @Test
    void aServerThatRunsIsNotLookedInto() {
        try (TestServer server = startWithLog()) {
            assertThatThrownBy(this::check).hasMessageContaining("in use by another server");
        }
    }

    @Test
    void damageInTheMiddleCostsWhatStandsBehindIt() throws IOException {
        for (int life = 0; life < 2; life++) {
            try (TestServer server = startWithLog();
                    RespClient client = server.connect()) {
                write(client, life * KEYS, (life + 1) * KEYS);
            }
        }
        Path first = files("appendonlydir").getFirst();
        flip(first, offsetOf(first, "value of 17"));
        assertRefused(first.getFileName().toString(), "--appendonly", "yes");
        assertThat(damages()).singleElement().satisfies(damage -> {
            assertThat(damage.file()).isEqualTo("appendonlydir/" + first.getFileName());
            assertThat(damage.what()).contains("record 18 had been synced");
        });
        byte[] damaged = Files.readAllBytes(first);
        FolderCheck.Repaired repaired = repair();
        assertThat(repaired.plan().isLosing()).isTrue();
        assertThat(repaired.plan().lostFromLsn()).isEqualTo(18);
        assertThat(repaired.plan().lostToLsn()).isEqualTo(2 * KEYS + 2);
        assertThat(repaired.lostKeys())
                .isEqualTo(IntStream.range(18, 2 * KEYS)
                        .mapToObj(i -> "db0 key:" + i)
                        .toList());
        assertThat(repaired.lostRecords()).isEqualTo(2 * KEYS - 18);
        assertThat(repaired.copies().resolve("appendonlydir").resolve(first.getFileName()))
                .hasBinaryContent(damaged);
        assertThat(Files.readAllLines(repaired.copies().resolve("lost-keys.txt")))
                .isEqualTo(repaired.lostKeys());
        assertThat(damages()).isEmpty();
        for (int life = 0; life < 2; life++) {
            try (TestServer server = startWithLog();
                    RespClient client = server.connect()) {
                assertKeys(client, 0, 17 + life);
                client.call("SET", "key:17", "value of 17");
            }
        }
    }

    @Test
    void aLogInChronicleQueueIsMendedAlike() throws IOException {
        for (int life = 0; life < 2; life++) {
            try (TestServer server = startWithLog("chronicle");
                    RespClient client = server.connect()) {
                write(client, life * KEYS, (life + 1) * KEYS);
            }
        }
        Path first = files("appendonlydir").getFirst().resolve("19700101.cq4");
        flip(first, offsetOf(first, "value of 17"));
        assertRefused("19700101.cq4", "--appendonly", "yes", "--aof-engine", "chronicle");
        assertThat(damages()).singleElement().satisfies(damage -> {
            assertThat(damage.file()).endsWith(".queue/19700101.cq4");
            assertThat(damage.what()).contains("record 18 had been synced");
        });
        byte[] damaged = Files.readAllBytes(first);
        FolderCheck.Repaired repaired = repair();
        assertThat(repaired.plan().lostFromLsn()).isEqualTo(18);
        assertThat(repaired.lostKeys())
                .isEqualTo(IntStream.range(18, 2 * KEYS)
                        .mapToObj(i -> "db0 key:" + i)
                        .toList());
        assertThat(repaired.copies()
                        .resolve("appendonlydir")
                        .resolve(first.getParent().getFileName())
                        .resolve("19700101.cq4"))
                .hasBinaryContent(damaged);
        assertThat(damages()).isEmpty();
        for (int life = 0; life < 2; life++) {
            try (TestServer server = startWithLog("chronicle");
                    RespClient client = server.connect()) {
                assertKeys(client, 0, 17 + life);
                client.call("SET", "key:17", "value of 17");
            }
        }
    }

    @Test
    void aMissingFileCostsWhatWasInItAndBehindIt() throws IOException {
        for (int life = 0; life < 3; life++) {
            try (TestServer server = startWithLog();
                    RespClient client = server.connect()) {
                write(client, life * KEYS, (life + 1) * KEYS);
            }
        }
        Files.delete(files("appendonlydir").get(1));
        assertRefused(files("appendonlydir").getFirst().getFileName().toString(), "--appendonly", "yes");
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage.what())
                        .isEqualTo("records 42 to 82 are missing: a file was removed, or this one cut"));
        FolderCheck.Repaired repaired = repair();
        assertThat(repaired.lostKeys())
                .isEqualTo(IntStream.range(2 * KEYS, 3 * KEYS)
                        .mapToObj(i -> "db0 key:" + i)
                        .toList());
        try (TestServer server = startWithLog();
                RespClient client = server.connect()) {
            assertKeys(client, 0, KEYS);
        }
    }

    @Test
    void aTornEndIsNoDamageAndIsLeftToTheStart() throws IOException {
        try (TestServer server = startWithLog();
                RespClient client = server.connect()) {
            write(client, 0, KEYS);
        }
        Path log = files("appendonlydir").getLast();
        byte[] bytes = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(bytes, (int) offsetOf(log, "value of 39") + 5)); // As of a server that died.
        try (FolderCheck check = check()) {
            Findings findings = check.verify();
            assertThat(check.damages(findings)).isEmpty();
            assertThat(findings.log().torn()).isNotNull();
            assertThat(findings.log().lastLsn()).isEqualTo(KEYS - 1);
        }
        try (TestServer server = startWithLog();
                RespClient client = server.connect()) {
            assertKeys(client, 0, KEYS - 1);
        }
    }

    private void saveWithIndex() {
        try (TestServer server = start();
                RespClient client = server.connect()) {
            client.call(
                    "FT.CREATE",
                    "idx",
                    "PREFIX",
                    1,
                    "doc:",
                    "SCHEMA",
                    "v",
                    "VECTOR",
                    "HNSW",
                    6,
                    "TYPE",
                    "FLOAT32",
                    "DIM",
                    2,
                    "DISTANCE_METRIC",
                    "L2");
            for (int i = 0; i < KEYS; i++) {
                client.call("HSET", "doc:" + i, "v", new byte[] {(byte) i, 0, 0, 60, (byte) (7 * i), 1, 0, 60});
            }
            client.call("SAVE");
        }
    }

    private static Object search(RespClient client) {
        return client.call(
                "FT.SEARCH", "idx", "*=>[KNN 5 @v $q]", "PARAMS", 2, "q", new byte[8], "NOCONTENT", "DIALECT", 2);
    }

    /// The newest of that kind: what did not change stays in files of older checkpoints.
    private Path checkpointFile(String word) throws IOException {
        return files("checkpoints").reversed().stream()
                .filter(file -> file.toString().contains("-" + word))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aDamagedGraphIsBuiltAnewAndNothingIsLost() throws IOException {
        saveWithIndex();
        Object found;
        try (TestServer server = start();
                RespClient client = server.connect()) {
            found = search(client);
        }
        Path graph = checkpointFile("graph");
        flip(graph, Files.size(graph) / 2);
        assertRefused(graph.getFileName().toString());
        FolderCheck.Repaired repaired = repair();
        assertThat(repaired.plan().isLosing()).isFalse();
        assertThat(repaired.touched()).contains("checkpoints/" + graph.getFileName());
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo((long) KEYS);
            assertThat(search(client)).isEqualTo(found);
        }
    }

    @Test
    void aCheckpointThatNothingReplacesIsSaidToBeLost() throws IOException {
        saveWithIndex();
        Path keys = checkpointFile("keys");
        flip(keys, Files.size(keys) / 2);
        assertRefused(keys.getFileName().toString());
        FolderCheck.Repaired repaired = repair();
        assertThat(repaired.plan().isLosing()).isTrue();
        assertThat(repaired.plan().isLosingCheckpoint()).isTrue();
        assertThat(repaired.plan().removed().getFirst().summary().keys()).isEqualTo(KEYS);
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo(0L);
        }
        assertThat(repaired.copies().resolve("checkpoints").resolve(keys.getFileName()))
                .exists();
    }

    @Test
    void anOlderCheckpointTakesTheDamagedOnesPlaceWhenItIsStillThere() throws IOException {
        saveWithIndex();
        List<Path> older = files("checkpoints");
        Path kept = Files.createDirectory(folder.resolve("kept"));
        for (Path file : older) {
            Files.copy(file, kept.resolve(file.getFileName()));
        }
        try (TestServer server = start();
                RespClient client = server.connect()) {
            client.call("SET", "late", "x");
            client.call("SAVE");
        }
        Path keys = checkpointFile("keys");
        flip(keys, Files.size(keys) / 2);
        for (Path file : older) { // As a crash before their removal leaves them.
            Files.copy(kept.resolve(file.getFileName()), file, StandardCopyOption.REPLACE_EXISTING);
        }
        assertRefused(keys.getFileName().toString());
        FolderCheck.Repaired repaired = repair();
        assertThat(repaired.plan().isLosing()).isTrue();
        assertThat(repaired.plan().base().checkpoint().summary().keys()).isEqualTo(KEYS);
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo((long) KEYS);
            assertThat(client.call("GET", "late")).isNull();
        }
    }

    @Test
    void aLogThatIsGoneLeavesTheCheckpoint() throws IOException {
        try (TestServer server = startWithLog();
                RespClient client = server.connect()) {
            write(client, 0, KEYS);
            client.call("SAVE");
        }
        for (Path file : files("appendonlydir")) {
            Files.delete(file);
        }
        assertThatThrownBy(this::startWithLog).hasMessageContaining("appendonly");
        assertThat(damages())
                .singleElement()
                .satisfies(
                        damage -> assertThat(damage.what()).contains("and the checkpoint holds records up to " + KEYS));
        repair();
        for (int life = 0; life < 2; life++) {
            try (TestServer server = startWithLog();
                    RespClient client = server.connect()) {
                assertKeys(client, 0, KEYS + life);
                write(client, KEYS, KEYS + 1);
            }
        }
    }

    @Test
    void aHalfWrittenCheckpointIsNoDamage() throws IOException {
        saveWithIndex();
        Files.writeString(folder.resolve("checkpoints/9-keys"), "begun");
        assertThat(damages()).isEmpty();
        try (TestServer server = start();
                RespClient client = server.connect()) {
            assertThat(client.call("DBSIZE")).isEqualTo((long) KEYS);
        }
    }
}
