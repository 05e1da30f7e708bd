package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// [QueryCache] and [FilterCache], through the searches that use them.
class KeptQueriesTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final String BLOB = TestStore.vector(1, 0);

    private final TestStore store = new TestStore();

    @BeforeEach
    void create() {
        store.indexes.create(definition("i"), false);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static IndexDefinition definition(String name, FieldSpec... more) {
        List<FieldSpec> fields = new ArrayList<>(List.of(
                IndexesTest.field("g", FieldType.Tag.DEFAULT),
                IndexesTest.field("n", new FieldType.Numeric()),
                IndexesTest.field("v", FieldType.Vector.of(Algorithm.FLAT, VectorType.FLOAT32, 2, Metric.L2))));
        fields.addAll(List.of(more));
        return IndexDefinition.of(name, List.of("d:"), fields);
    }

    private Indexes.CacheStats stats() {
        return store.indexes.cacheStats();
    }

    @Test
    void oneTextWithOtherVectorsIsParsedOnce() {
        store.hset("d:1", "g", "red", "n", "1", "v", TestStore.vector(1, 0));
        store.hset("d:2", "g", "red", "n", "2", "v", TestStore.vector(0, 1));
        String query = "@g:{red}=>[KNN 1 @v $b]";
        assertThat(store.keys("i", query, "b", TestStore.vector(1, 0))).containsExactly("d:1");
        assertThat(store.keys("i", query, "b", TestStore.vector(0, 1))).containsExactly("d:2");
        assertThat(stats()).isEqualTo(new Indexes.CacheStats(1, 1, 1, 1));
        assertThatThrownBy(() -> store.keys("i", query, "b", "short")).isInstanceOf(SearchException.class);
        assertThatThrownBy(() -> store.keys("i", query, "c", BLOB)).hasMessage("No such parameter `b`");
    }

    @Test
    void nothingIsKeptWhenSwitchedOff() {
        store.hset("d:1", "g", "red", "n", "1", "v", TestStore.vector(1, 0));
        String query = "@g:{red}=>[KNN 1 @v $b]";
        store.keys("i", query, "b", BLOB);
        store.indexes.setQueryCache(false);
        for (int i = 0; i < 3; i++) {
            assertThat(store.keys("i", query, "b", BLOB)).containsExactly("d:1");
        }
        assertThat(stats()).isEqualTo(new Indexes.CacheStats(0, 4, 0, 4));
        store.indexes.setQueryCache(true);
        store.keys("i", query, "b", BLOB);
        store.keys("i", query, "b", BLOB);
        assertThat(stats()).isEqualTo(new Indexes.CacheStats(1, 5, 1, 5));
    }

    @Test
    void otherParametersBelongToTheText() {
        store.hset("d:1", "g", "red", "n", "1", "v", BLOB);
        store.hset("d:2", "g", "blue", "n", "2", "v", BLOB);
        String query = "@g:{$g} @n:[$low $high]";
        assertThat(store.keys("i", query, "g", "red", "low", "0", "high", "5")).containsExactly("d:1");
        assertThat(store.keys("i", query, "g", "blue", "low", "0", "high", "5")).containsExactly("d:2");
        assertThat(store.keys("i", query, "g", "blue", "low", "3", "high", "5")).isEmpty();
        assertThat(store.keys("i", query, "g", "blue", "low", "0", "high", "5")).containsExactly("d:2");
        assertThat(stats().queryHits()).isEqualTo(1);
        assertThat(stats().queryMisses()).isEqualTo(3);
        assertThatThrownBy(() -> store.keys("i", query, "g", "blue", "low", "x", "high", "5"))
                .hasMessage("Invalid numeric value (x) for parameter `low`");
        assertThatThrownBy(() -> store.keys("i", query, "g", "blue", "low", "1"))
                .hasMessage("No such parameter `high`");
    }

    @Test
    void whatIsLongIsNotKept() {
        String tag = "x".repeat(70_000);
        for (int i = 0; i < 2; i++) {
            assertThat(store.keys("i", "@g:{" + tag + "}")).isEmpty();
            assertThat(store.keys("i", "@g:{$g}", "g", tag)).isEmpty();
        }
        assertThat(stats().queryHits()).isZero();
    }

    @Test
    void anotherSchemaIsAnotherQuery() {
        String query = "*=>[KNN 1 @v $b AS near]";
        assertThat(store.keys("i", query, "b", BLOB)).isEmpty();
        store.indexes.create(definition("j", IndexesTest.field("near", new FieldType.Numeric())), false);
        assertThatThrownBy(() -> store.keys("j", query, "b", BLOB)).hasMessageContaining("already exists");
        store.indexes.alter("i", List.of(IndexesTest.field("near", new FieldType.Numeric())), false);
        assertThatThrownBy(() -> store.keys("i", query, "b", BLOB)).hasMessageContaining("already exists");
        store.indexes.drop("i", Indexes.Drop.KEEP_DOCUMENTS);
        store.indexes.create(definition("i"), false);
        assertThat(store.keys("i", query, "b", BLOB)).isEmpty();
    }

    @Test
    void keptFiltersFollowEveryWrite() {
        Random random = new Random(SEED);
        Map<String, Predicate<int[]>> filters = Map.of(
                "@g:{g1}", document -> document[0] == 1,
                "@g:{g0|g2}", document -> document[0] != 1,
                "-@g:{g1}", document -> document[0] != 1,
                "@n:[3 6]", document -> document[1] >= 3 && document[1] <= 6,
                "@n:[(3 inf] @g:{g2}", document -> document[1] > 3 && document[0] == 2);
        Map<String, int[]> model = new TreeMap<>(); // Key to tag and number.
        for (int step = 0; step < 2_000; step++) {
            String key = "d:" + random.nextInt(30);
            switch (random.nextInt(6)) {
                case 0 -> {
                    store.del(key);
                    model.remove(key);
                }
                case 1 -> {
                    int[] document = model.get(key);
                    if (document != null) { // Another vector: another ordinal.
                        store.hset(key, "v", TestStore.vector(random.nextFloat(), 1));
                    }
                }
                case 2, 3 -> {
                    int[] document = {random.nextInt(3), random.nextInt(10)};
                    store.hset(key, "g", "g" + document[0], "n", "" + document[1], "v", BLOB);
                    model.put(key, document);
                }
                default -> {
                    // Nothing changes between two questions.
                }
            }
            filters.forEach((filter, matches) -> {
                List<String> expected = new ArrayList<>();
                model.forEach((name, document) -> {
                    if (matches.test(document)) {
                        expected.add(name);
                    }
                });
                assertThat(store.keys("i", "(" + filter + ")=>[KNN 100 @v $b]", "b", BLOB))
                        .as("seed %d, %s", SEED, filter)
                        .containsExactlyInAnyOrderElementsOf(expected);
            });
        }
        assertThat(stats().filterHits()).as("of %d", stats().filterMisses()).isGreaterThan(2_000);
    }
}
