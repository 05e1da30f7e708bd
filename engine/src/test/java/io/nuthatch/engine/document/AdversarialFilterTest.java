package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// KNN with filters that are hard for a walk, against brute force: matches far from the query, matches that
/// avoid it, one document, a thousand tags, everything but one tag.
///
/// Documents stand in clusters; tag `c` names the cluster, `id` the document, and `n` is a number that has
/// nothing to do with the vector.
class AdversarialFilterTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int DIM = 12;
    private static final int DOCUMENTS = 6_000;
    private static final int CLUSTERS = 30;
    private static final int QUERIES = 15;
    private static final int K = 10;

    private static final TestStore STORE = new TestStore();
    private static final float[][] VECTORS = new float[DOCUMENTS][];
    private static final float[][] CENTRES = new float[CLUSTERS][];
    private static final int[] CLUSTER = new int[DOCUMENTS];
    private static final int[] NUMBER = new int[DOCUMENTS];
    private static final float[][] ASKED = new float[QUERIES][];
    private static final int[] NEAR = new int[QUERIES]; // The cluster a query lies in.

    @BeforeAll
    static void fill() {
        Random random = new Random(SEED);
        STORE.indexes.create(
                IndexDefinition.of(
                        "i",
                        List.of("d:"),
                        List.of(
                                IndexesTest.field("c", FieldType.Tag.DEFAULT),
                                IndexesTest.field("id", FieldType.Tag.DEFAULT),
                                IndexesTest.field("n", new FieldType.Numeric()),
                                IndexesTest.field(
                                        "v", FieldType.Vector.of(Algorithm.HNSW, VectorType.FLOAT32, DIM, Metric.L2)))),
                false);
        for (int c = 0; c < CLUSTERS; c++) {
            CENTRES[c] = around(new float[DIM], 4, random);
        }
        for (int i = 0; i < DOCUMENTS; i++) {
            CLUSTER[i] = random.nextInt(CLUSTERS);
            NUMBER[i] = random.nextInt(10_000);
            VECTORS[i] = around(CENTRES[CLUSTER[i]], 1, random);
            STORE.hset(
                    "d:" + i,
                    "c",
                    "c" + CLUSTER[i],
                    "id",
                    "id" + i,
                    "n",
                    "" + NUMBER[i],
                    "v",
                    TestStore.vector(VECTORS[i]));
        }
        for (int q = 0; q < QUERIES; q++) {
            NEAR[q] = random.nextInt(CLUSTERS);
            ASKED[q] = around(CENTRES[NEAR[q]], 1, random);
        }
        STORE.runBackground();
    }

    @AfterAll
    static void close() {
        STORE.close();
    }

    private static float[] around(float[] centre, float spread, Random random) {
        float[] vector = centre.clone();
        for (int i = 0; i < vector.length; i++) {
            vector[i] += spread * (float) random.nextGaussian();
        }
        return vector;
    }

    /// A filter of each query, and what it means.
    private record Named(String name, IntFunction<String> text, IntFunction<IntPredicate> meaning) {}

    private static List<Named> filters() {
        List<Named> all = new ArrayList<>();
        all.add(new Named("near", q -> "@c:{c" + NEAR[q] + "}", q -> i -> CLUSTER[i] == NEAR[q]));
        all.add(new Named("far", q -> "@c:{c" + farthest(q) + "}", q -> i -> CLUSTER[i] == farthest(q)));
        all.add(new Named("all but the near", q -> "-@c:{c" + NEAR[q] + "}", q -> i -> CLUSTER[i] != NEAR[q]));
        all.add(new Named(
                "half, but none near",
                q -> "@n:[0 4999] -@c:{c" + NEAR[q] + "}",
                q -> i -> NUMBER[i] < 5_000 && CLUSTER[i] != NEAR[q]));
        all.add(new Named(
                "near or far",
                q -> "@c:{c" + NEAR[q] + "|c" + farthest(q) + "}",
                q -> i -> CLUSTER[i] == NEAR[q] || CLUSTER[i] == farthest(q)));
        all.add(new Named("one document", q -> "@id:{id" + 17 * q + "}", q -> i -> i == 17 * q));
        all.add(new Named(
                "a thousand tags",
                q -> "@id:{"
                        + IntStream.range(0, 1_000).mapToObj(i -> "id" + 5 * i).collect(Collectors.joining("|")) + "}",
                q -> i -> i % 5 == 0 && i < 5_000));
        all.add(new Named(
                "all but a thousand tags",
                q -> "-@id:{"
                        + IntStream.range(0, 1_000).mapToObj(i -> "id" + 5 * i).collect(Collectors.joining("|")) + "}",
                q -> i -> i % 5 != 0 || i >= 5_000));
        all.add(new Named("fewer than k", q -> "@n:[0 6]", q -> i -> NUMBER[i] <= 6));
        all.add(new Named("nothing", q -> "@c:{none}", q -> i -> false));
        all.add(new Named("everything", q -> "@n:[-inf inf]", q -> i -> true));
        for (int top : new int[] {9, 99, 999, 2_999, 4_999, 9_000}) {
            all.add(new Named("0.." + top, q -> "@n:[0 " + top + "]", q -> i -> NUMBER[i] <= top));
        }
        return all;
    }

    private static int farthest(int query) {
        return IntStream.range(0, CLUSTERS)
                .boxed()
                .max(Comparator.comparingDouble(c -> distance(ASKED[query], CENTRES[c])))
                .orElseThrow();
    }

    private static double distance(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += (one[i] - other[i]) * (double) (one[i] - other[i]);
        }
        return sum;
    }

    @Test
    void everyPlanFindsTheNearestMatchesAndAllThatAreWanted() {
        Map<String, Double> recalls = new HashMap<>();
        for (String policy : List.of("", " HYBRID_POLICY ADHOC_BF", " HYBRID_POLICY BATCHES")) {
            for (Named filter : filters()) {
                int right = 0;
                int wanted = 0;
                for (int q = 0; q < QUERIES; q++) {
                    double[] nearest = nearest(q, filter.meaning.apply(q));
                    List<String> keys = STORE.keys(
                            "i",
                            "(" + filter.text.apply(q) + ")=>[KNN " + K + " @v $b EF_RUNTIME 100" + policy + "]",
                            "b",
                            TestStore.vector(ASKED[q]));
                    assertThat(keys)
                            .as("seed %d, %s%s", SEED, filter.name, policy)
                            .hasSize(nearest.length)
                            .doesNotHaveDuplicates();
                    wanted += nearest.length;
                    for (String key : keys) {
                        int document = Integer.parseInt(key.substring(2));
                        assertThat(filter.meaning.apply(q).test(document))
                                .as("%s matches %s", key, filter.name)
                                .isTrue();
                        right += distance(ASKED[q], VECTORS[document]) <= nearest[nearest.length - 1] + 1e-4 ? 1 : 0;
                    }
                }
                recalls.put(filter.name + policy, wanted == 0 ? 1 : (double) right / wanted);
            }
        }
        assertThat(recalls)
                .as("seed %d", SEED)
                .allSatisfy((name, recall) -> assertThat(recall).isGreaterThanOrEqualTo(0.99));
    }

    /// Distances of the at most [#K] nearest matches.
    private static double[] nearest(int query, IntPredicate matches) {
        double[] distances = IntStream.range(0, DOCUMENTS)
                .filter(matches)
                .mapToDouble(i -> distance(ASKED[query], VECTORS[i]))
                .sorted()
                .toArray();
        return Arrays.copyOf(distances, Math.min(K, distances.length));
    }
}
