package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import io.nuthatch.engine.vector.Scorer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The layered proximity graph: links, walks, insertion and repair ([1] Malkov & Yashunin 2018).
///
/// Idea of [1]: every node is on layer 0, a fraction `1/M` of those on a layer is also on the next; a search
/// goes greedily down the sparse layers and then keeps the `ef` nearest nodes seen on layer 0, always
/// expanding the nearest one not yet expanded. Where we leave the paper:
/// - The candidates and the results are one sorted `long[]`, `(distance, ordinal, expanded)`, with `ef`
///   entries; only a walk that must pass over nodes it may not return (a filter, tombstones) keeps them
///   apart.
/// - Nodes are removed: see [#repair] and `Consolidation`.
/// - `alpha` relaxes the pruning rule as in DiskANN: `y` is dropped for `s` when `alpha^2 * d(s, y) < d(x,
///   y)`.
///
/// Layout (off heap, little endian; an ordinal in a list is stored as `ordinal + 1`, so that zeroed memory is
/// an empty list):
/// ```
/// base    record ordinal:  2M ints, the links on layer 0, ended by 0
/// towers  record ordinal:  int, 1 + first unit of the node's tower, 0 for a node on layer 0 only
/// units   record unit:     int ordinal + 1 | int layers above 0 | M ints, the links on one layer
///         a tower of l layers is l units next to each other, layer 1 first
/// states  record ordinal:  byte, see the constants
/// ```
/// Threads: readers take no lock. They may see a list half rewritten, which is harmless: every int of it is a
/// valid ordinal or the end. Writers lock one node's list at a time (striped spin locks); a node's row, state
/// and own links are written before any neighbour names it (release here, acquire in [#links]). `entry` is
/// replaced under `entryLock`, which is taken before a stripe and never after.
final class Graph implements AutoCloseable {
    // States of an ordinal. Written under the index's bookkeeping lock, read without.
    static final int ABSENT = 0;
    static final int BUFFERED = 1;
    static final int LINKING = 2;
    static final int LIVE = 3;
    static final int LINKING_REMOVED = 4; // Removed while it was being linked.
    static final int TOMBSTONE = 5; // Removed and linked.
    static final int DOOMED = 6; // A tombstone that the running consolidation takes out: nothing may link to it.
    static final int RELEASING = 7; // Out of all lists, until the searches that may have seen it have left.

    private static final int LAYER_MAX = 15;
    private static final int UNIT_HEADER_BYTES = 8;
    private static final int STRIPES = 1 << 14;
    private static final int DEADLINE_STRIDE = 256; // Distances between two looks at the clock.
    private static final int REPAIR_CANDIDATES_MAX = 256;
    private static final int RANGE_POOL_MAX = 1024;

    /// What a distance of a walk costs in distances of a scan, whose rows come in order (MiniLM: 85 ns and 32
    /// ns).
    private static final double WALKED_TO_SCANNED = 2.5;

    /// Shared by all graphs: a holder takes no second stripe, so there is no order to keep.
    private static final AtomicIntegerArray LOCKS = new AtomicIntegerArray(STRIPES);

    private static final AtomicLong SALTS = new AtomicLong(1); // Not 0: the mixing below maps 0 to 0, the top layer.

    private final int maxConnections;
    private final int efConstruction;
    private final float alphaSquared;
    private final Scorer scorer;
    private final Readers readers;
    private final NanoClock clock;
    private final RecordTable base;
    private final RecordTable towers;
    private final RecordTable units;
    private final RecordTable states;
    private final double layerScale;
    private final long salt = SALTS.getAndIncrement() * 0x9E37_79B9_7F4A_7C15L;
    private final AtomicLong layerSeed = new AtomicLong();
    private final Object entryLock = new Object();

    /// `layer << 32 | ordinal`, or -1 for an empty graph.
    private volatile long entry = -1;

    // Units, guarded by `units`.
    private int nextUnit;
    private final int[][] freeTowers = new int[LAYER_MAX + 1][];
    private final int[] freeTowerCounts = new int[LAYER_MAX + 1];

