package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.Rows;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The exact index: a bitmap of ordinals, and a scan of their rows for every search.
///
/// Layout: a bit per ordinal, off heap, counted as `states`; set after the row is complete (release) and read
/// with acquire. Writers take the index's monitor; readers take no lock.
public final class FlatIndex implements VectorIndex, Scan.Presence, Scan.Watch, IndexThreads.Idler {
    private final Metric metric;
    private final RowScorer scorer;
    private final IndexThreads threads;
    private final NanoClock clock;
    private final IntConsumer released;
    private volatile RecordTable present; // 8-byte words; a new table, under this, when the index was emptied
    private final MemoryAccount.Counter statesCounter;
    private final MemoryAccount.Counter scratchCounter;
    private final Readers readers;
    private final AtomicBoolean isDrainQueued = new AtomicBoolean();
    private volatile int size; // Written under this.

    /// `released` as in [VectorIndex]; `owner` names the index in the account.
    public FlatIndex(
            Rows rows,
            Metric metric,
            IndexThreads threads,
            NanoClock clock,
            MemoryAccount account,
            String owner,
            IntConsumer released) {
        this.metric = metric;
        this.scorer = new RowScorer(rows, metric);
        this.threads = threads;
        this.clock = clock;
        this.released = released;
        this.statesCounter = account.counter(owner, "states");
        this.scratchCounter = Readers.scratchCounter(account, owner);
        this.present = new RecordTable(Long.BYTES, statesCounter);
        this.readers = new Readers(() -> new Searcher(scorer, scratchCounter));
        threads.register(this);
    }

    @Override
    public Rows rows() {
        return scorer.rows();
    }

    @Override
    public Metric metric() {
        return metric;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int lag() {
        return 0;
    }

    @Override
    public boolean hasRoom() {
        return true;
    }

    @Override
    public synchronized void add(int ordinal) {
        checkOpen();
        int word = ordinal >>> 6;
        present.ensure(word);
        long at = present.address(word);
        long bits = Memory.getLong(at);
        assert (bits >>> ordinal & 1) == 0 : "ordinal " + ordinal + " is in the index";
        Memory.putLongRelease(at, bits | 1L << ordinal);
        size++;
    }

    @Override
    public boolean remove(int ordinal) {
        synchronized (this) {
            checkOpen();
            int word = ordinal >>> 6;
            if (!present.has(word)) {
                return false;
            }
            long at = present.address(word);
            long bits = Memory.getLong(at);
            if ((bits >>> ordinal & 1) == 0) {
                return false;
            }
            Memory.putLongRelease(at, bits & ~(1L << ordinal));
            size--;
        }
        readers.retire(() -> released.accept(ordinal));
        if (isDrainQueued.compareAndSet(false, true)) {
            threads.execute(() -> {
                isDrainQueued.set(false);
                readers.drain();
            });
        }
        return true;
    }

    @Override
    public synchronized boolean contains(int ordinal) {
        checkOpen();
        return visible(ordinal >>> 6, 1L << ordinal) != 0;
    }

    private void checkOpen() {
        if (readers.isClosed()) {
            throw new IndexClosedException();
        }
    }

    @Override
    public int words() {
        return present.limit();
    }

    @Override
    public long visible(int word, long candidates) {
        RecordTable table = present;
        return table.has(word) ? Memory.getLongAcquire(table.address(word)) & candidates : 0;
    }

    @Override
    public boolean isOverdue(Searcher s) {
        checkOpen();
        if (s.deadlineNanos != Knn.NO_DEADLINE && clock.nanoTime() - s.deadlineNanos >= 0) {
            s.isCut = true;
        }
        return s.isCut;
    }

    @Override
    public Hits search(long query, Knn knn) {
        Searcher s = readers.enter();
        try {
            s.setQuery(query);
            return search(s, knn);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public Hits search(float[] query, Knn knn) {
        Searcher s = readers.enter();
        try {
            s.setQuery(query);
            return search(s, knn);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public Hits exact(long query, Knn knn) {
        return search(query, knn);
    }

    private Hits search(Searcher s, Knn knn) {
        s.begin(knn.deadlineNanos());
        s.top.reset(knn.k());
        Scan.nearest(s, this, knn.filter(), this);
        return s.top.take(s.isCut, Hits.Plan.SCAN, s.distanceCount);
    }

    @Override
    public Hits range(long query, double radius, double epsilon, @Nullable Filter filter, long deadlineNanos) {
        Searcher s = readers.enter();
        try {
            s.setQuery(query);
            s.begin(deadlineNanos);
            s.top.reset(Integer.MAX_VALUE);
            Scan.within(s, this, filter, radius, this);
            return s.top.take(s.isCut, Hits.Plan.SCAN, s.distanceCount);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public double distance(long query, int ordinal) {
        Searcher s = readers.enter();
        try {
            s.setQuery(query);
            return s.precise(ordinal);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public void consolidateNow() {
        checkOpen();
        readers.drainAll();
        idle();
    }

    @Override
    public void idle() {
        readers.drain();
        synchronized (this) {
            if (!readers.isClosed() && size == 0 && readers.retiredCount() == 0 && present.limit() > 0) {
                RecordTable emptied = present;
                present = new RecordTable(Long.BYTES, statesCounter);
                readers.retireMemory(emptied::close);
                readers.drain();
            }
        }
    }

    @Override
    public IndexStats stats() {
        return new IndexStats(
                size,
                0,
                0,
                0,
                readers.retiredCount(),
                0,
                0,
                0,
                statesCounter.bytes(),
                scratchCounter.bytes(),
                0,
                0,
                1,
                CodeUse.NONE,
                0,
                0);
    }

    @Override
    public synchronized List<String> invariants() {
        checkOpen();
        long bits = 0;
        for (int word = 0; word < present.limit(); word++) {
            bits += Long.bitCount(visible(word, -1L));
        }
        return bits == size ? List.of() : List.of(bits + " bits set for " + size + " vectors");
    }

    @Override
    public void close() {
        threads.unregister(this);
        readers.close();
        synchronized (this) {
            present.close();
            size = 0;
        }
    }
}
