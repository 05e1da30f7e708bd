package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.NanoClock;
import org.jspecify.annotations.Nullable;

/// The ways through a graph: greedily down the layers, the `ef` nearest of a layer, the nearest that match a
/// filter, all within a radius.
///
/// The candidates and the results are one sorted `long[]` of [Keys], the searcher's pool, with `ef` entries;
/// only a walk that must pass over nodes it may not return (a filter, tombstones) keeps them apart.
///
/// Threads: any number; nothing is written but the searcher.
final class Walk {
    private static final int DEADLINE_STRIDE = 256; // Distances between two looks at the clock.
    private static final int FILTERED_STRIDE = 128; // The same where a walk may turn out to be hopeless.
    private static final int RANGE_POOL_MAX = 1024;

    /// What a distance of a walk costs in distances of a scan, whose rows come in order, by the bytes of a
    /// row: 51 and 8 ns for codes of 128 bytes, 41 and 13 for codes of 384, 78 and 50 for rows of 1,536 (19
    /// where a scan of few stays in the cache), 230 and 72 to 109 for rows of 3,136. Rather too small: with
    /// one too large a walk gives up that would have been the faster half.
    private static final double WALKED_TO_SCANNED_SHORT = 6;

    private static final double WALKED_TO_SCANNED = 2.6;
    private static final double WALKED_TO_SCANNED_LONG = 2;

    /// The same with the native kernel, as a share of that: 23 and 10 ns for codes of 384 bytes.
    private static final double NATIVE_SHARE = 0.8;

    private static final int SHORT_BYTES_MAX = 128;
    private static final int LONG_BYTES_MIN = 1024;

    /// A scan of up to so many times the cost of the shortest walk is not put behind an attempt to walk that
    /// is likely to fail.
    private static final double ATTEMPT_WORTH = 2;

    /// The share of a scan's cost that a filtered walk may take: with the scan that follows when it gives up,
    /// 1.7 scans at most.
    private static final double WALK_SHARE = 0.7;

    private static final int APPROACH = 200; // Distances until a walk is near the query, about.
    private static final double DISTANCES_PER_PLACE = 16; // At first; see [#distancesPerPlace].
    private static final double LEARNING_RATE = 1.0 / 32;
    private static final int LEARNING_EF_MIN = 32; // Narrower walks are hardly more than the approach.

    /// Decided once, by `-Dnuthatch.pairedwalks=off` (the setting `paired-walks`).
    private static final boolean ARE_PAIRED = !"off".equals(System.getProperty("nuthatch.pairedwalks"));

    private final EntryPoint entry;
    private final States states;
    private final Links links;
    private final Readers readers;
    private final NanoClock clock;

    /// Distances that a walk takes for each place in its pool once it is near the query, if every node
    /// matches. Learnt from walks that ended: 4 where clusters are far apart, 14 on sentence embeddings.
    private volatile double distancesPerPlace = DISTANCES_PER_PLACE;

    Walk(EntryPoint entry, States states, Links links, Readers readers, NanoClock clock) {
        this.entry = entry;
        this.states = states;
        this.links = links;
        this.readers = readers;
        this.clock = clock;
    }