    Graph(
            HnswParameters parameters,
            double alpha,
            Scorer scorer,
            Readers readers,
            NanoClock clock,
            MemoryAccount account,
            String owner) {
        this.maxConnections = parameters.maxConnections();
        this.efConstruction = Math.max(parameters.efConstruction(), 1);
        this.alphaSquared = (float) (alpha * alpha);
        this.scorer = scorer;
        this.readers = readers;
        this.clock = clock;
        this.layerScale = 1 / Math.log(maxConnections);
        this.base = new RecordTable(8L * maxConnections, account.counter(owner, "links"));
        this.towers = new RecordTable(Integer.BYTES, account.counter(owner, "upper"));
        this.units = new RecordTable(UNIT_HEADER_BYTES + 4L * maxConnections, account.counter(owner, "upper"));
        this.states = new RecordTable(1, account.counter(owner, "states"));
    }

    // ---- States ----

    /// One more than the largest ordinal there can be in the graph.
    int limit() {
        return states.limit();
    }

    boolean isKnown(int ordinal) {
        return states.has(ordinal);
    }

    int state(int ordinal) {
        return states.has(ordinal) ? Memory.getByteAcquire(states.address(ordinal)) : ABSENT;
    }

    void setState(int ordinal, int state) {
        states.ensure(ordinal);
        Memory.putByteRelease(states.address(ordinal), (byte) state);
    }

    private int stateOfNode(int ordinal) {
        return Memory.getByteAcquire(states.address(ordinal));
    }

    /// Whether a search may return it: buffered, being linked or live.
    static boolean isVisible(int state) {
        return state >= BUFFERED && state <= LIVE;
    }

    static boolean isLinked(int state) {
        return state >= LINKING && state <= DOOMED;
    }

    // ---- Nodes and lists ----

    long entry() {
        return entry;
    }

    static int entryOrdinal(long entry) {
        return (int) entry;
    }

    static int entryLayer(long entry) {
        return (int) (entry >> 32); // -1 for no entry point.
    }

    private static long entryOf(int layer, int ordinal) {
        return (long) layer << 32 | ordinal;
    }

    int capacity(int layer) {
        return layer == 0 ? 2 * maxConnections : maxConnections;
    }

    /// The highest layer the node is on.
    int layerOf(int ordinal) {
        int tower = towerOf(ordinal);
        return tower < 0 ? 0 : Memory.getInt(units.address(tower) + 4);
    }

    private int towerOf(int ordinal) {
        return towers.has(ordinal) ? Memory.getIntAcquire(towers.address(ordinal)) - 1 : -1;
    }

    private long listOf(int ordinal, int layer) {
        if (layer == 0) {
            return base.address(ordinal);
        }
        return units.address(towerOf(ordinal) + layer - 1) + UNIT_HEADER_BYTES;
    }

    /// Copies the node's links on a layer it is on to `out`; returns how many.
    int links(int ordinal, int layer, int[] out) {
        long list = listOf(ordinal, layer);
        int capacity = capacity(layer);
        int count = 0;
        while (count < capacity) {
            int link = Memory.getIntAcquire(list + 4L * count) - 1;
            if (link < 0) {
                break;
            }
            out[count++] = link;
        }
        return count;
    }

    private void writeLinks(long list, int capacity, int[] links, int count) {
        for (int i = 0; i < count; i++) {
            Memory.putIntRelease(list + 4L * i, links[i] + 1);
        }
        for (int i = count; i < capacity && Memory.getInt(list + 4L * i) != 0; i++) {
            Memory.putIntRelease(list + 4L * i, 0);
        }
    }

    // ---- Walks ----

    /// A distance and an ordinal as one long that sorts by both; bit 0 is free for "expanded".
    static long key(float distance, int ordinal) {
        int bits = Float.floatToIntBits(distance);
        int sortable = bits ^ (bits >> 31 & 0x7FFF_FFFF);
        return (long) sortable << 32 | (ordinal & 0xFFFF_FFFFL) << 1;
    }

    static float keyDistance(long key) {
        int sortable = (int) (key >> 32);
        return Float.intBitsToFloat(sortable ^ (sortable >> 31 & 0x7FFF_FFFF));
    }

    static int keyOrdinal(long key) {
        return (int) key >>> 1;
    }

    /// The nearest node of layer `layerMin` that a greedy descent finds, as a key; the graph is not empty.
    private long descend(Searcher s, long start, int layerMin) {
        int nearest = entryOrdinal(start);
        s.distanceCount++;
        float best = scorer.score(s.query(), s.factor, nearest);
        for (int layer = entryLayer(start); layer >= layerMin; layer--) {
            boolean moved = true;
            while (moved) {
                moved = false;
                int count = links(nearest, layer, s.batch);
                s.score(count);
                for (int i = 0; i < count; i++) {
                    if (s.distances[i] < best) {
                        best = s.distances[i];
                        nearest = s.batch[i];
                        moved = true;
                    }
                }
            }
        }
        return key(best, nearest);
    }

