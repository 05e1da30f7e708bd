package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import io.nuthatch.persistence.disk.FaultyStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/// A checkpoint that is written while several threads write, read elsewhere: each key has a value that it had
/// between the save's begin and end, and index and hashes agree on every vector.
class CheckpointUnderLoadTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int WRITERS = 3;
    private static final int KEYS = 400; // Of each writer.
    private static final int DIM = 16;

    private final FaultyStorage storage = new FaultyStorage(new Random(SEED));
    private final AtomicIntegerArray versions = new AtomicIntegerArray(WRITERS * KEYS);
    private final AtomicBoolean isOver = new AtomicBoolean();

    private static IndexDefinition definition(Compression compression) {
        FieldType.Vector vector = new FieldType.Vector(
                FieldType.Vector.Algorithm.HNSW,
                VectorType.FLOAT32,
                DIM,
                Metric.L2,
                0,
                1024,
                8,
                60,
                100,
                0,
                0.01,
                compression);
        return IndexDefinition.of(
                "idx",
                List.of("doc:"),
                List.of(
                        new FieldSpec("vec", "vec", vector, Set.of()),
                        new FieldSpec("v", "v", new FieldType.Numeric(), Set.of())));
    }

    /// The vector that document `n` has in version `version`.
    private static byte[] vector(int n, int version) {
        Random random = new Random(SEED * 31 + n * 1_000_003L + version);
        ByteBuffer bytes = ByteBuffer.allocate(4 * DIM).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < DIM; i++) {
            bytes.putFloat((float) random.nextGaussian());
        }
        return bytes.array();
    }

    private void write(Store store, int n, int version) {
        store.set(0, "key:" + n, Integer.toString(version), 0);
        store.set(1, "long:" + n % 5, Integer.toString(version).repeat(20_000), 0); // A large value that never rests.
        store.hset(0, "doc:" + n, "vec", ByteStrings.of(vector(n, version)), "v", Integer.toString(version));
        versions.set(n, version);
    }

    private Thread writer(Store store, int number) {
        return new Thread(() -> {
            Random random = new Random(SEED + number);
            String[] names = {"a", "b"};
            while (!isOver.get()) {
                int n = number * KEYS + random.nextInt(KEYS);
                write(store, n, versions.get(n) + 1);
                // A key that wanders between two hash slots is always at one of them.
                String first = "wander:" + number + names[0];
                String second = "wander:" + number + names[1];
                store.rename(first, second);
                store.rename(second, first);
                if (random.nextInt(10) == 0) {
                    store.del(0, "doc:" + n);
                    store.hset(
                            0,
                            "doc:" + n,
                            "vec",
                            ByteStrings.of(vector(n, versions.get(n))),
                            "v",
                            Integer.toString(versions.get(n)));
                }
            }
        });
    }

    @Test
    void whatIsLoadedElsewhereIsOfOneMomentForEachKey() throws Exception {
        run(Compression.NONE);
        run(Compression.SQ4);
    }

    private void run(Compression compression) throws Exception {
        isOver.set(false);
        List<int[]> bounds = new ArrayList<>();
        try (Store store = new Store(storage, 2)) {
            store.indexes.create(definition(compression), false);
            for (int n = 0; n < WRITERS * KEYS; n++) {
                write(store, n, 1);
            }
            store.set(0, "still", "here", 0);
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                store.set(0, "wander:" + i + "a", "somewhere", 0);
                writers.add(writer(store, i));
            }
            writers.forEach(Thread::start);
            try {
                for (int round = 0; round < 3; round++) {
                    int[] before = copy();
                    store.save();
                    bounds.add(before);
                    bounds.add(copy());
                    check(bounds.removeFirst(), bounds.removeFirst());
                }
            } finally {
                isOver.set(true);
                for (Thread writer : writers) {
                    writer.join();
                }
            }
        }
    }

    private int[] copy() {
        int[] copy = new int[versions.length()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = versions.get(i);
        }
        return copy;
    }

    private void check(int[] before, int[] after) throws IOException {
        try (Store store = Store.loaded(storage)) {
            store.rest();
            var dump = store.dump();
            assertThat(dump).containsEntry("0 still", "STRING 0 embstr here");
            assertThat(store.index("idx").invariants()).as("seed %d", SEED).isEmpty();
            int missed = 0;
            int documents = 0;
            for (int n = 0; n < before.length; n++) {
                int value =
                        Integer.parseInt(String.valueOf(dump.get("0 key:" + n)).split(" ")[3]);
                assertThat(value).as("key %d", n).isBetween(before[n], after[n] + 1);
                String document = dump.get("0 doc:" + n);
                if (document == null) {
                    continue; // It was between its deletion and its return.
                }
                documents++;
                String fields = document.substring(document.indexOf('{'));
                int version = Integer.parseInt(
                        fields.substring(fields.indexOf("v=0 ") + 4).split("[,}]")[0]);
                assertThat(version).as("document %d", n).isBetween(before[n], after[n] + 1);
                byte[] vector = vector(n, version);
                assertThat(fields).as("vector of document %d", n).contains(ByteStrings.of(vector));
                missed += store.search("idx", "*=>[KNN 1 @vec $v]", 1, vector).equals(List.of("doc:" + n)) ? 0 : 1;
                assertThat(store.search("idx", "@v:[" + version + " " + version + "]", 10_000, vector))
                        .contains("doc:" + n);
            }
            assertThat(store.index("idx").size()).isEqualTo(documents);
            assertThat(missed)
                    .as("vectors that do not find themselves, of %d", documents)
                    .isLessThan(documents / 100);
            for (int i = 0; i < WRITERS; i++) {
                String a = dump.get("0 wander:" + i + "a");
                String b = dump.get("0 wander:" + i + "b");
                assertThat(a != null || b != null)
                        .as("the wanderer %d is lost", i)
                        .isTrue();
            }
            for (int i = 0; i < 5; i++) {
                String[] value = dump.get("1 long:" + i).split(" ");
                String number = value[3].substring(0, value[3].length() / 20_000);
                assertThat(value[3]).as("long %d is of one moment", i).isEqualTo(number.repeat(20_000));
            }
        }
    }
}
