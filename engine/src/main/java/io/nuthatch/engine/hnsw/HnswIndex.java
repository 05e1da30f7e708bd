package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The graph index: one mutable [Graph] behind a bounded flat buffer.
///
/// A new vector goes into the buffer and is searchable; an index thread links it into the graph and then
/// takes it out of the buffer. A search scans the buffer first and walks the graph second, so it meets each
/// vector at least once. When the buffer is full the writer links its vector itself: memory and lag are
/// bounded, and the writer pays. (While a start replays a log, [IndexThreads#hold] has the buffer grow
/// instead, up to a bound of its own.)
///
/// A removed vector turns into a tombstone that walks pass through and never return. When a tenth of the
/// graph is dead, or when nothing else happens, a [Consolidation] relinks its neighbours and releases its
/// ordinal. (Waiting for 20 to 30 % costs 40 % less a removal, but rows and links of the dead are memory, and
/// churn may cost 10 % of it.)
///
/// Walks go by exact rows until a [Compressor] has made codes of them, if the parameters ask for codes.
///
/// Threads: `bookkeeping` guards states, buffer and counts, and is held for a few stores at a time;
/// `consolidating` is held for a slice of a consolidation or of the compressor's work, of which only one is
/// under way at a time, and taken before `bookkeeping`. Searches take neither.
public final class HnswIndex implements VectorIndex, IndexThreads.Idler {
    /// Vectors that may wait for their place while clients write; a search scans them all.
    public static final int BUFFER_CAPACITY = Buffer.CAPACITY;

    /// Pruning slack, see [Graph]. 1.1 was measured on MiniLM: the same recall for the same number of
    /// distances, for a slower build.
    private static final double ALPHA = 1.0;

    private static final double CONSOLIDATE_SHARE = 0.09;
    private static final int CONSOLIDATE_MIN = 128;
    private static final int UNCHECKED_MAX = 4096; // Insertions until upkeep looks for nodes that nobody names.

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
    private final AtomicBoolean isUpkeepQueued = new AtomicBoolean();
    private final AtomicBoolean isDrainQueued = new AtomicBoolean();
    private final AtomicLong insertions = new AtomicLong();

