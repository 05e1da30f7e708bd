package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.VectorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Plans and runs one search of an [HnswIndex]: the buffer first, then the graph or a scan.
///
/// Plan of a filtered search: few matches, or an `ef` that is a large part of the graph, are scanned;
/// otherwise the graph is walked and left for the scan when its cost, predicted on the way, exceeds the
/// scan's. A walk that ends with fewer than `k` hits is followed by the scan: k matches give k hits, always.
///
/// Where the graph has codes, walks and long scans go by them, and the distances of the answer are exact: of
/// a walk's pool the nearest `rescore * k` are compared again with their rows, of a scan whatever the codes
/// leave open.
///
/// Threads: any number; the state of a search is in its searcher. One instance is one search's view: the
/// graph that the index had when it began.
final class GraphSearch implements CodeScan.Presence, Scan.Watch {
    /// Matches of a range's filter whose rows are fewer bytes than this are scanned: unlike a walk for the
    /// nearest, one for a range does not watch its cost.
    private static final long SCAN_BYTES = 8L << 20;

    /// The same for codes: walks by codes are faster in the same measure.
    private static final long CODE_SCAN_BYTES = 2L << 20;

    private static final int EXACT_SCAN_MAX = 256; // Matches that are not worth a look at their codes first.
    private static final int RANGE_EF_MIN = 64;

    private final HnswIndex index;
    private final Graph graph;
    private final Searcher s;

    /// `s` is inside the epoch, and from now on bound to the graph's codes, or to none if the index says so.
    GraphSearch(HnswIndex index, Searcher s) {
        this.index = index;
        this.graph = index.graph();
        this.s = s;
        s.bind(index.usesCodes() ? graph.compressor.coding() : Compressor.Coding.NONE);
    }

    // ---- What a scan asks ----

    @Override
    public int words() {
        return (graph.states.limit() + 63) >>> 6;
    }

    @Override
    public long visible(int word, long candidates) {
        return graph.states.within(word, candidates, States.BUFFERED, States.LIVE);
    }

    /// Only what is LIVE has a code for certain.
    @Override
    public long coded(int word, long candidates) {
        return graph.states.within(word, candidates, States.LIVE, States.LIVE);
    }

    @Override
    public boolean isOverdue(Searcher searcher) {
        return graph.walk.isOverdue(searcher);
    }

    // ---- The nearest ----

    /// The query is set.
    Hits nearest(Knn knn) {
        int live = index.size();
        Filter filter = knn.filter();
        int matches = filter == null ? live : Math.min(filter.count(), live);
        int k = Math.min(knn.k(), matches);
        s.top.reset(Math.max(k, 1));
        if (matches == 0) {
            return s.top.take(false, Hits.Plan.SCAN, 0);
        }
        int rescored = rescored(knn, k);
        int ef = Math.max(knn.ef() == 0 ? index.parameters().efRuntime() : knn.ef(), rescored);
        boolean isForcedWalk = filter != null && knn.policy() == HybridPolicy.BATCHES;
        boolean isForcedScan = filter != null && knn.policy() == HybridPolicy.ADHOC_BF;
        if (isForcedScan
                || !isForcedWalk
                        && graph.walk.isScanCheaper(matches, live, ef, s.scorer.rowBytes(), s.walksNatively())) {
            return scan(k, matches, filter, Hits.Plan.SCAN);
        }
        offerBuffered(filter);
        boolean isWalked = walk(ef, filter, isForcedWalk ? -1 : matches);
        if (!isWalked) {
            return scan(k, matches, filter, Hits.Plan.WALK_THEN_SCAN);
        }
        offerPool(rescored);
        if (s.top.size() < k && !s.isCut) {
            return scan(k, matches, filter, Hits.Plan.WALK_THEN_SCAN);
        }
        return s.top.take(s.isCut, Hits.Plan.WALK, s.distanceCount);
    }

    /// Compares every match by its row. The query is set.
    Hits exact(Knn knn) {
        s.top.reset(knn.k());
        Scan.nearest(s, this, knn.filter(), this);
        return s.top.take(s.isCut, Hits.Plan.SCAN, s.distanceCount);
    }

    /// How many of a walk's nearest are compared with their rows.
    private int rescored(Knn knn, int k) {
        if (!s.isCoded()) {
            return k;
        }
        if (knn.rescore() == 0) {
            Compression compression = index.parameters().compression();
            return compression.rescored(k);
        }
        return (int) Math.min(Integer.MAX_VALUE, Math.ceil(knn.rescore() * k));
    }

