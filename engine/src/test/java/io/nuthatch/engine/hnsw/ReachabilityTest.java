package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReachabilityTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int COUNT = 3_000;

    /// What [Reachability] finds, by a queue and without slices.
    private static BitSet reached(Graph graph) {
        BitSet reached = new BitSet();
        long start = graph.entry.get();
        reached.set(EntryPoint.ordinal(start));
        int[] list = new int[graph.links.capacity(0)];
        for (int layer = EntryPoint.layer(start); layer >= 0; layer--) {
            Deque<Integer> open = new ArrayDeque<>(reached.stream().boxed().toList());
            while (!open.isEmpty()) {
                int count = graph.links.copy(open.remove(), layer, list);
                for (int i = 0; i < count; i++) {
                    if (!reached.get(list[i])) {
                        reached.set(list[i]);
                        open.add(list[i]);
                    }
                }
            }
        }
        return reached;
    }

    @Test
    void slicesFindWhatOnePassFinds() {
        Random random = new Random(SEED);
        try (IndexModel model =
                new IndexModel(random, VectorType.FLOAT32, Metric.L2, 8, IndexModel.parameters(4, 20), 0)) {
            for (int i = 0; i < COUNT; i++) {
                model.insert();
            }
            model.threads.runPending();
            Graph graph = ((HnswIndex) model.index).graph();
            Searcher s = new Searcher(new RowScorer(model.rows, Metric.L2), model.account.counter("test", "scratch"));
            try {
                for (int round = 0; round < 6; round++) {
                    for (int i = 0; i < COUNT / 10; i++) { // Lists are lost until much is out of reach.
                        int node = random.nextInt(COUNT);
                        if (graph.links.layerOf(node) == 0) {
                            graph.links.write(node, 0, new int[0], 0);
                        }
                    }
                    BitSet expected = reached(graph);
                    int slices = 1;
                    Reachability found = new Reachability(graph);
                    while (found.step(s, 1 + random.nextInt(50))) {
                        slices++;
                    }
                    assertThat(slices).as("seed %d", SEED).isGreaterThan(10);
                    for (int ordinal = 0; ordinal < COUNT; ordinal++) {
                        assertThat(found.has(ordinal))
                                .as("seed %d, round %d, ordinal %d", SEED, round, ordinal)
                                .isEqualTo(expected.get(ordinal));
                    }
                    assertThat(expected.cardinality()).as("seed %d", SEED).isBetween(COUNT / 10, COUNT - 1);
                }
            } finally {
                s.close();
            }
        }
    }
}