    private final Object bookkeeping = new Object();
    private final Buffer buffer = new Buffer();
    private int linking;
    private int releasing;
    private volatile int size;
    private volatile int tombstones; // Tombstones and doomed.
    private volatile Graph graph; // Replaced by an empty one, under bookkeeping, when nothing is left in it.
    private volatile long quietAfterNanos;
    private volatile boolean usesCodes = true;
    private volatile boolean isCrowded; // Written under bookkeeping.

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
        if (!parameters.compression().accepts(rows.type())) {
            throw new IllegalArgumentException(rows.type() + " rows cannot be coded as " + parameters.compression());
        }
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
        threads.register(this);
    }

    /// An empty one, which is nobody's until it is installed.
    Graph newGraph() {
        return new Graph(parameters, ALPHA, scorer.rows(), metric, readers, clock, account, owner);
    }

    @Override
    public Rows rows() {
        return scorer.rows();
    }

    @Override
    public Metric metric() {
        return metric;
    }

    /// Whether searches go by the graph's codes, where it has them. Without, they compare rows, as in an
    /// index without compression; the codes are kept up. Searches that begin later obey.
    public void setUsesCodes(boolean usesCodes) {
        this.usesCodes = usesCodes;
    }

    boolean usesCodes() {
        return usesCodes;
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
        return buffer.size();
    }

    Graph graph() {
        return graph;
    }

    Buffer buffer() {
        return buffer;
    }

    Readers readers() {
        return readers;
    }

    /// Puts a graph in the place of the empty one of an index that nobody has used yet; `live` and `dead` are
    /// its nodes that can be found, and its tombstones.
    void install(Graph restored, int live, int dead) {
        Graph former;
        synchronized (bookkeeping) {
            checkOpen();
            assert size == 0 && linking == 0 && tombstones == 0 : "size=" + size + " tombstones=" + tombstones;
            former = graph;
            graph = restored;
            size = live;
            tombstones = dead;
        }
        insertions.incrementAndGet(); // Upkeep then looks for nodes that nobody names any more.
        readers.retireMemory(former::close);
        considerUpkeep();
    }

    /// Vectors that are in the graph and can be found.
    private int linked() {
        return Math.max(0, size - buffer.size());
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
    public boolean hasRoom() {
        return !isCrowded || threads.isHeld();
    }

    /// Under the bookkeeping lock, after the buffer has changed.
    private void noteRoom() {
        boolean isNow = buffer.isCrowded() && threads.count() > 0;
        if (isNow != isCrowded) {
            isCrowded = isNow;
            threads.noteCrowd(isNow);
        }
    }

    @Override
    public void add(int ordinal) {
        boolean isBuffered;
        synchronized (bookkeeping) {
            checkOpen();
            assert graph.states.of(ordinal) == States.ABSENT
                    : "ordinal " + ordinal + " is in state " + graph.states.of(ordinal);
            if (threads.mayWait()) {
                buffer.raiseLimit();
            }
            isBuffered = !buffer.isFull(threads.count() > 0);
            graph.states.set(ordinal, isBuffered ? States.BUFFERED : States.LINKING);
            if (isBuffered) {
                buffer.add(ordinal);
                noteRoom();
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
            link(s, ordinal, Buffer.NONE);
        } finally {
            readers.leave(s);
        }
        if (tombstones > 2 * consolidationLimit()) { // The index threads do not keep up: this writer helps.
            queueUpkeep();
            if (consolidating.tryLock()) {
                try {
                    upkeepSlice(); // Not always a consolidation: codes must get their turn.
                } finally {
                    consolidating.unlock();
                }
            }
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
                slot = buffer.claim();
                if (slot == Buffer.NONE) {
                    return;
                }
                ordinal = buffer.ordinal(slot);
                graph.states.set(ordinal, States.LINKING);
                linking++;
            }
            link(s, ordinal, slot);
        } finally {
            readers.leave(s);
        }
    }

    private void link(Searcher s, int ordinal, int slot) {
        s.begin(Knn.NO_DEADLINE);
        Graph g = graph; // Nobody replaces it while something is being linked.
        s.bind(g.compressor.coding());
        g.compressor.code(s, ordinal);
        g.insertion.insert(s, ordinal);
        boolean isRemoved;
        synchronized (bookkeeping) {
            isRemoved = graph.states.of(ordinal) == States.LINKING_REMOVED;
            graph.states.set(ordinal, isRemoved ? States.TOMBSTONE : States.LIVE);
            if (isRemoved) {
                tombstones++;
            }
            linking--;
            if (slot != Buffer.NONE) {
                buffer.free(slot); // Only now: a search that finds the slot free finds the node in the graph.
                noteRoom();
            }
        }
        long unchecked = insertions.incrementAndGet() - consolidation.checkedInsertions();
        if (unchecked > Math.max(UNCHECKED_MAX, size / 2)) { // No quiet moment has come: look for lost nodes now.
            consolidation.request();
            queueUpkeep();
        } else if (isRemoved || isWorkWanted()) {
            considerUpkeep();
        }
    }

    @Override
    public boolean remove(int ordinal) {
        boolean wasBuffered = false;
        synchronized (bookkeeping) {
            checkOpen();
            switch (graph.states.of(ordinal)) {
                case States.BUFFERED -> {
                    graph.states.set(ordinal, States.RELEASING);
                    buffer.free(buffer.slotOf(ordinal));
                    noteRoom();
                    releasing++;
                    wasBuffered = true;
                }
                case States.LINKING -> graph.states.set(ordinal, States.LINKING_REMOVED);
                case States.LIVE -> {
                    graph.states.set(ordinal, States.TOMBSTONE);
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
                    graph.states.set(ordinal, States.ABSENT);
                    releasing--;
                }
                released.accept(ordinal);
            });
            queueDrain();
        } else {
            considerUpkeep();
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
            return States.isVisible(graph.states.of(ordinal));
        }
    }

    // ---- Consolidation ----

    private int consolidationLimit() {
        return Math.max(CONSOLIDATE_MIN, (int) (CONSOLIDATE_SHARE * size));
    }

    private void considerUpkeep() {
        int dead = tombstones;
        if (isWorkWanted() || dead >= consolidationLimit() || dead > 0 && size == 0) {
            queueUpkeep();
        }
    }

    private boolean isWorkWanted() {
        return graph.compressor.isWanted(linked()) || graph.relinking.isWanted();
    }

    private void queueUpkeep() {
        if (isUpkeepQueued.compareAndSet(false, true)) {
            threads.executeUpkeep(this::runUpkeep);
        }
    }

    private void runUpkeep() {
        if (upkeepSlice()) {
            threads.executeUpkeep(this::runUpkeep);
            return;
        }
        isUpkeepQueued.set(false);
        if (!readers.isClosed()) {
            considerUpkeep();
        }
    }

    /// Goes on with what was begun, or begins what is wanted; returns whether there is more of it.
    private boolean upkeepSlice() {
        consolidating.lock();
        try {
            if (readers.isClosed()) {
                return false;
            }
            if (consolidation.isRunning()) {
                return consolidation.step();
            }
            if (graph.compressor.isWanted(linked())) {
                return compressSlice();
            }
            if (graph.relinking.isWanted() && tombstones < consolidationLimit()) {
                relinkSlice();
                return true;
            }
            return consolidation.step();
        } finally {
            consolidating.unlock();
        }
    }

    /// As [#upkeepSlice], but begins nothing but a consolidation.
    private boolean consolidateSlice() {
        consolidating.lock();
        try {
            if (readers.isClosed()) {
                return false;
            }
            if (graph.compressor.isRunning()) {
                compressSlice();
                return true;
            }
            return consolidation.step();
        } finally {
            consolidating.unlock();
        }
    }

    private boolean compressSlice() {
        Searcher s = readers.enter();
        try {
            return graph.compressor.step(s, linked());
        } finally {
            readers.leave(s);
        }
    }

    private void relinkSlice() {
        Searcher s = readers.enter();
        try {
            graph.relinking.step(s);
        } finally {
            readers.leave(s);
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
            graph.states.set(ordinal, States.ABSENT);
            tombstones--;
        }
        released.accept(ordinal);
    }

    /// An index without a vector holds no memory but its scratch.
    void dropEmptyGraph() {
        synchronized (bookkeeping) {
            boolean isEmpty = size == 0 && linking == 0 && buffer.size() == 0 && tombstones == 0 && releasing == 0;
            if (isEmpty && graph.states.limit() > 0 && !readers.isClosed()) {
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
        if (isWorkWanted()) {
            queueUpkeep();
        } else if (isWanted && size + tombstones > 0 && buffer.size() == 0 && clock.nanoTime() - quietAfterNanos >= 0) {
            consolidation.request();
            queueUpkeep();
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
    public Hits search(long query, Knn knn) {
        Searcher s = readers.enter();
        try {
            s.begin(knn.deadlineNanos());
            GraphSearch search = new GraphSearch(this, s);
            s.setQuery(query);
            return search.nearest(knn);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public Hits search(float[] query, Knn knn) {
        Searcher s = readers.enter();
        try {
            s.begin(knn.deadlineNanos());
            GraphSearch search = new GraphSearch(this, s);
            s.setQuery(query);
            return search.nearest(knn);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public Hits exact(long query, Knn knn) {
        Searcher s = readers.enter();
        try {
            s.begin(knn.deadlineNanos());
            GraphSearch search = new GraphSearch(this, s);
            s.setQuery(query);
            return search.exact(knn);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public Hits range(long query, double radius, double epsilon, @Nullable Filter filter, long deadlineNanos) {
        Searcher s = readers.enter();
        try {
            s.begin(deadlineNanos);
            GraphSearch search = new GraphSearch(this, s);
            s.setQuery(query);
            return search.within(radius, epsilon, filter);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public double distance(long query, int ordinal) {
        Searcher s = readers.enter();
        try {
            s.bind(Compressor.Coding.NONE);
            s.setQuery(query);
            return s.precise(ordinal);
        } finally {
            readers.leave(s);
        }
    }

    // ---- The rest ----

    @Override
    public IndexStats stats() {
        synchronized (bookkeeping) {
            long entry = graph.entry.get();
            return new IndexStats(
                    size,
                    size - buffer.size() + tombstones,
                    tombstones,
                    buffer.size(),
                    releasing,
                    entry < 0 ? 0 : EntryPoint.layer(entry),
                    account.counter(owner, "links").bytes(),
                    account.counter(owner, "upper").bytes(),
                    account.counter(owner, "states").bytes(),
                    scratchCounter.bytes(),
                    account.counter(owner, "codes").bytes(),
                    graph.compressor.trainings(),
                    graph.compressor.drift(),
                    graph.compressor.use(),
                    insertions.get(),
                    consolidation.completed());
        }
    }

    /// Live nodes that no walk can reach. In a quiet moment upkeep links them again.
    int unreachable() {
        Searcher s = readers.enter();
        try {
            return GraphInvariants.unreachable(graph, s);
        } finally {
            readers.leave(s);
        }
    }

    @Override
    public List<String> invariants() {
        Searcher s = readers.enter();
        try {
            List<String> faults = new ArrayList<>();
            GraphInvariants.check(graph, s, faults);
            int lost = GraphInvariants.unreachable(graph, s);
            // Pruning costs a few their last link; upkeep in a quiet moment finds them. By inner product short
            // vectors are nobody's nearest, so there it is no fault: the scan that follows a walk with too few hits
            // sees them.
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
                buffer.clear();
                noteRoom();
                tombstones = 0;
            }
        } finally {
            consolidating.unlock();
        }
    }
}
