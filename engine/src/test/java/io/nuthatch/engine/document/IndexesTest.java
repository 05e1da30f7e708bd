package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IndexesTest {
    private final TestStore store = new TestStore();

    @AfterEach
    void close() {
        store.close();
    }

    static FieldSpec field(String name, FieldType type, FieldSpec.Flag... flags) {
        return new FieldSpec(name, name, type, Set.of(flags));
    }

    static FieldSpec vector(Algorithm algorithm) {
        return field("v", FieldType.Vector.of(algorithm, VectorType.FLOAT32, 2, Metric.L2));
    }

    private static IndexDefinition definition(String name) {
        return IndexDefinition.of(
                name,
                List.of("d:"),
                List.of(
                        field("t", new FieldType.Text(1, false)),
                        field("g", FieldType.Tag.DEFAULT),
                        field("n", new FieldType.Numeric()),
                        vector(Algorithm.HNSW)));
    }

    @Test
    void aWriteIsFoundByTheNextSearch() {
        store.indexes.create(definition("i"), false);
        store.hset("d:1", "t", "hello world", "g", "a,b", "n", "1", "v", TestStore.vector(1, 0));
        store.hset("d:2", "t", "running dogs", "g", "B", "n", "2", "v", TestStore.vector(0, 1));
        store.hset("e:3", "t", "hello", "g", "a", "n", "3", "v", TestStore.vector(0, 2));

        assertThat(store.keys("i", "*")).containsExactly("d:1", "d:2");
        assertThat(store.keys("i", "hello")).containsExactly("d:1");
        assertThat(store.keys("i", "run")).containsExactly("d:2");
        assertThat(store.keys("i", "@g:{b}")).containsExactly("d:1", "d:2");
        assertThat(store.keys("i", "@g:{b} -hello")).containsExactly("d:2");
        assertThat(store.keys("i", "@n:[(1 inf]")).containsExactly("d:2");
        assertThat(store.keys("i", "*=>[KNN 2 @v $b]", "b", TestStore.vector(0, 2)))
                .containsExactly("d:2", "d:1");
        assertThat(store.keys("i", "@g:{a}=>[KNN 2 @v $b]", "b", TestStore.vector(0, 2)))
                .containsExactly("d:1");
        assertThat(store.keys("i", "@v:[VECTOR_RANGE 1 $b]", "b", TestStore.vector(0, 2)))
                .containsExactly("d:2");
    }

    @Test
    void aDeletedAndAnExpiredDocumentAreNotFound() {
        store.indexes.create(definition("i"), false);
        store.hset("d:1", "t", "one", "v", TestStore.vector(1, 0));
        store.hset("d:2", "t", "two", "v", TestStore.vector(0, 1));
        store.hset("d:3", "t", "three", "v", TestStore.vector(0, 1));
        store.del("d:1");
        store.expireAt("d:2", store.now.get() + 5);
        assertThat(store.keys("i", "*")).containsExactly("d:2", "d:3");
        store.now.addAndGet(5);
        assertThat(store.keys("i", "*")).containsExactly("d:3");
        assertThat(store.keys("i", "*=>[KNN 3 @v $b]", "b", TestStore.vector(0, 2)))
                .containsExactly("d:3");
    }

    @Test
    void theVectorIsReadableBeforeWhileAndAfterItsIndex() {
        String blob = TestStore.vector(3, 4);
        store.hset("d:1", "v", blob, "t", "x");
        store.indexes.create(definition("i"), false);
        assertThat(store.hgetall("d:1")).containsEntry("v", blob);
        store.runBackground();
        assertThat(store.keys("i", "*")).containsExactly("d:1");
        assertThat(store.hgetall("d:1")).containsEntry("v", blob);
        assertThat(store.account.byPart()).containsKey("rows");
        store.indexes.create(definition("second"), false);
        store.runBackground();
        store.indexes.drop("i", Indexes.Drop.KEEP_DOCUMENTS);
        assertThat(store.hgetall("d:1")).containsEntry("v", blob);
        store.runBackground();
        assertThat(store.keys("second", "*=>[KNN 1 @v $b]", "b", blob)).containsExactly("d:1");
        store.indexes.drop("second", Indexes.Drop.KEEP_DOCUMENTS);
        assertThat(store.hgetall("d:1")).containsEntry("v", blob);
        store.runBackground();
        assertThat(store.hgetall("d:1")).containsEntry("v", blob);
        assertThat(store.account.byOwner().keySet()).containsExactly("keyspace");
    }

    @Test
    void aSecondIndexOfOneNameIsRefused() {
        store.indexes.create(definition("i"), false);
        assertThatThrownBy(() -> store.indexes.create(definition("i"), false))
                .isInstanceOf(SearchException.class)
                .hasMessage("Index already exists");
    }

    @Test
    void flushTakesTheIndexesAndTheirMemory() {
        store.indexes.create(definition("i"), false);
        for (int i = 0; i < 500; i++) {
            store.hset("d:" + i, "t", "word" + i, "g", "g" + i, "n", "" + i, "v", TestStore.vector(i, 1));
        }
        store.flushAll();
        store.runBackground();
        assertThat(store.indexes.names()).isEmpty();
        assertThat(store.account.byOwner().keySet()).containsExactly("keyspace");
    }

    @Test
    void emptyAndMissingValuesAreFoundWhereTheFieldSaysSo() {
        store.indexes.create(
                IndexDefinition.of(
                        "e",
                        List.of("d:"),
                        List.of(
                                field("t", new FieldType.Text(1, false), FieldSpec.Flag.INDEXEMPTY),
                                field("u", new FieldType.Text(1, false), FieldSpec.Flag.INDEXMISSING),
                                field("g", FieldType.Tag.DEFAULT, FieldSpec.Flag.INDEXEMPTY))),
                false);
        store.hset("d:1", "t", "", "g", "", "u", "");
        store.hset("d:2", "t", "x", "g", "a");
        assertThat(store.keys("e", "@t:\"\"")).containsExactly("d:1");
        assertThat(store.keys("e", "@g:{\"\"}")).containsExactly("d:1");
        assertThat(store.keys("e", "@u:\"\"")).isEmpty();
        assertThat(store.keys("e", "ismissing(@u)")).containsExactly("d:2");
        assertThatThrownBy(() -> store.keys("e", "ismissing(@t)"))
                .hasMessage("'ismissing' requires field 't' to be defined with 'INDEXMISSING'");
    }

    @Test
    void optionsOfAVectorClauseAreCheckedAgainstItsIndex() {
        store.indexes.create(IndexDefinition.of("flat", List.of("d:"), List.of(vector(Algorithm.FLAT))), false);
        store.indexes.create(definition("hnsw"), false);
        String blob = TestStore.vector(0, 1);
        String prefix = "Error parsing vector similarity parameters: ";
        assertThatThrownBy(() -> store.keys("flat", "*=>[KNN 2 @v $b EF_RUNTIME 10]", "b", blob))
                .hasMessage(prefix + "Invalid option");
        assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN 2 @v $b BAD 10]", "b", blob))
                .hasMessage(prefix + "Invalid option");
        assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN 2 @v $b HYBRID_POLICY BATCHES]", "b", blob))
                .hasMessage(prefix + "hybrid query attributes were sent for a non-hybrid query");
        assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN 2 @v $b EF_RUNTIME 0]", "b", blob))
                .hasMessageContaining("EF_RUNTIME 0");
        assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN 2 @v $b RESCORE 0.5]", "b", blob))
                .hasMessage(prefix + "Invalid value was given: RESCORE 0.5");
        assertThatThrownBy(() -> store.keys("flat", "*=>[KNN 2 @v $b RESCORE 2]", "b", blob))
                .hasMessage(prefix + "Invalid option");
        assertThat(store.keys("hnsw", "*=>[KNN 2 @v $b]=>{$RESCORE: 2}", "b", blob))
                .isEmpty();
        assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN 2 @v $b]", "b", "abc"))
                .hasMessage("Error parsing vector similarity query: query vector blob size (3) does not match index's "
                        + "expected size (8).");
        assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN 2 @v $b AS t]", "b", blob))
                .hasMessage("Property `t` already exists in schema");
        assertThatThrownBy(() -> store.keys("hnsw", "@v:[VECTOR_RANGE -1 $b]", "b", blob))
                .hasMessage("Error parsing vector similarity query: negative radius (-1) given in a range query");
        assertThat(store.keys("hnsw", "*=>[KNN 2 @bad $b]", "b", blob)).isEmpty();
        assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN 0 @v $b]", "b", blob))
                .hasMessage("Error parsing vector similarity query: query KNN K parameter must be at least 1");
        for (String k : List.of("1000001", "1000000000", "9223372036854775807", "99999999999999999999")) {
            assertThatThrownBy(() -> store.keys("hnsw", "*=>[KNN " + k + " @v $b]", "b", blob))
                    .hasMessage("Error parsing vector similarity query: query KNN K parameter is too large, must not"
                            + " exceed 1000000");
        }
        assertThat(store.keys("hnsw", "*=>[KNN 1000000 @v $b]", "b", blob)).isEmpty();
        assertThatThrownBy(() -> store.keys("hnsw", "@v:[VECTOR_RANGE -inf $b]", "b", blob))
                .hasMessage("Error parsing vector similarity query: negative radius (-inf) given in a range query");
        assertThatThrownBy(() -> store.keys("hnsw", "@v:[VECTOR_RANGE $r $b]", "b", blob, "r", "nan"))
                .hasMessage("Invalid numeric value (nan) for parameter `r`");
    }

    @Test
    void dropWithDocumentsDeletesThem() {
        store.indexes.create(definition("i"), false);
        store.hset("d:1", "t", "x", "v", TestStore.vector(1, 0));
        store.hset("e:1", "t", "x");
        assertThat(store.indexes.drop("i", Indexes.Drop.DELETE_DOCUMENTS)).isTrue();
        assertThat(store.hgetall("d:1")).isNull();
        assertThat(store.hgetall("e:1")).isNotNull();
        assertThat(store.indexes.drop("i", Indexes.Drop.KEEP_DOCUMENTS)).isFalse();
        store.runBackground();
        assertThat(store.account.byOwner().keySet()).containsExactly("keyspace");
    }

    @Test
    void alterReadsTheNewFieldOfOldDocuments() {
        store.indexes.create(definition("i"), false);
        store.hset("d:1", "t", "x", "x", "7");
        store.indexes.alter("i", List.of(field("x", new FieldType.Numeric())), false);
        assertThat(store.index("i").progress()).isLessThan(1);
        store.runBackground();
        assertThat(store.index("i").progress()).isEqualTo(1);
        assertThat(store.keys("i", "@x:[7]")).containsExactly("d:1");
        assertThatThrownBy(() -> store.indexes.alter("i", List.of(field("t", new FieldType.Numeric())), false))
                .hasMessage("Duplicate field in schema - t");
    }

    @Test
    void aliasesStandForTheirIndex() {
        store.indexes.create(definition("i"), false);
        store.indexes.create(definition("j"), false);
        store.indexes.addAlias("a", "i");
        assertThat(store.index("a").name()).isEqualTo("i");
        assertThatThrownBy(() -> store.indexes.addAlias("a", "j")).hasMessage("Alias already exists");
        assertThatThrownBy(() -> store.indexes.addAlias("b", "a"))
                .hasMessage("Unknown index name (or name is an alias itself)");
        store.indexes.updateAlias("a", "j");
        assertThat(store.index("a").name()).isEqualTo("j");
        store.indexes.drop("a", Indexes.Drop.KEEP_DOCUMENTS);
        assertThat(store.indexes.find("a")).isNull();
        assertThat(store.indexes.names()).containsExactly("i");
        assertThatThrownBy(() -> store.indexes.deleteAlias("a")).hasMessage("Alias does not exist");
    }
}
