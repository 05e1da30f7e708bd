package io.nuthatch.tiering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A file system of 32 MiB fills up under a store, and has room again. Skipped where none can be mounted:
/// that takes root.
class SmallDiskTest {
    private static final int DISK_BYTES = 32 << 20;

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

    private SsdStore open(long flush) throws IOException {
        return SsdStore.open(
                disk.resolve("cold"),
                flush,
                new StoreOptions(2 << 20, 1 << 20, 100 << 20, 2),
                new MemoryAccount(),
                System::nanoTime);
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(180)
    void aFullDiskRefusesWritesUntilThereIsRoomAndLosesNothing(Kind kind) throws Exception {
        Map<Long, byte[]> flushed = new HashMap<>();
        long flush = 1;
        try (SsdStore store = open(SsdStore.NO_FLUSH)) {
            ColdStore.Values values = kind.in(store, 1);
            Map<Long, byte[]> now = new HashMap<>();
            put(values, now, 1_000);
            store.flush(1);
            Path ballast = disk.resolve("ballast");
            Files.write(ballast, new byte[18 << 20]);
            assertThatThrownBy(() -> {
                        for (long number = 2; true; number++) {
                            put(values, now, 200);
                            store.flush(number);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("No space left on device");
            check(values, now);
            Path rest = fill();
            assertThatThrownBy(() -> store.flush(1_000)).isInstanceOf(IOException.class);
            check(values, now);
            Files.delete(ballast);
            Files.delete(rest);
            for (boolean isDone = false; !isDone; ) {
                try {
                    flush = 2_000 + now.size();
                    put(values, now, 10);
                    store.flush(flush);
                    store.forgetOlderFlushes();
                    isDone = true;
                } catch (IOException notYet) {
                    Thread.sleep(50); // RocksDB looks for room now and then.
                }
            }
            check(values, now);
            flushed.putAll(now);
        }
        try (SsdStore store = open(flush)) {
            check(kind.in(store, 1), flushed);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(180)
    void aDiskThatFillsUpInABatchHasAllOfItOrNone(Kind kind) throws Exception {
        try (SsdStore store = open(SsdStore.NO_FLUSH)) {
            ColdStore.Values values = kind.in(store, 1);
            Map<Long, byte[]> now = new HashMap<>();
            assertThatThrownBy(() -> {
                        for (long number = 0; true; number++) {
                            putAll(values, now, 900); // More than a batch of the disk, and than a group of slots.
                            store.flush(number);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("No space left on device");
            check(values, now);
            assertThat(ColdModel.ids(values, 1000)).hasSize(now.size());
            if (kind == Kind.ROWS) { // RocksDB notices when it flushes.
                assertThat(store.traffic(ColdStore.Kind.ROWS).writes().failures())
                        .isEqualTo(1);
                assertThat(store.traffic(ColdStore.Kind.ROWS).writes().values()).isEqualTo(now.size());
                for (long id = 0; id < 800; id++) {
                    values.remove(id); // No flush is forgotten, so their slots stay.
                    now.remove(id);
                }
                assertThatThrownBy(() -> putAll(values, new HashMap<>(), 900)).isInstanceOf(IOException.class);
                store.forgetOlderFlushes();
                for (Map.Entry<Long, byte[]> each : now.entrySet()) {
                    assertThat(ColdModel.get(values, each.getKey())).isEqualTo(each.getValue());
                }
            }
        }
    }

    /// Notes them when they are stored.
    private static void putAll(ColdStore.Values values, Map<Long, byte[]> now, int count) throws IOException {
        long[] ids = new long[count];
        byte[][] more = new byte[count][Kind.ROW_BYTES];
        for (int i = 0; i < count; i++) {
            ids[i] = now.size() + i;
            more[i][0] = (byte) ids[i];
        }
        ColdModel.putAll(values, ids, more);
        for (int i = 0; i < count; i++) {
            now.put(ids[i], more[i]);
        }
    }

    /// Takes the last page.
    private Path fill() throws IOException {
        Path rest = disk.resolve("rest");
        try (OutputStream out = Files.newOutputStream(rest)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException full) {
            return rest;
        }
    }

    private static void put(ColdStore.Values values, Map<Long, byte[]> now, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[Kind.ROW_BYTES];
            value[0] = (byte) now.size();
            ColdModel.put(values, now.size(), value);
            now.put((long) now.size(), value);
        }
    }

    private static void check(ColdStore.Values values, Map<Long, byte[]> now) throws IOException {
        for (Map.Entry<Long, byte[]> each : now.entrySet()) {
            assertThat(ColdModel.get(values, each.getKey())).isEqualTo(each.getValue());
        }
        assertThat(ColdModel.get(values, now.size())).isNull();
    }
}
