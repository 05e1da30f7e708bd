package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.kernel.NativeKernel;
import io.nuthatch.engine.kernel.WalkBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.vector.CodeScorer;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.Scorer;
import io.nuthatch.engine.vector.VectorType;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The scratch of one search or insertion: nothing in it outlives the operation, and none of it is shared.
///
/// Visited marks are a byte per ordinal that holds the stamp of the walk that saw it; they are cleared every
/// 255 walks. Ordinals beyond the marks did not exist when the walk began and count as visited.
final class Searcher {
    static final long IDLE = Long.MAX_VALUE;
    static final int BATCH_MAX = 2048; // Links of two nodes on layer 0 with the largest M.

    /// Standard deviations of an estimate's error that count as its bound.
    private static final float ERRORS = 2;

    /// When the holder entered, or [#IDLE]; see [Readers].
    volatile long reclaimEpoch = IDLE;

    /// Exact distances.
    final RowScorer exact;

    /// What walks and insertions measure by: [#exact], or codes, as [#bind] said.
    Scorer scorer;

    final TopK top = new TopK();
    final int[] batch = new int[BATCH_MAX + 1];
    final float[] distances = new float[BATCH_MAX + 1];
    final long[] addresses = new long[BATCH_MAX + 2];

    final float[] otherDistances = new float[BATCH_MAX + 1];
    final int[] others = new int[BATCH_MAX + 1];
    final int[] kept = new int[BATCH_MAX + 1];

    /// Scratch for prepared rows: the node whose list is worked on, and the candidate compared with its
    /// links.
    long rowQuery;

    long otherQuery;
    float factor;

    /// What [#nearer] left.
    final long[] nearKeys = new long[BATCH_MAX + 1];

    /// Sorted pool of a walk, see [Walk].
    long[] pool = new long[64];

    int poolSize;

    /// Of a filtered walk's distances, how many were to nodes that match.
    int matchCount;

    /// Candidates of a walk that keeps them apart from its results.
    final KeyHeap heap = new KeyHeap();

    final int[] selected = new int[BATCH_MAX + 1];
    final long[] selectedKeys = new long[BATCH_MAX + 1];
    private long[] sorted = new long[64];
    private long[] openKeys = new long[64];
    int[] found = new int[64];
    int foundCount;

    /// What a scan over codes cannot rule out, see [CodeScan].
    long[] candidates = new long[64];

    int candidateCount;

    long deadlineNanos;
    boolean isCut;
    int distanceCount;
    int touched; // A sum that nobody needs, which the JIT cannot see here.

    /// Does what it can of the walks; null where there is no native kernel.
    @Nullable
    NativeWalk nativeWalk;

    private final MemoryAccount.Counter counter;
    private Compressor.Coding coding = Compressor.Coding.NONE;
    private long regionBytes;
    private long scratch; // Six regions.
    private long raw; // A vector in the rows' type.
    private long preparedExact;
    private long prepared; // By the scorer.
    private long codingScratch;
    private long exactQuery;
    private float exactFactor;
    private long query; // The prepared query, or a row that is its own.
    private long visited;
    private long visitedBytes;
    private int stamp;

    Searcher(RowScorer exact, MemoryAccount.Counter counter) {
        this.exact = exact;
        this.scorer = exact;
        this.counter = counter;
        allocate(exact.queryBytes());
        this.nativeWalk = NativeKernel.isOn() ? new NativeWalk(counter) : null;
    }

    private void allocate(int queryBytes) {
        regionBytes = (queryBytes + 63L) / 64 * 64;
        scratch = OffHeap.allocate(6 * regionBytes, counter);
        raw = scratch;
        preparedExact = scratch + regionBytes;
        prepared = scratch + 2 * regionBytes;
        rowQuery = scratch + 3 * regionBytes;
        otherQuery = scratch + 4 * regionBytes;
        codingScratch = scratch + 5 * regionBytes;
        exactQuery = preparedExact;
        query = preparedExact;
    }

    /// Makes the graph's present codes what this operation goes by. The holder has entered the epoch; a query
    /// that was set before is lost.
    void bind(Compressor.Coding present) {
        coding = present;
        scorer = present.walked() == null ? exact : present.walked();
        int queryBytes = scorer.queryBytes();
        if (present.also() != null) {
            queryBytes = Math.max(queryBytes, present.also().queryBytes());
        }
        if (queryBytes > regionBytes) {
            OffHeap.free(scratch, 6 * regionBytes, counter);
            allocate(queryBytes);
        }
    }

    Compressor.Coding coding() {
        return coding;
    }

    /// Where codes are made.
    long codingScratch() {
        return codingScratch;
    }

    /// Whether [#scorer] estimates.
    boolean isCoded() {
        return scorer != exact;
    }

    /// Whether walks by what this operation goes by are the native kernel's.
    boolean walksNatively() {
        return nativeWalk != null && isCoded();
    }

    void begin(long deadlineNanos) {
        this.deadlineNanos = deadlineNanos;
        this.isCut = false;
        this.distanceCount = 0;
    }

