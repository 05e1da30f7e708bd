package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The graph index: one mutable [Graph] behind a bounded flat buffer.
///
/// A new vector goes into the buffer and is searchable; an index thread links it into the graph and then
/// takes it out of the buffer. A search scans the buffer first and walks the graph second, so it meets each
/// vector at least once. When the buffer is full the writer links its vector itself: memory and lag are
/// bounded, and the writer pays.
///
/// A removed vector turns into a tombstone that walks pass through and never return. When a tenth of the
/// graph is dead, or when nothing else happens, a [Consolidation] relinks its neighbours and releases its
/// ordinal. (Waiting for 20 to 30 % costs 40 % less a removal, but rows and links of the dead are memory, and
/// churn may cost 10 % of it.)
///
/// Plan of a filtered search: few matches, or an `ef` that is a large part of the graph, are scanned exactly;
/// otherwise the graph is walked and left for the scan when its cost, predicted on the way, exceeds the
/// scan's. A walk that ends with fewer than `k` hits is followed by the scan: k matches give k hits, always.
///
/// Threads: `bookkeeping` guards states, slots and counts, and is held for a few stores at a time;
/// `consolidating` is held for a slice of a consolidation and taken before `bookkeeping`. Searches take
/// neither.
public final class HnswIndex implements VectorIndex, Scan.Presence, Scan.Watch, IndexThreads.Idler {
    /// Vectors that may wait for their place; a search scans them all.
    public static final int BUFFER_CAPACITY = 1024;

    /// Pruning slack, see [Graph]. 1.1 was measured on MiniLM: the same recall for the same number of
    /// distances, for a slower build.
    private static final double ALPHA = 1.0;

    /// Matches of a filter whose rows are fewer bytes than this are scanned. A walk may be three times as
    /// fast when the matches are near the query and is many times slower when they are not.
    private static final long SCAN_BYTES = 8L << 20;

    private static final double CONSOLIDATE_SHARE = 0.09;
    private static final int CONSOLIDATE_MIN = 128;
    private static final int RANGE_EF_MIN = 64;
    private static final int FREE = -1;

    private final Metric metric;
    private final HnswParameters parameters;
    private final RowScorer scorer;
    private final IndexThreads threads;
    private final NanoClock clock;
    private final MemoryAccount account;
    private final String owner;
    private final IntConsumer released;
    private final Readers readers;
    private final MemoryAccount.Counter scratchCounter;
    private final Consolidation consolidation;
    private final ReentrantLock consolidating = new ReentrantLock();
    private final AtomicBoolean isConsolidationQueued = new AtomicBoolean();
    private final AtomicBoolean isDrainQueued = new AtomicBoolean();
    private final AtomicLong insertions = new AtomicLong();

    private final Object bookkeeping = new Object();
    private final AtomicIntegerArray slots = new AtomicIntegerArray(BUFFER_CAPACITY); // Ordinals, FREE for none.
    private final boolean[] isClaimed = new boolean[BUFFER_CAPACITY];
    private int cursor; // Where the next claim looks first: older entries come before younger ones, roughly.
    private int freeCursor;
    private int linking;
    private int releasing;
    private volatile int buffered; // Slots in use.
    private volatile int highWater; // No slot from here on is in use.
    private volatile int size;
    private volatile int tombstones; // Tombstones and doomed.
    private volatile Graph graph; // Replaced by an empty one, under bookkeeping, when nothing is left in it.
    private volatile long quietAfterNanos;

    /// `released` as in [VectorIndex]; `owner` names the index in the account.
    public HnswIndex(
            Rows rows,
            Metric metric,
            HnswParameters parameters,
            IndexThreads threads,
            NanoClock clock,
            MemoryAccount account,
            String owner,
            IntConsumer released) {
        this.metric = metric;
        this.parameters = parameters;
        this.scorer = new RowScorer(rows, metric);
        this.threads = threads;
        this.clock = clock;
        this.account = account;
        this.owner = owner;
        this.released = released;
        this.scratchCounter = Readers.scratchCounter(account, owner);
        this.readers = new Readers(() -> new Searcher(scorer, scratchCounter));
        this.graph = newGraph();
        this.consolidation = new Consolidation(this, readers);
        this.quietAfterNanos = clock.nanoTime();
        for (int i = 0; i < BUFFER_CAPACITY; i++) {
            slots.setPlain(i, FREE);
        }
        threads.register(this);
    }

