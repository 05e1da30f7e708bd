package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.Indexes;
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
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What a checkpoint brings back is what was there: every key with its times to live, every index with its
/// documents, every vector bit by bit, and every search's answer.
class CheckpointTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int DIM = 24;
    private final Random random = new Random(SEED);
    private final FaultyStorage storage = new FaultyStorage(new Random(SEED));

    @Test
    void anEmptyServerComesBackEmpty() throws IOException {
        try (Store store = new Store(storage)) {
            store.save();
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.dump()).isEmpty();
            assertThat(store.indexes.names()).isEmpty();
        }
    }

    @Test
    void withoutACheckpointThereIsNothingToLoad() throws IOException {
        try (Store store = new Store(storage)) {
            assertThat(store.load()).isNull();
        }
    }

    @Test
    void randomKeysComeBackAsTheyWere() throws IOException {
        Map<String, String> before;
        try (Store store = new Store(storage)) {
            for (int i = 0; i < 4000; i++) {
                randomWrite(store, random, 1500);
            }
            before = store.dump();
            assertThat(store.save().keys()).isEqualTo(before.size());
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.dump()).as("seed %d", SEED).isEqualTo(before);
        }
    }

    private static void randomWrite(Store store, Random random, int names) {
        int database = random.nextInt(8) == 0 ? random.nextInt(4) : 0;
        String name = "key:" + random.nextInt(names);
        long at = random.nextInt(3) == 0 ? store.now.get() + 1 + random.nextInt(1_000_000) : 0;
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> store.set(database, name, text(random, random.nextInt(200)), at);
            case 3 -> store.set(database, name, Long.toString(random.nextLong()), at);
            case 4 -> {
                store.del(database, name);
                store.append(database, name, text(random, 1 + random.nextInt(30)));
            }
            case 5 -> store.del(database, name);
            case 6 -> store.expire(database, name, at);
            default -> {
                store.del(database, name);
                int fields = 1 + random.nextInt(12);
                for (int i = 0; i < fields; i++) {
                    store.hset(database, name, "field" + i, text(random, random.nextInt(90)));
                }
                if (random.nextBoolean()) {
                    store.expireField(database, name, "field0", store.now.get() + 1 + random.nextInt(1_000_000));
                }
                store.expire(database, name, at);
            }
        }
    }

    private static String text(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return ByteStrings.of(bytes);
    }

    @Test
    void largeValuesComeBackAsTheyWere() throws IOException {
        Map<String, String> before;
        try (Store store = new Store(storage)) {
            store.set(0, "string", text(random, 3_000_000), 0);
            store.set(3, "other", text(random, 600_000), store.now.get() + 1000);
            store.append(0, "grown", text(random, 100_000));
            store.set(0, "", "an empty key", 0);
            store.set(0, "empty", "", 0);
            for (int i = 0; i < 3000; i++) {
                store.hset(0, "many", "field" + i, text(random, random.nextInt(100)));
            }
            store.expireField(0, "many", "field7", store.now.get() + 5000);
            store.hset(0, "wide", "a", text(random, 700_000), "b", "small", "c", text(random, 70_000));
            store.expireField(0, "wide", "c", store.now.get() + 5000);
            store.hset(0, "packed", "a", text(random, 40_000), "b", "small");
            before = store.dump();
            store.save();
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.dump()).as("seed %d", SEED).isEqualTo(before);
        }
    }

    @Test
    void whatHadExpiredIsLeftOut() throws IOException {
        long later = 1_700_000_100_000L;
        try (Store store = new Store(storage)) {
            store.set(0, "soon", "x", later - 1);
            store.set(0, "late", "x", later + 1);
            store.hset(0, "hash", "soon", "x", "late", "y");
            store.expireField(0, "hash", "soon", later - 1);
            store.hset(0, "gone", "soon", "x");
            store.expireField(0, "gone", "soon", later - 1);
            store.save();
        }
        try (Store store = Store.loaded(storage, later)) {
            assertThat(store.dump().toString())
                    .isEqualTo("{0 hash=HASH 0 listpackex {late=0 y}, 0 late=STRING " + (later + 1) + " embstr x}");
            assertThat(store.keyspace.activeExpire(later + 2, 1000)).isEqualTo(1);
        }
    }

    @Test
    void aSecondCheckpointReplacesTheFirst() throws IOException {
        try (Store store = new Store(storage)) {
            store.set(0, "a", "1", 0);
            store.save();
            store.set(0, "a", "2", 0);
            store.save();
            assertThat(storage.list()).containsExactlyInAnyOrder("2-manifest", "2-indexes", "2-keys", "2-rest");
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.dump()).containsValue("STRING 0 int 2");
        }
    }

    // ---- Indexes

    private static IndexDefinition definition(String name, String prefix, FieldType.Vector vector) {
        return IndexDefinition.of(
                name,
                List.of(prefix),
                List.of(
                        new FieldSpec("vec", "vec", vector, Set.of()),
                        new FieldSpec("tag", "tag", FieldType.Tag.DEFAULT, Set.of()),
                        new FieldSpec("price", "price", new FieldType.Numeric(), Set.of(FieldSpec.Flag.SORTABLE)),
                        new FieldSpec("text", "body", new FieldType.Text(1, false), Set.of())));
    }

    private static FieldType.Vector vector(
            FieldType.Vector.Algorithm algorithm, VectorType type, Metric metric, Compression compression) {
        return new FieldType.Vector(algorithm, type, DIM, metric, 0, 1024, 8, 60, 40, 0, 0.01, compression);
    }

    private static byte[] components(Random random, VectorType type) {
        ByteBuffer bytes = ByteBuffer.allocate(DIM * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < DIM; i++) {
            switch (type) {
                case FLOAT32 -> bytes.putFloat((float) random.nextGaussian());
                case FLOAT64 -> bytes.putDouble(random.nextGaussian());
                case FLOAT16 -> bytes.putShort(Float.floatToFloat16((float) random.nextGaussian()));
                case BFLOAT16 ->
                    bytes.putShort((short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16));
                default -> bytes.put((byte) random.nextInt(100));
            }
        }
        return bytes.array();
    }

    private static void document(Store store, Random random, String name, VectorType type) {
        store.hset(
                0,
                name,
                "vec",
                ByteStrings.of(components(random, type)),
                "tag",
                "t" + random.nextInt(5),
                "price",
                Integer.toString(random.nextInt(100)),
                "text",
                "word" + random.nextInt(20) + " common words");
    }

    private static List<String> answers(Store store, String index, VectorType type) {
        Random queries = new Random(SEED + 1);
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            byte[] query = components(queries, type);
            answers.add(store.search(index, "*=>[KNN 10 @vec $v]", 10, query).toString());
            answers.add(store.search(index, "(@tag:{t1})=>[KNN 5 @vec $v]", 10, query)
                    .toString());
            answers.add(store.search(index, "@price:[10 20] @body:word" + i, 1000, query).stream()
                    .sorted()
                    .toList()
                    .toString());
        }
        return answers;
    }

    @Test
    void everyKindOfVectorIndexAnswersAsBefore() throws IOException {
        for (VectorType type : VectorType.values()) {
            for (Metric metric : Metric.values()) {
                roundTrip(FieldType.Vector.Algorithm.HNSW, type, metric, Compression.NONE);
            }
        }
        roundTrip(FieldType.Vector.Algorithm.FLAT, VectorType.FLOAT32, Metric.L2, Compression.NONE);
        roundTrip(FieldType.Vector.Algorithm.HNSW, VectorType.FLOAT32, Metric.COSINE, Compression.SQ4);
        roundTrip(FieldType.Vector.Algorithm.HNSW, VectorType.FLOAT16, Metric.L2, Compression.SQ8);
        roundTrip(FieldType.Vector.Algorithm.HNSW, VectorType.FLOAT32, Metric.IP, Compression.SQ8);
    }

    private void roundTrip(
            FieldType.Vector.Algorithm algorithm, VectorType type, Metric metric, Compression compression)
            throws IOException {
        String what = algorithm + " " + type + " " + metric + " " + compression + " seed " + SEED;
        FaultyStorage disk = new FaultyStorage(new Random(SEED));
        Map<String, String> dump;
        List<String> answers;
        try (Store store = new Store(disk)) {
            store.indexes.create(definition("idx", "doc:", vector(algorithm, type, metric, compression)), false);
            int documents = compression == Compression.NONE ? 400 : 1600; // Codes come at 1000 vectors.
            for (int i = 0; i < documents; i++) {
                document(store, random, "doc:" + random.nextInt(documents), type);
                if (i % 50 == 0) {
                    store.del(0, "doc:" + random.nextInt(documents));
                    store.rest();
                }
            }
            store.hset(0, "doc:bare", "tag", "t1");
            store.rest();
            dump = store.dump();
            answers = answers(store, "idx", type);
            store.save();
        }
        try (Store store = Store.loaded(disk)) {
            assertThat(store.dump()).as(what).isEqualTo(dump);
            assertThat(store.index("idx").vectorLag())
                    .as("vectors linked anew: " + what)
                    .isZero();
            assertThat(answers(store, "idx", type)).as(what).isEqualTo(answers);
            assertThat(store.index("idx").invariants()).as(what).isEmpty();
            // And it goes on as any index does: what is written is found, what is deleted is not.
            document(store, random, "doc:new", type);
            store.del(0, "doc:bare");
            for (int i = 0; i < 200; i++) {
                store.del(0, "doc:" + i);
                document(store, random, "doc:again:" + i, type);
            }
            store.rest();
            assertThat(store.search("idx", "*=>[KNN 10000 @vec $v]", 10_000, components(random, type)))
                    .as(what)
                    .hasSize((int) store.index("idx").size());
            assertThat(store.index("idx").invariants()).as(what).isEmpty();
        }
    }

    @Test
    void severalIndexesOverTheSameAndOtherPrefixesComeBack() throws IOException {
        FieldType.Vector graph =
                vector(FieldType.Vector.Algorithm.HNSW, VectorType.FLOAT32, Metric.L2, Compression.NONE);
        FieldType.Vector flat =
                vector(FieldType.Vector.Algorithm.FLAT, VectorType.FLOAT32, Metric.COSINE, Compression.NONE);
        List<List<String>> before = new ArrayList<>();
        Map<String, String> dump;
        try (Store store = new Store(storage)) {
            store.indexes.create(definition("one", "doc:", graph), false);
            store.indexes.create(definition("two", "doc:", flat), false);
            store.indexes.create(definition("all", "", graph), false);
            store.indexes.create(
                    IndexDefinition.of(
                            "texts",
                            List.of("doc:", "other:"),
                            List.of(new FieldSpec("text", "t", new FieldType.Text(2, true), Set.of()))),
                    false);
            store.indexes.addAlias("alias", "two");
            for (int i = 0; i < 300; i++) {
                document(store, random, "doc:" + i, VectorType.FLOAT32);
                document(store, random, "other:" + i, VectorType.FLOAT32);
            }
            store.hset(0, "doc:bad", "vec", "three bytes", "tag", "t1");
            store.rest();
            dump = store.dump();
            for (String index : List.of("one", "two", "all")) {
                before.add(answers(store, index, VectorType.FLOAT32));
            }
            store.save();
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.dump()).isEqualTo(dump);
            assertThat(store.indexes.names()).containsExactly("all", "one", "texts", "two");
            assertThat(store.indexes.aliases()).isEqualTo(Map.of("alias", "two"));
            assertThat(store.index("texts").definition().field("t").type()).isEqualTo(new FieldType.Text(2, true));
            assertThat(store.index("texts").size()).isEqualTo(601);
            for (String index : List.of("one", "two", "all")) {
                assertThat(answers(store, index, VectorType.FLOAT32))
                        .as("%s, seed %d", index, SEED)
                        .isEqualTo(before.removeFirst());
            }
            assertThat(store.index("one").size()).as("without the bad one").isEqualTo(300);
            // The vectors are still held once: dropping every index gives each hash its bytes back.
            for (String index : List.of("one", "two", "all", "texts")) {
                store.indexes.drop(index, Indexes.Drop.KEEP_DOCUMENTS);
                store.rest();
                assertThat(store.dump()).as("after the drop of " + index).isEqualTo(dump);
            }
        }
    }

    @Test
    void vectorsThatWaitForTheirPlaceAreLinkedAtTheStart() throws IOException {
        FieldType.Vector graph =
                vector(FieldType.Vector.Algorithm.HNSW, VectorType.FLOAT32, Metric.L2, Compression.NONE);
        List<String> before;
        try (Store store = new Store(storage)) {
            store.indexes.create(definition("idx", "doc:", graph), false);
            for (int i = 0; i < 300; i++) {
                document(store, random, "doc:" + i, VectorType.FLOAT32);
            }
            assertThat(store.index("idx").vectorLag()).isEqualTo(300);
            before = answers(store, "idx", VectorType.FLOAT32);
            store.save();
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(answers(store, "idx", VectorType.FLOAT32)).isEqualTo(before);
            store.rest();
            assertThat(store.index("idx").vectorLag()).isZero();
            assertThat(store.index("idx").invariants()).isEmpty();
        }
    }

    @Test
    void anIndexWhoseScanHadNotEndedIsScannedAgain() throws IOException {
        FieldType.Vector graph =
                vector(FieldType.Vector.Algorithm.HNSW, VectorType.FLOAT32, Metric.L2, Compression.NONE);
        try (Store store = new Store(storage)) {
            for (int i = 0; i < 100; i++) {
                document(store, random, "doc:" + i, VectorType.FLOAT32);
            }
            store.indexes.create(definition("idx", "doc:", graph), false); // Its scan waits in the background.
            store.save();
            store.rest();
        }
        try (Store store = Store.loaded(storage)) {
            assertThat(store.index("idx").progress()).isLessThan(1);
            store.rest();
            assertThat(store.index("idx").progress()).isEqualTo(1);
            assertThat(store.index("idx").size()).isEqualTo(100);
        }
    }
}
