package io.nuthatch.bench;

import io.nuthatch.engine.hnsw.Filter;
import io.nuthatch.engine.hnsw.FlatIndex;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import org.jspecify.annotations.Nullable;

/// The truth for filters and for changing sets: every float32 row of a pack compared.
final class ExactSearch implements AutoCloseable {
    private final IndexThreads threads = new IndexThreads(0);
    private final Rows rows;
    private final FlatIndex index;

    /// Over the rows `ordinals` of the pack, which keep their numbers.
    ExactSearch(VectorPack pack, int[] ordinals) {
        MemoryAccount account = new MemoryAccount();
        rows = new Rows(VectorType.FLOAT32, pack.dim(), pack.metric() == Metric.COSINE, account, "exact");
        index = new FlatIndex(rows, pack.metric(), threads, System::nanoTime, account, "exact", ordinal -> {});
        for (int ordinal : ordinals) {
            rows.put(ordinal, pack.base()[ordinal], 0);
            index.add(ordinal);
        }
    }

    /// The `k` nearest that match, or all when fewer do, nearest first.
    int[] nearest(float[] query, int k, @Nullable Filter filter) {
        return index.search(query, Knn.of(k).withFilter(filter)).ordinals();
    }

    @Override
    public void close() {
        index.close();
        threads.close();
        rows.close();
    }
}
