package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.VectorType;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// The scratch of one search or insertion: nothing in it outlives the operation, and none of it is shared.
///
/// Visited marks are a byte per ordinal that holds the stamp of the walk that saw it; they are cleared every
/// 255 walks. Ordinals beyond the marks did not exist when the walk began and count as visited.
final class Searcher {
    static final long IDLE = Long.MAX_VALUE;
    static final int BATCH_MAX = 2048; // Links of two nodes on layer 0 with the largest M.

    /// When the holder entered, or [#IDLE]; see [Readers].
    volatile long reclaimEpoch = IDLE;

    final RowScorer scorer;
    final TopK top = new TopK();
    final int[] batch = new int[BATCH_MAX + 1];
    final float[] distances = new float[BATCH_MAX + 1];
    final long[] addresses = new long[BATCH_MAX + 2];

    final float[] otherDistances = new float[BATCH_MAX + 1];
    final int[] others = new int[BATCH_MAX + 1];
    final int[] kept = new int[BATCH_MAX + 1];

    /// Scratch for prepared rows: the node whose list is worked on, and the candidate compared with its
    /// links.
    final long rowQuery;

    final long otherQuery;
    float factor;

    /// Sorted pool of a walk, see [Walk].
    long[] pool = new long[64];

    int poolSize;

    /// Candidates of a walk that keeps them apart from its results.
    final KeyHeap heap = new KeyHeap();

    final int[] selected = new int[BATCH_MAX + 1];
    final long[] selectedKeys = new long[BATCH_MAX + 1];
    private long[] sorted = new long[64];
    int[] found = new int[64];
    int foundCount;

    long deadlineNanos;
    boolean isCut;
    int distanceCount;

    private final MemoryAccount.Counter counter;
    private final long queryBytes;
    private final long scratch;
    private final long preparedQuery;
    private long query; // The prepared query, or a row that is its own.
    private long visited;
    private long visitedBytes;
    private int stamp;

    Searcher(RowScorer scorer, MemoryAccount.Counter counter) {
        this.scorer = scorer;
        this.counter = counter;
        this.queryBytes = (scorer.queryBytes() + 63L) / 64 * 64;
        this.scratch = OffHeap.allocate(4 * queryBytes, counter);
        this.preparedQuery = scratch;
        this.query = scratch;
        this.rowQuery = scratch + queryBytes;
        this.otherQuery = scratch + 2 * queryBytes;
    }

    void begin(long deadlineNanos) {
        this.deadlineNanos = deadlineNanos;
        this.isCut = false;
        this.distanceCount = 0;
    }

    void setQuery(long vector) {
        query = preparedQuery;
        factor = scorer.prepare(vector, query);
    }

    void useRowAsQuery(int ordinal) {
        query = scorer.prepareRow(ordinal, preparedQuery);
        factor = scorer.rowFactor(ordinal);
    }

    long query() {
        return query;
    }

    /// An array for `count` keys; what it held is lost.
    long[] sorted(int count) {
        if (sorted.length < count) {
            sorted = new long[Math.max(count, 2 * sorted.length)];
        }
        return sorted;
    }

    void setQuery(float[] vector) {
        VectorType type = scorer.rows().type();
        int dim = scorer.rows().dim();
        if (vector.length != dim) {
            throw new IllegalArgumentException("query has " + vector.length + " components, expected " + dim);
        }
        long raw = scratch + 3 * queryBytes;
        for (int i = 0; i < dim; i++) {
            type.put(raw, i, vector[i]);
        }
        setQuery(raw);
    }

    void score(int count) {
        distanceCount += count;
        scorer.score(query, factor, batch, 0, count, addresses, distances);
    }

    /// Starts a new set of marks for ordinals below `limit`.
    void newMarks(int limit) {
        if (limit > visitedBytes) {
            freeMarks();
            visitedBytes = OffHeap.footprint(limit + limit / 4L + 64);
            visited = OffHeap.allocate(visitedBytes, counter);
            stamp = 0;
        }
        if (++stamp == 256) {
            Memory.fill(visited, visitedBytes, (byte) 0);
            stamp = 1;
        }
    }

    /// Copies into [#batch] the links at `list` that were not marked, marks them, and returns how many they
    /// are.
    ///
    /// The links are read plainly and the fence orders what is read through them: it pairs with the release
    /// that published each. What the loop needs is in locals, as the marks it writes might alias any field
    /// for all the JIT knows.
    int unmarkedLinks(int from, long list, int capacity) {
        int[] out = batch;
        long marks = visited - 1; // Links are stored plus 1.
        long limit = visitedBytes;
        byte now = (byte) stamp;
        int count = from;
        for (int i = 0; i < capacity; i++) {
            int link = Memory.getInt(list + 4L * i);
            if (link == 0) {
                break;
            }
            if (link <= limit && Memory.getByte(marks + link) != now) {
                Memory.putByte(marks + link, now);
                out[count++] = link - 1;
            }
        }
        VarHandle.acquireFence();
        return count;
    }

    /// Whether the ordinal is seen for the first time since [#newMarks]; it is not any more.
    boolean mark(int ordinal) {
        if (ordinal >= visitedBytes) {
            return false;
        }
        long at = visited + ordinal;
        byte now = (byte) stamp;
        if (Memory.getByte(at) == now) {
            return false;
        }
        Memory.putByte(at, now);
        return true;
    }

    boolean isMarked(int ordinal) {
        return ordinal >= visitedBytes || Memory.getByte(visited + ordinal) == (byte) stamp;
    }

    void addFound(int ordinal) {
        if (foundCount == found.length) {
            found = Arrays.copyOf(found, 2 * foundCount);
        }
        found[foundCount++] = ordinal;
    }

    private void freeMarks() {
        if (visitedBytes > 0) {
            OffHeap.free(visited, visitedBytes, counter);
            visitedBytes = 0;
        }
    }

    void close() {
        freeMarks();
        OffHeap.free(scratch, 4 * queryBytes, counter);
    }
}
