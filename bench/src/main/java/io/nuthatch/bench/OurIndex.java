package io.nuthatch.bench;

import com.sun.management.OperatingSystemMXBean;
import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.hnsw.HnswIndex;
import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/// Our graph over some rows of a pack, with the account of its memory and the time its build took.
final class OurIndex implements AutoCloseable {
    /// `seconds` of the thread's processor time for the queries, what they found, and distances a query.
    record Found(double seconds, int[][] ordinals, long distances) {
        /// The faster of two runs of the same queries.
        Found better(Found other) {
            return other.seconds < seconds ? other : this;
        }
    }

    final HnswIndex index;
    final MemoryAccount account = new MemoryAccount();
    double seconds;
    double cpuSeconds; // The whole process's, the JIT's and the collector's too.

    private final VectorPack pack;
    private final Rows rows;
    private final IndexThreads threads;
    private final int writers;

    /// `writers` threads link; with one the caller does, with more it waits for an index thread or helps it.
    OurIndex(VectorPack pack, HnswParameters parameters, int writers) {
        this.pack = pack;
        this.writers = writers;
        this.threads = new IndexThreads(writers - 1);
        this.rows = new Rows(VectorType.FLOAT32, pack.dim(), pack.metric() == Metric.COSINE, account, "index");
        this.index = new HnswIndex(
                rows, pack.metric(), parameters, threads, System::nanoTime, account, "index", ordinal -> {});
    }

    static OurIndex of(VectorPack pack, HnswParameters parameters, int writers, int count) {
        OurIndex built = new OurIndex(pack, parameters, writers);
        long cpu = processCpuNanos();
        long start = System.nanoTime();
        for (int ordinal = 0; ordinal < count; ordinal++) {
            built.add(ordinal);
            if (writers == 1 && ordinal % 512 == 0) {
                built.threads.runPending(); // The caller is the index thread, too: it makes the codes.
            }
        }
        built.settle();
        built.seconds = (System.nanoTime() - start) / 1e9;
        built.cpuSeconds = (processCpuNanos() - cpu) / 1e9;
        return built;
    }

    void add(int ordinal) {
        rows.put(ordinal, pack.base()[ordinal], 0);
        index.add(ordinal);
    }

    /// Waits until everything added is in the graph.
    void settle() {
        if (writers == 1) {
            threads.runPending();
        }
        while (index.lag() > 0) {
            LockSupport.parkNanos(100_000);
        }
    }

    /// The first `queries`, `repeats` times; the time is the best one's.
    Found search(int queries, int repeats, IntFunction<Knn> asked) {
        int[][] found = new int[queries][];
        double best = Double.MAX_VALUE;
        long distances = 0;
        for (int repeat = 0; repeat < repeats; repeat++) {
            distances = 0;
            long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            for (int query = 0; query < queries; query++) {
                Hits hits = index.search(pack.queries()[query], asked.apply(query));
                found[query] = hits.ordinals();
                distances += hits.distanceCount();
            }
            best = Math.min(best, (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e9);
        }
        return new Found(best, found, distances / queries);
    }

    static long processCpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    @Override
    public void close() {
        index.close();
        threads.close();
        rows.close();
    }
}
