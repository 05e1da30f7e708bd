package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.VectorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Plans and runs one search of an [HnswIndex]: the buffer first, then the graph or a scan.
///
/// Plan of a filtered search: few matches, or an `ef` that is a large part of the graph, are scanned exactly;
/// otherwise the graph is walked and left for the scan when its cost, predicted on the way, exceeds the
/// scan's. A walk that ends with fewer than `k` hits is followed by the scan: k matches give k hits, always.
///
/// Threads: any number; the state of a search is in its searcher.
final class GraphSearch implements Scan.Presence, Scan.Watch {
    /// Matches of a filter whose rows are fewer bytes than this are scanned. A walk may be three times as
    /// fast when the matches are near the query and is many times slower when they are not.
    private static final long SCAN_BYTES = 8L << 20;

    private static final int RANGE_EF_MIN = 64;

    private final HnswIndex index;
    private final Buffer buffer;
    private final RowScorer scorer;
    private final HnswParameters parameters;

    GraphSearch(HnswIndex index, Buffer buffer, RowScorer scorer, HnswParameters parameters) {
        this.index = index;
        this.buffer = buffer;
        this.scorer = scorer;
        this.parameters = parameters;
    }

    @Override
    public int words() {
        return (index.graph().states.limit() + 63) >>> 6;
    }

    @Override
    public long visible(int word, long candidates) {
        Graph g = index.graph();
        long visible = 0;
        for (long bits = candidates; bits != 0; bits &= bits - 1) {
            int bit = Long.numberOfTrailingZeros(bits);
            if (States.isVisible(g.states.of((word << 6) + bit))) {
                visible |= 1L << bit;
            }
        }
        return visible;
    }

    @Override
    public boolean isOverdue(Searcher s) {
        return index.graph().walk.isOverdue(s);
    }

    Hits nearest(Searcher s, Knn knn) {
        int live = index.size();
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
        return isFew || Walk.isScanCheaper(matches, ef);
    }

    private Hits scan(Searcher s, int k, @Nullable Filter filter, Hits.Plan plan) {
        s.top.reset(k);
        Scan.nearest(s, this, filter, this);
        return s.top.take(s.isCut, plan, s.distanceCount);
    }

    /// Offers what waits in the buffer and keeps its ordinals in `found`.
    private void collectBuffered(Searcher s, @Nullable Filter filter) {
        Graph g = index.graph();
        s.foundCount = 0;
        int end = buffer.end();
        int count = 0;
        for (int slot = 0; slot < end; slot++) {
            int ordinal = buffer.ordinal(slot);
            if (ordinal != Buffer.NONE
                    && (filter == null || filter.matches(ordinal))
                    && States.isVisible(g.states.of(ordinal))) {
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
        Graph g = index.graph();
        int width = Math.min(ef, g.states.limit() + 1);
        if (filter == null && index.tombstones() == 0) {
            g.walk.search(s, width);
            return true;
        }
        return g.walk.searchFiltered(s, width, filter, filter == null ? -1 : matches);
    }

    /// Offers the pool's hits; a vector that moved from the buffer to the graph meanwhile is in both and
    /// counts once.
    private void offerPool(Searcher s, int k) {
        Graph g = index.graph();
        boolean mayRepeat = s.foundCount > 0;
        if (mayRepeat) {
            s.newMarks(g.states.limit());
            for (int i = 0; i < s.foundCount; i++) {
                s.mark(s.found[i]);
            }
        }
        boolean isRescored = scorer.rows().type() == VectorType.FLOAT64;
        int offered = 0;
        for (int i = 0; i < s.poolSize && (isRescored || offered < k); i++) {
            int ordinal = Keys.ordinal(s.pool[i]);
            if (mayRepeat && s.isMarked(ordinal) || !States.isVisible(g.states.of(ordinal))) {
                continue;
            }
            s.top.offer(exact(s, ordinal, Keys.distance(s.pool[i])), ordinal);
            offered++;
        }
    }

    Hits range(Searcher s, double radius, double epsilon, @Nullable Filter filter) {
        s.top.reset(Integer.MAX_VALUE);
        int live = index.size();
        int matches = filter == null ? live : Math.min(filter.count(), live);
        if (isScanCheaper(matches, 0, filter)) {
            Scan.within(s, this, filter, radius, this);
            return s.top.take(s.isCut, Hits.Plan.SCAN, s.distanceCount);
        }
        return walkRange(s, radius, epsilon < 0 ? parameters.epsilon() : epsilon, filter);
    }

    private Hits walkRange(Searcher s, double radius, double epsilon, @Nullable Filter filter) {
        collectBuffered(s, filter);
        int[] waiting = Arrays.copyOf(s.found, s.foundCount);
        s.top.reset(Integer.MAX_VALUE);
        Graph g = index.graph();
        g.walk.searchRange(s, Math.max(parameters.efRuntime(), RANGE_EF_MIN), radius, epsilon, filter);
        s.newMarks(g.states.limit());
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
}
