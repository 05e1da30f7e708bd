package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.disk.FaultyStorage;
import io.nuthatch.persistence.wal.InlineJournal;
import io.nuthatch.persistence.wal.SegmentedLog;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// However many threads replay a log, what comes of it is what one thread makes of it: every key with its
/// bits and its expiry, every index with its documents and answers, and the error when there is one.
class ReplayThreadsTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int RUNS = Integer.getInteger("nuthatch.runs", 40);
    private static final int[] THREADS = {2, 3, 7, 64};
    private static final int LARGE = 300 << 10; // More than a batch on its way to a thread holds.

    private final FaultyStorage disk = new FaultyStorage(new Random(SEED));
    private InlineJournal journal;

    private Store open() throws IOException {
        return Store.logged(disk, disk, (files, end, account) -> journal = new InlineJournal(files, end, account));
    }

    /// As a kill leaves it.
    private void kill(Store store) {
        journal.step();
        store.keyspace.setEffects(null);
        journal.abandon();
        store.close();
    }

    private static String vector(Random random) {
        ByteBuffer vector = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 4; i++) {
            vector.putFloat(random.nextFloat());
        }
        return ByteStrings.of(vector.array());
    }

    private static void writeSome(Store store, Random random) {
        String number = String.valueOf(random.nextInt(80));
        String key = random.nextInt(4) == 0 ? "{hot}" + number : number;
        long later = store.now.get() + random.nextInt(100_000);
        switch (random.nextInt(12)) {
            case 0 ->
                store.set(random.nextInt(3), "s:" + key, "v" + random.nextInt(), random.nextBoolean() ? 0 : later);
            case 1 -> store.append(0, "s:" + key, "+" + random.nextInt());
            case 2 -> store.del(0, (random.nextBoolean() ? "s:" : "doc:") + key);
            case 3 -> store.expire(0, (random.nextBoolean() ? "s:" : "doc:") + key, later);
            case 4 -> store.hdel(0, "doc:" + key, random.nextBoolean() ? "vec" : "version");
            case 5 -> store.expireField(0, "doc:" + key, "version", later);
            case 6 -> store.hset(random.nextInt(2), "h:" + key, "f" + random.nextInt(3), "v" + random.nextInt());
            default -> store.hset(0, "doc:" + key, "vec", vector(random), "version", "v" + random.nextInt());
        }
    }

    private static void act(Store store, Random random) {
        switch (random.nextInt(60)) {
            case 0 -> store.atomically(() -> store.keyspace.swap(0, 1 + random.nextInt(2)));
            case 1 -> {
                if (random.nextInt(4) == 0) {
                    store.atomically(store.keyspace::flushAll);
                }
            }
            case 2 -> store.indexes.drop("idx" + random.nextInt(2), Indexes.Drop.KEEP_DOCUMENTS);
            case 3, 4, 5, 6 -> {
                String name = "idx" + random.nextInt(2);
                if (store.indexes.find(name) == null) {
                    store.indexes.create(LogAndCheckpointTest.definition(name), random.nextBoolean());
                }
            }
            case 7 -> {
                if (store.indexes.find("idx0") != null) {
                    store.indexes.updateAlias("alias" + random.nextInt(2), "idx0");
                }
            }
            case 8 ->
                store.set(
                        0,
                        "s:large",
                        String.valueOf((char) ('a' + random.nextInt(26))).repeat(LARGE),
                        0);
            case 9 -> store.rename("doc:" + random.nextInt(80), "doc:" + random.nextInt(80));
            case 10, 11, 12, 13, 14, 15 ->
                store.atomically(() -> {
                    for (int i = random.nextInt(1, 12); i > 0; i--) {
                        writeSome(store, random);
                    }
                });
            default -> writeSome(store, random);
        }
    }

    private static Map<String, String> dump(Store store) {
        Map<String, String> all = LogAndCheckpointTest.dump(store);
        all.replaceAll((key, value) -> value.length() < 200 ? value : value.length() + " " + value.hashCode());
        return all;
    }

    /// All that can be seen of a store: its keys, and of each index its documents in the order of their
    /// distances.
    private static Map<String, String> digest(Store store) {
        store.rest();
        Map<String, String> all = dump(store);
        all.put("aliases", store.indexes.aliases().toString());
        for (String name : store.indexes.names()) {
            assertThat(store.index(name).invariants()).isEmpty();
            byte[] query = ByteStrings.bytes(vector(new Random(7)));
            List<String> found = store.search(name, "*=>[KNN 200 @vec $v EF_RUNTIME 400]", 200, query);
            all.put("index " + name, store.index(name).size() + " " + found);
        }
        return all;
    }

    private Map<String, String> replayed(int threads) throws IOException {
        try (Store store = new Store(disk)) {
            store.recover(new SegmentedLog(disk, store.account.counter("journal", "reading")), threads);
            return digest(store);
        }
    }

    @Test
    void anyNumberOfThreadsComesToWhatOneComesTo() throws IOException {
        for (int run = 0; run < RUNS; run++) {
            String as = "run " + run + ", seed " + SEED;
            Random random = new Random(SEED + run);
            Store store = open();
            int count = 100 + random.nextInt(500);
            int checkpoint = random.nextInt(2 * count); // Or none.
            for (int i = 0; i < count; i++) {
                act(store, random);
                if (i % 50 == 0) {
                    journal.step();
                    store.rest();
                }
                if (i == checkpoint) {
                    store.save();
                }
            }
            Map<String, String> written = dump(store);
            kill(store);
            Map<String, String> expected = replayed(1);
            assertThat(expected).as(as).containsAllEntriesOf(written);
            for (int threads : THREADS) {
                assertThat(replayed(threads))
                        .as(as + ", " + threads + " threads")
                        .isEqualTo(expected);
            }
        }
    }

    /// Records that no version wrote stand at two places of the log.
    @Test
    void theFirstRecordThatCannotBeAppliedIsNamedAndNoFileChanged() throws IOException {
        Random random = new Random(SEED);
        Store store = open();
        List<Long> broken = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            writeSome(store, random);
            if (i == 200 || i == 300) {
                broken.add(journal.appendedLsn() + 1);
                // KEY, database 99, length 1, "k", REMOVE: of a server with more databases.
                append(new byte[] {1, 99, 0, 1, 0, 0, 0, (byte) ('a' + i / 100), 4});
            }
        }
        kill(store);
        disk.kill();
        String last = disk.list().stream()
                .filter(name -> name.endsWith(".log"))
                .max(String::compareTo)
                .orElseThrow();
        long before;
        try (var file = disk.open(last)) {
            before = file.size();
            file.write(before, MemorySegment.ofArray(new byte[] {1, 2, 3})); // A torn end, which a start would cut off.
        }
        for (int threads : new int[] {1, 2, 5}) {
            assertThatThrownBy(() -> replayed(threads))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("record " + broken.getFirst() + " cannot be applied")
                    .hasMessageContaining("database 99");
            try (var file = disk.open(last)) {
                assertThat(file.size()).isEqualTo(before + 3);
            }
        }
    }

    private void append(byte[] record) {
        Key bytes = Key.copyOf(record);
        assertThat(Memory.getByte(bytes.address())).isEqualTo(record[0]);
        journal.append(bytes.address(), record.length);
        Reference.reachabilityFence(bytes);
    }
}
