package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.IndexesExport;
import io.nuthatch.engine.hnsw.GraphExport;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.image.ItemSet;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.disk.FaultyStorage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What did not change since the last checkpoint stays in the files of older ones, and comes back from there.
class SharedFilesTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int RUNS = Integer.getInteger("nuthatch.runs", 40);
    private static final int DOCUMENTS = 1500;

    private final Random random = new Random(SEED);
    private final FaultyStorage storage = new FaultyStorage(new Random(SEED));
    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "buffers");

    @AfterEach
    void noMemoryIsLeft() {
        assertThat(account.total()).isZero();
    }

    private void document(Store store, int number) {
        store.hset(0, "doc:" + number, "vec", LogAndCheckpointTest.vector(random), "n", "v" + random.nextInt());
    }

    private void fill(Store store) {
        store.indexes.create(LogAndCheckpointTest.definition("idx"), false);
        for (int i = 0; i < DOCUMENTS; i++) {
            document(store, i);
            store.set(1, "key:" + i, "v".repeat(i % 50), 0);
        }
        store.set(0, "large", "x".repeat(100_000), 0);
        store.rest();
    }

    private static void assertSame(Store loaded, Store original, String as) {
        loaded.rest();
        original.rest();
        assertThat(loaded.dump()).as(as).isEqualTo(original.dump());
        assertThat(loaded.indexes.names()).as(as).isEqualTo(original.indexes.names());
        for (String name : original.indexes.names()) {
            assertThat(loaded.index(name).size())
                    .as(as)
                    .isEqualTo(original.index(name).size());
            assertThat(loaded.index(name).invariants()).as(as).isEmpty();
            byte[] query = ByteStrings.bytes(LogAndCheckpointTest.vector(new Random(7)));
            String nearest = "*=>[KNN 5 @vec $v EF_RUNTIME 200]";
            assertThat(loaded.search(name, nearest, 5, query))
                    .as(as)
                    .isEqualTo(original.search(name, nearest, 5, query));
        }
    }

    /// The graph of the first index, node by node.
    private byte[] graph(Store store) {
        try (IndexesExport export = IndexesExport.begin(store.indexes, () -> 0);
                ImageWriter out = new ImageWriter(1 << 20, counter)) {
            GraphExport image = new GraphExport(export.graphs().getFirst().index());
            GraphExport.Nodes nodes = new GraphExport.Nodes(new ItemSet());
            for (int from = 0; from >= 0; ) {
                from = image.nodes(from, Long.MAX_VALUE, out, nodes);
            }
            image.forget(nodes.written()); // Nobody has it.
            return MemorySegment.ofAddress(out.address())
                    .reinterpret(out.size())
                    .toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /// Of a store at rest.
    private void assertLoads(Store original, String as) throws IOException {
        try (Store loaded = Store.loaded(storage)) {
            if (!original.indexes.names().isEmpty()) {
                assertThat(graph(loaded)).as(as).isEqualTo(graph(original));
            }
            assertSame(loaded, original, as);
        }
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (String name : storage.list()) {
            try (Storage.File file = storage.open(name)) {
                bytes += file.size();
            }
        }
        return bytes;
    }

    private CheckpointInspection newest() throws IOException {
        CheckpointInspection found = CheckpointInspection.of(storage, counter).getFirst();
        assertThat(found.damages()).isEmpty();
        assertThat(found.names()).containsExactlyInAnyOrderElementsOf(storage.list());
        CheckpointInspection forBackup = CheckpointInspection.newest(storage, counter);
        assertThat(forBackup).isNotNull();
        assertThat(forBackup.names()).containsExactlyInAnyOrderElementsOf(storage.list());
        return found;
    }

    @Test
    void aFewChangesCostAFewBytesBeforeAndAfterAStart() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store);
            long all = store.save().ownBytes();
            long nothing = store.save().ownBytes();
            assertThat(nothing).isLessThan(all / 20);
            for (int i = 0; i < 3; i++) {
                document(store, i);
            }
            store.del(0, "doc:5");
            store.del(1, "key:6");
            store.rest();
            Checkpoints.Saved some = store.save();
            assertThat(some.ownBytes()).isGreaterThan(nothing).isLessThan(all / 3);
            assertThat(some.keys()).isEqualTo(2 * DOCUMENTS - 1);
            assertThat(storage.list()).contains("1-rows-0", "1-keys", "1-rest", "3-rows-0", "3-keys", "3-manifest");
            assertThat(newest().isWhole()).isTrue();
            try (Store loaded = Store.loaded(storage)) {
                assertSame(loaded, store, "before");
                assertThat(loaded.save().ownBytes()).isLessThan(all / 3);
                document(loaded, 9);
                loaded.rest();
                assertThat(loaded.save().ownBytes()).isLessThan(all / 3);
                assertThat(newest().names()).contains("1-rows-0");
                assertLoads(loaded, "after");
            }
        }
    }

    @Test
    void filesHoldNoMoreThanTwiceWhatCountsHoweverMuchIsWritten() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store);
            long all = store.save().bytes();
            for (int round = 0; round < 40; round++) {
                for (int i = 0; i < 40; i++) {
                    document(store, random.nextInt(DOCUMENTS));
                }
                store.rest();
                store.save();
                if (round % 10 == 9) {
                    assertLoads(store, "round " + round);
                }
                assertThat(bytes()).isLessThan(5 * all / 2);
                assertThat(storage.list()).hasSizeLessThan(40);
            }
            assertLoads(store, "at the end");
        }
    }

    @Test
    void damageInAFileThatIsSharedIsNamedByTheCheckAndByTheStart() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store);
            store.save();
            document(store, 1);
            store.rest();
            store.save();
        }
        for (String name : List.of("1-rows-0", "1-keys", "2-rows-0", "2-keys", "2-manifest")) {
            storage.flipBit(name, 60, 2);
            CheckpointInspection found =
                    CheckpointInspection.of(storage, counter).getFirst();
            assertThat(found.number()).isEqualTo(2);
            assertThat(found.damages()).hasSize(1);
            CheckpointInspection.Damage damage = found.damages().getFirst();
            assertThat(damage.file()).isEqualTo(name);
            assertThatThrownBy(() -> Store.loaded(storage))
                    .hasMessage(name + " is damaged at byte " + damage.offset() + ": " + damage.what());
            storage.flipBit(name, 60, 2);
        }
        storage.delete("1-rows-0");
        assertThatThrownBy(() -> Store.loaded(storage))
                .hasMessageContaining("1-rows-0")
                .hasMessageContaining("missing");
    }

    @Test
    void aRepairOfOneCheckpointLeavesWhatAnotherNeeds() throws IOException {
        FaultyStorage copies = new FaultyStorage(new Random(SEED));
        try (Store store = new Store(storage)) {
            fill(store);
            store.save();
            Map<String, byte[]> first = contents();
            document(store, 1);
            store.rest();
            store.save();
            // As after a crash between the new manifest and the end of the old files.
            for (Map.Entry<String, byte[]> each : first.entrySet()) {
                if (!storage.list().contains(each.getKey())) {
                    write(each.getKey(), each.getValue());
                }
            }
        }
        storage.flipBit("2-keys", 60, 2);
        List<CheckpointInspection> found = CheckpointInspection.of(storage, counter);
        assertThat(found).hasSize(2);
        new CheckpointRepair(storage, copies, counter).remove(found.getFirst());
        try (Store older = Store.loaded(storage)) {
            assertThat(older.index("idx").size()).isEqualTo(DOCUMENTS);
        }
    }

    @Test
    void aDamagedFileOfAGraphTakesTheOthersOfThatGraphAlong() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store);
            store.save();
            store.save();
            assertThat(storage.list()).contains("1-graph-0", "2-graph-0");
            storage.flipBit("1-graph-0", 90, 2);
            new CheckpointRepair(storage, new FaultyStorage(new Random(SEED)), counter)
                    .forgetGraphs(CheckpointInspection.of(storage, counter).getFirst());
            assertThat(storage.list()).doesNotContain("1-graph-0", "2-graph-0");
            try (Store loaded = Store.loaded(storage)) {
                assertSame(loaded, store, "linked anew");
            }
        }
    }

    @Test
    void whatASaveThatFailedHadWrittenIsWrittenByTheNext() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store);
            store.save();
            for (int round = 0; round < 10; round++) {
                for (int i = 0; i < 100; i++) {
                    document(store, random.nextInt(DOCUMENTS));
                }
                store.set(0, "large", "y".repeat(100_000 + round), 0);
                store.rest();
                storage.setCapacity(bytes() + random.nextInt(60_000));
                try {
                    store.checkpoints.save(store.now.get());
                } catch (IOException full) {
                    assertThat(storage.list()).noneMatch(name -> name.endsWith(".tmp"));
                }
                storage.setCapacity(Long.MAX_VALUE);
                store.save();
                assertLoads(store, "round " + round);
            }
        }
    }

    /// Everything a store can go through, checkpoint upon checkpoint without a log, with a start now and
    /// then.
    @Test
    void whateverHappensBetweenCheckpointsTheNextOneHasIt() throws IOException {
        int shared = 0;
        for (int run = 0; run < RUNS; run++) {
            Random chance = new Random(SEED + run);
            FaultyStorage disk = new FaultyStorage(chance);
            Store store = new Store(disk);
            try {
                for (int step = 0; step < 12; step++) {
                    for (int i = chance.nextInt(40); i >= 0; i--) {
                        Consumer<Store> operation = LogAndCheckpointTest.anyOperation(chance);
                        operation.accept(store);
                    }
                    if (chance.nextBoolean()) {
                        store.rest();
                    }
                    store.save();
                    shared += (int) disk.list().stream()
                            .filter(name -> !name.startsWith(Manifest.newest(disk.list()) + "-"))
                            .count();
                    Store loaded = Store.loaded(disk);
                    try {
                        assertSame(loaded, store, "run " + run + ", step " + step + ", seed " + SEED);
                    } finally {
                        if (chance.nextInt(3) == 0) {
                            store.close();
                            store = loaded;
                        } else {
                            loaded.close();
                        }
                    }
                }
            } finally {
                store.close();
            }
        }
        assertThat(shared).isGreaterThan(10 * RUNS);
    }

    @Test
    void anIndexThatIsDroppedOrMadeChangesWhatNumbersMean() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store);
            store.save();
            store.indexes.create(LogAndCheckpointTest.definition("other"), false);
            store.rest();
            store.save();
            assertLoads(store, "a second index over the same documents");
            store.indexes.drop("idx", Indexes.Drop.KEEP_DOCUMENTS);
            store.rest();
            store.save();
            assertLoads(store, "the first one dropped");
            store.indexes.drop("other", Indexes.Drop.KEEP_DOCUMENTS);
            store.rest();
            store.save();
            assertLoads(store, "none");
        }
    }

    // ---- Version 2

    private Map<String, byte[]> contents() throws IOException {
        Map<String, byte[]> all = new TreeMap<>();
        for (String name : storage.list()) {
            try (Storage.File file = storage.open(name);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(file.size(), 8);
                file.read(0, bytes);
                all.put(name, bytes.toArray(ValueLayout.JAVA_BYTE));
            }
        }
        return all;
    }

    private void write(String name, byte[] contents) throws IOException {
        try (Storage.File file = storage.create(name);
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(contents.length, 8);
            bytes.copyFrom(MemorySegment.ofArray(contents));
            file.write(0, bytes);
            file.sync();
        }
    }

    /// Makes the one checkpoint of the folder what a server of version 2 wrote.
    private void makeVersion2() throws IOException {
        Manifest manifest;
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter)) {
            manifest = Manifest.read(storage, 1, buffer);
        }
        for (Map.Entry<String, byte[]> each : contents().entrySet()) {
            byte[] bytes = each.getValue();
            storage.delete(each.getKey());
            write(each.getKey(), each.getKey().endsWith("manifest") ? manifest2(manifest) : header2(bytes));
        }
    }

    private static byte[] header2(byte[] file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(file.length, 8);
            bytes.copyFrom(MemorySegment.ofArray(file));
            bytes.set(ValueLayout.JAVA_BYTE, 7, (byte) 2);
            CRC32C crc = new CRC32C();
            crc.update(bytes.asSlice(0, 28).asByteBuffer());
            bytes.set(ValueLayout.JAVA_INT, 28, (int) crc.getValue());
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private byte[] manifest2(Manifest manifest) {
        try (ImageWriter out = new ImageWriter(1 << 18, counter);
                Arena arena = Arena.ofConfined()) {
            out.putLong(manifest.savedMillis());
            out.putLong(manifest.keys());
            out.putLong(manifest.indexesLsn());
            out.putLong(manifest.endLsn());
            out.putInt(manifest.parts().size());
            for (Manifest.Part part : manifest.parts()) {
                out.putInt(part.kind().code());
                out.putInt(part.number());
                out.putLong(part.bytes());
                out.putLong(part.blocks());
            }
            for (long lsn : manifest.slotLsns()) {
                out.putLong(lsn);
            }
            MemorySegment file = arena.allocate(32 + 24 + out.size(), 8);
            BlockFormat.writeHeader(file.address(), 1, FileKind.MANIFEST, 0);
            BlockFormat.writeBlockHeader(file.address() + 32, 0, out.address(), out.size());
            MemorySegment payload = MemorySegment.ofAddress(out.address()).reinterpret(out.size());
            file.asSlice(56).copyFrom(payload);
            return header2(file.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void whatVersion2WroteIsReadAndWrittenAnew() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store);
            store.save();
            makeVersion2();
            assertThat(CheckpointInspection.of(storage, counter).getFirst().isWhole())
                    .isTrue();
            try (Store loaded = Store.loaded(storage)) {
                assertSame(loaded, store, "version 2");
                loaded.checkpoints.beginLog();
                assertThat(newest().isWhole()).isTrue();
            }
            try (Store loaded = Store.loaded(storage)) {
                assertSame(loaded, store, "version 2 under a manifest of version 3");
                Checkpoints.Saved saved = loaded.save();
                assertThat(saved.ownBytes()).isEqualTo(saved.bytes());
                assertThat(newest().names()).allMatch(name -> name.startsWith("2-"));
                assertLoads(store, "version 3");
            }
        }
        List<String> names = new ArrayList<>(storage.list());
        assertThat(names).doesNotHaveDuplicates();
    }
}
