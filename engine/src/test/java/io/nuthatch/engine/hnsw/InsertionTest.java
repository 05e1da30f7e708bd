package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What links a new vector: the walk that finds candidates, and the choice among them.
class InsertionTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int COUNT = 2_000;
    private static final int EF = 200;

    /// What is checked for a node that is the searcher's query.
    private interface Check {
        void accept(Graph graph, Searcher s, int node);
    }

    private static void withGraph(Metric metric, Check check) {
        Random random = new Random(SEED);
        try (IndexModel model =
                new IndexModel(random, VectorType.FLOAT32, metric, 24, IndexModel.parameters(16, EF), 0)) {
            for (int i = 0; i < COUNT; i++) {
                model.insert();
            }
            model.threads.runPending();
            HnswIndex index = (HnswIndex) model.index;
            Searcher s = new Searcher(new RowScorer(model.rows, metric), model.account.counter("test", "scratch"));
            try {
                for (int round = 0; round < 50; round++) {
                    s.begin(Knn.NO_DEADLINE);
                    int node = random.nextInt(COUNT);
                    s.useRowAsQuery(node);
                    check.accept(index.graph(), s, node);
                }
            } finally {
                s.close();
            }
        }
    }

    private static int walk(Graph graph, Searcher s, int expansions) {
        long nearest = graph.walk.descend(s, graph.entry.get(), 1);
        s.newMarks(graph.states.limit());
        graph.walk.seed(s, nearest, EF);
        int before = s.distanceCount;
        graph.walk.expand(s, 0, EF, expansions);
        return s.distanceCount - before;
    }

    private static long expanded(Searcher s) {
        return Arrays.stream(s.pool, 0, s.poolSize)
                .filter(key -> (key & Keys.EXPANDED) != 0)
                .count();
    }

    @Test
    void aWalkEndsAfterItsExpansions() {
        withGraph(Metric.L2, (graph, s, node) -> {
            int whole = walk(graph, s, Integer.MAX_VALUE);
            assertThat(expanded(s)).as("seed %d", SEED).isEqualTo(EF);
            int part = walk(graph, s, EF / 2);
            assertThat(expanded(s)).as("seed %d", SEED).isBetween(EF / 4L, EF / 2L + 1);
            assertThat(s.poolSize).as("seed %d", SEED).isEqualTo(EF);
            assertThat(part).as("seed %d", SEED).isLessThan(whole);
        });
    }

    @Test
    void theNearestThatNoNearerOneOccludesAreChosen() {
        for (Metric metric : List.of(Metric.L2, Metric.COSINE)) {
            for (double alpha : new double[] {1, 1.2}) {
                withGraph(metric, (graph, s, node) -> {
                    walk(graph, s, Integer.MAX_VALUE);
                    long[] keys = Arrays.copyOf(s.pool, s.poolSize);
                    for (int most : new int[] {4, 16, EF}) {
                        List<Integer> wanted = oneByOne(s, keys, node, most, alpha);
                        int chosen = new Pruning(graph.states, alpha).select(s, node, keys, keys.length, most);
                        assertThat(Arrays.stream(s.selected, 0, chosen).boxed())
                                .as("seed %d, %s, alpha %s, at most %d", SEED, metric, alpha, most)
                                .isEqualTo(wanted);
                    }
                });
            }
        }
    }

    /// The rule as it is written: a candidate stays unless a chosen one is nearer to it than the node is.
    private static List<Integer> oneByOne(Searcher s, long[] keys, int node, int most, double alpha) {
        List<Integer> chosen = new ArrayList<>();
        for (long key : keys) {
            int candidate = Keys.ordinal(key);
            boolean isOccluded = candidate == node || chosen.size() == most;
            for (int other : chosen) {
                float between =
                        s.scorer.score(s.scorer.prepareRow(other, s.otherQuery), s.scorer.rowFactor(other), candidate);
                isOccluded |= (float) (alpha * alpha) * between < Keys.distance(key);
            }
            if (!isOccluded) {
                chosen.add(candidate);
            }
        }
        return chosen;
    }
}
