package io.nuthatch.engine.document;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.hnsw.Filter;
import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.text.TextPostings;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// One search under way: the plan, its parts, and another attempt when the documents moved under it.
///
/// Vector ranges come first, without a lock. Then the filter becomes a set of ordinals under the space's read
/// lock; the vector index walks with it, or scans it, without the lock ([io.nuthatch.engine.hnsw.HnswIndex]
/// has the rule); and [HitPage] turns what was found into the hits of the page.
///
/// A document whose vector is replaced gets another ordinal. A search that met the old one, or that looked at
/// half of the postings before and half of them after, might miss a document that matched all the time: it
/// runs again, and the last attempt holds the lock from beginning to end.
///
/// Threads: one; it holds no lock, and no stripe or all, at its beginning and end.
final class Search {
    private static final int ATTEMPTS = 4;
    private static final int SAMPLED_K_MAX = 10_000;

    private final SearchIndex index;
    private final Documents source;
    private final NanoClock clock;
    private final FilterCache kept;
    private final SearchRequest request;
    private final Query query;
    private final Lock lock; // The space's read lock.
    private final List<String> distanceNames = new ArrayList<>();
    private final List<QueryNode.VectorRange> named = new ArrayList<>(); // In the order of the names.
    private Map<QueryNode.VectorRange, VectorRangeHits> ranges = Map.of();
    private Pace pace;
    private boolean isLast;
    private boolean isTorn; // Sets of this attempt are from before and after a document moved.
    private boolean isCut;
    private long filterVersion; // The index's when the filter was made.

    Search(SearchIndex index, Documents source, NanoClock clock, FilterCache kept, SearchRequest request) {
        this.index = index;
        this.source = source;
        this.clock = clock;
        this.kept = kept;
        this.request = request;
        this.query = request.query();
        this.lock = index.space().lock().readLock();
        this.pace = pace(true);
        Query.Knn knn = query.knn();
        if (knn != null) {
            distanceNames.add(knn.distanceName());
        }
        collectNames(query.filter());
        SearchRequest.SortBy sortBy = request.sortBy();
        if (sortBy != null && !distanceNames.contains(sortBy.field()) && index.field(sortBy.field()) == null) {
            throw SearchException.of("Property `%s` not loaded nor in schema", sortBy.field());
        }
    }

    private Pace pace(boolean mayRest) {
        return new Pace(index, clock, request.deadlineNanos(), mayRest);
    }

    private void collectNames(QueryNode node) {
        switch (node) {
            case QueryNode.VectorRange range -> {
                String name = range.distanceName();
                if (name != null) {
                    distanceNames.add(name);
                    named.add(range);
                }
            }
            case QueryNode.And and -> and.children().forEach(this::collectNames);
            case QueryNode.Or or -> or.children().forEach(this::collectNames);
            case QueryNode.Optional optional -> collectNames(optional.child());
            default -> {
                // No distances in there, or none to return.
            }
        }
    }

    SearchResult run() {
        for (int attempt = 1; ; attempt++) {
            isLast = attempt == ATTEMPTS;
            isTorn = false;
            isCut = false;
            pace = pace(!isLast);
            ranges = new IdentityHashMap<>();
            SearchResult result;
            try {
                findRanges(query.filter(), null);
                Query.Knn knn = query.knn();
                result = knn == null ? filtered() : nearest(knn);
            } catch (Pace.OutOfTimeException late) {
                return new SearchResult(0, List.of(), distanceNames, true);
            }
            if (result != null && (!isTorn || isLast)) {
                return result;
            }
        }
    }

    // --- Vector ranges, before the lock -----------------------------------------------------------------------------

    /// Runs every VECTOR_RANGE in `node`; `others` are the clauses that must match beside it.
    private void findRanges(QueryNode node, @Nullable Filter others) {
        switch (node) {
            case QueryNode.VectorRange range -> ranges.put(range, range(range, others));
            case QueryNode.And and -> {
                if (!hasRange(and)) {
                    return;
                }
                List<QueryNode> pure = new ArrayList<>();
                for (QueryNode child : and.children()) {
                    if (!hasRange(child)) {
                        pure.add(child);
                    }
                }
                Filter filter = others == null && !pure.isEmpty()
                        ? filter(new QueryNode.And(pure, -1, false, 1), null)
                        : others;
                for (QueryNode child : and.children()) {
                    findRanges(child, child instanceof QueryNode.Optional ? null : filter);
                }
            }
            case QueryNode.Or or -> or.children().forEach(child -> findRanges(child, others));
            case QueryNode.Not not -> findRanges(not.child(), null);
            case QueryNode.Optional optional -> findRanges(optional.child(), null);
            default -> {
                // No vectors in there.
            }
        }
    }

    private static boolean hasRange(QueryNode node) {
        return switch (node) {
            case QueryNode.VectorRange range -> true;
            case QueryNode.And and -> and.children().stream().anyMatch(Search::hasRange);
            case QueryNode.Or or -> or.children().stream().anyMatch(Search::hasRange);
            case QueryNode.Not not -> hasRange(not.child());
            case QueryNode.Optional optional -> hasRange(optional.child());
            default -> false;
        };
    }