    private Graph newGraph() {
        return new Graph(parameters, ALPHA, scorer, readers, clock, account, owner);
    }

    @Override
    public Rows rows() {
        return scorer.rows();
    }

    @Override
    public Metric metric() {
        return metric;
    }

    public HnswParameters parameters() {
        return parameters;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int lag() {
        return buffered;
    }

    Graph graph() {
        return graph;
    }

    int tombstones() {
        return tombstones;
    }

    private void checkOpen() {
        if (readers.isClosed()) {
            throw new IndexClosedException();
        }
    }

    // ---- Writes ----

    @Override
    public void add(int ordinal) {
        boolean isBuffered;
        synchronized (bookkeeping) {
            checkOpen();
            assert graph.state(ordinal) == Graph.ABSENT : "ordinal " + ordinal + " is in state " + graph.state(ordinal);
            isBuffered = buffered < BUFFER_CAPACITY;
            graph.setState(ordinal, isBuffered ? Graph.BUFFERED : Graph.LINKING);
            if (isBuffered) {
                takeSlot(ordinal);
            } else {
                linking++;
            }
            size++;
        }
        if (isBuffered) {
            threads.execute(this::linkOne);
            return;
        }
        Searcher s = readers.enter();
        try {
            link(s, ordinal, FREE);
        } finally {
            readers.leave(s);
        }
        if (tombstones > 2 * consolidationLimit()) { // The index threads do not keep up: this writer helps.
            queueConsolidation();
            if (consolidating.tryLock()) {
                try {
                    consolidateSlice();
                } finally {
                    consolidating.unlock();
                }
            }
        }
    }

    private void takeSlot(int ordinal) {
        int slot = freeCursor;
        while (slots.getPlain(slot) != FREE) {
            slot = (slot + 1) % BUFFER_CAPACITY;
        }
        slots.setRelease(slot, ordinal); // Read with getAcquire by a search.
        freeCursor = (slot + 1) % BUFFER_CAPACITY;
        highWater = Math.max(highWater, slot + 1);
        buffered++;
    }

    private void freeSlot(int slot) {
        slots.setRelease(slot, FREE);
        isClaimed[slot] = false;
        buffered--;
        if (buffered == 0) {
            highWater = 0;
            cursor = 0;
            freeCursor = 0;
        }
    }

    /// Links one buffered vector, if one waits.
    private void linkOne() {
        if (readers.isClosed()) {
            return;
        }
        Searcher s = readers.enter();
        try {
            int slot;
            int ordinal;
            synchronized (bookkeeping) {
                slot = claim();
                if (slot < 0) {
                    return;
                }
                ordinal = slots.getPlain(slot);
                graph.setState(ordinal, Graph.LINKING);
                linking++;
            }
            link(s, ordinal, slot);
        } finally {
            readers.leave(s);
        }
    }

    private int claim() {
        int end = highWater;
        for (int i = 0; i < end; i++) {
            int slot = cursor + i < end ? cursor + i : cursor + i - end;
            if (slot < end && slots.getPlain(slot) != FREE && !isClaimed[slot]) {
                isClaimed[slot] = true;
                cursor = slot + 1;
                return slot;
            }
        }
        return -1;
    }

    private void link(Searcher s, int ordinal, int slot) {
        s.begin(Knn.NO_DEADLINE);
        graph.insert(s, ordinal);
        boolean isRemoved;
        synchronized (bookkeeping) {
            isRemoved = graph.state(ordinal) == Graph.LINKING_REMOVED;
            graph.setState(ordinal, isRemoved ? Graph.TOMBSTONE : Graph.LIVE);
            if (isRemoved) {
                tombstones++;
            }
            linking--;
            if (slot != FREE) {
                freeSlot(slot); // Only now: a search that finds the slot free finds the node in the graph.
            }
        }
        insertions.incrementAndGet();
        if (isRemoved) {
            considerConsolidation();
        }
    }

    @Override
    public boolean remove(int ordinal) {
        boolean wasBuffered = false;
        synchronized (bookkeeping) {
            checkOpen();
            switch (graph.state(ordinal)) {
                case Graph.BUFFERED -> {
                    int slot = 0;
                    while (slots.getPlain(slot) != ordinal) {
                        slot++;
                    }
                    graph.setState(ordinal, Graph.RELEASING);
                    freeSlot(slot);
                    releasing++;
                    wasBuffered = true;
                }
                case Graph.LINKING -> graph.setState(ordinal, Graph.LINKING_REMOVED);
                case Graph.LIVE -> {
                    graph.setState(ordinal, Graph.TOMBSTONE);
                    tombstones++;
                }
                default -> {
                    return false;
                }
            }
            size--;
        }
        if (wasBuffered) {
            readers.retire(() -> {
                synchronized (bookkeeping) {
                    graph.setState(ordinal, Graph.ABSENT);
                    releasing--;
                }
                released.accept(ordinal);
            });
            queueDrain();
        } else {
            considerConsolidation();
        }
        return true;
    }

    private void queueDrain() {
        if (isDrainQueued.compareAndSet(false, true)) {
            threads.executeUpkeep(() -> {
                isDrainQueued.set(false);
                readers.drain();
            });
        }
    }

    @Override
    public boolean contains(int ordinal) {
        synchronized (bookkeeping) {
            checkOpen();
            return Graph.isVisible(graph.state(ordinal));
        }
    }

    // ---- Consolidation ----

    private int consolidationLimit() {
        return Math.max(CONSOLIDATE_MIN, (int) (CONSOLIDATE_SHARE * size));
    }

    private void considerConsolidation() {
        int dead = tombstones;
        if (dead >= consolidationLimit() || dead > 0 && size == 0) {
            queueConsolidation();
        }
    }

    private void queueConsolidation() {
        if (isConsolidationQueued.compareAndSet(false, true)) {
            threads.executeUpkeep(this::runConsolidation);
        }
    }

    private void runConsolidation() {
        if (consolidateSlice()) {
            threads.executeUpkeep(this::runConsolidation);
            return;
        }
        isConsolidationQueued.set(false);
        if (!readers.isClosed()) {
            considerConsolidation();
        }
    }

    /// Returns whether there is more to do.
    private boolean consolidateSlice() {
        consolidating.lock();
        try {
            return !readers.isClosed() && consolidation.step();
        } finally {
            consolidating.unlock();
        }
    }

    @Override
    public void consolidateNow() {
        checkOpen();
        while (consolidation.isRunning() && consolidateSlice()) { // That one may have begun before the last removals.
            checkOpen();
        }
        while (consolidateSlice()) {
            checkOpen();
        }
        readers.drainAll();
        dropEmptyGraph();
    }

    /// Called by the consolidation for a node that nothing names any more.
    void release(int ordinal) {
        synchronized (bookkeeping) {
            graph.setState(ordinal, Graph.ABSENT);
            tombstones--;
        }
        released.accept(ordinal);
    }

    /// An index without a vector holds no memory but its scratch.
    void dropEmptyGraph() {
        synchronized (bookkeeping) {
            boolean isEmpty = size == 0 && linking == 0 && buffered == 0 && tombstones == 0 && releasing == 0;
            if (isEmpty && graph.limit() > 0 && !readers.isClosed()) {
                Graph emptied = graph;
                graph = newGraph();
                readers.retireMemory(emptied::close);
            }
        }
        readers.drain();
    }

    /// Releases the few that are dead when nothing else happens; no more than a hundredth of the time goes
    /// into it.
    @Override
    public void idle() {
        if (readers.isClosed()) {
            return;
        }
        readers.drain();
        boolean isWanted = tombstones > 0 || consolidation.checkedInsertions() != insertions.get();
        if (isWanted && size + tombstones > 0 && buffered == 0 && clock.nanoTime() - quietAfterNanos >= 0) {
            consolidation.request();
            queueConsolidation();
        } else if (size == 0) {
            dropEmptyGraph();
        }
    }

    void consolidated(long tookNanos) {
        quietAfterNanos = clock.nanoTime() + 100 * tookNanos;
    }

    long insertions() {
        return insertions.get();
    }

    NanoClock clock() {
        return clock;
    }

    // ---- Searches ----

    @Override
    public int words() {
        return (graph.limit() + 63) >>> 6;
    }

    @Override
    public long visible(int word, long candidates) {
        Graph g = graph;
        long visible = 0;
        for (long bits = candidates; bits != 0; bits &= bits - 1) {
            int bit = Long.numberOfTrailingZeros(bits);
            if (Graph.isVisible(g.state((word << 6) + bit))) {
                visible |= 1L << bit;
            }
        }
        return visible;
    }

    @Override
    public boolean isOverdue(Searcher s) {
        return graph.isOverdue(s);
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

    private Hits search(Searcher s, Knn knn) {
        s.begin(knn.deadlineNanos());
        int live = size;
        Filter filter = knn.filter();
        int matches = filter == null ? live : Math.min(filter.count(), live);
        int k = Math.min(knn.k(), matches);
        s.top.reset(Math.max(k, 1));
        if (matches == 0) {
            return s.top.take(false, Hits.Plan.SCAN, 0);
        }
        int ef = Math.max(knn.ef() == 0 ? parameters.efRuntime() : knn.ef(), k);
        boolean isForcedWalk = filter != null && knn.policy() == HybridPolicy.BATCHES;
        boolean isForcedScan = filter != null && knn.policy() == HybridPolicy.ADHOC_BF;
        if (isForcedScan || !isForcedWalk && isScanCheaper(matches, ef, filter)) {
            return scan(s, k, filter, Hits.Plan.SCAN);
        }
        collectBuffered(s, filter);
        boolean isWalked = walk(s, ef, filter, isForcedWalk ? -1 : matches);
        if (!isWalked) {
            return scan(s, k, filter, Hits.Plan.WALK_THEN_SCAN);
        }
        offerPool(s, k);
        if (s.top.size() < k && !s.isCut) {
            return scan(s, k, filter, Hits.Plan.WALK_THEN_SCAN);
        }
        return s.top.take(s.isCut, Hits.Plan.WALK, s.distanceCount);
    }

    private boolean isScanCheaper(int matches, int ef, @Nullable Filter filter) {
        boolean isFew = filter != null && (long) matches * scorer.rows().strideBytes() <= SCAN_BYTES;
        return isFew || Graph.isScanCheaper(matches, ef);
    }

    private Hits scan(Searcher s, int k, @Nullable Filter filter, Hits.Plan plan) {
        s.top.reset(k);
        Scan.nearest(s, this, filter, this);
        return s.top.take(s.isCut, plan, s.distanceCount);
    }

    /// Offers what waits in the buffer and keeps its ordinals in `found`.
    private void collectBuffered(Searcher s, @Nullable Filter filter) {
        s.foundCount = 0;
        int end = highWater;
        int count = 0;
        for (int slot = 0; slot < end; slot++) {
            int ordinal = slots.getAcquire(slot);
            if (ordinal != FREE
                    && (filter == null || filter.matches(ordinal))
                    && Graph.isVisible(graph.state(ordinal))) {
                s.batch[count++] = ordinal;
                s.addFound(ordinal);
            }
        }
        offer(s, count);
    }

    private void offer(Searcher s, int count) {
        s.score(count);
        for (int i = 0; i < count; i++) {
            s.top.offer(exact(s, s.batch[i], s.distances[i]), s.batch[i]);
        }
    }

    private double exact(Searcher s, int ordinal, float distance) {
        return scorer.rows().type() == VectorType.FLOAT64 ? scorer.precise(s.query(), s.factor, ordinal) : distance;
    }

    private boolean walk(Searcher s, int ef, @Nullable Filter filter, int matches) {
        Graph g = graph;
        int width = Math.min(ef, g.limit() + 1);
        if (filter == null && tombstones == 0) {
            g.search(s, width);
            return true;
        }
        return g.searchFiltered(s, width, filter, filter == null ? -1 : matches);
    }

    /// Offers the pool's hits; a vector that moved from the buffer to the graph meanwhile is in both and
    /// counts once.
    private void offerPool(Searcher s, int k) {
        boolean mayRepeat = s.foundCount > 0;
        if (mayRepeat) {
            s.newMarks(graph.limit());
            for (int i = 0; i < s.foundCount; i++) {
                s.mark(s.found[i]);
            }
        }
        boolean isRescored = scorer.rows().type() == VectorType.FLOAT64;
        int offered = 0;
        for (int i = 0; i < s.poolSize && (isRescored || offered < k); i++) {
            int ordinal = Graph.keyOrdinal(s.pool[i]);
            if (mayRepeat && s.isMarked(ordinal) || !Graph.isVisible(graph.state(ordinal))) {
                continue;
            }
            s.top.offer(exact(s, ordinal, Graph.keyDistance(s.pool[i])), ordinal);
            offered++;
        }
    }

    @Override
    public Hits range(long query, double radius, double epsilon, @Nullable Filter filter, long deadlineNanos) {
        Searcher s = readers.enter();
        try {
            s.setQuery(query);
            s.begin(deadlineNanos);
            s.top.reset(Integer.MAX_VALUE);
            int matches = filter == null ? size : Math.min(filter.count(), size);
            if (isScanCheaper(matches, 0, filter)) {
                Scan.within(s, this, filter, radius, this);
                return s.top.take(s.isCut, Hits.Plan.SCAN, s.distanceCount);
            }
            return walkRange(s, radius, epsilon < 0 ? parameters.epsilon() : epsilon, filter);
        } finally {
            readers.leave(s);
        }
    }

    private Hits walkRange(Searcher s, double radius, double epsilon, @Nullable Filter filter) {
        collectBuffered(s, filter);
        int[] waiting = Arrays.copyOf(s.found, s.foundCount);
        s.top.reset(Integer.MAX_VALUE);
        Graph g = graph;
        g.searchRange(s, Math.max(parameters.efRuntime(), RANGE_EF_MIN), radius, epsilon, filter);
        s.newMarks(g.limit());
        for (int i = 0; i < s.foundCount; i++) {
            s.mark(s.found[i]);
        }
        for (int ordinal : waiting) {
            if (s.mark(ordinal)) {
                s.addFound(ordinal);
            }
        }
        for (int i = 0; i < s.foundCount; i++) {
            double distance = scorer.precise(s.query(), s.factor, s.found[i]);
            if (distance <= radius) {
                s.top.offer(distance, s.found[i]);
            }
        }
        return s.top.take(s.isCut, Hits.Plan.WALK, s.distanceCount);
    }

    @Override
    public double distance(long query, int ordinal) {
        Searcher s = readers.enter();
        try {
            s.setQuery(query);
            return scorer.precise(s.query(), s.factor, ordinal);
        } finally {
            readers.leave(s);
        }
    }

    // ---- The rest ----

    @Override
    public IndexStats stats() {
        synchronized (bookkeeping) {
            long entry = graph.entry();
            return new IndexStats(
                    size,
                    size - buffered + tombstones,
                    tombstones,
                    buffered,
                    releasing,
                    entry < 0 ? 0 : Graph.entryLayer(entry),
                    account.counter(owner, "links").bytes(),
                    account.counter(owner, "upper").bytes(),
                    account.counter(owner, "states").bytes(),
                    scratchCounter.bytes(),
                    insertions.get(),
                    consolidation.completed());
        }
    }

    @Override
    public List<String> invariants() {
        Searcher s = readers.enter();
        try {
            List<String> faults = new ArrayList<>();
            GraphInvariants.check(graph, s, faults);
            int lost = GraphInvariants.unreachable(graph, s);
            // Pruning costs a few their last link; upkeep in a quiet moment finds them. By inner product short vectors
            // are
            // nobody's nearest, so there it is no fault: the scan that follows a walk with too few hits sees them.
            if (metric != Metric.IP && lost > size / 100) {
                faults.add(lost + " of " + size + " live nodes cannot be reached");
            }
            return faults;
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public void close() {
        threads.unregister(this);
        readers.close();
        consolidating.lock();
        try {
            synchronized (bookkeeping) {
                graph.close();
                size = 0;
                buffered = 0;
                highWater = 0;
                tombstones = 0;
            }
        } finally {
            consolidating.unlock();
        }
    }
}
