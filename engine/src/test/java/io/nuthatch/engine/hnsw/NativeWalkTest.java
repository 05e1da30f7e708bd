package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.kernel.NativeKernel;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.VectorType;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The native kernel beside the Java walk, which is its oracle: the same keys, to the last bit, after the
/// same number of distances.
@EnabledIf("isKernelThere")
class NativeWalkTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int EF = 40;

    static boolean isKernelThere() {
        return NativeKernel.isOn();
    }

    static Stream<Arguments> codes() {
        return Stream.of(Compression.SQ8, Compression.SQ4)
                .flatMap(compression ->
                        IntStream.of(17, 57, 100, 128, 384, 784, 1536).mapToObj(dim -> Arguments.of(compression, dim)));
    }

    /// An index, and a searcher that walks it in Java and by the kernel. One for both: a query is prepared
    /// once, as the last bit of its length is the JIT's choice.
    private static final class Pair implements AutoCloseable {
        final IndexModel model;
        final HnswIndex index;
        final Searcher s;
        private final NativeWalk kernel;

        Pair(Compression compression, Metric metric, int dim, int count) {
            HnswParameters parameters = new HnswParameters(8, 40, 10, 0.01, compression);
            model = new IndexModel(new Random(SEED + dim), VectorType.FLOAT32, metric, dim, parameters, 0);
            index = (HnswIndex) model.index;
            for (int i = 0; i < count; i++) {
                model.insert();
                if (i % 200 == 0) {
                    model.threads.runPending();
                }
            }
            model.threads.runPending();
            s = new Searcher(new RowScorer(model.rows, metric), model.account.counter("test", "scratch"));
            kernel = Objects.requireNonNull(s.nativeWalk);
        }

        /// Keys, distances and matches of one walk in Java and then by the kernel at `level`.
        void compare(String what, int level, Consumer<Walk> walk) {
            s.begin(Knn.NO_DEADLINE);
            s.bind(index.graph().compressor.coding());
            s.setQuery(model.vector());
            kernel.level = level;
            assertThat(kernel.begin(s, index.graph().links, index.graph().states))
                    .as("the kernel has code for this")
                    .isTrue();
            kernel.forgetLanes();
            s.nativeWalk = null;
            walk.accept(index.graph().walk);
            long[] expected = keys();
            int distances = s.distanceCount;
            int matches = s.matchCount;
            s.begin(Knn.NO_DEADLINE);
            s.nativeWalk = kernel;
            walk.accept(index.graph().walk);
            assertThat(keys()).as(what).containsExactly(expected);
            assertThat(s.distanceCount).as("distances, " + what).isEqualTo(distances);
            assertThat(s.matchCount).as("matches, " + what).isEqualTo(matches);
        }

        private long[] keys() {
            return Arrays.stream(s.pool, 0, s.poolSize)
                    .map(key -> key & ~Keys.EXPANDED)
                    .toArray();
        }

        @Override
        public void close() {
            s.close();
            model.close();
            assertThat(model.account.total()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("codes")
    void bothFindTheSame(Compression compression, int dim) {
        for (Metric metric : Metric.values()) {
            try (Pair pair = new Pair(compression, metric, dim, 1_200)) {
                for (int i = 0; i < 24; i++) {
                    compareWalks(pair, i, new double[] {0, 0.03, 0.5, 1}[i % 4]);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("codes")
    void manyRowsAreScoredAsEachAlone(Compression compression, int dim) { // Each alone is scored in Java.
        try (Pair pair = new Pair(compression, Metric.L2, dim, 1_100)) {
            Searcher s = pair.s;
            s.begin(Knn.NO_DEADLINE);
            s.bind(pair.index.graph().compressor.coding());
            s.setQuery(pair.model.vector());
            for (int count = 1; count < 40; count++) {
                for (int i = 0; i < count; i++) {
                    s.batch[i] = pair.model.random.nextInt(1_100);
                }
                s.score(count);
                for (int i = 0; i < count; i++) {
                    assertThat(s.distances[i])
                            .as("seed " + SEED + ", " + i + " of " + count)
                            .isEqualTo(s.scorer.score(s.query(), s.factor, s.batch[i]));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("codes")
    void bothPassOverTheDead(Compression compression, int dim) {
        try (Pair pair = new Pair(compression, Metric.L2, dim, 1_200)) {
            for (int i = 0; i < 100; i++) { // Fewer than a consolidation waits for.
                pair.model.delete();
            }
            assertThat(pair.index.tombstones()).isEqualTo(100);
            for (int i = 0; i < 30; i++) {
                compareWalks(pair, i, 0.3);
                pair.model.insert();
                pair.model.threads.runPending();
            }
        }
    }

    private static void compareWalks(Pair pair, int i, double share) {
        int level = 1 + i % NativeKernel.level().number();
        int ef = i % 3 == 0 ? 1 + pair.model.random.nextInt(300) : EF;
        Filter filter = pair.model.filter(share);
        String what = "seed " + SEED + ", query " + i + ", ef " + ef + ", level " + level;
        pair.compare(what, level, walk -> walk.search(pair.s, ef));
        pair.compare("some expansions, " + what, level, walk -> {
            long start = pair.index.graph().entry.get();
            long nearest = walk.descend(pair.s, start, 1);
            pair.s.newMarks(pair.index.graph().states.limit());
            walk.seed(pair.s, nearest, ef);
            walk.expand(pair.s, 0, ef, 1 + i);
        });
        pair.compare("alive, " + what, level, walk -> walk.searchFiltered(pair.s, ef, null, -1));
        pair.compare("share " + share + ", " + what, level, walk -> walk.searchFiltered(pair.s, ef, filter, -1));
    }
}