    private VectorRangeHits range(QueryNode.VectorRange range, @Nullable Filter others) {
        IndexField field = index.field(range.field());
        IndexField.VectorField vector = field == null ? null : field.vector();
        if (vector == null) {
            return VectorRangeHits.NONE;
        }
        VectorOptions options = VectorOptions.parse(range.options());
        try (Arena arena = Arena.ofConfined()) {
            Hits hits = vector.index()
                    .range(
                            SchemaCheck.copy(arena, query.vector(range.vectorName())),
                            Math.min(range.radius(), Double.MAX_VALUE), // An infinite one takes them all.
                            options.epsilon(),
                            others,
                            request.deadlineNanos());
            isCut |= hits.isCut();
            return new VectorRangeHits(hits);
        }
    }

    // --- Filters ----------------------------------------------------------------------------------------------------

    /// The documents of `node` as a vector index reads them; with `having`, only those that have a vector
    /// there. The set of a whole query's filter is kept for the next search with it.
    private Filter filter(QueryNode node, @Nullable IndexField having) {
        RoaringBitmap keys = inKeys();
        boolean isKept = node == query.filter()
                && keys == null
                && ranges.isEmpty()
                && request.inFields() == null
                && !request.verbatim();
        lock.lock();
        try {
            long version = index.version();
            filterVersion = version;
            Filter before = isKept ? kept.get(node, version) : null;
            if (before != null) {
                return before;
            }
            Filter filter = words(matching(node, having, keys));
            if (isKept && version == index.version()) { // No rest, or no write in it.
                kept.put(node, version, filter);
            }
            return filter;
        } finally {
            lock.unlock();
        }
    }

    /// The documents that match; under the lock.
    private RoaringBitmap matching(QueryNode node, @Nullable IndexField having, @Nullable RoaringBitmap keys) {
        pace.check();
        long moves = index.moves();
        RoaringBitmap matches = matcher().match(node);
        if (having != null) {
            matches = RoaringBitmap.and(matches, having.withVector());
        }
        isTorn |= pace.hasRested() && moves != index.moves();
        return keys == null ? matches : RoaringBitmap.and(matches, keys);
    }

    private Matcher matcher() {
        return new Matcher(index, request.verbatim(), request.inFields(), ranges, pace);
    }

    private TextScorer scorer() {
        return new TextScorer(index, matcher(), query.filter(), request.scorer());
    }

    /// The ordinals of the keys in INKEYS; takes stripes, so no lock may be held.
    private @Nullable RoaringBitmap inKeys() {
        if (request.inKeys() == null) {
            return null;
        }
        RoaringBitmap ordinals = new RoaringBitmap();
        for (String key : request.inKeys()) {
            int ordinal = source.ordinalOf(key, index.space());
            if (ordinal >= 0) {
                ordinals.add(ordinal);
            }
        }
        return ordinals;
    }

    /// A bitmap as plain words: a probe of a walk costs a tenth of one in the bitmap.
    private static Filter words(RoaringBitmap bitmap) {
        return new Filter(BitSetUtil.toLongArray(bitmap), bitmap.getCardinality());
    }

    // --- Nearest neighbours -----------------------------------------------------------------------------------------

    /// Null when a document was replaced on the way and another attempt is worth it.
    private @Nullable SearchResult nearest(Query.Knn knn) {
        IndexField field = index.field(knn.field());
        IndexField.VectorField vector = field == null ? null : field.vector();
        if (field == null || vector == null) {
            return nothing();
        }
        if (isLast) {
            return nearestAmongUnchanging(knn, field, vector);
        }
        Filter filter = query.filter() instanceof QueryNode.All && request.inKeys() == null
                ? null
                : filter(query.filter(), field);
        int available = filter == null ? vector.index().size() : filter.count();
        int k = (int) Math.min(knn.k(), available);
        if (k == 0) {
            return nothing();
        }
        VectorOptions options = VectorOptions.parse(knn.options());
        Width width = Width.of(vector, options, k, filter);
        FieldRecall sampling = samplingOf(vector, width, k);
        long version = sampling == null ? 0 : sampledVersion(filter);
        Hits hits = walk(knn, vector, k, filter, options, width);
        HitPage page = page();
        lock.lock();
        try {
            int found = page.addDocuments(hits);
            if (found < k && !isCut && !index.isDropped()) {
                return null;
            }
            scoreNeighbours(page);
            page.readSortKeys(pace(false));
        } finally {
            lock.unlock();
        }
        if (sampling != null && !isCut && !isTorn) {
            byte[] vectorBytes = query.vector(knn.vectorName());
            sampling.live()
                    .offer(new RecallSample(
                            index, field, vector, sampling, request, vectorBytes, options, width, hits, version));
        }
        return page.result(pace, isCut);
    }

    /// The field's recall when this search is a sample of it. One with INKEYS or a vector range is none: its
    /// filter cannot be matched again.
    private @Nullable FieldRecall samplingOf(IndexField.VectorField vector, Width width, int k) {
        FieldRecall recall = vector.recall();
        if (recall == null || k > SAMPLED_K_MAX || request.inKeys() != null || !ranges.isEmpty()) {
            return null;
        }
        return recall.isSample(width.band(), k, width.asked() > 0 && !width.isExact()) ? recall : null;
    }