    /// Leaves in the searcher's pool the up to `ef` nearest nodes of the whole graph, removed ones among
    /// them.
    void search(Searcher s, int ef) {
        s.poolSize = 0;
        long start = entry;
        if (start < 0) {
            return;
        }
        long nearest = descend(s, start, 1);
        s.newMarks(limit());
        seed(s, nearest, ef);
        walk(s, 0, ef);
    }

    private void seed(Searcher s, long nearest, int ef) {
        if (s.pool.length < ef) {
            s.pool = new long[Math.max(ef, Math.min(2 * s.pool.length, limit() + 1))];
        }
        s.pool[0] = nearest;
        s.poolSize = 1;
        s.mark(keyOrdinal(nearest));
    }

    /// Expands the pool's nodes, nearest first, until none of the `ef` nearest is left to expand.
    ///
    /// Two at a time: a batch of distances twice as long wastes less of the memory's bandwidth at its ends,
    /// and the misses on both lists overlap. That costs 1 % more distances, as the second node might not have
    /// been the next, and saves 5 % of the time.
    private void walk(Searcher s, int layer, int ef) {
        int[] batch = s.batch;
        float[] distances = s.distances;
        long[] pool = s.pool;
        int size = s.poolSize;
        int capacity = capacity(layer);
        int next = 0;
        int nextCheck = s.distanceCount + DEADLINE_STRIDE;
        while (next < size) {
            long candidate = pool[next];
            if ((candidate & 1) != 0) {
                next++;
                continue;
            }
            pool[next] = candidate | 1;
            int count = s.unmarkedLinks(0, listOf(keyOrdinal(candidate), layer), capacity);
            int second = next + 1;
            while (second < size && (pool[second] & 1) != 0) {
                second++;
            }
            if (second < size) {
                pool[second] |= 1;
                count = s.unmarkedLinks(count, listOf(keyOrdinal(pool[second]), layer), capacity);
            }
            s.score(count);
            int lowest = next + 1;
            for (int i = 0; i < count; i++) {
                long key = key(distances[i], batch[i]);
                if (size == ef) {
                    if (key >= pool[size - 1]) {
                        continue;
                    }
                    size--;
                }
                int at = place(pool, size, key);
                System.arraycopy(pool, at, pool, at + 1, size - at);
                pool[at] = key;
                size++;
                lowest = Math.min(lowest, at);
            }
            next = lowest;
            if (s.distanceCount >= nextCheck) {
                nextCheck = s.distanceCount + DEADLINE_STRIDE;
                if (isOverdue(s)) {
                    break;
                }
            }
        }
        s.poolSize = size;
    }

    /// Where `key` belongs in the sorted keys. The step is a conditional move, not a branch that is wrong
    /// half the time.
    private static int place(long[] sorted, int size, long key) {
        if (size == 0) {
            return 0;
        }
        int low = 0;
        for (int left = size; left > 1; ) {
            int half = left >>> 1;
            low = sorted[low + half - 1] < key ? low + half : low;
            left -= half;
        }
        return sorted[low] < key ? low + 1 : low;
    }

    boolean isOverdue(Searcher s) {
        if (readers.isClosed()) {
            throw new IndexClosedException();
        }
        if (s.deadlineNanos != Knn.NO_DEADLINE && clock.nanoTime() - s.deadlineNanos >= 0) {
            s.isCut = true;
        }
        return s.isCut;
    }

