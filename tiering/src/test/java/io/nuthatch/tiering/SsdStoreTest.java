package io.nuthatch.tiering;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.tiering.disk.FileTree;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What [ColdStore] promises, for each kind of values.
class SsdStoreTest {
    private static final StoreOptions SMALL = new StoreOptions(2 << 20, 1 << 20, 100 << 20, 4);

    @TempDir
    private Path folder;

    private final MemoryAccount account = new MemoryAccount();

    private SsdStore open() throws IOException {
        return open(
                SsdStore.flushes(folder).isEmpty()
                        ? SsdStore.NO_FLUSH
                        : SsdStore.flushes(folder).getLast());
    }

    private SsdStore open(long flush) throws IOException {
        return SsdStore.open(folder, flush, SMALL, account);
    }

    @Test
    void agreesWithMapsUnderRandomCallsFlushesAndRestarts() {
        Seeded.runs(3, random -> {
            FileTree.delete(folder);
            Files.createDirectory(folder);
            ColdModel model = new ColdModel(random);
            for (int life = 0; life < 5; life++) {
                try (SsdStore store = open(model.someFlush())) {
                    model.checkAll(store);
                    int steps = random.nextInt(3_000);
                    for (int step = 0; step < steps; step++) {
                        model.step(store);
                    }
                    model.checkAll(store);
                }
                assertThat(account.total()).as("memory of a closed store").isZero();
            }
        });
    }

    /// Every value says which id and which write it is of, over all its bytes.
    private static void fill(MemorySegment value, long id, long write) {
        for (long at = 0; at < value.byteSize(); at += 16) {
            value.set(ValueLayout.JAVA_LONG_UNALIGNED, at, id);
            value.set(ValueLayout.JAVA_LONG_UNALIGNED, at + 8, write);
        }
    }

