package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VectorIndexTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    private static IndexModel hnsw(Metric metric, int dim, int threads) {
        return new IndexModel(new Random(SEED), VectorType.FLOAT32, metric, dim, IndexModel.parameters(8, 64), threads);
    }

    private static IndexModel flat(VectorType type, Metric metric, int dim) {
        return new IndexModel(new Random(SEED), type, metric, dim, null, 0);
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void hnswAgreesWithAFullScanUnderRandomInsertsAndDeletes(Metric metric) {
        try (IndexModel model = hnsw(metric, 40, 0)) {
            for (int round = 0; round < 8; round++) {
                for (int step = 0; step < 2_500; step++) {
                    if (model.ordinals.isEmpty() || model.random.nextInt(10) < (round < 4 ? 8 : 4)) {
                        model.insert();
                    } else {
                        model.delete();
                    }
                    if (model.random.nextInt(400) == 0) {
                        model.threads.runPending();
                    }
                }
                assertThat(model.index.size()).isEqualTo(model.live.size());
                assertThat(model.recall(40, 10, 60, null)).as("seed " + SEED).isGreaterThan(0.95);
                model.threads.runPending();
                assertThat(model.index.invariants()).isEmpty();
                assertThat(model.recall(40, 10, 60, null)).as("seed " + SEED).isGreaterThan(0.95);
            }
            model.index.consolidateNow();
            assertThat(model.pending()).isZero();
            assertThat(model.index.invariants()).isEmpty();
            assertThat(model.recall(40, 10, 60, null)).as("seed " + SEED).isGreaterThan(0.95);
        }
    }

    @ParameterizedTest
    @EnumSource(VectorType.class)
    void flatIsExactForEveryTypeUnderInsertsAndDeletes(VectorType type) {
        for (Metric metric : Metric.values()) {
            try (IndexModel model = flat(type, metric, 21)) {
                for (int step = 0; step < 1_500; step++) {
                    if (model.ordinals.isEmpty() || model.random.nextInt(3) > 0) {
                        model.insert();
                    } else {
                        model.delete();
                    }
                    if (step % 100 == 0) {
                        assertThat(model.recall(5, 10, 0, null)).isEqualTo(1);
                        assertThat(model.recall(5, 10, 0, model.filter(0.2))).isEqualTo(1);
                    }
                }
                model.index.consolidateNow();
                assertThat(model.pending()).isZero();
                assertThat(model.index.invariants()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(VectorType.class)
    void hnswServesEveryType(VectorType type) {
        for (Metric metric : Metric.values()) {
            try (IndexModel model =
                    new IndexModel(new Random(SEED), type, metric, 24, IndexModel.parameters(8, 64), 0)) {
                // Enough rows that a walk is taken, not the scan.
                int count = (2 << 20) / model.rows.strideBytes() + 2_000;
                for (int i = 0; i < Math.min(count, 12_000); i++) {
                    model.insert();
                    if (i % 512 == 0) {
                        model.threads.runPending();
                    }
                }
                model.threads.runPending();
                double floor = metric == Metric.IP ? 0.85 : 0.95; // The largest norms are everybody's neighbours.
                assertThat(model.recall(20, 10, 150, null))
                        .as(type + " " + metric)
                        .isGreaterThan(floor);
            }
        }
    }

    @Test
    void everySelectivityGivesKHitsAndRecall() {
        try (IndexModel model = hnsw(Metric.L2, 200, 0)) {
            for (int i = 0; i < 12_000; i++) {
                model.insert();
                if (i % 1000 == 0) {
                    model.threads.runPending();
                }
            }
            for (double share : new double[] {0.0005, 0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9, 1}) {
                Filter filter = model.filter(share);
                assertThat(model.recall(25, 10, 200, filter))
                        .as("share " + share)
                        .isGreaterThanOrEqualTo(0.99);
            }
            for (int i = 0; i < 600; i++) {
                model.delete();
            }
            for (double share : new double[] {0.001, 0.1, 0.5}) {
                assertThat(model.recall(25, 10, 200, model.filter(share))).isGreaterThanOrEqualTo(0.99);
            }
            for (HybridPolicy policy : HybridPolicy.values()) {
                Filter filter = model.filter(0.02);
                float[] query = model.vector();
                int wanted = Math.min(10, model.nearest(query, filter).length);
                Hits hits =
                        model.index.search(query, Knn.of(10).withFilter(filter).withPolicy(policy));
                model.check(hits, query, wanted, filter);
                if (policy == HybridPolicy.BATCHES) {
                    assertThat(hits.plan()).isNotEqualTo(Hits.Plan.SCAN);
                }
            }
        }
    }

    @Test
    void matchesFarFromTheQueryAreFound() {
        try (IndexModel model = hnsw(Metric.L2, 200, 0)) {
            for (int i = 0; i < 8_000; i++) {
                model.insert();
                if (i % 1000 == 0) {
                    model.threads.runPending();
                }
            }
            model.threads.runPending();
            for (int i = 0; i < 10; i++) {
                float[] query = model.vector();
                double median = model.nearest(query, null)[4_000];
                long[] words = new long[(model.nextOrdinal + 63) / 64];
                model.live.forEach((ordinal, vector) -> {
                    if (model.distance(query, vector) > median) {
                        words[ordinal >> 6] |= 1L << ordinal;
                    }
                });
                Filter filter = Filter.of(words);
                Hits hits = model.index.search(query, Knn.of(10).withEf(50).withFilter(filter));
                model.check(hits, query, 10, filter);
                assertThat(hits.distances()[9]).isLessThanOrEqualTo(model.nearest(query, filter)[9] * 1.001);
            }
        }
    }

    @Test
    void kAboveEfAndAboveTheSizeAreServed() {
        try (IndexModel model = hnsw(Metric.COSINE, 300, 0)) {
            for (int i = 0; i < 4_000; i++) {
                model.insert();
                if (i % 1000 == 0) {
                    model.threads.runPending();
                }
            }
            model.threads.runPending();
            assertThat(model.recall(5, 500, 10, null)).isGreaterThan(0.95);
            assertThat(model.recall(2, 4_000, 10, null)).isEqualTo(1);
            assertThat(model.index.search(model.vector(), Knn.of(1_000_000_000)).size())
                    .isEqualTo(4_000);
        }
    }

    @Test
    void deletedVectorIsNeverReturned() {
        try (IndexModel model = hnsw(Metric.L2, 8, 0)) {
            int ordinal = model.insert();
            float[] vector = model.vectorOf(ordinal);
            assertThat(model.index.search(vector, Knn.of(1)).ordinals()).containsExactly(ordinal);
            model.delete();
            assertThat(model.index.search(vector, Knn.of(1)).size()).isZero();
            assertThat(model.index.remove(ordinal)).isFalse();
            assertThat(model.pending()).isOne();
            model.index.consolidateNow();
            assertThat(model.pending()).isZero();
        }
    }

    @Test
    void anEmptiedIndexGivesItsMemoryBackAndWorksAgain() {
        try (IndexModel model = hnsw(Metric.L2, 32, 0)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 5_000; i++) {
                    model.insert();
                    if (i % 500 == 0) {
                        model.threads.runPending();
                    }
                }
                assertThat(model.index.stats().linksBytes()).isPositive();
                while (!model.ordinals.isEmpty()) {
                    model.delete();
                }
                model.index.consolidateNow();
                assertThat(model.index.search(model.vector(), Knn.of(10)).size())
                        .isZero();
                assertThat(model.pending()).isZero();
                assertThat(model.index.stats().linksBytes()).isZero();
                assertThat(model.index.stats().upperBytes()).isZero();
                assertThat(model.index.stats().statesBytes()).isZero();
            }
        }
    }

    @Test
    void fewRemovalsAreReleasedWhenTheIndexIsQuiet() throws InterruptedException {
        try (IndexModel model = hnsw(Metric.L2, 16, 0)) {
            for (int i = 0; i < 2_000; i++) {
                model.insert();
                if (i % 500 == 0) {
                    model.threads.runPending();
                }
            }
            model.threads.runPending();
            model.delete();
            assertThat(model.pending()).isOne();
            for (int i = 0; i < 20_000 && model.pending() > 0; i++) { // Quiet is a hundred times the last work's time.
                Thread.sleep(1);
                model.threads.runPending();
            }
            assertThat(model.pending()).isZero();
            assertThat(model.index.invariants()).isEmpty();
        }
    }

    @Test
    void churnLeavesRecallAndMemoryAsAFreshBuild() {
        int count = 4_000;
        double fresh;
        long freshBytes;
        HnswParameters parameters = IndexModel.parameters(12, 100);
        try (IndexModel model = new IndexModel(new Random(SEED), VectorType.FLOAT32, Metric.L2, 128, parameters, 0)) {
            fill(model, count);
            fresh = model.recall(300, 10, 40, null);
            freshBytes = graphBytes(model);
        }
        try (IndexModel model = new IndexModel(new Random(SEED), VectorType.FLOAT32, Metric.L2, 128, parameters, 0)) {
            fill(model, count);
            for (int i = 0; i < 10 * count; i++) {
                model.delete();
                model.insert();
                if (i % 50 == 0) {
                    model.threads.runPending();
                }
            }
            model.threads.runPending();
            model.index.consolidateNow();
            assertThat(model.index.invariants()).isEmpty();
            assertThat(model.nextOrdinal).isLessThan((int) (count * 1.12));
            assertThat(model.recall(300, 10, 40, null)).isGreaterThan(fresh - 0.01);
            // Memory is counted by granules of 256 KiB, one each for rows and links may have begun.
            assertThat(graphBytes(model)).isLessThanOrEqualTo((long) (freshBytes * 1.1) + (512 << 10));
        }
    }

    private static void fill(IndexModel model, int count) {
        for (int i = 0; i < count; i++) {
            model.insert();
            if (i % 500 == 0) {
                model.threads.runPending();
            }
        }
        model.threads.runPending();
    }

    private static long graphBytes(IndexModel model) {
        return model.bytes("links") + model.bytes("rows");
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void rangeFindsWhatIsWithinTheRadius(Metric metric) {
        try (IndexModel model = hnsw(metric, 200, 0);
                IndexModel exact = flat(VectorType.FLOAT32, metric, 200)) {
            for (int i = 0; i < 5_000; i++) {
                int ordinal = model.insert();
                exact.rows.put(ordinal, exact.bytes(model.vectorOf(ordinal)), 0);
                exact.index.add(ordinal);
                if (i % 1000 == 0) {
                    model.threads.runPending();
                }
            }
            double found = 0;
            double expected = 0;
            for (int i = 0; i < 30; i++) {
                float[] query = model.vector();
                double radius = model.nearest(query, null)[50];
                byte[] bytes = model.bytes(query);
                var counter = model.account.counter("test", "test");
                long at = io.nuthatch.engine.memory.OffHeap.allocate(bytes.length, counter);
                io.nuthatch.engine.memory.Memory.copyIn(bytes, 0, at, bytes.length);
                for (@Nullable Filter filter : new @Nullable Filter[] {null, model.filter(0.5)}) {
                    Hits walk = model.index.range(at, radius, 0.1, filter, Knn.NO_DEADLINE);
                    Hits scan = exact.index.range(at, radius, 0, filter, Knn.NO_DEADLINE);
                    model.check(walk, query, walk.size(), filter);
                    model.check(scan, query, scan.size(), filter);
                    for (double distance : walk.distances()) {
                        assertThat(distance).isLessThanOrEqualTo(radius);
                    }
                    found += walk.size();
                    expected += scan.size();
                }
                io.nuthatch.engine.memory.OffHeap.free(at, bytes.length, counter);
            }
            // .963 to .99: layers are drawn by a seed that counts the graphs this process made before.
            assertThat(found / expected).isGreaterThan(0.95).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void aDeadlineCutsTheSearchAndSaysSo() {
        try (IndexModel model = flat(VectorType.FLOAT32, Metric.L2, 16)) {
            for (int i = 0; i < 3_000; i++) {
                model.insert();
            }
            Hits cut = model.index.search(model.vector(), Knn.of(10).withDeadline(System.nanoTime() - 1));
            assertThat(cut.isCut()).isTrue();
            assertThat(cut.distanceCount()).isLessThan(3_000);
            Hits whole =
                    model.index.search(model.vector(), Knn.of(10).withDeadline(System.nanoTime() + 60_000_000_000L));
            assertThat(whole.isCut()).isFalse();
        }
    }

    @Test
    void closingGivesEverythingBackAndRefusesCalls() {
        IndexModel model = hnsw(Metric.L2, 32, 2);
        fillWithThreads(model, 3_000);
        model.recall(5, 10, 50, model.filter(0.5));
        model.close();
        assertThat(model.account.total()).isZero();
        assertThatThrownBy(() -> model.index.add(1)).isInstanceOf(IndexClosedException.class);
        assertThatThrownBy(() -> model.index.search(new float[32], Knn.of(1))).isInstanceOf(IndexClosedException.class);
    }

    private static void fillWithThreads(IndexModel model, int count) {
        for (int i = 0; i < count; i++) {
            model.insert();
        }
    }
}