    /// As [#search], but the pool takes only nodes that `filter` (null for all) and their state let pass; the
    /// walk goes through the others. With `matches >= 0` it predicts its cost on the way and gives up,
    /// returning false, when an exact scan of that many matches is cheaper.
    ///
    /// Every 128 distances the rate of matches seen so far says how many more distances the pool needs: what
    /// a walk over everything needs, divided by the rate. A walk through two hops of non-matching nodes would
    /// be cheaper and loses most of the recall, unnoticed, when the matches are far away.
    boolean searchFiltered(Searcher s, int ef, @Nullable Filter filter, int matches) {
        s.poolSize = 0;
        long start = entry;
        if (start < 0) {
            return true;
        }
        long nearest = descend(s, start, 1);
        s.newMarks(limit());
        s.mark(keyOrdinal(nearest));
        if (s.pool.length < ef) {
            s.pool = new long[ef];
        }
        long[] pool = s.pool;
        int size = 0;
        if (passes(keyOrdinal(nearest), filter)) {
            pool[size++] = nearest;
        }
        s.heapSize = 0;
        push(s, nearest);
        int visited = 1;
        int seen = size;
        int nextCheck = s.distanceCount + 128;
        int[] batch = s.batch;
        float[] distances = s.distances;
        int capacity = capacity(0);
        while (s.heapSize > 0) {
            long candidate = s.heap[0];
            if (size == ef && candidate > pool[size - 1]) {
                break;
            }
            pop(s);
            long list = listOf(keyOrdinal(candidate), 0);
            int count = s.unmarkedLinks(0, list, capacity);
            s.score(count);
            visited += count;
            for (int i = 0; i < count; i++) {
                long key = key(distances[i], batch[i]);
                boolean passes = passes(batch[i], filter);
                if (passes) {
                    seen++;
                }
                if (size == ef && key >= pool[size - 1]) {
                    continue;
                }
                push(s, key);
                if (passes) {
                    if (size == ef) {
                        size--;
                    }
                    int at = place(pool, size, key);
                    System.arraycopy(pool, at, pool, at + 1, size - at);
                    pool[at] = key;
                    size++;
                }
            }
            if (s.distanceCount >= nextCheck) {
                nextCheck = s.distanceCount + 128;
                if (isOverdue(s)) {
                    break;
                }
                if (matches >= 0) {
                    double rate = (seen + 0.5) / visited;
                    double ahead = expectedDistances(ef) / rate - visited;
                    if (WALKED_TO_SCANNED * ahead > matches || visited > matches) {
                        return false;
                    }
                }
            }
        }
        s.poolSize = size;
        return true;
    }

    /// About how many distances a walk of this width takes when every node matches (MiniLM: 760 at 40, 1,280
    /// at 80).
    private static double expectedDistances(int ef) {
        return 200 + 16.0 * ef;
    }

    /// Whether an exact scan of `matches` rows costs less than a walk in which every node matches.
    static boolean isScanCheaper(int matches, int ef) {
        return matches <= WALKED_TO_SCANNED * expectedDistances(ef);
    }

    private boolean passes(int ordinal, @Nullable Filter filter) {
        return (filter == null || filter.matches(ordinal)) && stateOfNode(ordinal) <= LIVE;
    }

    /// Collects in `found` every node within `radius` that the walk meets. First a pool of `ef`, widened
    /// until less than half of it lies inside, as the k nearest would be searched; then everything inside the
    /// boundary, `radius` widened by `epsilon`, is expanded. The first part finds what the second would not
    /// reach through near nodes alone.
    void searchRange(Searcher s, int ef, double radius, double epsilon, @Nullable Filter filter) {
        s.foundCount = 0;
        double boundary = radius + Math.abs(radius) * epsilon;
        search(s, ef);
        for (int width = 2 * ef; width <= RANGE_POOL_MAX && isCrowded(s, boundary); width *= 2) {
            search(s, Math.min(width, limit() + 1));
        }
        s.heapSize = 0;
        for (int i = 0; i < s.poolSize; i++) {
            long key = s.pool[i];
            if (keyDistance(key) <= boundary) {
                push(s, key & ~1L);
                collect(s, key, radius, filter);
            }
        }
        int nextCheck = s.distanceCount + DEADLINE_STRIDE;
        int capacity = capacity(0);
        while (s.heapSize > 0 && !s.isCut) {
            long candidate = s.heap[0];
            pop(s);
            long list = listOf(keyOrdinal(candidate), 0);
            int count = s.unmarkedLinks(0, list, capacity);
            s.score(count);
            for (int i = 0; i < count; i++) {
                if (s.distances[i] <= boundary) {
                    long key = key(s.distances[i], s.batch[i]);
                    push(s, key);
                    collect(s, key, radius, filter);
                }
            }
            if (s.distanceCount >= nextCheck) {
                nextCheck = s.distanceCount + DEADLINE_STRIDE;
                isOverdue(s);
            }
        }
    }

    private static boolean isCrowded(Searcher s, double boundary) {
        int middle = s.poolSize / 2;
        return !s.isCut && middle > 0 && keyDistance(s.pool[middle]) <= boundary;
    }

    private void collect(Searcher s, long key, double radius, @Nullable Filter filter) {
        if (keyDistance(key) <= radius && passes(keyOrdinal(key), filter)) {
            s.addFound(keyOrdinal(key));
        }
    }

