package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Graphs that walk by codes: what they find, and what becomes of the codes.
class CompressionTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    private static IndexModel model(Compression compression, VectorType type, Metric metric, int dim, int threads) {
        HnswParameters parameters = new HnswParameters(8, 64, 10, 0.01, compression);
        return new IndexModel(new Random(SEED), type, metric, dim, parameters, threads);
    }

    private static void fill(IndexModel model, int count) {
        for (int i = 0; i < count; i++) {
            model.insert();
            if (i % 200 == 0) {
                model.threads.runPending();
            }
        }
        model.threads.runPending();
    }

    static Stream<Arguments> codesAndMetrics() {
        return Stream.of(Compression.SQ8, Compression.SQ4)
                .flatMap(
                        compression -> Arrays.stream(Metric.values()).map(metric -> Arguments.of(compression, metric)));
    }

    @ParameterizedTest
    @MethodSource("codesAndMetrics")
    void walksByCodesFindWhatAFullScanFinds(Compression compression, Metric metric) {
        try (IndexModel model = model(compression, VectorType.FLOAT32, metric, 40, 0)) {
            fill(model, 6_000);
            assertThat(model.index.stats().trainings()).isEqualTo(1);
            assertThat(model.recall(100, 10, 80, null)).as("seed " + SEED).isGreaterThan(0.95);
            assertThat(model.index.invariants()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = VectorType.class,
            names = {"FLOAT64", "FLOAT16", "BFLOAT16"})
    void everyFloatingTypeCanBeCoded(VectorType type) {
        try (IndexModel model = model(Compression.SQ8, type, Metric.COSINE, 33, 0)) {
            fill(model, 4_000);
            assertThat(model.index.stats().trainings()).isEqualTo(1);
            assertThat(model.recall(50, 10, 80, null)).as("seed " + SEED).isGreaterThan(0.95);
        }
    }

    @Test
    void searchesGoByTheVectorsWhenCodesAreSwitchedOff() {
        try (IndexModel model = model(Compression.SQ4, VectorType.FLOAT32, Metric.L2, 40, 0)) {
            fill(model, 6_000);
            float[][] queries = Stream.generate(model::vector).limit(50).toArray(float[][]::new);
            int byCodes = foundWithoutRescoring(model, queries);
            ((HnswIndex) model.index).setUsesCodes(false);
            int byVectors = foundWithoutRescoring(model, queries);
            assertThat(byVectors).as("seed " + SEED).isGreaterThan(byCodes + 10);
            ((HnswIndex) model.index).setUsesCodes(true);
            assertThat(foundWithoutRescoring(model, queries)).isEqualTo(byCodes);
        }
    }

    /// Neighbours found, of ten for each query, in the order that the walk alone gives.
    private static int foundWithoutRescoring(IndexModel model, float[][] queries) {
        int found = 0;
        for (float[] query : queries) {
            double worst = model.nearest(query, null)[9];
            Hits hits = model.index.search(query, Knn.of(10).withEf(30).withRescore(1));
            assertThat(hits.plan()).isEqualTo(Hits.Plan.WALK);
            for (double distance : hits.distances()) {
                found += distance <= worst * (1 + 1e-4) ? 1 : 0;
            }
        }
        return found;
    }

    @Test
    void bytesAreNotCoded() {
        assertThatThrownBy(() -> model(Compression.SQ8, VectorType.INT8, Metric.L2, 8, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("INT8 rows cannot be coded as SQ8");
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"SQ8", "SQ4"})
    void scansOverCodesLoseNothing(Compression compression) {
        try (IndexModel model = model(compression, VectorType.FLOAT32, Metric.L2, 40, 0)) {
            fill(model, 6_000);
            for (double share : new double[] {0.05, 0.2, 0.6}) {
                Filter filter = model.filter(share);
                assertThat(filter.count()).isGreaterThan(256);
                assertThat(scanRecall(model, filter)).as("share " + share).isGreaterThan(0.995);
            }
            float[] query = model.vector();
            double[] byDistance = model.nearest(query, null);
            Filter far = filter(model, ordinal -> model.distance(query, model.vectorOf(ordinal)) > byDistance[3_000]);
            Hits hits = model.index.search(query, Knn.of(10).withFilter(far).withPolicy(HybridPolicy.ADHOC_BF));
            model.check(hits, query, 10, far);
            assertThat(hits.distances()[9]).isCloseTo(byDistance[3_010], within(byDistance[3_010]));
        }
    }

    private static Offset<Double> within(double of) {
        return Assertions.within(1e-4 * of + 1e-4);
    }

    private static Filter filter(IndexModel model, IntPredicate isIn) {
        long[] words = new long[(model.nextOrdinal + 63) / 64];
        for (int ordinal : model.ordinals) {
            if (isIn.test(ordinal)) {
                words[ordinal >> 6] |= 1L << ordinal;
            }
        }
        return Filter.of(words);
    }

    private static double scanRecall(IndexModel model, Filter filter) {
        int found = 0;
        for (int i = 0; i < 50; i++) {
            float[] query = model.vector();
            double worst = model.nearest(query, filter)[9];
            Hits hits = model.index.search(query, Knn.of(10).withFilter(filter).withPolicy(HybridPolicy.ADHOC_BF));
            assertThat(hits.plan()).isEqualTo(Hits.Plan.SCAN);
            model.check(hits, query, 10, filter);
            for (double distance : hits.distances()) {
                found += distance <= worst * (1 + 1e-4) ? 1 : 0;
            }
        }
        return found / 500.0;
    }

    @Test
    void rangesFindTheSameByCodes() {
        try (IndexModel model = model(Compression.SQ8, VectorType.FLOAT32, Metric.L2, 40, 0)) {
            fill(model, 12_000); // More than a range would scan.
            int found = 0;
            int expected = 0;
            for (int i = 0; i < 50; i++) {
                float[] query = model.vector();
                double[] nearest = model.nearest(query, null);
                double radius = nearest[20] * 1.0001;
                long address = copy(model, query);
                Hits hits = model.index.range(address, radius, -1, null, Knn.NO_DEADLINE);
                free(model, address);
                found += hits.size();
                expected +=
                        (int) Arrays.stream(nearest).filter(d -> d <= radius).count();
                assertThat(Arrays.stream(hits.distances()).max().orElse(0)).isLessThanOrEqualTo(radius);
            }
            assertThat(found).isBetween((int) (0.95 * expected), expected);
        }
    }

    private static long copy(IndexModel model, float[] vector) {
        long address = OffHeap.allocate(model.rows.rowBytes(), model.account.counter("test", "query"));
        for (int i = 0; i < vector.length; i++) {
            Memory.putFloat(address + 4L * i, vector[i]);
        }
        return address;
    }

    private static void free(IndexModel model, long address) {
        OffHeap.free(address, model.rows.rowBytes(), model.account.counter("test", "query"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"SQ8", "SQ4"})
    void churnLeavesRecallAsAFreshBuild(Compression compression) {
        double fresh;
        try (IndexModel model = model(compression, VectorType.FLOAT32, Metric.L2, 64, 0)) {
            fill(model, 4_000);
            fresh = model.recall(300, 10, 60, null);
        }
        try (IndexModel model = model(compression, VectorType.FLOAT32, Metric.L2, 64, 0)) {
            fill(model, 4_000);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 1_200; i++) {
                    model.delete();
                }
                model.index.consolidateNow();
                fill(model, 1_200);
            }
            model.index.consolidateNow();
            assertThat(model.index.invariants()).isEmpty();
            assertThat(model.recall(300, 10, 60, null)).as("seed " + SEED).isGreaterThan(fresh - 0.01);
        }
    }

    @Test
    void codesAreMadeAnewWhenTheDataMoves() {
        try (IndexModel model = model(Compression.SQ4, VectorType.FLOAT32, Metric.L2, 32, 0)) {
            fill(model, 2_000);
            assertThat(model.index.stats().trainings()).isEqualTo(1);
            assertThat(model.index.stats().drift()).isBetween(0.5f, 1.5f);
            for (int i = 0; i < 4_000; i++) { // Everything new is far from where the codes were trained.
                model.insert(shifted(model.vector(), 40));
                model.delete();
                if (i % 100 == 0) {
                    model.threads.runPending();
                }
            }
            model.threads.runPending();
            assertThat(model.index.stats().trainings()).isBetween(2, 8);
            assertThat(model.index.stats().codesBytes()).isLessThan(3 << 20); // The former codes are gone.
            for (int i = 0; i < 1_000; i++) {
                model.insert(shifted(model.vector(), 40));
            }
            model.threads.runPending();
            float[] query = shifted(model.vector(), 40);
            double worst = model.nearest(query, null)[9];
            Hits hits = model.index.search(query, Knn.of(10).withEf(100));
            model.check(hits, query, 10, null);
            assertThat(hits.distances()[9]).isLessThanOrEqualTo(worst * 1.01);
        }
    }

    private static float[] shifted(float[] vector, float by) {
        for (int i = 0; i < vector.length; i++) {
            vector[i] += by;
        }
        return vector;
    }

    @Test
    void trainingAndRetrainingGoOnUnderLoad() throws Exception {
        try (IndexModel model = model(Compression.SQ8, VectorType.FLOAT32, Metric.L2, 32, 2)) {
            AtomicBoolean isDone = new AtomicBoolean();
            Throwable[] failure = new Throwable[1];
            Thread searcher = new Thread(() -> {
                Random random = new Random(SEED + 1);
                try {
                    while (!isDone.get()) {
                        float[] query = shifted(model.vector(random), random.nextInt(2) * 40);
                        Hits hits = model.index.search(query, Knn.of(5).withEf(40));
                        for (int i = 1; i < hits.size(); i++) {
                            assertThat(hits.distances()[i]).isGreaterThanOrEqualTo(hits.distances()[i - 1]);
                        }
                    }
                } catch (Throwable thrown) {
                    failure[0] = thrown;
                }
            });
            searcher.start();
            for (int i = 0; i < 12_000; i++) {
                while (!model.index.hasRoom()) { // As servers' clients do.
                    Thread.onSpinWait();
                }
                model.insert(shifted(model.vector(), i > 4_000 ? 40 : 0));
                if (i % 3 > 0 && i > 2_000) {
                    model.delete();
                }
            }
            isDone.set(true);
            searcher.join();
            assertThat(failure[0]).isNull();
            while (model.index.lag() > 0) {
                Thread.onSpinWait();
            }
            model.index.consolidateNow();
            assertThat(model.index.stats().trainings()).isGreaterThanOrEqualTo(2);
            assertThat(model.index.invariants()).isEmpty();
        }
    }

    @Test
    void anEmptiedIndexHasNoCodesAndTrainsAgain() {
        try (IndexModel model = model(Compression.SQ8, VectorType.FLOAT32, Metric.COSINE, 24, 0)) {
            for (int round = 0; round < 2; round++) {
                fill(model, 2_000);
                assertThat(model.bytes("codes")).isPositive();
                while (!model.ordinals.isEmpty()) {
                    model.delete();
                }
                model.index.consolidateNow();
                assertThat(model.bytes("codes")).isZero();
                assertThat(model.index.stats().trainings()).isZero();
            }
            fill(model, 2_000);
            model.close();
            assertThat(model.bytes("codes")).isZero();
            assertThat(model.bytes("scratch")).isZero();
        }
    }

    @Test
    void moreIsRescoredOnDemand() {
        try (IndexModel model = model(Compression.SQ4, VectorType.FLOAT32, Metric.L2, 40, 0)) {
            fill(model, 6_000);
            float[] query = model.vector();
            Hits few = model.index.search(query, Knn.of(10).withEf(40).withRescore(1));
            Hits many = model.index.search(query, Knn.of(10).withEf(40).withRescore(4));
            assertThat(many.distances()[9]).isLessThanOrEqualTo(few.distances()[9]);
            assertThat(many.distanceCount() - few.distanceCount()).isEqualTo(30);
        }
        assertThatThrownBy(() -> Knn.of(1).withRescore(0.5)).hasMessageContaining("rescore must be between 1 and 1000");
        assertThatThrownBy(() -> Knn.of(1).withRescore(Double.NaN)).hasMessageContaining("rescore");
    }

    // ---- Vectors that break codes ----

    record Case(String name, int dim, int count, IntFunction<float[]> vectors) {
        @Override
        public String toString() {
            return name + " x" + dim;
        }
    }

    static Stream<Case> adversaries() {
        Random random = new Random(SEED);
        IntFunction<float[]> gauss = i -> gaussian(random, 40);
        return Stream.of(
                new Case("all equal", 40, 2_500, i -> filled(40, 3.25f)),
                new Case("all zero", 40, 2_500, i -> new float[40]),
                new Case("one huge outlier", 40, 2_500, i -> with(gauss.apply(i), 5, 1e6f * (1 + i % 7))),
                new Case("subnormals", 40, 2_500, i -> scaled(gauss.apply(i), 1e-40f)),
                new Case("float's ends", 40, 2_500, i -> with(gauss.apply(i), i % 40, i % 2 == 0 ? 3e38f : -3e38f)),
                new Case("near duplicates", 40, 3_000, i -> with(filled(40, 1), i % 40, 1 + 1e-6f * (i % 11))),
                new Case("one dimension", 1, 2_500, i -> gaussian(random, 1)),
                new Case("two dimensions", 2, 2_500, i -> gaussian(random, 2)),
                new Case("the most dimensions", 32_768, 1_100, i -> gaussian(random, 32_768)),
                new Case("a first that is like no other", 40, 2_500, i -> i == 0 ? filled(40, 1e9f) : gauss.apply(i)));
    }

    /// Results stay exact distances, k of them, and as near as a full scan's where distances are finite and
    /// differ by more than rounding.
    @ParameterizedTest
    @MethodSource("adversaries")
    void vectorsThatBreakCodesAreFoundAllTheSame(Case adversary) throws InterruptedException {
        for (Compression compression : new Compression[] {Compression.SQ8, Compression.SQ4}) {
            for (Metric metric : adversary.dim > 1_000 ? new Metric[] {Metric.L2} : Metric.values()) {
                MemoryAccount account = new MemoryAccount();
                HnswParameters parameters = new HnswParameters(8, 32, 10, 0.01, compression);
                try (IndexThreads threads = new IndexThreads(0);
                        Rows rows = new Rows(VectorType.FLOAT32, adversary.dim, true, account, "idx");
                        FlatIndex flat =
                                new FlatIndex(rows, metric, threads, System::nanoTime, account, "flat", ordinal -> {});
                        HnswIndex index = new HnswIndex(
                                rows, metric, parameters, threads, System::nanoTime, account, "idx", ordinal -> {})) {
                    float[][] vectors = new float[adversary.count][];
                    for (int i = 0; i < adversary.count; i++) {
                        vectors[i] = adversary.vectors.apply(i);
                        rows.put(i, bytes(vectors[i]), 0);
                        index.add(i);
                        flat.add(i);
                        if (i % 500 == 0) {
                            threads.runPending();
                        }
                    }
                    threads.runPending();
                    assertThat(index.stats().trainings() > 0).isEqualTo(adversary.dim > 16); // Else no gain.
                    int right = 0;
                    int wanted = 0;
                    for (int i = 0; i < adversary.count; i += adversary.count / 20) {
                        Hits expected = flat.search(vectors[i], Knn.of(10));
                        Hits hits = index.search(vectors[i], Knn.of(10).withEf(200));
                        assertThat(hits.size()).isEqualTo(10);
                        assertThat(Arrays.stream(hits.ordinals()).distinct().count())
                                .isEqualTo(10);
                        double worst = expected.distances()[9];
                        for (int j = 0; j < 10; j++) {
                            double distance = hits.distances()[j];
                            right += !(distance > worst + 1e-5 * Math.abs(worst) + 1e-6) ? 1 : 0;
                            wanted++;
                        }
                    }
                    assertThat(right / (double) wanted)
                            .as(adversary + " " + compression + " " + metric + " seed " + SEED)
                            .isGreaterThan(0.9);
                    if (metric != Metric.IP) { // By which short vectors are nobody's nearest.
                        IndexModel.awaitWhole(index, threads);
                        assertThat(index.unreachable()).isZero();
                    }
                    assertThat(index.invariants())
                            .as(adversary + " " + compression + " " + metric)
                            .isEmpty();
                }
                assertThat(account.total()).isZero();
            }
        }
    }

    private static byte[] bytes(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return bytes.array();
    }

    private static float[] gaussian(Random random, int dim) {
        float[] vector = new float[dim];
        for (int i = 0; i < dim; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static float[] filled(int dim, float component) {
        float[] vector = new float[dim];
        Arrays.fill(vector, component);
        return vector;
    }

    private static float[] with(float[] vector, int at, float component) {
        vector[at] = component;
        return vector;
    }

    private static float[] scaled(float[] vector, float by) {
        for (int i = 0; i < vector.length; i++) {
            vector[i] *= by;
        }
        return vector;
    }
}
