package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import io.nuthatch.persistence.disk.FaultyStorage;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.disk.PowerCut;
import io.nuthatch.persistence.recovery.UnfitLogException;
import io.nuthatch.persistence.wal.DamagedLogException;
import io.nuthatch.persistence.wal.GroupCommitJournal;
import io.nuthatch.persistence.wal.InlineJournal;
import io.nuthatch.persistence.wal.LogFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A start from a checkpoint and the log behind it gives exactly what the log up to its end says from its
/// first record on, whatever happened while the checkpoint was written and where the power went.
///
/// The model is a store without a disk, to which the same operations are done in the order of their records.
class LogAndCheckpointTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int OPERATIONS = 20_000; // Of each thread at most.
    private static final int RUNS = Integer.getInteger("nuthatch.runs", 40);

    /// What was done, and the record that tells of it.
    private record Done(long lsn, Consumer<Store> operation) {}

    static IndexDefinition definition(String name) {
        FieldType.Vector vector = new FieldType.Vector(
                FieldType.Vector.Algorithm.HNSW,
                VectorType.FLOAT32,
                4,
                Metric.L2,
                0,
                1024,
                8,
                60,
                40,
                0,
                0.01,
                Compression.NONE);
        return IndexDefinition.of(name, List.of("doc:"), List.of(new FieldSpec("vec", "vec", vector, Set.of())));
    }

    static String vector(Random random) {
        byte[] vector = new byte[16];
        for (int j = 0; j < 4; j++) {
            vector[4 * j + 3] = (byte) (60 + random.nextInt(4)); // Small finite floats.
            vector[4 * j] = (byte) random.nextInt();
        }
        return ByteStrings.of(vector);
    }

    /// Keys of many hash slots, and some that share one.
    private static String name(String kind, Random random) {
        int number = random.nextInt(60);
        return kind + (random.nextBoolean() ? ":" + number : ":{hot}" + number);
    }

    /// Something that is one record, or none.
    private static Consumer<Store> operation(Random random) {
        int version = random.nextInt(1000);
        String string = name("s", random);
        String hash = name("h", random);
        String document = name("doc", random);
        long later = 1_700_000_100_000L + version;
        int database = random.nextInt(3);
        switch (random.nextInt(20)) {
            case 0, 1 -> {
                long at = random.nextBoolean() ? 0 : later;
                return store -> store.set(database, string, "v" + version, at);
            }
            case 2 -> {
                int times = version < 200 ? 8000 : 10; // Some are written in pieces.
                return store -> store.set(0, string, ("large" + version).repeat(times), 0);
            }
            case 3 -> {
                return store -> store.append(0, string, "+" + version);
            }
            case 4 -> {
                String key = random.nextBoolean() ? hash : string;
                return store -> store.expire(0, key, later);
            }
            case 5, 6, 7 -> {
                String field = "f" + version % 3;
                return store -> store.hset(0, hash, field, "v" + version);
            }
            case 8, 9, 10 -> {
                String field = "f" + version % 3;
                return store -> store.hdel(0, hash, field);
            }
            case 11 -> {
                return store -> store.expireField(0, hash, "f1", later);
            }
            case 12 -> {
                String to = name("s", random);
                return store -> store.rename(string, to);
            }
            case 13 -> {
                String to = name("h", random);
                return store -> store.rename(hash, to);
            }
            case 14 -> {
                String to = name("doc", random);
                return store -> store.rename(document, to);
            }
            case 15 -> {
                return store -> store.del(0, version % 2 == 0 ? string : document);
            }
            default -> {
                String vector = vector(random);
                return store -> store.hset(0, document, "vec", vector, "version", "v" + version);
            }
        }
    }

    private static void flush(Store store) {
        store.keyspace.stripes().lockAll();
        store.keyspace.flushAll();
        store.keyspace.stripes().unlockAll();
    }

    private static void swap(Store store) {
        store.keyspace.stripes().lockAll();
        store.keyspace.swap(0, 1);
        store.keyspace.stripes().unlockAll();
    }

    /// As [#operation], and now and then something about all keys or the indexes.
    static Consumer<Store> anyOperation(Random random) {
        return switch (random.nextInt(150)) {
            case 0 -> LogAndCheckpointTest::flush;
            case 1 -> LogAndCheckpointTest::swap;
            case 2, 3, 4 -> store -> store.indexes.drop("idx", Indexes.Drop.KEEP_DOCUMENTS);
            case 5, 6, 7, 8, 9, 10 ->
                store -> {
                    if (store.indexes.find("idx") == null) {
                        store.indexes.create(definition("idx"), false);
                    }
                };
            case 11 ->
                store -> {
                    if (store.indexes.find("idx") != null) {
                        store.indexes.updateAlias("alias", "idx");
                    }
                };
            default -> operation(random);
        };
    }

    /// What clients see; how a value is encoded is no part of it.
    static Map<String, String> dump(Store store) {
        Map<String, String> all = new TreeMap<>(store.dump());
        all.replaceAll((key, value) -> {
            String[] words = value.split(" ", 4);
            return words[0] + " " + words[1] + " " + (words.length > 3 ? words[3] : "");
        });
        return all;
    }

    /// The keys that are not the same, with what they are and what they ought to be.
    private static List<String> differences(Map<String, String> actual, Map<String, String> expected) {
        Set<String> keys = new TreeSet<>(actual.keySet());
        keys.addAll(expected.keySet());
        return keys.stream()
                .filter(key -> !Objects.equals(actual.get(key), expected.get(key)))
                .map(key -> key + " is " + actual.get(key) + ", not " + expected.get(key))
                .toList();
    }

    /// Holds a store that was recovered up to `lastLsn` against the operations up to there.
    private static void check(Store recovered, List<Done> history, long lastLsn, String as) {
        try (Store model = new Store(new FaultyStorage(new Random(1)))) {
            for (Done done : history) {
                if (done.lsn <= lastLsn) {
                    done.operation.accept(model);
                }
            }
            model.rest();
            recovered.rest();
            assertThat(differences(dump(recovered), dump(model))).as(as).isEmpty();
            assertThat(recovered.indexes.names()).as(as).isEqualTo(model.indexes.names());
            assertThat(recovered.indexes.aliases()).as(as).isEqualTo(model.indexes.aliases());
            for (String name : model.indexes.names()) {
                SearchIndex index = recovered.index(name);
                assertThat(index.size()).as(as).isEqualTo(model.index(name).size());
                assertThat(index.invariants()).as(as).isEmpty();
                byte[] query = ByteStrings.bytes(vector(new Random(7)));
                assertThat(recovered.search(name, "*=>[KNN 5 @vec $v EF_RUNTIME 200]", 5, query))
                        .as(as)
                        .isEqualTo(model.search(name, "*=>[KNN 5 @vec $v EF_RUNTIME 200]", 5, query));
            }
        }
    }

    /// Several lives on one disk; each ends by a loss of power inside some operation of the disk, most of
    /// them while a checkpoint is written or the log is cut behind it.
    @Test
    void whereverThePowerGoesWhatWasAcknowledgedIsThereAndNothingElse() throws IOException {
        int cuts = 0;
        for (int run = 0; run < RUNS; run++) {
            String as = "run " + run + ", seed " + SEED;
            Random random = new Random(SEED + run);
            FaultyStorage disk = new FaultyStorage(random);
            List<Done> history = new ArrayList<>();
            long promised = 0;
            for (int life = 0; life < 3; life++) {
                InlineJournal[] journal = new InlineJournal[1];
                try (Store store = Store.logged(
                        disk, disk, (files, end, account) -> journal[0] = new InlineJournal(files, end, account))) {
                    long last = journal[0].appendedLsn();
                    assertThat(last).as(as).isGreaterThanOrEqualTo(promised);
                    history.removeIf(done -> done.lsn > last); // It is gone, for good.
                    check(store, history, last, as + ", life " + life);
                    try {
                        act(store, journal[0], history, random, 60);
                        journal[0].step();
                        promised = journal[0].syncedLsn();
                        disk.beforeSync(() -> act(store, journal[0], history, random, 3));
                        disk.cutPowerAfter(random.nextInt(70));
                        for (int saves = 0; saves < 4; saves++) {
                            try {
                                store.checkpoints.save(store.now.get());
                            } catch (CheckpointAbortedException flushed) {
                                // Not this time.
                            }
                            act(store, journal[0], history, random, 10);
                            journal[0].step();
                            promised = journal[0].syncedLsn();
                        }
                    } catch (PowerCut cut) {
                        cuts++;
                    } finally {
                        disk.beforeSync(() -> {});
                        promised = Math.max(promised, journal[0].syncedLsn());
                        store.keyspace.setEffects(null);
                        journal[0].abandon();
                    }
                }
                disk.restart();
            }
        }
        assertThat(cuts).isGreaterThan(RUNS);
    }

    private static void act(Store store, Journal journal, List<Done> history, Random random, int count) {
        for (int i = 0; i < count; i++) {
            Consumer<Store> operation = anyOperation(random);
            operation.accept(store);
            long lsn = store.takeLastLsn();
            assertThat(lsn).isIn(0L, journal.appendedLsn());
            if (lsn > 0) { // It changed something.
                history.add(new Done(lsn, operation));
            }
        }
    }

    /// The argument of [io.nuthatch.engine.keyspace.KeyspaceExport]: every hash slot is as of its LSN.
    @Test
    void writersBesideACheckpointAreInItUpToTheirSlotsLsnAndInTheLogBehindIt(@TempDir Path folder) throws Exception {
        for (int run = 0; run < Math.clamp(RUNS / 40, 1, 20); run++) {
            try (FileStorage checkpoints = FileStorage.open(folder.resolve(run + "-checkpoints"));
                    FileStorage log = FileStorage.open(folder.resolve(run + "-log"))) {
                writeBesideCheckpoints(checkpoints, log, SEED + run);
            }
        }
    }

    private static void writeBesideCheckpoints(Storage checkpoints, Storage log, long seed) throws Exception {
        Queue<Done> done = new ConcurrentLinkedQueue<>();
        try (Store store = Store.logged(checkpoints, log, LogAndCheckpointTest::threaded)) {
            store.indexes.create(definition("idx"), false);
            done.add(new Done(store.takeLastLsn(), model -> model.indexes.create(definition("idx"), false)));
            AtomicBoolean isOver = new AtomicBoolean();
            List<Thread> writers = new ArrayList<>();
            Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
            for (int t = 0; t < 3; t++) {
                Random random = new Random(seed * 31 + t);
                writers.add(Thread.ofPlatform()
                        .uncaughtExceptionHandler((thread, failure) -> failures.add(failure))
                        .start(() -> {
                            for (int i = 0; i < OPERATIONS && !isOver.get(); i++) {
                                Consumer<Store> operation = operation(random);
                                operation.accept(store);
                                done.add(new Done(store.takeLastLsn(), operation));
                            }
                        }));
            }
            long behind = 0;
            for (int saves = 0; saves < 3; saves++) {
                Checkpoints.Saved saved = store.checkpoints.save(store.now.get());
                behind += saved.endLsn() - saved.coveredLsn();
            }
            isOver.set(true);
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(failures).isEmpty();
            assertThat(behind).as("records beside the checkpoints").isPositive();
            store.rest();
            store.keyspace.setEffects(null);
            store.journal().close();
        }
        List<Done> history = new ArrayList<>(done);
        history.sort(Comparator.comparingLong(Done::lsn));
        history.removeIf(each -> each.lsn == 0); // Those changed nothing.
        try (Store recovered = Store.logged(checkpoints, log, LogAndCheckpointTest::threaded)) {
            check(recovered, history, Long.MAX_VALUE, "seed " + seed);
            recovered.keyspace.setEffects(null);
            recovered.journal().close();
        }
    }

    private static Journal threaded(LogFiles files, LogFiles.End end, MemoryAccount account) {
        return GroupCommitJournal.open(
                files,
                end,
                new GroupCommitJournal.Options(Journal.Policy.EVERYSEC, 64 << 10, 1 << 20),
                () -> 1_700_000_000_000L,
                System::nanoTime,
                account);
    }

    // ---- What does not belong together

    private final FaultyStorage disk = new FaultyStorage(new Random(SEED));
    private InlineJournal journal;

    private Store open() throws IOException {
        return Store.logged(disk, disk, (files, end, account) -> journal = new InlineJournal(files, end, account));
    }

    private void close(Store store) {
        store.keyspace.setEffects(null);
        try {
            journal.close();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        store.close();
    }

    private List<String> segments() {
        return disk.list().stream()
                .filter(name -> name.endsWith(".log"))
                .sorted()
                .toList();
    }

    @Test
    void aStartAfterAnEndInOrderReplaysNothing() throws IOException {
        Store store = open();
        for (int i = 0; i < 100; i++) {
            store.set(0, "key:" + i, "value " + i, 0);
        }
        Checkpoints.Saved saved = store.save();
        assertThat(saved.coveredLsn()).isEqualTo(saved.endLsn()).isEqualTo(100);
        close(store);
        assertThat(segments()).hasSize(1);
        Store again = open();
        assertThat(again.dump()).hasSize(100);
        assertThat(journal.appendedLsn()).as("the record that closed it").isEqualTo(101);
        close(again);
    }

    @Test
    void aCheckpointWithoutALogBecomesTheBeginningOfOne() throws IOException {
        try (Store store = new Store(disk)) {
            store.set(0, "old", "1", 0);
            store.save();
        }
        Store store = open();
        store.set(0, "new", "2", 0);
        close(store);
        Store again = open();
        assertThat(again.dump()).containsKeys("0 old", "0 new");
        again.save();
        close(again);
        try (Store without = Store.loaded(disk)) {
            without.set(0, "without", "3", 0);
            without.save(); // As with appendonly no: the log knows nothing of it.
        }
        assertThatThrownBy(this::open).isInstanceOf(UnfitLogException.class).hasMessageContaining("appendonly was no");
    }

    @Test
    void aLogThatWasLostIsMissed() throws IOException {
        Store store = open();
        store.set(0, "key", "1", 0);
        store.save();
        close(store);
        for (String name : segments()) {
            disk.delete(name);
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(UnfitLogException.class)
                .hasMessageContaining("ends at record 0, and the newest checkpoint is of record 1");
    }

    @Test
    void aCheckpointThatWasLostIsMissed() throws IOException {
        Store store = open();
        for (int i = 0; i < 200; i++) {
            store.set(0, "key:" + i, "value " + i, 0);
            journal.step();
        }
        store.save();
        close(store);
        for (String name : disk.list()) {
            if (!name.endsWith(".log")) {
                disk.delete(name);
            }
        }
        assertThatThrownBy(this::open).isInstanceOf(DamagedLogException.class).hasMessageContaining("is missing");
    }

    @Test
    void aLogThatCannotBeSyncedMakesNoCheckpoint() throws IOException {
        Store store = open();
        store.set(0, "key", "1", 0);
        store.save();
        store.set(0, "key", "2", 0);
        journal.step();
        disk.beforeSync(() -> {
            if (journal.appendedLsn() == 2) {
                store.set(0, "beside", "3", 0);
                disk.setCapacity(0);
            }
        });
        assertThatThrownBy(store::save).hasMessageContaining("No space left");
        disk.beforeSync(() -> {});
        disk.setCapacity(Long.MAX_VALUE);
        journal.step();
        assertThat(store.save().endLsn()).isEqualTo(3);
        close(store);
    }
}
