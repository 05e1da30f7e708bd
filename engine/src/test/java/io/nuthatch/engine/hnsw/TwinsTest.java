package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Copies of one vector by the thousand, alone and among others.
class TwinsTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int COPIES = 5_000;
    private static final int OTHERS = 3_000;
    private static final int DIM = 24;

    static Stream<Arguments> measures() {
        return Arrays.stream(Metric.values())
                .flatMap(metric ->
                        Arrays.stream(Compression.values()).map(compression -> Arguments.of(metric, compression)));
    }

    private static IndexModel model(Random random, Metric metric, Compression compression, int threads) {
        HnswParameters parameters = new HnswParameters(8, 64, 10, 0.01, compression);
        return new IndexModel(random, VectorType.FLOAT32, metric, DIM, parameters, threads);
    }

    private static void insert(IndexModel model, float[] vector) {
        model.insert(vector);
        if (model.nextOrdinal % 500 == 0) {
            model.threads.runPending(); // What fills the buffer, and codes.
        }
    }

    /// A copy whose walk missed the others begins a ring of its own, which pruning may cut off: hence the
    /// upkeep of a quiet moment first.
    private static void assertWhole(IndexModel model) {
        ((HnswIndex) model.index).idle();
        model.threads.runPending();
        assertThat(((HnswIndex) model.index).invariants()).as("seed %d", SEED).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("measures")
    void thousandsOfCopiesAreReachedAndCutNobodyOff(Metric metric, Compression compression) {
        Random random = new Random(SEED);
        try (IndexModel model = model(random, metric, compression, 0)) {
            float[] copied = model.vector();
            for (int copies = 0, others = 0; copies < COPIES || others < OTHERS; ) {
                if (others == OTHERS || copies < COPIES && random.nextInt(COPIES + OTHERS) < COPIES) {
                    insert(model, copied.clone());
                    copies++;
                } else {
                    insert(model, model.vector());
                    others++;
                }
            }
            model.threads.runPending();
            assertWhole(model);
            assertThat(model.recall(60, 10, 100, null)).as("seed %d", SEED).isGreaterThan(0.97);
            Hits hits = model.index.search(copied, Knn.of(1_000).withEf(1_000));
            model.check(hits, copied, 1_000, null);

            for (int i = 0; i < 2_000; i++) { // From all of them, copies and others.
                model.delete();
            }
            model.index.consolidateNow();
            assertWhole(model);
            assertThat(model.recall(60, 10, 100, null)).as("seed %d", SEED).isGreaterThan(0.97);
        }
    }

    @ParameterizedTest
    @MethodSource("measures")
    void anIndexOfNothingButCopiesIsWhole(Metric metric, Compression compression) {
        try (IndexModel model = model(new Random(SEED), metric, compression, 0)) {
            float[] copied = model.vector();
            for (int i = 0; i < COPIES; i++) {
                insert(model, copied.clone());
            }
            model.threads.runPending();
            assertWhole(model);
            Hits few = model.index.search(copied, Knn.of(10).withEf(10));
            assertThat(few.plan()).isEqualTo(Hits.Plan.WALK);
            model.check(few, copied, 10, null);
            model.check(model.index.search(copied, Knn.of(500)), copied, 500, null);
        }
    }

    /// Their rings are made by several threads, which may make two where one would do.
    @ParameterizedTest
    @MethodSource("measures")
    void copiesThatComeAtOnceAreReached(Metric metric, Compression compression) {
        try (IndexModel model = model(new Random(SEED), metric, compression, 3)) {
            float[][] copied = {model.vector(), model.vector(), model.vector()};
            for (int i = 0; i < COPIES; i++) {
                model.insert(copied[i % copied.length].clone());
            }
            model.index.consolidateNow();
            while (model.index.lag() > 0) {
                Thread.onSpinWait();
            }
            model.index.consolidateNow();
            ((HnswIndex) model.index).idle();
            for (float[] query : copied) {
                model.check(model.index.search(query, Knn.of(300).withEf(300)), query, 300, null);
            }
        }
    }

    /// A copy that joins a ring takes over its neighbour's links, of which some may be on their way out.
    @ParameterizedTest
    @MethodSource("measures")
    void copiesThatComeAndGoLeaveNoLinkBehind(Metric metric, Compression compression) {
        Random random = new Random(SEED);
        try (IndexModel model = model(random, metric, compression, 3)) {
            float[][] copied = {model.vector(), model.vector(), model.vector()};
            for (int i = 0; i < 15_000; i++) {
                if (i < 2_000 || random.nextInt(100) < 52) {
                    model.insert(copied[random.nextInt(copied.length)].clone());
                } else {
                    model.delete();
                }
            }
            model.index.consolidateNow();
            while (model.index.lag() > 0) {
                Thread.onSpinWait();
            }
            model.index.consolidateNow();
            assertThat(((HnswIndex) model.index).invariants())
                    .as("seed %d", SEED)
                    .allMatch(fault -> fault.contains("cannot be reached"));
        }
    }
}