    /// The index's version before this search looked at documents; from now on the index notes its changes.
    private long sampledVersion(@Nullable Filter filter) {
        lock.lock();
        try {
            index.changes().keep();
            return filter == null ? index.version() : filterVersion;
        } finally {
            lock.unlock();
        }
    }

    /// The last attempt, after others met documents that writers replaced on the way: under the read lock no
    /// document comes or goes, and what the walk may return are the documents themselves, so `k` of them that
    /// match are `k` hits. Writers wait for one walk.
    private SearchResult nearestAmongUnchanging(Query.Knn knn, IndexField field, IndexField.VectorField vector) {
        RoaringBitmap keys = inKeys();
        HitPage page = page();
        lock.lock();
        try {
            RoaringBitmap matches = matching(query.filter(), field, keys);
            Filter filter = words(RoaringBitmap.and(matches, index.documents())); // Ranges were found before the lock.
            int k = (int) Math.min(knn.k(), filter.count());
            if (k == 0) {
                return nothing();
            }
            VectorOptions options = VectorOptions.parse(knn.options());
            page.addDocuments(walk(knn, vector, k, filter, options, Width.of(vector, options, k, filter)));
            scoreNeighbours(page);
            page.readSortKeys(pace(false));
        } finally {
            lock.unlock();
        }
        return page.result(pace, isCut);
    }

    private Hits walk(
            Query.Knn knn,
            IndexField.VectorField vector,
            int k,
            @Nullable Filter filter,
            VectorOptions options,
            Width width) {
        Knn wanted = new Knn(k, width.ef(), filter, options.policy(), request.deadlineNanos(), options.rescore());
        Hits hits;
        try (Arena arena = Arena.ofConfined()) {
            long address = SchemaCheck.copy(arena, query.vector(knn.vectorName()));
            hits = width.isExact()
                    ? vector.index().exact(address, wanted)
                    : vector.index().search(address, wanted);
        }
        isCut |= hits.isCut();
        return hits;
    }

    /// Neighbours have scores only when somebody will read them; under the lock.
    private void scoreNeighbours(HitPage page) {
        if (request.withScores() && !(query.filter() instanceof QueryNode.All)) {
            TextScorer scorer = scorer();
            if (scorer.scores()) {
                page.score(scorer::score);
            }
        }
    }

    // --- Filters and words ------------------------------------------------------------------------------------------

    private SearchResult filtered() {
        RoaringBitmap keys = inKeys();
        HitPage page = page();
        lock.lock();
        try {
            long moves = index.moves();
            RoaringBitmap matches = matching(query.filter(), null, keys);
            int total = matches.getCardinality();
            if (request.limit() == 0) {
                return new SearchResult(total, List.of(), distanceNames, isCut);
            }
            TextScorer scorer = request.sortBy() == null || request.withScores() ? scorer() : null;
            boolean isScored = scorer != null && scorer.scores();
            if (!isScored && request.sortBy() == null) {
                page.add(firstOnes(matches, total));
                return page.unordered(total, isCut);
            }
            page.add(matches.toArray());
            if (scorer != null && isScored) {
                score(page, scorer);
            }
            page.readSortKeys(pace);
            if (pace.hasRested()) {
                page.dropVanished();
                isTorn |= moves != index.moves();
            }
        } catch (Pace.OutOfTimeException late) {
            isCut = true; // What was read so far is in order, and the rest behind it.
        } finally {
            lock.unlock();
        }
        return page.result(pace, isCut);
    }

    private void score(HitPage page, TextScorer first) {
        TextScorer scorer = first;
        long forgotten = forgottenWords();
        double[] scores = page.scores();
        for (int i = 0; i < scores.length; i++) {
            pace.stepAndRest();
            if (forgotten != forgottenWords()) { // In a rest; the scorer may hold words that are out of use.
                forgotten = forgottenWords();
                scorer = scorer();
            }
            scores[i] = scorer.score(page.ordinal(i));
        }
    }

    private long forgottenWords() {
        long forgotten = 0;
        for (IndexField field : index.fields()) {
            TextPostings text = field.text();
            forgotten += text == null ? 0 : text.forgotten();
        }
        return forgotten;
    }

    /// The page of an unordered result: by ordinal, without looking at the rest.
    private int[] firstOnes(RoaringBitmap matches, int total) {
        if (request.offset() >= total) {
            return new int[0];
        }
        int[] ordinals = new int[(int) Math.min(total - (long) request.offset(), request.limit())];
        PeekableIntIterator iterator = matches.getIntIterator();
        iterator.advanceIfNeeded(matches.select(request.offset()));
        Arrays.setAll(ordinals, i -> iterator.next());
        return ordinals;
    }

    // --- Results ----------------------------------------------------------------------------------------------------

    private SearchResult nothing() {
        return new SearchResult(0, List.of(), distanceNames, isCut);
    }

    private HitPage page() {
        return new HitPage(index, source, request, distanceNames, named, ranges);
    }
}