    void setQuery(long vector) {
        exactQuery = preparedExact;
        exactFactor = exact.prepare(vector, exactQuery);
        if (isCoded()) {
            query = prepared;
            factor = scorer.prepare(vector, query);
        } else {
            query = exactQuery;
            factor = exactFactor;
        }
        forgetLanes();
    }

    private void forgetLanes() {
        if (nativeWalk != null) {
            nativeWalk.forgetLanes();
        }
    }

    /// Makes a row the query of walks.
    void useRowAsQuery(int ordinal) {
        if (isCoded()) { // Its row says more than its code.
            query = prepared;
            factor = scorer.prepare(exact.rows().address(ordinal), query);
        } else {
            query = exact.prepareRow(ordinal, prepared);
            factor = exact.rowFactor(ordinal);
        }
        forgetLanes();
    }

    long query() {
        return query;
    }

    /// The exact distance of the query to one row.
    double precise(int ordinal) {
        return exact.precise(exactQuery, exactFactor, ordinal);
    }

    /// As [#score], exactly.
    void scoreExactly(int count) {
        distanceCount += count;
        exact.score(exactQuery, exactFactor, batch, 0, count, addresses, distances);
    }

    /// What the distance to the node is at least, all but surely, when a walk estimated `distance`.
    float atLeast(float distance, int ordinal) {
        CodeScorer codes = coding.walked();
        return codes == null ? distance : distance - ERRORS * codes.error(query, ordinal);
    }

    /// What the distance is at most, all but surely, that is `least` by [#scoreAtLeast].
    float atMost(float least, int ordinal) {
        return least + 2 * ERRORS * codes().error(query, ordinal);
    }

    /// As [#score], and then [#atLeast]; [#isCoded].
    void scoreAtLeast(int count) {
        distanceCount += count;
        codes().scoreAtLeast(query, factor, ERRORS, batch, 0, count, addresses, distances);
    }

    /// Puts the places of those of the `count` scored that are `bound` or less into [#selected]; returns how
    /// many they are. As [#nearer], no branch.
    int within(int count, float bound) {
        float[] scored = distances;
        int[] places = selected;
        int near = 0;
        for (int i = 0; i < count; i++) {
            places[near] = i;
            near += scored[i] <= bound ? 1 : 0;
        }
        return near;
    }

    private CodeScorer codes() {
        return Objects.requireNonNull(coding.walked());
    }

    /// An array for `count` keys; what it held is lost.
    long[] sorted(int count) {
        if (sorted.length < count) {
            sorted = new long[Math.max(count, 2 * sorted.length)];
        }
        return sorted;
    }

    /// As [#sorted], for what a pruning has not decided yet.
    long[] openKeys(int count) {
        if (openKeys.length < count) {
            openKeys = new long[Math.max(count, 2 * openKeys.length)];
        }
        return openKeys;
    }

    void setQuery(float[] vector) {
        VectorType type = exact.rows().type();
        int dim = exact.rows().dim();
        if (vector.length != dim) {
            throw new IllegalArgumentException("query has " + vector.length + " components, expected " + dim);
        }
        for (int i = 0; i < dim; i++) {
            type.put(raw, i, vector[i]);
        }
        setQuery(raw);
    }

    void score(int count) {
        distanceCount += count;
        scorer.score(query, factor, batch, 0, count, addresses, distances);
    }

    /// Puts the keys of those of the `count` scored that are less than `bound` into [#nearKeys]; returns how
    /// many they are. Which ones are cannot be predicted: hence no branch, worth a quarter of a search by
    /// codes.
    int nearer(int count, long bound) {
        int[] ordinals = batch;
        float[] scored = distances;
        long[] keys = nearKeys;
        int near = 0;
        for (int i = 0; i < count; i++) {
            long key = Keys.of(scored[i], ordinals[i]);
            keys[near] = key;
            near += key < bound ? 1 : 0;
        }
        return near;
    }

    /// Writes the query, what scores it and the marks to a block of `WalkBlock`; false when the native kernel
    /// cannot score by what this operation goes by.
    boolean describe(long block) {
        if (!scorer.describe(query, factor, block)) {
            return false;
        }
        Memory.putLong(block + WalkBlock.MARKS, visited);
        Memory.putLong(block + WalkBlock.MARKED, visitedBytes);
        Memory.putInt(block + WalkBlock.STAMP, stamp);
        return true;
    }

    /// How many of the `count` ordinals in [#batch] have their bit set in `words`.
    int matching(long[] words, int count) {
        int[] ordinals = batch;
        int matching = 0;
        for (int i = 0; i < count; i++) {
            int word = ordinals[i] >> 6;
            matching += word < words.length ? (int) (words[word] >>> ordinals[i] & 1) : 0;
        }
        return matching;
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

    void addCandidate(long key) {
        if (candidateCount == candidates.length) {
            candidates = Arrays.copyOf(candidates, 2 * candidateCount);
        }
        candidates[candidateCount++] = key;
    }

    private void freeMarks() {
        if (visitedBytes > 0) {
            OffHeap.free(visited, visitedBytes, counter);
            visitedBytes = 0;
        }
    }

    void close() {
        freeMarks();
        OffHeap.free(scratch, 6 * regionBytes, counter);
        if (nativeWalk != null) {
            nativeWalk.close();
        }
    }
}
