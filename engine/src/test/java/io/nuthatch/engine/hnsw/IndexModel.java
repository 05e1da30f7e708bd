package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An index beside a plain map of vectors, with the ordinals handed out and taken back as a document store
/// would.
final class IndexModel implements AutoCloseable {
    final MemoryAccount account = new MemoryAccount();
    final Map<Integer, float[]> live = new HashMap<>();
    final List<Integer> ordinals = new ArrayList<>(); // The live ones, for drawing one at random.
    final Rows rows;
    final VectorIndex index;
    final IndexThreads threads;
    final Random random;
    final Metric metric;
    final int dim;
    private final float[][] centres;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Set<Integer> pending = new HashSet<>(); // Removed and not released.
    int nextOrdinal;

    static HnswParameters parameters(int maxConnections, int efConstruction) {
        return new HnswParameters(maxConnections, efConstruction, 10, 0.01);
    }

    IndexModel(
            Random random,
            VectorType type,
            Metric metric,
            int dim,
            @Nullable HnswParameters parameters,
            int threadCount) {
        this.random = random;
        this.metric = metric;
        this.dim = dim;
        this.threads = new IndexThreads(threadCount);
        this.rows = new Rows(type, dim, metric == Metric.COSINE, account, "idx");
        this.index = parameters == null
                ? new FlatIndex(rows, metric, threads, System::nanoTime, account, "idx", this::released)
                : new HnswIndex(rows, metric, parameters, threads, System::nanoTime, account, "idx", this::released);
        this.centres = new float[30][dim];
        for (float[] centre : centres) {
            for (int i = 0; i < dim; i++) {
                centre[i] = (float) random.nextGaussian();
            }
        }
    }

    float[] vectorOf(int ordinal) {
        return Objects.requireNonNull(live.get(ordinal));
    }

    long bytes(String part) {
        return account.counter("idx", part).bytes();
    }

    private void released(int ordinal) {
        synchronized (free) {
            if (!pending.remove(ordinal)) {
                throw new AssertionError("released without a removal: " + ordinal);
            }
            free.add(ordinal);
        }
    }

    int pending() {
        synchronized (free) {
            return pending.size();
        }
    }

    /// Clustered, as embeddings are.
    float[] vector() {
        return vector(random);
    }

    float[] vector(Random source) {
        float[] centre = centres[source.nextInt(centres.length)];
        float[] vector = new float[dim];
        for (int i = 0; i < dim; i++) {
            vector[i] = centre[i] + 0.5f * (float) source.nextGaussian();
            if (!rows.type().isFloating()) {
                vector[i] = Math.round(vector[i] * 30 + 60);
            }
        }
        return vector;
    }

    int takeOrdinal() {
        synchronized (free) {
            return free.isEmpty() ? nextOrdinal++ : free.poll();
        }
    }

    byte[] bytes(float[] vector) {
        byte[] bytes = new byte[rows.rowBytes()];
        var counter = account.counter("test", "test");
        long at = io.nuthatch.engine.memory.OffHeap.allocate(rows.rowBytes(), counter);
        for (int i = 0; i < dim; i++) {
            rows.type().put(at, i, vector[i]);
            vector[i] = (float) rows.type().get(at, i);
        }
        io.nuthatch.engine.memory.Memory.copyOut(at, bytes, 0, bytes.length);
        io.nuthatch.engine.memory.OffHeap.free(at, rows.rowBytes(), counter);
        return bytes;
    }

    int insert() {
        return insert(vector());
    }

    int insert(float[] vector) {
        int ordinal = takeOrdinal();
        rows.put(ordinal, bytes(vector), 0);
        index.add(ordinal);
        live.put(ordinal, vector);
        ordinals.add(ordinal);
        return ordinal;
    }

    void delete() {
        int at = random.nextInt(ordinals.size());
        int ordinal = ordinals.get(at);
        ordinals.set(at, ordinals.getLast());
        ordinals.removeLast();
        live.remove(ordinal);
        synchronized (free) {
            pending.add(ordinal);
        }
        if (!index.remove(ordinal)) {
            throw new AssertionError("not there: " + ordinal);
        }
    }

    double distance(float[] a, float[] b) {
        double dot = 0;
        double squares = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < dim; i++) {
            dot += (double) a[i] * b[i];
            squares += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return switch (metric) {
            case L2 -> squares;
            case IP -> 1 - dot;
            case COSINE -> 1 - dot / Math.sqrt(aa * bb);
        };
    }

    /// The distance of the k-th nearest match of the model; the search's hits at or below it are right.
    double[] nearest(float[] query, @Nullable Filter filter) {
        return live.entrySet().stream()
                .filter(entry -> filter == null || filter.matches(entry.getKey()))
                .mapToDouble(entry -> distance(query, entry.getValue()))
                .sorted()
                .toArray();
    }

    /// Mean recall at k over `queries` random queries, each answer checked for order, distances and
    /// membership.
    double recall(int queries, int k, int ef, @Nullable Filter filter) {
        double sum = 0;
        for (int i = 0; i < queries; i++) {
            float[] query = vector();
            bytes(query); // Rounds it as the index will.
            double[] expected = nearest(query, filter);
            Hits hits = index.search(query, Knn.of(k).withEf(ef).withFilter(filter));
            int wanted = Math.min(k, expected.length);
            check(hits, query, wanted, filter);
            if (wanted == 0) {
                sum += 1;
                continue;
            }
            double worst = expected[wanted - 1];
            double slack = 1e-4 + Math.abs(worst) * 1e-5;
            sum += Arrays.stream(hits.distances())
                            .filter(d -> d <= worst + slack)
                            .count()
                    / (double) wanted;
        }
        return sum / queries;
    }

    void check(Hits hits, float[] query, int wanted, @Nullable Filter filter) {
        if (hits.size() != wanted) {
            throw new AssertionError("got " + hits.size() + " of " + wanted + " hits by " + hits.plan());
        }
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < hits.size(); i++) {
            int ordinal = hits.ordinals()[i];
            float[] vector = live.get(ordinal);
            if (vector == null || !seen.add(ordinal) || filter != null && !filter.matches(ordinal)) {
                throw new AssertionError("a wrong hit: " + ordinal + " by " + hits.plan());
            }
            double expected = distance(query, vector);
            if (Math.abs(hits.distances()[i] - expected) > 1e-3 + 1e-4 * Math.abs(expected)) {
                throw new AssertionError("distance " + hits.distances()[i] + ", expected " + expected);
            }
            if (i > 0
                    && (hits.distances()[i] < hits.distances()[i - 1]
                            || hits.distances()[i] == hits.distances()[i - 1] && ordinal < hits.ordinals()[i - 1])) {
                throw new AssertionError("hits out of order");
            }
        }
    }

    /// Lets an index whose work waits for [IndexThreads#runPending] look for lost nodes until it has none;
    /// upkeep rests for a hundred times as long as it worked.
    static void awaitWhole(HnswIndex index, IndexThreads threads) throws InterruptedException {
        for (int i = 0; i < 6_000 && index.unreachable() > 0; i++) {
            Thread.sleep(10);
            index.idle();
            threads.runPending();
        }
    }

    Filter filter(double share) {
        long[] words = new long[(nextOrdinal + 63) / 64];
        for (int ordinal = 0; ordinal < nextOrdinal; ordinal++) {
            if (random.nextDouble() < share) {
                words[ordinal >> 6] |= 1L << ordinal;
            }
        }
        return Filter.of(words);
    }

    @Override
    public void close() {
        index.close();
        threads.close();
        rows.close();
    }
}
