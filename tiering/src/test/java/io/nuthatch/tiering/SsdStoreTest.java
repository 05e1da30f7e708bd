package io.nuthatch.tiering;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.ColdTraffic;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.tiering.disk.FileTree;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What [ColdStore] promises, for each kind of values.
class SsdStoreTest {
    private static final int IDS_AT_ONCE = 300;
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
        return SsdStore.open(folder, flush, SMALL, account, System::nanoTime);
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

    /// Batches of more than one submission to the disk, so that a flush may come between.
    @ParameterizedTest
    @EnumSource
    void aFlushBesideABatchHasAllOfItOrNone(Kind kind) throws Exception {
        for (int life = 0; life < 10; life++) {
            try (SsdStore store = open()) {
                assertThatAllAreOfOneWrite(kind.in(store, 1));
                AtomicBoolean isOver = new AtomicBoolean();
                AtomicReference<Throwable> failure = new AtomicReference<>();
                Thread writer = new Thread(() -> putBatches(kind, store, isOver, failure));
                writer.start();
                Thread.sleep(3L * life);
                store.flush(life);
                isOver.set(true);
                writer.join();
                assertThat(failure.get()).isNull();
            }
        }
    }

    private static void putBatches(
            Kind kind, SsdStore store, AtomicBoolean isOver, AtomicReference<Throwable> failure) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocate((long) IDS_AT_ONCE * Kind.ROW_BYTES);
            long[] ids = LongStream.range(0, IDS_AT_ONCE).toArray();
            int[] lengths = new int[IDS_AT_ONCE];
            Arrays.fill(lengths, Kind.ROW_BYTES);
            for (long write = 0; !isOver.get(); write++) {
                for (int id = 0; id < IDS_AT_ONCE; id++) {
                    from.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) id * Kind.ROW_BYTES, write);
                }
                kind.in(store, 1).putAll(ids, IDS_AT_ONCE, from, Kind.ROW_BYTES, lengths);
            }
        } catch (Throwable thrown) {
            failure.set(thrown);
        }
    }

    private static void assertThatAllAreOfOneWrite(ColdStore.Values values) throws IOException {
        List<Long> there = ColdModel.ids(values, 1000);
        Set<Long> writes = new HashSet<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(Kind.ROW_BYTES);
            for (long id : there) {
                assertThat(values.get(id, into)).isEqualTo(Kind.ROW_BYTES);
                writes.add(into.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
            }
        }
        assertThat(there).hasSize(there.isEmpty() ? 0 : IDS_AT_ONCE);
        assertThat(writes).hasSizeLessThan(2);
    }

    @ParameterizedTest
    @EnumSource
    void aWalkBesideWritersSeesWhatStaysThere(Kind kind) throws Exception {
        int ids = 2_000;
        try (SsdStore store = open()) {
            ColdStore.Values values = kind.in(store, 1);
            for (long id = 0; id < ids; id += 2) {
                ColdModel.put(values, id, new byte[Kind.ROW_BYTES]);
            }
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread writer = new Thread(() -> {
                try {
                    for (long id = 1; id < ids; id += 2) {
                        ColdModel.put(values, id, new byte[Kind.ROW_BYTES]);
                        values.remove(id - (id % 4 == 1 ? 0 : 2));
                    }
                } catch (Throwable thrown) {
                    failure.set(thrown);
                }
            });
            writer.start();
            do {
                List<Long> seen = ColdModel.ids(values, 7);
                assertThat(seen).isSorted().doesNotHaveDuplicates();
                assertThat(seen.stream().filter(id -> id % 2 == 0)).hasSize(ids / 2);
            } while (writer.isAlive());
            assertThat(failure.get()).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void trafficIsCounted(Kind kind) throws Exception {
        ColdStore.Kind counted = ColdStore.Kind.valueOf(kind.name());
        AtomicLong nanos = new AtomicLong();
        try (SsdStore store = SsdStore.open(
                        folder,
                        SsdStore.NO_FLUSH,
                        SMALL,
                        account,
                        () -> nanos.getAndAdd(1_000)); // A round is that long.
                Arena arena = Arena.ofShared()) {
            ColdStore.Values values = kind.in(store, 1);
            byte[][] some = new byte[100][Kind.ROW_BYTES];
            ColdModel.putAll(values, LongStream.range(0, some.length).toArray(), some);
            ColdModel.put(values, 7, new byte[Kind.ROW_BYTES]);
            ColdTraffic.Side writes = store.traffic(counted).writes();
            assertThat(writes.values()).isEqualTo(some.length + 1);
            assertThat(writes.bytes()).isEqualTo((some.length + 1L) * Kind.ROW_BYTES);
            assertThat(writes.rounds()).isEqualTo(2);
            assertThat(writes.failures()).isZero();
            MemorySegment into = arena.allocate(110L * Kind.ROW_BYTES);
            values.getAll(LongStream.range(0, 110).toArray(), 110, into, Kind.ROW_BYTES, new int[110]);
            values.get(3, into);
            ColdTraffic.Side reads = store.traffic(counted).reads();
            assertThat(reads.values()).isEqualTo(some.length + 1);
            assertThat(reads.bytes()).isEqualTo((some.length + 1L) * Kind.ROW_BYTES);
            assertThat(reads.rounds()).isEqualTo(2);
            assertThat(Arrays.stream(reads.histogram()).sum()).isEqualTo(2);
            assertThat(reads.percentileNanos(0.5)).isBetween(1_000L, 1_125L);
            for (ColdStore.Kind other : ColdStore.Kind.values()) {
                if (other != counted) {
                    assertThat(store.traffic(other).reads().rounds()).isZero();
                }
            }
        }
    }

    @Test
    void bucketsOfDurationsAreAnEighthWide() {
        long last = -1;
        for (int bucket = 0; bucket < ColdTraffic.BUCKETS && ColdTraffic.bucketNanos(bucket) > last; bucket++) {
            long longest = ColdTraffic.bucketNanos(bucket);
            assertThat(ColdTraffic.bucket(longest)).isEqualTo(bucket);
            assertThat(ColdTraffic.bucket(last + 1)).isEqualTo(bucket);
            assertThat(longest - (last + 1)).isLessThanOrEqualTo((last + 1) / 8);
            last = longest;
        }
        assertThat(last).isEqualTo(Long.MAX_VALUE);
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
                values.putAll(new long[0], 0, MemorySegment.NULL, 10, new int[0]);
                byte[][] oneIsEmpty = {new byte[Kind.ROW_BYTES], new byte[0]};
                assertThatThrownBy(() -> ColdModel.putAll(values, new long[] {5, 6}, oneIsEmpty))
                        .isInstanceOf(IllegalArgumentException.class);
                int many = ColdStore.VALUE_BYTES_MAX / Kind.ROW_BYTES + 1;
                int[] all = new int[many];
                Arrays.fill(all, Kind.ROW_BYTES);
                assertThatThrownBy(() -> values.putAll(new long[many], many, tooLong, Kind.ROW_BYTES, all))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("at once");
            }
            assertThat(ColdModel.ids(values, 10)).containsExactly(1L);
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