    /// The nearest node of layer `layerMin` that a greedy descent finds, as a key; the graph is not empty.
    long descend(Searcher s, long start, int layerMin) {
        NativeWalk kernel = s.nativeWalk;
        if (kernel != null && kernel.begin(s, links, states)) {
            long nearest = kernel.descend(s, start, layerMin);
            if (nearest != NativeWalk.NOTHING) {
                return nearest;
            }
        }
        int nearest = EntryPoint.ordinal(start);
        s.distanceCount++;
        float best = s.scorer.score(s.query(), s.factor, nearest);
        for (int layer = EntryPoint.layer(start); layer >= layerMin; layer--) {
            boolean moved = true;
            while (moved) {
                moved = false;
                int count = links.copy(nearest, layer, s.batch);
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
        return Keys.of(best, nearest);
    }

    /// Leaves in the searcher's pool the up to `ef` nearest nodes of the whole graph, removed ones among
    /// them.
    void search(Searcher s, int ef) {
        int distances = look(s, ef);
        if (s.poolSize == ef && !s.isCut) {
            learn(ef, distances, 1);
        }
    }

    /// As [#search], for who only tries out codes: what it took is no measure of later searches. Returns the
    /// distances that it took in layer 0.
    int look(Searcher s, int ef) {
        s.poolSize = 0;
        long start = entry.get();
        if (start < 0) {
            return 0;
        }
        long nearest = descend(s, start, 1);
        s.newMarks(states.limit());
        seed(s, nearest, ef);
        int before = s.distanceCount;
        expand(s, 0, ef, Integer.MAX_VALUE);
        return s.distanceCount - before;
    }

    void seed(Searcher s, long nearest, int ef) {
        if (s.pool.length < ef) {
            s.pool = new long[Math.max(ef, Math.min(2 * s.pool.length, states.limit() + 1))];
        }
        s.pool[0] = nearest;
        s.poolSize = 1;
        s.mark(Keys.ordinal(nearest));
    }

    /// Expands the pool's nodes, nearest first, until none of the `ef` nearest is left to expand, or
    /// `expansions` have been.
    ///
    /// Two at a time: a batch of distances twice as long wastes less of the memory's bandwidth at its ends,
    /// and the misses on both lists overlap, which are begun before either is read. That costs 1 % more
    /// distances, as the second node might not have been the next, and saves 20 % of the time over codes of
    /// two lines, 8 % over those of six.
    void expand(Searcher s, int layer, int ef, int expansions) {
        NativeWalk kernel = s.nativeWalk;
        if (layer == 0 && kernel != null && kernel.begin(s, links, states)) {
            kernel.beginExpansion(s, ef, expansions);
            while (!kernel.expand(s) && !isOverdue(s)) {}
            return;
        }
        long[] pool = s.pool;
        int size = s.poolSize;
        int capacity = links.capacity(layer);
        int next = 0;
        int left = expansions;
        int nextCheck = s.distanceCount + DEADLINE_STRIDE;
        int touched = 0;
        while (next < size && left > 0) {
            long candidate = pool[next];
            if ((candidate & Keys.EXPANDED) != 0) {
                next++;
                continue;
            }
            pool[next] = candidate | Keys.EXPANDED;
            left--;
            int second = next + 1;
            while (second < size && (pool[second] & Keys.EXPANDED) != 0) {
                second++;
            }
            long list = links.list(Keys.ordinal(candidate), layer);
            int count;
            if (ARE_PAIRED && second < size) {
                pool[second] |= Keys.EXPANDED;
                left--;
                long other = links.list(Keys.ordinal(pool[second]), layer);
                touched += Links.touch(list, capacity) + Links.touch(other, capacity);
                count = s.unmarkedLinks(0, list, capacity);
                count = s.unmarkedLinks(count, other, capacity);
            } else {
                count = s.unmarkedLinks(0, list, capacity);
            }
            s.score(count);
            int lowest = next + 1;
            int near = s.nearer(count, size == ef ? pool[size - 1] : Long.MAX_VALUE);
            for (int i = 0; i < near; i++) {
                long key = s.nearKeys[i];
                if (size == ef) {
                    if (key >= pool[size - 1]) {
                        continue;
                    }
                    size--;
                }
                int at = Keys.place(pool, size, key);
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
        s.touched = touched;
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
    /// Every 128 distances the rate of matches seen so far says how many distances the pool needs in all:
    /// what a walk over everything needs, divided by the rate. A walk through two hops of non-matching nodes
    /// would be cheaper and loses most of the recall, unnoticed, when the matches are far away.
    boolean searchFiltered(Searcher s, int ef, @Nullable Filter filter, int matches) {
        s.poolSize = 0;
        long start = entry.get();
        if (start < 0) {
            return true;
        }
        long nearest = descend(s, start, 1);
        s.newMarks(states.limit());
        s.mark(Keys.ordinal(nearest));
        if (s.pool.length < ef) {
            s.pool = new long[ef];
        }
        s.matchCount = 0;
        if (passes(Keys.ordinal(nearest), filter)) {
            s.pool[s.poolSize++] = nearest;
            s.matchCount++;
        }
        s.heap.clear();
        s.heap.push(nearest);
        NativeWalk kernel = s.nativeWalk;
        boolean isNative = kernel != null && kernel.begin(s, links, states);
        int before = s.distanceCount - 1;
        boolean isDone = false;
        while (!isDone) {
            isDone = kernel != null && isNative
                    ? kernel.expandFiltered(s, ef, filter, FILTERED_STRIDE)
                    : expandFiltered(s, ef, filter, FILTERED_STRIDE);
            if (isDone || isOverdue(s)) {
                break;
            }
            if (matches >= 0) {
                int visited = s.distanceCount - before;
                double needed = expectedDistances(ef, (s.matchCount + 0.5) / visited);
                if (walkedToScanned(s.scorer.rowBytes(), isNative) * Math.max(visited, needed) > WALK_SHARE * matches) {
                    return false;
                }
            }
        }
        if (s.poolSize == ef && !s.isCut) {
            int visited = s.distanceCount - before;
            learn(ef, visited, (s.matchCount + 0.5) / visited);
        }
        return true;
    }

    /// Goes on with a filtered walk for at least `budget` distances; returns whether it is at its end.
    private boolean expandFiltered(Searcher s, int ef, @Nullable Filter filter, int budget) {
        long[] pool = s.pool;
        int size = s.poolSize;
        int capacity = links.capacity(0);
        int touched = 0;
        int end = s.distanceCount + budget;
        boolean isDone = false;
        while (s.distanceCount < end) {
            if (s.heap.isEmpty() || size == ef && s.heap.first() > pool[size - 1]) {
                isDone = true;
                break;
            }
            long candidate = s.heap.first();
            s.heap.pop();
            long list = links.list(Keys.ordinal(candidate), 0);
            int count;
            if (ARE_PAIRED
                    && !s.heap.isEmpty()
                    && (size < ef || s.heap.first() <= pool[size - 1])) { // Two at a time, as [#expand].
                long second = s.heap.first();
                s.heap.pop();
                long other = links.list(Keys.ordinal(second), 0);
                touched += Links.touch(list, capacity) + Links.touch(other, capacity);
                count = s.unmarkedLinks(0, list, capacity);
                count = s.unmarkedLinks(count, other, capacity);
            } else {
                count = s.unmarkedLinks(0, list, capacity);
            }
            s.score(count);
            s.matchCount += filter == null ? count : s.matching(filter.words(), count);
            int near = s.nearer(count, size == ef ? pool[size - 1] : Long.MAX_VALUE);
            for (int i = 0; i < near; i++) {
                long key = s.nearKeys[i];
                if (size == ef && key >= pool[size - 1]) {
                    continue;
                }
                s.heap.push(key);
                if (passes(Keys.ordinal(key), filter)) {
                    if (size == ef) {
                        size--;
                    }
                    int at = Keys.place(pool, size, key);
                    System.arraycopy(pool, at, pool, at + 1, size - at);
                    pool[at] = key;
                    size++;
                }
            }
        }
        s.touched = touched;
        s.poolSize = size;
        return isDone;
    }

    /// Takes a walk of `visited` distances, of which `rate` matched, into account. Updates that meet may be
    /// lost, which does no harm.
    private void learn(int ef, int visited, double rate) {
        if (ef >= LEARNING_EF_MIN) {
            double known = distancesPerPlace;
            double step = LEARNING_RATE * (Math.clamp((visited - APPROACH) * rate / ef, 1, 64) - known);
            if (Math.abs(step) > 0.01 * known) { // Else all searches would write one place for nothing.
                distancesPerPlace = known + step;
            }
        }
    }

    /// About how many distances a walk of this width takes when `rate` of the nodes it meets match.
    private double expectedDistances(int ef, double rate) {
        return APPROACH + distancesPerPlace * ef / rate;
    }

    private static double walkedToScanned(int rowBytes, boolean isNative) {
        double ratio = rowBytes <= SHORT_BYTES_MAX
                ? WALKED_TO_SCANNED_SHORT
                : rowBytes < LONG_BYTES_MIN ? WALKED_TO_SCANNED : WALKED_TO_SCANNED_LONG;
        return isNative ? NATIVE_SHARE * ratio : ratio;
    }

    /// Whether to scan `matches` of `live` rows of `rowBytes` at once, where the walk would be Java's or the
    /// native kernel's: when that costs less than a walk in
    /// which every node matches, or little more than that and less than a walk through matches that have
    /// nothing to do with the query. The first is not learnt: a graph whose walks end early, as they do where
    /// links are bad, must not be walked all the more for it.
    boolean isScanCheaper(int matches, int live, int ef, int rowBytes, boolean isNative) {
        double ratio = walkedToScanned(rowBytes, isNative);
        double shortest = ratio * (APPROACH + DISTANCES_PER_PLACE * ef);
        return matches <= shortest
                || matches <= ATTEMPT_WORTH * shortest
                        && matches <= ratio * expectedDistances(ef, matches / (double) live);
    }

    private boolean passes(int ordinal, @Nullable Filter filter) {
        return (filter == null || filter.matches(ordinal)) && states.ofNode(ordinal) <= States.LIVE;
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
            search(s, Math.min(width, states.limit() + 1));
        }
        s.heap.clear();
        for (int i = 0; i < s.poolSize; i++) {
            long key = s.pool[i];
            if (s.atLeast(Keys.distance(key), Keys.ordinal(key)) <= boundary) {
                s.heap.push(key & ~Keys.EXPANDED);
                collect(s, key, radius, filter);
            }
        }
        int nextCheck = s.distanceCount + DEADLINE_STRIDE;
        int capacity = links.capacity(0);
        while (!s.heap.isEmpty() && !s.isCut) {
            long candidate = s.heap.first();
            s.heap.pop();
            long list = links.list(Keys.ordinal(candidate), 0);
            int count = s.unmarkedLinks(0, list, capacity);
            s.score(count);
            for (int i = 0; i < count; i++) {
                if (s.atLeast(s.distances[i], s.batch[i]) <= boundary) {
                    long key = Keys.of(s.distances[i], s.batch[i]);
                    s.heap.push(key);
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
        return !s.isCut && middle > 0 && Keys.distance(s.pool[middle]) <= boundary;
    }

    private void collect(Searcher s, long key, double radius, @Nullable Filter filter) {
        if (s.atLeast(Keys.distance(key), Keys.ordinal(key)) <= radius && passes(Keys.ordinal(key), filter)) {
            s.addFound(Keys.ordinal(key));
        }
    }
}
