package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import io.nuthatch.persistence.disk.FaultyStorage;
import io.nuthatch.persistence.disk.PowerCut;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// What becomes of a checkpoint when the disk, the power or a command comes in between: the last whole one,
/// or a refusal that names file and offset; never a mixture, never wrong data.
class CheckpointFaultTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private final Random random = new Random(SEED);
    private final FaultyStorage storage = new FaultyStorage(new Random(SEED));

    static IndexDefinition definition() {
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
        return IndexDefinition.of("idx", List.of("doc:"), List.of(new FieldSpec("vec", "vec", vector, Set.of())));
    }

    private void fill(Store store, String version) {
        for (int i = 0; i < 60; i++) {
            store.set(i % 3, "key:" + i, version + " of " + i, 0);
            byte[] vector = new byte[16];
            for (int j = 0; j < 4; j++) {
                vector[4 * j + 3] = (byte) (60 + random.nextInt(4)); // Small finite floats.
                vector[4 * j] = (byte) random.nextInt();
            }
            store.hset(0, "doc:" + i, "vec", ByteStrings.of(vector), "version", version);
        }
        store.set(0, "long", version.repeat(20_000), 0);
        store.rest();
    }

    @Test
    void powerCutAnywhereLeavesOneCheckpointOrTheOther() throws IOException {
        int cuts = 0;
        boolean isThrough = false;
        for (int operations = 0; !isThrough; operations++) {
            FaultyStorage disk = new FaultyStorage(new Random(SEED + operations));
            Map<String, String> first;
            Map<String, String> second;
            try (Store store = new Store(disk)) {
                store.indexes.create(definition(), false);
                fill(store, "first");
                first = store.dump();
                store.save();
                fill(store, "second");
                second = store.dump();
                disk.cutPowerAfter(operations);
                try {
                    store.save();
                    isThrough = true;
                } catch (PowerCut cut) {
                    cuts++;
                }
            }
            disk.restart();
            try (Store store = Store.loaded(disk)) {
                Map<String, String> dump = store.dump();
                if (isThrough) {
                    assertThat(dump).isEqualTo(second);
                } else {
                    assertThat(dump)
                            .as("cut after %d, seed %d", operations, SEED)
                            .isIn(first, second);
                }
                assertThat(store.index("idx").size()).isEqualTo(60);
                assertThat(store.index("idx").invariants()).isEmpty();
                store.save(); // What the crash left behind is in nobody's way.
            }
        }
        assertThat(cuts).as("operations of a save").isGreaterThan(20);
    }

    @Test
    void everyDamageIsRefusedByFileAndOffset() throws IOException {
        try (Store store = new Store(storage)) {
            store.indexes.create(definition(), false);
            fill(store, "only");
            store.save();
        }
        assertThat(storage.list()).hasSize(6);
        for (String name : storage.list()) {
            long size;
            try (var file = storage.open(name)) {
                size = file.size();
            }
            int steps = 40;
            for (int i = 0; i < steps; i++) {
                long offset = i < 24 ? i * 2L : (size - 1) * (i - 24) / (steps - 25);
                int bit = random.nextInt(8);
                storage.flipBit(name, offset, bit);
                assertRefused(name, "bit " + bit + " of byte " + offset);
                storage.flipBit(name, offset, bit);
            }
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.index("idx").size()).as("all bits are back").isEqualTo(60);
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        for (int part = 0; part < 6; part++) {
            for (int cut : new int[] {1, 8, 100_000}) {
                FaultyStorage disk = new FaultyStorage(new Random(SEED));
                try (Store store = new Store(disk)) {
                    store.indexes.create(definition(), false);
                    fill(store, "only");
                    store.save();
                }
                String name = disk.list().stream().sorted().toList().get(part);
                long size;
                try (var file = disk.open(name)) {
                    size = file.size();
                }
                disk.cutFile(name, Math.max(0, size - cut));
                assertThatThrownBy(() -> Store.loaded(disk))
                        .as("%s without its last %d bytes", name, cut)
                        .isInstanceOf(DamagedCheckpointException.class)
                        .hasMessageContaining(name + " is damaged at byte ");
            }
        }
    }

    @Test
    void aMissingFileIsRefusedByName() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store, "only");
            store.save();
        }
        storage.delete("1-keys");
        assertRefused("1-keys", "missing");
    }

    private void assertRefused(String name, String what) {
        assertThatThrownBy(() -> Store.loaded(storage))
                .as("%s, %s, seed %d", name, what, SEED)
                .isInstanceOf(DamagedCheckpointException.class)
                .hasMessageContaining(name + " is damaged at byte ");
    }

    @Test
    void aFullDiskKeepsTheCheckpointBefore() throws IOException {
        Map<String, String> first;
        Map<String, String> second;
        try (Store store = new Store(storage)) {
            fill(store, "first");
            first = store.dump();
            long bytes = store.save().bytes();
            fill(store, "second");
            second = store.dump();
            storage.setCapacity(bytes + bytes / 2);
            assertThatThrownBy(store::save).hasMessageContaining("No space left");
            assertThat(storage.list()).as("no half of one").allMatch(name -> name.startsWith("1-"));
            try (Store other = Store.loaded(storage)) {
                assertThat(other.dump()).isEqualTo(first);
            }
            storage.setCapacity(Long.MAX_VALUE);
            store.save();
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.dump()).isEqualTo(second);
        }
    }

    @Test
    void aFailedSyncKeepsTheCheckpointBefore() throws IOException {
        for (int n = 0; n < 4; n++) { // One file after the other is the one whose sync fails.
            FaultyStorage disk = new FaultyStorage(new Random(SEED));
            Map<String, String> first;
            try (Store store = new Store(disk)) {
                fill(store, "first");
                first = store.dump();
                store.save();
                fill(store, "second");
                AtomicInteger left = new AtomicInteger(n);
                disk.beforeSync(() -> {
                    if (left.getAndDecrement() == 0) {
                        disk.failSyncs(1);
                    }
                });
                assertThatThrownBy(store::save).as("sync %d", n).hasCauseInstanceOf(IOException.class);
            }
            disk.restart();
            try (Store store = Store.loaded(disk)) {
                assertThat(store.dump()).isEqualTo(first);
                store.save();
            }
        }
    }

    @Test
    void aReadOnlyFolderIsSaidSo() {
        try (Store store = new Store(storage)) {
            storage.setReadOnly(true);
            assertThatThrownBy(store::save).hasMessageContaining("Read-only file system");
        }
    }

    @Test
    void aFlushInTheMiddleGivesTheCheckpointUp() throws IOException {
        Map<String, String> first;
        try (Store store = new Store(storage)) {
            store.indexes.create(definition(), false);
            fill(store, "first");
            first = store.dump();
            store.save();
            atSync(2, () -> {
                store.keyspace.stripes().lockAll();
                store.keyspace.flushAll();
                store.keyspace.stripes().unlockAll();
            });
            assertThatThrownBy(store::save).hasMessageContaining("flushed or swapped meanwhile");
            assertThat(store.dump()).isEmpty();
            store.set(0, "after", "1", 0);
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.dump()).isEqualTo(first);
        }
    }

    /// Runs `action` in the middle of the next save: before its `n`th sync of a file.
    private void atSync(int n, Runnable action) {
        AtomicInteger left = new AtomicInteger(n);
        storage.beforeSync(() -> {
            if (left.decrementAndGet() == 0) {
                action.run();
            }
        });
    }

    @Test
    void anIndexThatIsDroppedInTheMiddleIsThereAsItWasAtFirst() throws IOException {
        for (int sync = 1; sync <= 5; sync++) {
            FaultyStorage disk = new FaultyStorage(new Random(SEED));
            Map<String, String> dump;
            try (Store store = new Store(disk)) {
                store.indexes.create(definition(), false);
                fill(store, "only");
                AtomicInteger left = new AtomicInteger(sync);
                disk.beforeSync(() -> {
                    if (left.decrementAndGet() == 0) {
                        store.indexes.drop("idx", Indexes.Drop.KEEP_DOCUMENTS);
                        store.hset(0, "doc:7", "vec", "\u0000\u0000\u0080\u003f".repeat(4)); // Of no index any more.
                    }
                });
                store.save();
                store.rest();
                dump = store.dump();
            }
            try (Store store = Store.loaded(disk)) {
                store.rest();
                assertThat(store.index("idx").size()).isEqualTo(60);
                if (sync <= 2) { // The keys were written afterwards.
                    assertThat(store.dump()).isEqualTo(dump);
                    byte[] ones = ByteStrings.bytes("\u0000\u0000\u0080\u003f".repeat(4));
                    assertThat(store.search("idx", "*=>[KNN 1 @vec $v]", 1, ones))
                            .containsExactly("doc:7");
                }
                assertThat(store.index("idx").invariants()).isEmpty();
            }
        }
    }

    @Test
    void anIndexThatIsMadeInTheMiddleIsNotThere() throws IOException {
        try (Store store = new Store(storage)) {
            fill(store, "only");
            atSync(1, () -> {
                store.indexes.create(definition(), false);
                store.rest();
            });
            store.save();
            assertThat(store.index("idx").size()).isEqualTo(60);
            Map<String, String> dump = store.dump();
            try (Store other = Store.loaded(storage)) {
                assertThat(other.indexes.names()).isEmpty();
                assertThat(other.dump()).isEqualTo(dump);
            }
        }
    }
}
