package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nuthatch.engine.document.FieldType.Vector;
import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.recall.Band;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.recall.LiveRecall;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Live recall and `RECALL`, on a small graph with few links, whose narrow walks miss much.
class RecallTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int DIM = 12;
    private static final int K = 10;

    private final Random random = new Random(SEED);
    private final TestStore store = new TestStore();
    private final Map<String, float[]> rows = new TreeMap<>(); // By key, as the index should have them.
    private final LiveRecall live = store.indexes.liveRecall();

    @AfterEach
    void close() {
        store.close();
    }

    private void create(double recall, int efRuntime, Compression compression) {
        Vector type = new Vector(
                Algorithm.HNSW,
                VectorType.FLOAT32,
                DIM,
                Metric.L2,
                0,
                Vector.DEFAULT_BLOCK_SIZE,
                6,
                40,
                efRuntime,
                recall,
                Vector.DEFAULT_EPSILON,
                compression);
        store.indexes.create(
                IndexDefinition.of(
                        "i",
                        List.of("d:"),
                        List.of(IndexesTest.field("g", FieldType.Tag.DEFAULT), IndexesTest.field("v", type))),
                false);
    }

    private float[] point() {
        float[] point = new float[DIM];
        for (int i = 0; i < DIM; i++) {
            point[i] = (float) random.nextGaussian();
        }
        return point;
    }

    private void put(String key, String tag, float[] row) {
        rows.put(key, row);
        store.hset(key, "g", tag, "v", TestStore.vector(row));
    }

    /// `d:0`… with tags `all`, `half` for every second, `tenth`, `few` for every hundredth.
    private void fill(int from, int to) {
        for (int i = from; i < to; i++) {
            String tags =
                    "all" + (i % 2 == 0 ? ",half" : "") + (i % 10 == 0 ? ",tenth" : "") + (i % 100 == 0 ? ",few" : "");
            put("d:" + i, tags, point());
        }
        store.runBackground();
    }

    private static double distance(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < DIM; i++) {
            sum += (double) (one[i] - other[i]) * (one[i] - other[i]);
        }
        return sum;
    }

    private List<String> nearest(float[] query) {
        PriorityQueue<Map.Entry<Double, String>> nearest =
                new PriorityQueue<>(Map.Entry.<Double, String>comparingByKey().reversed());
        rows.forEach((key, row) -> {
            double distance = distance(query, row);
            if (nearest.size() < K || distance < nearest.element().getKey()) {
                nearest.add(Map.entry(distance, key));
            }
            if (nearest.size() > K) {
                nearest.remove();
            }
        });
        List<String> keys = new ArrayList<>();
        while (!nearest.isEmpty()) {
            keys.addFirst(nearest.remove().getValue());
        }
        return keys;
    }

    private List<String> search(String query, float[] vector) {
        return store.keys("i", query, "b", TestStore.vector(vector));
    }

    /// Runs `count` searches, each checked before the next; returns their mean recall by our own count.
    private double run(String query, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            float[] vector = point();
            List<String> found = search(query, vector);
            List<String> truth = nearest(vector);
            sum += found.stream().filter(truth::contains).count() / (double) K;
            check();
        }
        return sum / count;
    }

    private void check() {
        while (live.stats().waiting() > 0) {
            live.doWork(false);
        }
    }

    private FieldRecall recall() {
        return Objects.requireNonNull(store.index("i").recalls().get("v"));
    }

    private FieldRecall.Estimate estimate(Band band) {
        return recall().estimates().stream()
                .filter(estimate -> estimate.band() == band)
                .findFirst()
                .orElseThrow();
    }

    // --- Live recall ------------------------------------------------------------------------------------------------

    @Test
    void theEstimateIsWhatTheAnswersReached() {
        live.setEvery(1);
        create(0, 10, Compression.NONE);
        fill(0, 2500);
        double reached = run("*=>[KNN 10 @v $b]", 150);
        FieldRecall.Estimate estimate = estimate(Band.ALL);
        assertThat(reached).as("seed %x", SEED).isBetween(0.3, 0.97); // Else the next line would show nothing.
        assertThat(estimate.estimate()).isCloseTo(reached, within(0.02));
        assertThat(estimate.low()).isLessThan(reached);
        assertThat(estimate.high()).isGreaterThan(reached);
        assertThat(estimate.checks()).isEqualTo(150);
        assertThat(estimate.ef()).isEqualTo(10);
        double wider = run("*=>[KNN 10 @v $b EF_RUNTIME 40]", 300);
        assertThat(wider).isGreaterThan(reached + 0.02);
        assertThat(estimate(Band.ALL).estimate()).isGreaterThan(estimate.estimate() + 0.01);
    }

    @Test
    void filtersAreCountedByBand() {
        live.setEvery(1);
        create(0, 10, Compression.NONE);
        fill(0, 2500);
        for (int i = 0; i < 10; i++) {
            float[] vector = point();
            search("@g:{half}=>[KNN 10 @v $b]", vector);
            search("@g:{tenth}=>[KNN 10 @v $b]", vector);
            search("@g:{few}=>[KNN 10 @v $b]", vector);
        }
        check();
        assertThat(recall().estimates())
                .extracting(FieldRecall.Estimate::band)
                .containsExactly(Band.WIDE, Band.MIDDLE, Band.NARROW);
        assertThat(estimate(Band.NARROW).estimate()).isEqualTo(1);
        assertThat(estimate(Band.NARROW).ef()).isZero(); // Scanned.
        assertThat(estimate(Band.WIDE).checks()).isEqualTo(10);
    }

    /// Exact answers stay exact whatever is written before they are checked.
    @Test
    void changesBetweenSearchAndCheckAreNoMisses() {
        live.setEvery(1);
        create(1, 10, Compression.NONE);
        fill(0, 500);
        for (int round = 0; round < 40; round++) {
            float[] vector = point();
            String query = round % 2 == 0 ? "*=>[KNN 10 @v $b]" : "@g:{half}=>[KNN 10 @v $b]";
            List<String> found = search(query, vector);
            String first = found.get(random.nextInt(K));
            switch (round / 2 % 5) {
                case 0 -> store.del(first);
                case 1 -> put(first, "all,half", point());
                case 2 -> put("d:new" + round, "half", vector); // Nearer than all that were there.
                case 3 -> store.hset(first, "g", "other");
                default -> {
                    store.del(first);
                    store.runBackground();
                    put(first, "all,half", vector.clone());
                }
            }
            store.runBackground();
            check();
        }
        assertThat(live.stats().checked()).as("seed %x", SEED).isEqualTo(40);
        assertThat(recall().estimates()).allMatch(estimate -> estimate.estimate() == 1);
    }

    /// The other way round: what was missed is a miss, though others changed.
    @Test
    void missesAmongWhatStayedAreSeen() {
        live.setEvery(1);
        create(0, 10, Compression.NONE);
        fill(0, 2500);
        double sum = 0;
        for (int round = 0; round < 100; round++) {
            float[] vector = point();
            List<String> found = search("*=>[KNN 10 @v $b]", vector);
            List<String> truth = nearest(vector);
            sum += found.stream().filter(truth::contains).count() / (double) K;
            put("d:" + random.nextInt(2500), "all", point());
            put("d:more" + round, "all", vector);
            store.runBackground();
            check();
        }
        assertThat(estimate(Band.ALL).estimate()).as("seed %x", SEED).isCloseTo(sum / 100, within(0.02));
    }

    @Test
    void anAnswerThatIsMostlyGoneSaysNothing() {
        live.setEvery(1);
        create(0, 10, Compression.NONE);
        fill(0, 300);
        List<String> found = search("*=>[KNN 10 @v $b]", point());
        found.subList(0, 6).forEach(store::del);
        check();
        assertThat(live.stats().stale()).isEqualTo(1);
        search("*=>[KNN 10 @v $b]", point());
        for (int i = 0; i <= ChangeLog.LENGTH; i++) {
            store.hset("d:299", "g", "t" + i % 3);
        }
        check();
        assertThat(live.stats().stale()).isEqualTo(2);
        search("*=>[KNN 10 @v $b]", point());
        store.indexes.drop("i", Indexes.Drop.KEEP_DOCUMENTS);
        check();
        assertThat(live.stats()).isEqualTo(new LiveRecall.Stats(3, 0, 3, 0, 0));
    }

    @Test
    void tiesAreHits() {
        live.setEvery(1);
        create(0, 10, Compression.NONE);
        float[] same = point();
        for (int i = 0; i < 3000; i++) {
            put("d:" + i, "all", same);
        }
        store.runBackground();
        search("*=>[KNN 10 @v $b]", point());
        search("*=>[KNN 10 @v $b]", same);
        check();
        assertThat(estimate(Band.ALL).estimate()).isEqualTo(1);
        assertThat(estimate(Band.ALL).checks()).isEqualTo(2);
    }

    @Test
    void offMeasuresNothing() {
        live.setEvery(0);
        create(0.9, 10, Compression.NONE);
        fill(0, 100);
        search("*=>[KNN 10 @v $b]", point());
        search("*=>[KNN 10 @v $b RECALL 0.8]", point());
        assertThat(live.stats()).isEqualTo(new LiveRecall.Stats(0, 0, 0, 0, 0));
    }

    @Test
    void searchesThatCannotBeRepeatedAreNoSamples() {
        live.setEvery(1);
        create(0, 10, Compression.NONE);
        fill(0, 100);
        store.search("i", "@v:[VECTOR_RANGE 100 $b]=>[KNN 10 @v $b]", "b", TestStore.vector(point()));
        store.search("i", "@g:{all}");
        assertThat(live.stats().sampled()).isZero();
    }

    // --- RECALL -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(doubles = {0.8, 0.9})
    void aRecallThatIsAskedForIsReached(double asked) {
        live.setEvery(100);
        create(0, 10, Compression.NONE);
        fill(0, 6000);
        String query = "*=>[KNN 10 @v $b RECALL " + asked + "]";
        run(query, 600);
        int ef = recall().ef(Band.ALL, K, asked);
        double reached = run(query, 400);
        assertThat(reached).as("seed %x, ef %d", SEED, ef).isBetween(asked - 0.012, asked + 0.03);
        assertThat(recall().targets()).singleElement().satisfies(target -> {
            assertThat(target.recall()).isEqualTo(asked);
            assertThat(target.checks()).isGreaterThan(FieldRecall.TRUSTED);
        });
    }

    @Test
    void dataThatChangesIsFollowed() {
        live.setEvery(20);
        create(0.9, 10, Compression.NONE);
        fill(0, 1500);
        String query = "*=>[KNN 10 @v $b]";
        run(query, 300);
        int before = recall().ef(Band.ALL, K, 0.9);
        fill(1500, 6000);
        double reached = run(query, 300);
        int after = recall().ef(Band.ALL, K, 0.9);
        assertThat(after).as("seed %x", SEED).isGreaterThan(before);
        assertThat(reached).isGreaterThan(0.88);
        assertThat(run(query, 200)).isBetween(0.88, 0.94);
    }

    @Test
    void oneIsExact() {
        create(0, 1, Compression.SQ4);
        fill(0, 2500);
        for (int i = 0; i < 30; i++) {
            float[] vector = point();
            assertThat(search("*=>[KNN 10 @v $b RECALL 1]", vector)).isEqualTo(nearest(vector));
        }
        assertThat(store.index("i").explain(parse("*=>[KNN 10 @v $b RECALL 1.0]"), false))
                .contains("RECALL = 1.0")
                .contains("by an exact scan");
    }

    private Query parse(String query) {
        return store.index("i").parse(query, Map.of("b", new byte[4 * DIM], "r", new byte[] {'.', '9'}), 2);
    }

    @Test
    void theQueryBeatsTheIndex() {
        live.setEvery(1);
        create(0.9, 10, Compression.NONE);
        fill(0, 1000);
        search("*=>[KNN 10 @v $b]", point());
        assertTarget(0.9, 100); // Nothing is known yet.
        search("*=>[KNN 10 @v $b RECALL 0.8]", point());
        assertTarget(0.8, 50);
        search("*=>[KNN 10 @v $b EF_RUNTIME 33]", point());
        assertTarget(0.8, 50); // Nobody asked again.
        search("*=>[KNN 10 @v $b]=>{$RECALL: 0.7}", point());
        assertTarget(0.7, 33);
        assertThat(store.index("i").explain(parse("*=>[KNN 10 @v $b RECALL $r]"), false))
                .contains("RECALL = .9, yields")
                .contains("EF_RUNTIME for recall 0.9 at present = 100}");
        assertThat(store.index("i").explain(parse("@g:{half}=>[KNN 10 @v $b]"), false))
                .contains("EF_RUNTIME for recall 0.9 at present = 100 (over-30%), 100 (3-30%), 100 (under-3%)}");
    }

    private void assertTarget(double recall, int ef) {
        assertThat(recall().targets()).singleElement().satisfies(target -> {
            assertThat(target.recall()).isEqualTo(recall);
            assertThat(target.ef()).isEqualTo(ef);
        });
    }

    @Test
    void whatIsNoRecallIsRefused() {
        create(0, 10, Compression.NONE);
        for (String value : List.of("2", "0", "-0.5", "abc", "1.01", "inf")) {
            assertThatThrownBy(() -> parse("*=>[KNN 10 @v $b RECALL " + value + "]"))
                    .isInstanceOf(SearchException.class)
                    .hasMessageContaining(value.equals("-0.5") ? "" : "RECALL " + value);
        }
        assertThatThrownBy(() -> parse("*=>[KNN 10 @v $b RECALL 0.9 EF_RUNTIME 10]"))
                .hasMessageContaining("EF_RUNTIME and RECALL exclude each other");
        assertThatThrownBy(() -> parse("@v:[VECTOR_RANGE 1 $b]=>{$RECALL: 0.9}"))
                .hasMessage("Error parsing vector similarity parameters: Invalid option");
        assertThatThrownBy(() -> create(1.5, 10, Compression.NONE)).isInstanceOf(SearchException.class);
    }
}