    private static void push(Searcher s, long key) {
        if (s.heapSize == s.heap.length) {
            s.heap = Arrays.copyOf(s.heap, 2 * s.heapSize);
        }
        long[] heap = s.heap;
        int i = s.heapSize++;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (heap[parent] <= key) {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = key;
    }

    private static void pop(Searcher s) {
        long[] heap = s.heap;
        int size = --s.heapSize;
        long key = heap[size];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= key) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = key;
    }

    // ---- Insertion ----

    /// Makes room for the ordinal's lists, empty.
    private int prepare(int ordinal) {
        int layer = randomLayer();
        base.ensure(ordinal);
        towers.ensure(ordinal);
        assert Memory.getInt(base.address(ordinal)) == 0 : "links left at ordinal " + ordinal;
        if (layer > 0) {
            int tower = takeTower(layer);
            for (int i = 0; i < layer; i++) {
                long unit = units.address(tower + i);
                Memory.fill(unit, units.recordBytes(), (byte) 0);
                Memory.putInt(unit, ordinal + 1);
                Memory.putInt(unit + 4, layer);
            }
            Memory.putIntRelease(towers.address(ordinal), tower + 1);
        }
        return layer;
    }

    /// Links a node whose row is complete and whose state is `LINKING`. The caller is inside the reclaim
    /// epoch.
    void insert(Searcher s, int ordinal) {
        int layer = prepare(ordinal);
        s.useRowAsQuery(ordinal);
        long start = entry;
        if (start < 0 || layer > entryLayer(start)) {
            synchronized (entryLock) {
                start = entry;
                if (start < 0) {
                    entry = entryOf(layer, ordinal);
                    return;
                }
                if (layer > entryLayer(start)) {
                    link(s, ordinal, layer, start);
                    entry = entryOf(layer, ordinal);
                    return;
                }
            }
        }
        link(s, ordinal, layer, start);
        if (layer > entryLayer(entry)) { // The entry point was removed meanwhile and a lower one took its place.
            raiseEntry(ordinal, layer);
        }
    }

    private void raiseEntry(int ordinal, int layer) {
        synchronized (entryLock) {
            if (layer > entryLayer(entry)) {
                entry = entryOf(layer, ordinal);
            }
        }
    }

    private void link(Searcher s, int ordinal, int layerMax, long start) {
        long nearest = descend(s, start, layerMax + 1);
        for (int layer = Math.min(layerMax, entryLayer(start)); layer >= 0; layer--) {
            s.newMarks(limit());
            int ef = Math.min(efConstruction, limit() + 1);
            seed(s, nearest, ef);
            walk(s, layer, ef);
            nearest = s.pool[0] & ~1L;
            int count = select(s, ordinal, s.pool, s.poolSize, maxConnections);
            int[] neighbours = Arrays.copyOf(s.selected, count);
            long[] keys = Arrays.copyOf(s.selectedKeys, count);
            long list = listOf(ordinal, layer);
            lock(ordinal, layer); // Others may have found it from a layer above and linked back already.
            try {
                merge(list, capacity(layer), neighbours, count);
            } finally {
                unlock(ordinal, layer);
            }
            boolean isNamed = count == 0;
            for (int i = 0; i < count; i++) {
                isNamed |= connect(s, neighbours[i], ordinal, keyDistance(keys[i]), layer);
            }
            if (!isNamed) { // Every neighbour pruned it away again: it would be on its own from the start.
                replaceLast(s, neighbours[0], ordinal, layer);
            }
        }
    }

    /// Writes `links` behind what the list holds already, leaving out what is there.
    private void merge(long list, int capacity, int[] links, int count) {
        int size = 0;
        while (size < capacity && Memory.getInt(list + 4L * size) != 0) {
            size++;
        }
        int present = size;
        for (int i = 0; i < count && size < capacity; i++) {
            boolean isThere = false;
            for (int j = 0; j < present; j++) {
                isThere |= Memory.getInt(list + 4L * j) == links[i] + 1;
            }
            if (!isThere) {
                Memory.putIntRelease(list + 4L * size++, links[i] + 1);
            }
        }
    }

    /// Puts into `selected` (and `selectedKeys`) up to `count` of the sorted keys around `node`: those that
    /// no nearer chosen one occludes. Removed nodes are passed over, unless all are removed: then they keep
    /// the graph in one piece until the consolidation comes by.
    private int select(Searcher s, int node, long[] keys, int size, int count) {
        int chosen = selectAmong(s, node, keys, size, count, LIVE);
        return chosen > 0 ? chosen : selectAmong(s, node, keys, size, count, TOMBSTONE);
    }

