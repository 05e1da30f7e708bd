package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.disk.FaultyStorage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Checkpoints are damaged, looked into and mended.
class CheckpointRepairTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    private final Random random = new Random(SEED);
    private final FaultyStorage storage = new FaultyStorage(new Random(SEED));
    private final FaultyStorage copies = new FaultyStorage(new Random(SEED));
    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "buffers");
    private Map<String, String> saved = Map.of();
    private List<String> found = List.of();

    @BeforeEach
    void save() {
        try (Store store = new Store(storage)) {
            store.indexes.create(CheckpointFaultTest.definition(), false);
            for (int i = 0; i < 80; i++) {
                byte[] vector = new byte[16];
                for (int j = 0; j < 4; j++) {
                    vector[4 * j + 3] = (byte) (60 + random.nextInt(4)); // Small finite floats.
                    vector[4 * j] = (byte) random.nextInt();
                }
                store.hset(0, "doc:" + i, "vec", ByteStrings.of(vector));
                store.set(1, "key:" + i, "v".repeat(i), 0);
            }
            store.rest();
            saved = store.dump();
            found = store.search("idx", "*=>[KNN 10 @vec $v]", 10, new byte[16]);
            store.save();
        }
    }

    @AfterEach
    void noMemoryIsLeft() {
        assertThat(account.total()).isZero();
    }

    private String file(String word) {
        return storage.list().stream()
                .filter(name -> name.contains("-" + word))
                .findFirst()
                .orElseThrow();
    }

    private CheckpointInspection inspect() throws IOException {
        List<CheckpointInspection> all = CheckpointInspection.of(storage, counter);
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    @Test
    void aWholeOneIsSaidToBeWholeAndTellsWhatItHolds() throws IOException {
        storage.setReadOnly(true);
        CheckpointInspection whole = inspect();
        assertThat(whole.isWhole()).isTrue();
        assertThat(whole.summary()).isNotNull();
        assertThat(whole.summary().keys()).isEqualTo(160);
        assertThat(whole.names()).hasSize(storage.list().size());
    }

    @Test
    void everyBitThatAStartRefusesIsFoundAtTheSameFileAndByte() throws IOException {
        for (String name : List.copyOf(storage.list())) {
            long size;
            try (var file = storage.open(name)) {
                size = file.size();
            }
            for (int i = 0; i < 30; i++) {
                long offset = i < 10 ? i * 3L : random.nextLong(size);
                int bit = random.nextInt(8);
                storage.flipBit(name, offset, bit);
                CheckpointInspection damaged = inspect();
                assertThat(damaged.damages())
                        .as("bit %d of byte %d of %s", bit, offset, name)
                        .hasSize(1);
                CheckpointInspection.Damage damage = damaged.damages().getFirst();
                assertThatThrownBy(() -> Store.loaded(storage))
                        .hasMessage(damage.file() + " is damaged at byte " + damage.offset() + ": " + damage.what());
                storage.flipBit(name, offset, bit);
            }
        }
        assertThat(inspect().isWhole()).isTrue();
    }

    @Test
    void aGraphThatIsDamagedIsBuiltAnewAndNothingIsLost() throws IOException {
        String graph = file("graph");
        storage.flipBit(graph, 200, 1);
        CheckpointInspection damaged = inspect();
        assertThat(damaged.isLessGraphs()).isTrue();
        assertThat(new CheckpointRepair(storage, copies, counter).forgetGraphs(damaged))
                .containsExactlyInAnyOrder(graph, file("manifest"));
        assertThat(copies.list()).contains(graph);
        assertThat(inspect().isWhole()).isTrue();
        try (Store store = Store.loaded(storage)) {
            store.rest();
            assertThat(store.dump()).isEqualTo(saved);
            assertThat(store.index("idx").size()).isEqualTo(80);
            assertThat(store.index("idx").invariants()).isEmpty();
            assertThat(store.search("idx", "*=>[KNN 10 @vec $v]", 10, new byte[16]))
                    .isEqualTo(found);
        }
    }

    @Test
    void aGraphThatIsMissingIsBuiltAnewToo() throws IOException {
        storage.delete(file("graph"));
        new CheckpointRepair(storage, copies, counter).forgetGraphs(inspect());
        try (Store store = Store.loaded(storage)) {
            store.rest();
            assertThat(store.dump()).isEqualTo(saved);
            assertThat(store.index("idx").size()).isEqualTo(80);
        }
    }

    @Test
    void damagedRowsOrKeysAreNotForgottenAsIfTheyWereGraphs() throws IOException {
        for (String word : List.of("rows", "keys", "indexes", "manifest")) {
            storage.flipBit(file(word), 70, 1);
            CheckpointInspection damaged = inspect();
            assertThat(damaged.isLessGraphs()).as(word).isFalse();
            assertThatThrownBy(() -> new CheckpointRepair(storage, copies, counter).forgetGraphs(damaged))
                    .isInstanceOf(IllegalArgumentException.class);
            storage.flipBit(file(word), 70, 1);
        }
        assertThat(copies.list()).isEmpty();
    }

    @Test
    void whatIsTakenAwayIsCopiedAndNoCheckpointIsLeft() throws IOException {
        List<String> names = List.copyOf(storage.list());
        storage.flipBit(file("keys"), 100, 5);
        new CheckpointRepair(storage, copies, counter).remove(inspect());
        assertThat(storage.list()).isEmpty();
        assertThat(copies.list()).containsExactlyInAnyOrderElementsOf(names);
        assertThat(CheckpointInspection.of(copies, counter).getFirst().damages())
                .hasSize(1);
    }

    @Test
    void whatACrashLeftOfASaveIsNoDamage() throws IOException {
        storage.delete(file("manifest"));
        CheckpointInspection half = inspect();
        assertThat(half.hasManifest()).isFalse();
        assertThat(half.isWhole()).isFalse();
        assertThat(half.damages()).isEmpty();
    }
}