    private Hits scan(int k, int matches, @Nullable Filter filter, Hits.Plan plan) {
        if (s.isCoded() && matches > Math.max(EXACT_SCAN_MAX, 4L * k)) {
            CodeScan.nearest(s, this, filter, k, this);
        } else {
            s.top.reset(k);
            Scan.nearest(s, this, filter, this);
        }
        return s.top.take(s.isCut, plan, s.distanceCount);
    }

    /// Offers what waits in the buffer and keeps its ordinals in `found`.
    private void offerBuffered(@Nullable Filter filter) {
        Buffer buffer = index.buffer();
        s.foundCount = 0;
        int end = buffer.end();
        int count = 0;
        for (int slot = 0; slot < end; slot++) {
            int ordinal = buffer.ordinal(slot);
            if (ordinal != Buffer.NONE
                    && (filter == null || filter.matches(ordinal))
                    && States.isVisible(graph.states.of(ordinal))) {
                s.batch[count++] = ordinal;
                s.addFound(ordinal);
                if (count == Searcher.BATCH_MAX) {
                    Scan.offer(s, count, Double.NaN);
                    count = 0;
                }
            }
        }
        Scan.offer(s, count, Double.NaN);
    }

    private boolean walk(int ef, @Nullable Filter filter, int matches) {
        int width = Math.min(ef, graph.states.limit() + 1);
        if (filter == null && index.tombstones() == 0) {
            graph.walk.search(s, width);
            return true;
        }
        return graph.walk.searchFiltered(s, width, filter, filter == null ? -1 : matches);
    }

    /// Offers the nearest `count` of the pool; a vector that moved from the buffer to the graph meanwhile is
    /// in both and counts once.
    private void offerPool(int count) {
        boolean mayRepeat = s.foundCount > 0;
        if (mayRepeat) {
            s.newMarks(graph.states.limit());
            for (int i = 0; i < s.foundCount; i++) {
                s.mark(s.found[i]);
            }
        }
        boolean isDouble = s.exact.rows().type() == VectorType.FLOAT64; // Walks round it.
        boolean isExact = !s.isCoded() && !isDouble;
        int wanted = isDouble && !s.isCoded() ? s.poolSize : count;
        int offered = 0;
        int waiting = 0;
        for (int i = 0; i < s.poolSize && offered < wanted; i++) {
            int ordinal = Keys.ordinal(s.pool[i]);
            if (mayRepeat && s.isMarked(ordinal) || !States.isVisible(graph.states.of(ordinal))) {
                continue;
            }
            offered++;
            if (isExact) {
                s.top.offer(Keys.distance(s.pool[i]), ordinal);
                continue;
            }
            s.batch[waiting++] = ordinal;
            if (waiting == Searcher.BATCH_MAX) {
                Scan.offer(s, waiting, Double.NaN);
                waiting = 0;
            }
        }
        Scan.offer(s, waiting, Double.NaN);
    }

    // ---- All within a radius ----

    /// The query is set.
    Hits within(double radius, double epsilon, @Nullable Filter filter) {
        s.top.reset(Integer.MAX_VALUE);
        int live = index.size();
        int matches = filter == null ? live : Math.min(filter.count(), live);
        if (isRangeScanCheaper(matches, live, filter)) {
            Scan.within(s, this, filter, radius, this);
            return s.top.take(s.isCut, Hits.Plan.SCAN, s.distanceCount);
        }
        return walkRange(radius, epsilon < 0 ? index.parameters().epsilon() : epsilon, filter);
    }

    private boolean isRangeScanCheaper(int matches, int live, @Nullable Filter filter) {
        if (filter != null) {
            long rowBytes = s.scorer.rowBytes();
            if (matches * rowBytes <= (s.isCoded() ? CODE_SCAN_BYTES : SCAN_BYTES)) {
                return true;
            }
        }
        return graph.walk.isScanCheaper(matches, live, 0, s.exact.rows().strideBytes(), false);
    }

    private Hits walkRange(double radius, double epsilon, @Nullable Filter filter) {
        offerBuffered(filter);
        int[] waiting = Arrays.copyOf(s.found, s.foundCount);
        s.top.reset(Integer.MAX_VALUE);
        int ef = Math.max(index.parameters().efRuntime(), RANGE_EF_MIN);
        graph.walk.searchRange(s, ef, radius, epsilon, filter);
        s.newMarks(graph.states.limit());
        for (int i = 0; i < s.foundCount; i++) {
            s.mark(s.found[i]);
        }
        for (int ordinal : waiting) {
            if (s.mark(ordinal)) {
                s.addFound(ordinal);
            }
        }
        for (int i = 0; i < s.foundCount; i++) {
            double distance = s.precise(s.found[i]);
            if (distance <= radius) {
                s.top.offer(distance, s.found[i]);
            }
        }
        return s.top.take(s.isCut, Hits.Plan.WALK, s.distanceCount);
    }
}