    private static long write(MemorySegment value, long length, long id) {
        long write = value.get(ValueLayout.JAVA_LONG_UNALIGNED, 8);
        for (long at = 0; at < length; at += 16) {
            assertThat(value.get(ValueLayout.JAVA_LONG_UNALIGNED, at)).isEqualTo(id);
            assertThat(value.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 8)).isEqualTo(write);
        }
        return write;
    }

    @ParameterizedTest
    @EnumSource
    void readersBesideWritersSeeWholeValuesAndNeverAnOlderOneThanBefore(Kind kind) throws Exception {
        int ids = 8;
        int bytes = 4_000;
        AtomicBoolean isOver = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (SsdStore store = open()) {
            ColdStore.Values values = kind == Kind.ROWS ? store.rows(1, bytes) : kind.in(store, 1);
            Runnable reader = () -> {
                long[] asked = new long[2 * ids];
                for (int i = 0; i < asked.length; i++) {
                    asked[i] = i % ids;
                }
                long[] last = new long[ids];
                int[] lengths = new int[asked.length];
                try (Arena arena = Arena.ofShared()) {
                    MemorySegment into = arena.allocate((long) asked.length * bytes);
                    while (!isOver.get()) {
                        values.getAll(asked, asked.length, into, bytes, lengths);
                        long[] newest = last.clone();
                        for (int i = 0; i < asked.length; i++) {
                            if (lengths[i] >= 0) {
                                assertThat(lengths[i]).isEqualTo(bytes);
                                long write = write(into.asSlice((long) i * bytes, bytes), bytes, asked[i]);
                                int id = (int) asked[i];
                                assertThat(write).isGreaterThanOrEqualTo(last[id]);
                                newest[id] = Math.max(newest[id], write);
                            }
                        }
                        last = newest;
                    }
                } catch (Throwable thrown) {
                    failure.set(thrown);
                }
            };
            Thread[] threads = {new Thread(reader), new Thread(reader)};
            for (Thread thread : threads) {
                thread.start();
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment value = arena.allocate(bytes);
                for (int write = 1; write < 3_000 && failure.get() == null; write++) {
                    long id = write % ids;
                    fill(value, id, write);
                    values.put(id, value);
                    if (write % 7 == 0) {
                        values.remove(id);
                    }
                    if (write % 300 == 0) {
                        store.flush(write);
                    }
                    if (write % 500 == 0) {
                        store.forgetOlderFlushes();
                    }
                }
            } finally {
                isOver.set(true);
                for (Thread thread : threads) {
                    thread.join();
                }
            }
            assertThat(failure.get()).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void writersOfTheSameIdLeaveOneOfTheirValues(Kind kind) throws Exception {
        int writers = 3;
        int rounds = 400;
        try (SsdStore store = open()) {
            ColdStore.Values values = kind.in(store, 1);
            Thread[] threads = new Thread[writers];
            AtomicReference<Throwable> failure = new AtomicReference<>();
            for (int w = 0; w < writers; w++) {
                int writer = w;
                threads[w] = new Thread(() -> {
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment value = arena.allocate(992);
                        MemorySegment row = arena.allocate(Kind.ROW_BYTES);
                        for (int i = 0; i < rounds; i++) {
                            fill(value, 5, writer);
                            MemorySegment.copy(value, 0, row, 0, 992);
                            values.put(5, row);
                            if (i % 5 == writer) {
                                values.remove(5);
                            }
                        }
                        values.put(5, row);
                    } catch (Throwable thrown) {
                        failure.set(thrown);
                    }
                });
                threads[w].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failure.get()).isNull();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment into = arena.allocate(Kind.ROW_BYTES);
                assertThat(values.get(5, into)).isEqualTo(Kind.ROW_BYTES);
                assertThat(write(into, 992, 5)).isBetween(0L, 2L);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void lengthsHaveLimits(Kind kind) throws Exception {
        try (SsdStore store = open()) {
            ColdStore.Values values = kind.in(store, 1);
            MemorySegment tooLong = MemorySegment.NULL.reinterpret(ColdStore.VALUE_BYTES_MAX + 1L); // Never touched.
            assertThatThrownBy(() -> values.put(1, tooLong)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> values.put(1, MemorySegment.NULL)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> values.get(-1, tooLong)).isInstanceOf(IllegalArgumentException.class);
            ColdModel.put(values, 1, new byte[Kind.ROW_BYTES]);
            try (Arena arena = Arena.ofConfined()) {
                assertThat(values.get(1, arena.allocate(10))).isEqualTo(Kind.ROW_BYTES);
                int[] lengths = new int[2];
                values.getAll(new long[] {1, 2}, 2, arena.allocate(20), 10, lengths);
                assertThat(lengths).containsExactly(Kind.ROW_BYTES, -1);
            }
        }
    }

    @Test
    void aDocumentOf200MegabytesComesBack() throws Exception {
        long bytes = 200L << 20;
        try (Arena arena = Arena.ofShared()) {
            MemorySegment value = arena.allocate(bytes);
            fill(value, 7, 9);
            try (SsdStore store = open()) {
                store.documents(0).put(7, value);
                store.flush(1);
            }
            value.fill((byte) 0);
            try (SsdStore store = open()) {
                assertThat(store.documents(0).get(7, value)).isEqualTo((int) bytes);
            }
            assertThat(value.get(ValueLayout.JAVA_LONG, bytes - 8)).isEqualTo(9);
            assertThat(value.get(ValueLayout.JAVA_LONG, bytes - 16)).isEqualTo(7);
        }
    }

    @Test
    void rowsOfASpaceHaveOneLength() throws Exception {
        try (SsdStore store = open()) {
            store.rows(1, 100);
            assertThatThrownBy(() -> store.rows(1, 101)).hasMessage("rows of cold space 1 have 100 bytes, not 101");
            assertThatThrownBy(() -> ColdModel.put(store.rows(1, 100), 0, new byte[99]))
                    .hasMessage("a row of space 1 has 100 bytes, got 99");
            store.drop(1);
            ColdModel.put(store.rows(1, 101), 0, new byte[101]);
        }
    }

    @Test
    void aFolderHasOneServer() throws Exception {
        try (SsdStore store = open()) {
            assertThatThrownBy(this::open).hasMessage(folder + " is in use by another server");
            store.flush(0);
        }
        open().close();
    }

    @Test
    void flushesHaveRisingNumbersAndOneThatIsNotThereIsRefused() throws Exception {
        try (SsdStore store = open()) {
            store.flush(3);
            assertThatThrownBy(() -> store.flush(3)).hasMessage("a flush after 3 cannot be 3");
            store.flush(7);
        }
        assertThat(SsdStore.flushes(folder)).containsExactly(3L, 7L);
        assertThatThrownBy(() -> open(4)).hasMessageContaining("flush-4");
        assertThat(SsdStore.flushes(folder)).containsExactly(3L, 7L);
        open(3).close();
        assertThat(SsdStore.flushes(folder)).containsExactly(3L);
    }

    @Test
    @Timeout(120)
    void roomComesBack() throws Exception {
        int count = 20_000;
        try (SsdStore store = open()) {
            for (Kind kind : Kind.values()) {
                ColdStore.Values values = kind.in(store, 1);
                for (int id = 0; id < count; id++) {
                    ColdModel.put(values, id, new byte[Kind.ROW_BYTES]);
                }
                ColdModel.put(kind.in(store, 2), 1, new byte[Kind.ROW_BYTES]);
            }
            store.flush(1);
            long full = diskBytes();
            assertThat(full).isGreaterThan(3L * count * Kind.ROW_BYTES);
            for (int id = 0; id < count; id++) {
                if (id != count / 2) {
                    Kind.ROWS.in(store, 1).remove(id); // Leaves a hole on either side.
                }
            }
            store.flush(2);
            store.forgetOlderFlushes();
            assertThat(diskBytes()).isLessThan(full - (count - 3L * 256) * Kind.ROW_BYTES);
            store.drop(1);
            for (long flush = 3; diskBytes() > full / 4; flush++) {
                Thread.sleep(100); // RocksDB compacts in the background.
                ColdModel.put(store.documents(2), 3, new byte[1]);
                store.flush(flush);
                store.forgetOlderFlushes();
            }
        }
    }

    private long diskBytes() throws Exception {
        Process du = new ProcessBuilder("du", "-s", "-B1", folder.toString()).start();
        String said = new String(du.getInputStream().readAllBytes(), US_ASCII);
        return Long.parseLong(said.split("\t")[0]);
    }

    @Test
    void memoryIsCountedAndBounded() throws Exception {
        try (SsdStore store = open()) {
            ColdStore.Values documents = store.documents(1);
            for (int id = 0; id < 20_000; id++) {
                ColdModel.put(documents, id, new byte[400]);
            }
            long used = account.byPart("cold").get("rocksdb");
            assertThat(used).isBetween(100_000L, SMALL.cacheBytes() + (1 << 20));
        }
        assertThat(account.total()).isZero();
    }
}