    private int selectAmong(Searcher s, int node, long[] keys, int size, int count, int stateMax) {
        int chosen = 0;
        for (int i = 0; i < size && chosen < count; i++) {
            int candidate = keyOrdinal(keys[i]);
            if (candidate == node || stateOfNode(candidate) > stateMax) {
                continue;
            }
            if (!isOccluded(s, candidate, keyDistance(keys[i]), s.selected, chosen)) {
                s.selectedKeys[chosen] = keys[i];
                s.selected[chosen++] = candidate;
            }
        }
        return chosen;
    }

    /// Whether one of the first `count` of `chosen` is nearer to the candidate than the node is, by the
    /// factor `alpha`.
    private boolean isOccluded(Searcher s, int candidate, float distance, int[] chosen, int count) {
        if (count == 0) {
            return false;
        }
        long query = scorer.prepareRow(candidate, s.otherQuery);
        float factor = scorer.rowFactor(candidate);
        for (int i = 0; i < count; i += 4) {
            int some = Math.min(4, count - i);
            scorer.score(query, factor, chosen, i, some, s.addresses, s.otherDistances);
            for (int j = 0; j < some; j++) {
                if (alphaSquared * s.otherDistances[j] < distance) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Adds the link `node -> added`, pruning the list when it is full; returns whether it stayed.
    private boolean connect(Searcher s, int node, int added, float distance, int layer) {
        int capacity = capacity(layer);
        lock(node, layer);
        try {
            if (stateOfNode(node) >= DOOMED) {
                return false;
            }
            long list = listOf(node, layer);
            int count = links(node, layer, s.others);
            for (int i = 0; i < count; i++) {
                if (s.others[i] == added) {
                    return true;
                }
            }
            if (count < capacity) {
                Memory.putIntRelease(list + 4L * count, added + 1);
                return true;
            }
            long query = scorer.prepareRow(node, s.rowQuery);
            float factor = scorer.rowFactor(node);
            scorer.score(query, factor, s.others, 0, count, s.addresses, s.otherDistances);
            long[] keys = s.sorted(count + 1);
            for (int i = 0; i < count; i++) {
                keys[i] = key(s.otherDistances[i], s.others[i]);
            }
            keys[count] = key(distance, added);
            Arrays.sort(keys, 0, count + 1);
            int chosen = select(s, node, keys, count + 1, capacity);
            writeLinks(list, capacity, s.selected, chosen);
            boolean stayed = false;
            for (int i = 0; i < chosen; i++) {
                stayed |= s.selected[i] == added;
            }
            return stayed;
        } finally {
            unlock(node, layer);
        }
    }

    private int randomLayer() {
        long z = salt + layerSeed.getAndIncrement() * 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        z ^= z >>> 31;
        double uniform = ((z >>> 11) + 0.5) * 0x1p-53;
        return (int) Math.min(LAYER_MAX, -Math.log(uniform) * layerScale);
    }

    /// `layers` units next to each other.
    private int takeTower(int layers) {
        synchronized (units) {
            if (freeTowerCounts[layers] > 0) {
                return freeTowers[layers][--freeTowerCounts[layers]];
            }
            int inGranule = units.granuleRecords();
            int room = inGranule - nextUnit % inGranule;
            if (room < layers) {
                assert inGranule >= LAYER_MAX : "a tower must fit a granule";
                addFreeTower(nextUnit, room);
                nextUnit += room;
            }
            int tower = nextUnit;
            units.ensure(tower);
            nextUnit += layers;
            return tower;
        }
    }

    private void addFreeTower(int tower, int layers) {
        synchronized (units) {
            int[] free = freeTowers[layers];
            int count = freeTowerCounts[layers];
            if (free == null || count == free.length) {
                free = free == null ? new int[8] : Arrays.copyOf(free, 2 * count);
                freeTowers[layers] = free;
            }
            free[count] = tower;
            freeTowerCounts[layers] = count + 1;
        }
    }

    private int stripe(int ordinal, int layer) {
        long mixed = (salt ^ ((long) ordinal << 4 | layer)) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 50) & STRIPES - 1;
    }

    private void lock(int ordinal, int layer) {
        int stripe = stripe(ordinal, layer);
        int spins = 0;
        while (!LOCKS.compareAndSet(stripe, 0, 1)) {
            if (++spins % 128 == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private void unlock(int ordinal, int layer) {
        LOCKS.setRelease(stripe(ordinal, layer), 0);
    }

    // ---- Removal: the steps of a consolidation ----

    /// Rewrites the node's lists that name a doomed node: live links stay, each vacated place goes to a node
    /// behind the doomed ones, first to those nobody in the list occludes, then to the nearest. Pruning the
    /// live links again as well loses recall (measured).
    /// Returns whether there was something to do.
    boolean repair(Searcher s, int node) {
        int layers = layerOf(node);
        boolean isRepaired = false;
        for (int layer = 0; layer <= layers; layer++) {
            if (namesDoomed(s, node, layer)) {
                repair(s, node, layer);
                isRepaired = true;
            }
        }
        return isRepaired;
    }

    private boolean namesDoomed(Searcher s, int node, int layer) {
        int count = links(node, layer, s.others);
        for (int i = 0; i < count; i++) {
            if (stateOfNode(s.others[i]) == DOOMED) {
                return true;
            }
        }
        return false;
    }

    private void repair(Searcher s, int node, int layer) {
        s.newMarks(limit());
        s.mark(node);
        lock(node, layer);
        try {
            int count = links(node, layer, s.others);
            int kept = 0;
            s.foundCount = 0;
            for (int i = 0; i < count; i++) {
                int link = s.others[i];
                if (!s.mark(link)) {
                    continue;
                }
                if (stateOfNode(link) == DOOMED) {
                    s.addFound(link);
                } else {
                    s.kept[kept++] = link;
                }
            }
            int places = count - kept;
            int candidates = behind(s, layer);
            long query = scorer.prepareRow(node, s.rowQuery);
            scorer.score(query, scorer.rowFactor(node), s.batch, 0, candidates, s.addresses, s.distances);
            s.distanceCount += candidates;
            long[] keys = s.sorted(candidates);
            for (int i = 0; i < candidates; i++) {
                keys[i] = key(s.distances[i], s.batch[i]);
            }
            Arrays.sort(keys, 0, candidates);
            int size = kept;
            for (int i = 0; i < candidates && size < kept + places; i++) {
                int candidate = keyOrdinal(keys[i]);
                if (!isOccluded(s, candidate, keyDistance(keys[i]), s.kept, size)) {
                    s.kept[size++] = candidate;
                    keys[i] |= 1;
                }
            }
            for (int i = 0; i < candidates && size < kept + places; i++) {
                if ((keys[i] & 1) == 0) {
                    s.kept[size++] = keyOrdinal(keys[i]);
                }
            }
            writeLinks(listOf(node, layer), capacity(layer), s.kept, size);
        } finally {
            unlock(node, layer);
        }
    }

    /// Collects in `batch` the live nodes behind the doomed ones in `found`, going through doomed ones.
    private int behind(Searcher s, int layer) {
        int candidates = 0;
        for (int i = 0; i < s.foundCount && candidates < REPAIR_CANDIDATES_MAX; i++) {
            int count = links(s.found[i], layer, s.others);
            for (int j = 0; j < count && candidates < REPAIR_CANDIDATES_MAX; j++) {
                int link = s.others[j];
                if (!s.mark(link)) {
                    continue;
                }
                int state = stateOfNode(link);
                if (state == DOOMED) {
                    s.addFound(link);
                } else if (state == LIVE) {
                    s.batch[candidates++] = link;
                }
            }
        }
        return candidates;
    }

    /// Moves the entry point off a doomed node: to the highest one left, or nowhere when there is none.
    void replaceEntry() {
        synchronized (entryLock) {
            long present = entry;
            if (present < 0 || stateOfNode(entryOrdinal(present)) < DOOMED) {
                return;
            }
            long best = -1;
            int end;
            synchronized (units) {
                end = nextUnit;
            }
            for (int unit = 0; unit < end; unit++) {
                int ordinal = units.has(unit) ? Memory.getInt(units.address(unit)) - 1 : -1;
                if (ordinal >= 0 && mayBeEntry(ordinal) && layerOf(ordinal) > entryLayer(best)) {
                    best = entryOf(layerOf(ordinal), ordinal);
                }
            }
            for (int ordinal = 0; best < 0 && ordinal < limit(); ordinal++) {
                if (mayBeEntry(ordinal)) {
                    best = entryOf(layerOf(ordinal), ordinal);
                }
            }
            entry = best;
        }
    }

    private boolean mayBeEntry(int ordinal) {
        int state = state(ordinal);
        return state == LIVE || state == TOMBSTONE;
    }

    /// Empties the lists of a node that nobody can reach any more.
    void erase(int node) {
        int tower = towerOf(node);
        if (tower >= 0) {
            int layers = Memory.getInt(units.address(tower) + 4);
            for (int i = 0; i < layers; i++) {
                Memory.putInt(units.address(tower + i), 0);
            }
            Memory.putIntRelease(towers.address(node), 0);
            addFreeTower(tower, layers);
        }
        if (base.has(node)) {
            Memory.fill(base.address(node), base.recordBytes(), (byte) 0);
        }
    }

    /// Marks every node that can be reached from the entry point, through all layers.
    void markReachable(Searcher s) {
        s.newMarks(limit());
        s.foundCount = 0;
        long start = entry;
        if (start < 0) {
            return;
        }
        s.mark(entryOrdinal(start));
        s.addFound(entryOrdinal(start));
        for (int layer = entryLayer(start); layer >= 0; layer--) {
            for (int i = 0; i < s.foundCount; i++) { // What a layer reached is where the next one starts.
                int count = links(s.found[i], layer, s.others);
                for (int j = 0; j < count; j++) {
                    if (s.mark(s.others[j])) {
                        s.addFound(s.others[j]);
                    }
                }
            }
        }
    }

    /// Links live nodes that no walk can reach (their last neighbours were removed, or pruned the link) from
    /// near ones. Returns how many there were.
    int reconnect(Searcher s) {
        markReachable(s);
        int limit = limit();
        int[] lost = new int[16];
        int count = 0;
        for (int ordinal = 0; ordinal < limit; ordinal++) {
            if (state(ordinal) == LIVE && !s.isMarked(ordinal)) {
                if (count == lost.length) {
                    lost = Arrays.copyOf(lost, 2 * count);
                }
                lost[count++] = ordinal;
            }
        }
        for (int i = 0; i < count; i++) {
            reconnect(s, lost[i]);
        }
        return count;
    }

    private void reconnect(Searcher s, int node) {
        long start = entry;
        if (start < 0) {
            synchronized (entryLock) {
                if (entry < 0) {
                    entry = entryOf(layerOf(node), node);
                    return;
                }
                start = entry;
            }
        }
        s.useRowAsQuery(node);
        search(s, Math.min(efConstruction, limit() + 1));
        for (int i = 0; i < s.poolSize; i++) {
            if (keyOrdinal(s.pool[i]) == node) {
                return; // It was linked while the graph was being read.
            }
        }
        int[] own = new int[maxConnections];
        int owned = 0;
        boolean isNamed = false;
        for (int i = 0; i < s.poolSize; i++) {
            int near = keyOrdinal(s.pool[i]);
            if (near == node || stateOfNode(near) != LIVE) {
                continue;
            }
            if (owned < own.length) {
                own[owned++] = near;
            }
            if (!isNamed) {
                isNamed = appendIfRoom(s, near, node);
            }
        }
        if (!isNamed && owned > 0) {
            replaceLast(s, own[0], node, 0);
        }
        lock(node, 0);
        try {
            merge(listOf(node, 0), capacity(0), own, owned);
        } finally {
            unlock(node, 0);
        }
    }

    private boolean appendIfRoom(Searcher s, int node, int added) {
        lock(node, 0);
        try {
            int count = links(node, 0, s.others);
            for (int i = 0; i < count; i++) {
                if (s.others[i] == added) {
                    return true;
                }
            }
            if (count == capacity(0)) {
                return false;
            }
            Memory.putIntRelease(listOf(node, 0) + 4L * count, added + 1);
            return true;
        } finally {
            unlock(node, 0);
        }
    }

    /// Makes room for `added` at the cost of the last link, the farthest when the list was pruned.
    private void replaceLast(Searcher s, int node, int added, int layer) {
        lock(node, layer);
        try {
            if (stateOfNode(node) >= DOOMED) {
                return;
            }
            int count = links(node, layer, s.others);
            for (int i = 0; i < count; i++) {
                if (s.others[i] == added) {
                    return;
                }
            }
            int at = Math.min(count, capacity(layer) - 1);
            Memory.putIntRelease(listOf(node, layer) + 4L * at, added + 1);
        } finally {
            unlock(node, layer);
        }
    }

    @Override
    public void close() {
        entry = -1;
        base.close();
        towers.close();
        units.close();
        states.close();
    }
}
