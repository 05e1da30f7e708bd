package io.nuthatch.tiering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.DamagedValueException;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What is wrong on the disk is said with its key, and never given to a reader.
class DamagedStoreTest {
    private static final int IDS = 100;
    private static final int SPACE = 4;
    private static final long FLUSH = 9;
    private static final StoreOptions OPTIONS = new StoreOptions(2 << 20, 1 << 20, 100 << 20, 4);

    @TempDir
    private Path folder;

    private SsdStore open() throws IOException {
        return SsdStore.open(folder, FLUSH, OPTIONS, new MemoryAccount(), System::nanoTime);
    }

    private static byte[] value(long id) {
        byte[] value = new byte[Kind.ROW_BYTES];
        new SplittableRandom(id).nextBytes(value);
        return value;
    }

    private void fill(Kind kind) throws IOException {
        try (SsdStore store =
                SsdStore.open(folder, SsdStore.NO_FLUSH, OPTIONS, new MemoryAccount(), System::nanoTime)) {
            for (int id = 0; id < IDS; id++) {
                ColdModel.put(kind.in(store, SPACE), id, value(id));
            }
            store.flush(FLUSH);
        }
    }

    /// The files that a flush has written.
    private List<Path> files() throws IOException {
        try (Stream<Path> found = Files.walk(folder)) {
            return found.filter(Files::isRegularFile)
                    .filter(file -> !file.startsWith(folder.resolve("rocksdb"))) // What was worked in.
                    .toList();
        }
    }

    /// The file that holds `bytes`, and where.
    private record Found(Path file, int at) {
        byte[] read() throws IOException {
            return Files.readAllBytes(file);
        }
    }

    private Found find(byte[] bytes) throws IOException {
        for (Path file : files()) {
            byte[] content = Files.readAllBytes(file);
            for (int at = 0; at + bytes.length <= content.length; at++) {
                if (content[at] == bytes[0] && Arrays.equals(content, at, at + bytes.length, bytes, 0, bytes.length)) {
                    return new Found(file, at);
                }
            }
        }
        throw new AssertionError("not in any file");
    }

    private void checkThatOnly(int damaged, Kind kind, String why) throws IOException {
        try (SsdStore store = open();
                Arena arena = Arena.ofShared()) {
            ColdStore.Values values = kind.in(store, SPACE);
            for (int id = 0; id < IDS; id++) {
                if (id != damaged && kind != Kind.POSTINGS) { // A damaged block holds others, too.
                    assertThat(ColdModel.get(values, id)).isEqualTo(value(id));
                }
            }
            assertThatThrownBy(() -> ColdModel.get(values, damaged))
                    .isInstanceOfSatisfying(DamagedValueException.class, failure -> {
                        assertThat(failure.space()).isEqualTo(SPACE);
                        assertThat(failure.id()).isEqualTo(damaged);
                    })
                    .hasMessageContaining(why)
                    .hasMessageContaining("cold space " + SPACE)
                    .hasMessageContaining(String.valueOf(damaged));
            long[] ids = {damaged - 1, damaged, damaged + 1};
            assertThatThrownBy(() -> values.getAll(ids, 3, arena.allocate(9_000), 3_000, new int[3]))
                    .isInstanceOf(DamagedValueException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFlippedBitIsSaidWithItsKey(Kind kind) throws Exception {
        fill(kind);
        Found found = find(value(37));
        byte[] content = found.read();
        content[found.at + 500] ^= 4;
        Files.write(found.file, content);
        checkThatOnly(37, kind, kind == Kind.ROWS ? "checksum differs" : "mismatch");
    }

    @Test
    void aSlotThatWasNeverWrittenIsSaidWithItsKey() throws Exception {
        fill(Kind.ROWS);
        Found found = find(value(37));
        byte[] content = found.read();
        Arrays.fill(content, found.at - 24, found.at + Kind.ROW_BYTES, (byte) 0);
        Files.write(found.file, content);
        checkThatOnly(37, Kind.ROWS, "checksum differs");
    }

    @Test
    void aSlotThatHoldsAnotherRowIsSaidWithItsKey() throws Exception {
        fill(Kind.ROWS);
        Found found = find(value(37));
        Found other = find(value(12));
        byte[] content = found.read();
        System.arraycopy(content, other.at - 24, content, found.at - 24, 24 + Kind.ROW_BYTES);
        Files.write(found.file, content);
        checkThatOnly(37, Kind.ROWS, "the slot holds id 12 of space 4, 1000 bytes");
    }

    @Test
    void aFileThatEndsEarlyIsSaid() throws Exception {
        fill(Kind.ROWS);
        Path rows = find(value(37)).file;
        Files.write(rows, Arrays.copyOf(Files.readAllBytes(rows), 40_000));
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("map-2 is damaged: slot");
    }

    @Test
    void anyBitOfWhatAFlushConsistsOfIsGuarded() throws Exception {
        fill(Kind.ROWS);
        for (String name : List.of("flush-9", "map-2")) {
            Path file = folder.resolve(name);
            byte[] good = Files.readAllBytes(file);
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < 50; i++) {
                byte[] bad = good.clone();
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bad);
                assertThatThrownBy(() -> open().close())
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining(name);
            }
            Files.write(file, good);
        }
        open().close();
    }

    @Test
    void aLaterVersionIsRefusedByName() throws Exception {
        Files.write(folder.resolve("flush-9"), "nuthatch-cold 2\n".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(this::open).hasMessage(folder.resolve("flush-9") + " is not of version 1 of a cold store");
    }
}
