package io.nuthatch.engine.document;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.hnsw.Filter;
import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.HybridPolicy;
import io.nuthatch.engine.hnsw.IndexClosedException;
import io.nuthatch.engine.hnsw.IndexStats;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.Explain;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.query.QueryNode.Option;
import io.nuthatch.engine.query.QueryParser;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.text.TextPostings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.BatchIterator;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// One live index: its schema, the postings of its fields, and the searches over them.
///
/// A search takes the space's read lock only to turn filters into bitmaps, to score words and to read keys;
/// vector indexes are walked without it. What changes meanwhile may or may not be seen; what an answered
/// write made is seen. A neighbour that was replaced between the two is noticed (its ordinal is no document
/// any more) and the search runs again, so that there are k hits whenever k documents match.
///
/// Threads: [#search] and the other public methods from any thread that holds no stripe, or all. The
/// package's writing methods: under the space's write lock, called by [DocumentSpace].
public final class SearchIndex {
    private static final int ATTEMPTS = 4; // The last one holds off writers to the documents.
    private static final int DEADLINE_STEP = 1024;

    private final DocumentSpace space;
    private final Documents source;
    private final NanoClock clock;
    private final MemoryAccount account;
    private final RoaringBitmap documents = new RoaringBitmap();
    private volatile IndexDefinition definition;
    private volatile List<IndexField> fields;
    private volatile Map<String, IndexField> byName;
    private volatile List<String> aliases = List.of();
    private volatile boolean isDropped;
    private volatile double progress = 1;
    private final LongAdder uses = new LongAdder();
    private final AtomicLong indexingNanos = new AtomicLong();
    private long maxDocuments; // Guarded by the space's lock, as are the failures.
    private long failures;
    private @Nullable String lastError;
    private @Nullable String lastKey;

    SearchIndex(
            DocumentSpace space,
            Documents source,
            NanoClock clock,
            MemoryAccount account,
            IndexDefinition definition,
            List<IndexField> fields) {
        this.space = space;
        this.source = source;
        this.clock = clock;
        this.account = account;
        this.definition = definition;
        this.fields = List.copyOf(fields);
        this.byName = index(fields);
    }

    private static Map<String, IndexField> index(List<IndexField> fields) {
        Map<String, IndexField> byName = new HashMap<>();
        for (IndexField field : fields) {
            byName.put(field.spec().name(), field);
        }
        return Map.copyOf(byName);
    }

    // --- What it is -------------------------------------------------------------------------------------------------

    public String name() {
        return definition.name();
    }

    public IndexDefinition definition() {
        return definition;
    }

    /// Other names under which commands find it, in no order.
    public List<String> aliases() {
        return aliases;
    }

    /// Documents in the index.
    public long size() {
        space.lock().readLock().lock();
        try {
            return documents.getLongCardinality();
        } finally {
            space.lock().readLock().unlock();
        }
    }

    /// 0..1: how much of what was there before the index has been read; 1 when all is.
    public double progress() {
        return progress;
    }

    /// Everything FT.INFO shows. Sizes on the heap are summed on the way, so it costs a look at every word
    /// and tag.
    public IndexInfo info() {
        source.expireDue();
        uses.increment();
        space.lock().readLock().lock();
        try {
            return infoLocked();
        } finally {
            space.lock().readLock().unlock();
        }
    }

    private IndexInfo infoLocked() {
        Map<IndexInfo.Part, Long> bytes = new EnumMap<>(IndexInfo.Part.class);
        Map<String, IndexInfo.Errors> errors = new LinkedHashMap<>();
        Map<String, IndexInfo.VectorField> vectors = new LinkedHashMap<>();
        long terms = 0;
        long records = 0;
        long tokens = 0;
        Map<String, Long> offHeap = account.byPart(accountOwner(name()));
        add(bytes, IndexInfo.Part.OFFSETS, offHeap.getOrDefault("offsets", 0L));
        add(bytes, IndexInfo.Part.POSTINGS, offHeap.getOrDefault("postings", 0L));
        add(bytes, IndexInfo.Part.SORTABLES, offHeap.getOrDefault("sortables", 0L));
        add(bytes, IndexInfo.Part.KEYS, space.keyBytes());
        for (IndexField field : fields) {
            errors.put(field.spec().name(), field.errors());
            TextPostings text = field.text();
            if (text != null) {
                terms += text.wordCount();
                records += text.records();
                tokens += text.tokens();
                add(bytes, IndexInfo.Part.TERMS, text.dictionaryBytes());
                add(bytes, IndexInfo.Part.POSTINGS, text.setBytes());
            }
            TagPostings tags = field.tags();
            if (tags != null) {
                records += tags.records();
                add(bytes, IndexInfo.Part.TAGS, tags.dictionaryBytes());
                add(bytes, IndexInfo.Part.POSTINGS, tags.setBytes());
            }
            NumericPostings numbers = field.numbers();
            if (numbers != null) {
                records += numbers.count();
                add(bytes, IndexInfo.Part.POSTINGS, numbers.setBytes());
            }
            IndexField.VectorField vector = field.vector();
            if (vector != null) {
                IndexStats stats = vector.index().stats();
                long size = stats.linksBytes()
                        + stats.upperBytes()
                        + stats.statesBytes()
                        + stats.scratchBytes()
                        + space.rowBytes(vector.rows());
                records += stats.size();
                add(bytes, IndexInfo.Part.VECTORS, size);
                vectors.put(
                        field.spec().name(),
                        new IndexInfo.VectorField(
                                stats.size(),
                                stats.tombstones(),
                                size,
                                vector.index().lag()));
            }
        }
        return new IndexInfo(
                definition,
                aliases,
                documents.getLongCardinality(),
                maxDocuments,
                terms,
                records,
                tokens,
                bytes,
                progress < 1,
                progress,
                failures,
                new IndexInfo.Errors(failures, lastError, lastKey),
                errors,
                uses.sum(),
                indexingNanos.get() / 1e6,
                vectors);
    }

    private static void add(Map<IndexInfo.Part, Long> bytes, IndexInfo.Part part, long more) {
        bytes.merge(part, more, Long::sum);
    }

    /// Searches and other commands that named the index, since it was made.
    public long uses() {
        return uses.sum();
    }

    /// Vectors that searches find in the flat buffers and that are not in the graphs yet.
    public int vectorLag() {
        int lag = 0;
        for (IndexField field : fields) {
            IndexField.VectorField vector = field.vector();
            if (vector != null) {
                lag += vector.index().lag();
            }
        }
        return lag;
    }

    /// What must hold of its vector indexes and does not, for tests; empty when all is well. While nothing
    /// writes.
    public List<String> invariants() {
        List<String> faults = new ArrayList<>();
        for (IndexField field : fields) {
            IndexField.VectorField vector = field.vector();
            if (vector != null) {
                faults.addAll(vector.index().invariants());
            }
        }
        return faults;
    }

    /// The values of a TAG field, in the order of their bytes; throws [SearchException] for another field.
    public List<String> tagValues(String fieldName) {
        source.expireDue();
        uses.increment();
        IndexField field = field(fieldName);
        if (field == null) {
            throw new SearchException("No such field");
        }
        TagPostings tags = field.tags();
        if (tags == null) {
            throw new SearchException("Not a tag field");
        }
        space.lock().readLock().lock();
        try {
            return tags.values();
        } finally {
            space.lock().readLock().unlock();
        }
    }

    // --- Queries ----------------------------------------------------------------------------------------------------

    /// Parses a query for this index and checks it against the schema as RediSearch does.
    ///
    /// @param query a byte string
    /// @param parameters PARAMS by name
    /// @param dialect 1 to 4
    public Query parse(String query, Map<String, byte[]> parameters, int dialect) {
        Query parsed = QueryParser.parse(query, parameters, dialect, definition.stopWords());
        Query.Knn knn = parsed.knn();
        if (knn != null) {
            checkNeighbours(knn.k());
            checkDistanceName(knn.distanceName());
            VectorOptions.Use use =
                    parsed.filter() instanceof QueryNode.All ? VectorOptions.Use.KNN : VectorOptions.Use.HYBRID;
            checkVector(knn.field(), knn.vector(), knn.options(), use);
        }
        check(parsed.filter());
        return parsed;
    }

    /// The query as FT.EXPLAIN shows it.
    public String explain(Query query, boolean verbatim) {
        uses.increment();
        return Explain.explain(query, (fields, term) -> expansions(fields, term, verbatim));
    }

    private List<String> expansions(@Nullable List<String> names, String term, boolean verbatim) {
        if (verbatim) {
            return List.of();
        }
        for (IndexField field : fields) {
            TextPostings text = field.text();
            if (text != null && (names == null || names.contains(field.spec().name()))) {
                String stem = text.stem(term);
                if (stem != null) {
                    return stem.equals(term) ? List.of("+" + stem) : List.of("+" + stem, stem);
                }
            }
        }
        return List.of();
    }

    private void check(QueryNode node) {
        switch (node) {
            case QueryNode.And and -> {
                if (and.slop() >= 0 || and.inOrder()) {
                    throw new SearchException("SLOP and INORDER are not supported yet");
                }
                and.children().forEach(this::check);
            }
            case QueryNode.Or or -> or.children().forEach(this::check);
            case QueryNode.Not not -> check(not.child());
            case QueryNode.Optional optional -> check(optional.child());
            case QueryNode.Missing missing -> {
                IndexField field = field(missing.field());
                if (field != null && field.missing() == null) {
                    throw SearchException.of(
                            "'ismissing' requires field '%s' to be defined with 'INDEXMISSING'", missing.field());
                }
            }
            case QueryNode.VectorRange range -> {
                String name = range.distanceName();
                if (name != null) {
                    checkDistanceName(name);
                }
                if (!(range.radius() >= 0)) {
                    throw SearchException.of(
                            "Error parsing vector similarity query: negative radius (%s) given in a range query",
                            trimZeros(range.radius()));
                }
                checkVector(range.field(), range.vector(), range.options(), VectorOptions.Use.RANGE);
            }
            default -> {
                // Nothing in the others can be wrong.
            }
        }
    }

    private static String trimZeros(double value) {
        if (Double.isInfinite(value)) {
            return value < 0 ? "-inf" : "inf";
        }
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : "" + value;
    }

    private static void checkNeighbours(long k) {
        if (k < 1) {
            throw new SearchException(
                    "Error parsing vector similarity query: query KNN K parameter must be at least 1");
        }
        if (k > SearchRequest.MAX_RESULTS) {
            throw SearchException.of(
                    "Error parsing vector similarity query: query KNN K parameter is too large, must not exceed %d",
                    SearchRequest.MAX_RESULTS);
        }
    }

    private void checkDistanceName(String name) {
        if (byName.containsKey(name)) {
            throw SearchException.of("Property `%s` already exists in schema", name);
        }
    }

    private void checkVector(String fieldName, String blob, List<Option> options, VectorOptions.Use use) {
        IndexField field = field(fieldName);
        IndexField.VectorField vector = field == null ? null : field.vector();
        if (vector == null) {
            return; // Matches nothing.
        }
        int expected = vector.type().bytes();
        if (blob.length() != expected) {
            throw SearchException.of(
                    "Error parsing vector similarity query: query vector blob size (%d) does not match index's"
                            + " expected size (%d).",
                    blob.length(), expected);
        }
        try (Arena arena = Arena.ofConfined()) {
            if (!vector.type().type().isFinite(copy(arena, blob), vector.type().dim())) {
                throw new SearchException(
                        "Error parsing vector similarity query: query vector has NaN or infinite components");
            }
        }
        VectorOptions.parse(options).check(use, vector.type().algorithm());
    }

    private static long copy(Arena arena, String blob) {
        byte[] bytes = ByteStrings.bytes(blob);
        MemorySegment segment = arena.allocate(Math.max(64, (bytes.length + 63L) & -64L), 64);
        Memory.copyIn(bytes, 0, segment.address(), bytes.length);
        return segment.address();
    }

    /// Runs a search. `request.query()` is from [#parse] of this index.
    ///
    /// @throws SearchException when the request is wrong, or the index was dropped meanwhile
    public SearchResult search(SearchRequest request) {
        source.expireDue();
        uses.increment();
        int slot = space.ordinals().enter();
        try {
            SearchResult result = new Run(request).run();
            if (isDropped) {
                throw SearchException.of("%s: no such index", name());
            }
            return result;
        } catch (IndexClosedException dropped) {
            throw SearchException.of("%s: no such index", name());
        } finally {
            space.ordinals().leave(slot);
        }
    }

    /// One search under way.
    private final class Run {
        private final SearchRequest request;
        private final List<String> distanceNames = new ArrayList<>();
        private final List<QueryNode.VectorRange> named = new ArrayList<>(); // In the order of the names.
        private Map<QueryNode.VectorRange, VectorRangeHits> ranges = new IdentityHashMap<>();
        private boolean isCut;

        Run(SearchRequest request) {
            this.request = request;
            Query.Knn knn = request.query().knn();
            if (knn != null) {
                distanceNames.add(knn.distanceName());
            }
            collectNames(request.query().filter());
            SearchRequest.SortBy sortBy = request.sortBy();
            if (sortBy != null && !distanceNames.contains(sortBy.field()) && field(sortBy.field()) == null) {
                throw SearchException.of("Property `%s` not loaded nor in schema", sortBy.field());
            }
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
                isCut = false;
                ranges = new IdentityHashMap<>();
                findRanges(request.query().filter(), null);
                Query.Knn knn = request.query().knn();
                SearchResult result = knn == null ? filtered() : nearest(knn, attempt == ATTEMPTS);
                if (result != null) {
                    return result;
                }
            }
        }

        // --- Vector ranges, before the lock ---

        /// Runs every VECTOR_RANGE in `node`; `others` are the clauses that must match beside it.
        private void findRanges(QueryNode node, @Nullable Filter others) {
            switch (node) {
                case QueryNode.VectorRange range -> ranges.put(range, range(range, others));
                case QueryNode.And and -> {
                    Filter filter = others;
                    if (and.children().stream().anyMatch(Run::hasRange)) {
                        List<QueryNode> pure = new ArrayList<>();
                        for (QueryNode child : and.children()) {
                            if (!hasRange(child)) {
                                pure.add(child);
                            }
                        }
                        if (!pure.isEmpty() && others == null) {
                            filter = filter(new QueryNode.And(pure, -1, false, 1), null);
                        }
                        for (QueryNode child : and.children()) {
                            findRanges(child, child instanceof QueryNode.Optional ? null : filter);
                        }
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
                case QueryNode.And and -> and.children().stream().anyMatch(Run::hasRange);
                case QueryNode.Or or -> or.children().stream().anyMatch(Run::hasRange);
                case QueryNode.Not not -> hasRange(not.child());
                case QueryNode.Optional optional -> hasRange(optional.child());
                default -> false;
            };
        }

        private VectorRangeHits range(QueryNode.VectorRange range, @Nullable Filter others) {
            IndexField field = field(range.field());
            IndexField.VectorField vector = field == null ? null : field.vector();
            if (vector == null) {
                return VectorRangeHits.NONE;
            }
            VectorOptions options = VectorOptions.parse(range.options());
            try (Arena arena = Arena.ofConfined()) {
                Hits hits = vector.index()
                        .range(
                                copy(arena, range.vector()),
                                Math.min(range.radius(), Double.MAX_VALUE), // An infinite one takes them all.
                                options.epsilon(),
                                others,
                                request.deadlineNanos());
                isCut |= hits.isCut();
                return new VectorRangeHits(hits);
            }
        }

        /// The documents of `node` as a vector index reads them; with `having`, only those that have a vector
        /// there.
        private Filter filter(QueryNode node, @Nullable IndexField having) {
            RoaringBitmap keys = inKeys();
            space.lock().readLock().lock();
            try {
                return words(matching(node, having, keys));
            } finally {
                space.lock().readLock().unlock();
            }
        }

        /// What [#filter] makes its words of; under the read lock.
        private RoaringBitmap matching(QueryNode node, @Nullable IndexField having, @Nullable RoaringBitmap keys) {
            RoaringBitmap matches = matcher().match(node);
            if (having != null) {
                matches = RoaringBitmap.and(matches, having.withVector());
            }
            return keys == null ? matches : RoaringBitmap.and(matches, keys);
        }

        private Matcher matcher() {
            return new Matcher(SearchIndex.this, request.verbatim(), request.inFields(), ranges);
        }

        /// The ordinals of the keys in INKEYS; takes stripes, so no lock may be held.
        private @Nullable RoaringBitmap inKeys() {
            if (request.inKeys() == null) {
                return null;
            }
            RoaringBitmap ordinals = new RoaringBitmap();
            for (String key : request.inKeys()) {
                int ordinal = source.ordinalOf(key, space);
                if (ordinal >= 0) {
                    ordinals.add(ordinal);
                }
            }
            return ordinals;
        }

        // --- Nearest neighbours ---

        /// Null when a document was replaced on the way and another attempt is worth it.
        private @Nullable SearchResult nearest(Query.Knn knn, boolean isLast) {
            IndexField field = field(knn.field());
            IndexField.VectorField vector = field == null ? null : field.vector();
            if (field == null || vector == null) {
                return new SearchResult(0, List.of(), distanceNames, isCut);
            }
            if (isLast) {
                return nearestAmongUnchanging(knn, field, vector);
            }
            Filter filter = request.query().filter() instanceof QueryNode.All && request.inKeys() == null
                    ? null
                    : filter(request.query().filter(), field);
            int available = filter == null ? vector.index().size() : filter.count();
            int k = (int) Math.min(knn.k(), available);
            if (k == 0) {
                return new SearchResult(0, List.of(), distanceNames, isCut);
            }
            return rank(walk(knn, vector, k, filter), k, false);
        }

        /// The last attempt, after others met documents that writers replaced on the way: under the read lock
        /// no document comes or goes, and what the walk may return are the documents themselves, so `k` of
        /// them that match are `k` hits. Writers wait for one walk.
        private SearchResult nearestAmongUnchanging(Query.Knn knn, IndexField field, IndexField.VectorField vector) {
            RoaringBitmap keys = inKeys();
            Hits hits;
            space.lock().readLock().lock();
            try {
                RoaringBitmap matches = matching(request.query().filter(), field, keys);
                Filter filter = words(RoaringBitmap.and(matches, documents)); // Ranges were found before the lock.
                int k = (int) Math.min(knn.k(), filter.count());
                if (k == 0) {
                    return new SearchResult(0, List.of(), distanceNames, isCut);
                }
                hits = walk(knn, vector, k, filter);
                if (!needsLoading()) {
                    return Objects.requireNonNull(rank(hits, k, true));
                }
            } finally {
                space.lock().readLock().unlock();
            }
            return Objects.requireNonNull(rank(hits, 0, true)); // Loading takes stripes, so not under the lock.
        }

        private Hits walk(Query.Knn knn, IndexField.VectorField vector, int k, @Nullable Filter filter) {
            VectorOptions options = VectorOptions.parse(knn.options());
            Hits hits;
            try (Arena arena = Arena.ofConfined()) {
                hits = vector.index()
                        .search(
                                copy(arena, knn.vector()),
                                new Knn(k, options.efRuntime(), filter, options.policy(), request.deadlineNanos()));
            }
            isCut |= hits.isCut();
            return hits;
        }

        private @Nullable SearchResult rank(Hits hits, int wanted, boolean isLast) {
            int size = hits.size();
            int[] ordinals = new int[size];
            double[] distances = new double[size];
            space.lock().readLock().lock();
            try {
                int found = 0;
                for (int i = 0; i < size; i++) {
                    if (documents.contains(hits.ordinals()[i])) {
                        ordinals[found] = hits.ordinals()[i];
                        distances[found] = hits.distances()[i];
                        found++;
                    }
                }
                if (found < wanted && !isLast && !isCut && !isDropped) {
                    return null;
                }
                double[] scores = new double[found];
                if (request.withScores() && !(request.query().filter() instanceof QueryNode.All)) {
                    TextScorer scorer = new TextScorer(
                            SearchIndex.this, matcher(), request.query().filter(), request.scorer());
                    for (int i = 0; i < found && scorer.scores(); i++) {
                        scores[i] = scorer.score(ordinals[i]);
                    }
                }
                if (!needsLoading()) {
                    return page(Arrays.copyOf(ordinals, found), distances, scores);
                }
            } finally {
                space.lock().readLock().unlock();
            }
            return pageWithLoadedKeys(ordinals, distances, size);
        }

        // --- Filters and words ---

        private SearchResult filtered() {
            RoaringBitmap keys = inKeys();
            int[] ordinals;
            double[] scores;
            space.lock().readLock().lock();
            try {
                Matcher matcher = matcher();
                RoaringBitmap matches = matcher.match(request.query().filter());
                if (keys != null) {
                    matches = RoaringBitmap.and(matches, keys);
                }
                int total = matches.getCardinality();
                if (request.limit() == 0) {
                    return new SearchResult(total, List.of(), distanceNames, isCut);
                }
                TextScorer scorer = request.sortBy() == null || request.withScores()
                        ? new TextScorer(
                                SearchIndex.this, matcher, request.query().filter(), request.scorer())
                        : null;
                boolean isScored = scorer != null && scorer.scores();
                if (!isScored && request.sortBy() == null) {
                    return firstOnes(matches, total);
                }
                ordinals = matches.toArray();
                scores = new double[ordinals.length];
                for (int i = 0; i < ordinals.length && scorer != null && isScored; i++) {
                    scores[i] = scorer.score(ordinals[i]);
                    if (i % DEADLINE_STEP == DEADLINE_STEP - 1 && isLate()) {
                        isCut = true;
                        break;
                    }
                }
                if (!needsLoading()) {
                    return page(ordinals, null, scores);
                }
            } finally {
                space.lock().readLock().unlock();
            }
            return pageWithLoadedKeys(ordinals, null, ordinals.length);
        }

        private boolean isLate() {
            return request.deadlineNanos() != Long.MAX_VALUE && clock.nanoTime() - request.deadlineNanos() > 0;
        }

        /// The page of an unordered result: by ordinal, without looking at the rest.
        private SearchResult firstOnes(RoaringBitmap matches, int total) {
            List<SearchResult.Hit> hits = new ArrayList<>();
            if (request.offset() < total) {
                int end = (int) Math.min(total, (long) request.offset() + request.limit());
                PeekableIntIterator iterator = matches.getIntIterator();
                iterator.advanceIfNeeded(matches.select(request.offset()));
                for (int i = request.offset(); i < end; i++) {
                    hits.add(hit(iterator.next(), Double.NaN, 0, null));
                }
            }
            return new SearchResult(total, hits, distanceNames, isCut);
        }

        // --- Order ---

        /// Whether the order asks for a field whose values are in the hashes only.
        private boolean needsLoading() {
            SearchRequest.SortBy sortBy = request.sortBy();
            if (sortBy == null || distanceNames.contains(sortBy.field())) {
                return false;
            }
            IndexField field = field(sortBy.field());
            return field != null && field.numbers() == null && field.sortColumn() == null;
        }

        /// The page of a ranked result, under the read lock. `distances` are the KNN's, null without one.
        private SearchResult page(int[] ordinals, double @Nullable [] distances, double[] scores) {
            SearchResult.@Nullable SortKey @Nullable [] sortKeys = sortKeys(ordinals, distances);
            return page(ordinals, distances, scores, sortKeys);
        }

        private SearchResult page(
                int[] ordinals,
                double @Nullable [] distances,
                double[] scores,
                SearchResult.@Nullable SortKey @Nullable [] sortKeys) {
            int total = ordinals.length;
            int[] order = Ranking.order(
                    total,
                    sortKeys,
                    request.sortBy() == null || request.sortBy().ascending(),
                    distances,
                    scores,
                    (int) Math.min(total, (long) request.offset() + request.limit()));
            List<SearchResult.Hit> hits = new ArrayList<>();
            for (int i = request.offset(); i < order.length; i++) {
                int at = order[i];
                hits.add(hit(
                        ordinals[at],
                        distances == null ? Double.NaN : distances[at],
                        scores[at],
                        sortKeys == null ? null : sortKeys[at]));
            }
            return new SearchResult(total, hits, distanceNames, isCut);
        }

        private SearchResult.@Nullable SortKey @Nullable [] sortKeys(int[] ordinals, double @Nullable [] distances) {
            SearchRequest.SortBy sortBy = request.sortBy();
            if (sortBy == null) {
                return null;
            }
            SearchResult.@Nullable SortKey[] keys = new SearchResult.SortKey[ordinals.length];
            int distance = distanceNames.indexOf(sortBy.field());
            IndexField field = field(sortBy.field());
            for (int i = 0; i < ordinals.length; i++) {
                if (distance >= 0) {
                    double value = distance(ordinals[i], distance, distances == null ? Double.NaN : distances[i]);
                    keys[i] = Double.isNaN(value) ? null : new SearchResult.SortKey(value, null);
                } else if (field != null) {
                    keys[i] = sortKey(field, ordinals[i]);
                }
            }
            return keys;
        }

        private SearchResult.@Nullable SortKey sortKey(IndexField field, int ordinal) {
            NumericPostings numbers = field.numbers();
            if (numbers != null) {
                double value = numbers.get(ordinal);
                return Double.isNaN(value) ? null : new SearchResult.SortKey(value, null);
            }
            SortColumn column = field.sortColumn();
            String text = column == null ? null : column.get(ordinal);
            return text == null ? null : new SearchResult.SortKey(0, text);
        }

        /// The page of a result ordered by values that only the hashes hold. No lock is held: stripes are
        /// taken.
        private SearchResult pageWithLoadedKeys(int[] ordinals, double @Nullable [] distances, int size) {
            SearchRequest.SortBy sortBy = request.sortBy();
            IndexField field = sortBy == null ? null : field(sortBy.field());
            assert field != null;
            SearchResult.@Nullable SortKey[] keys = new SearchResult.SortKey[size];
            for (int i = 0; i < size && field != null; i++) {
                byte[] key = key(ordinals[i]);
                String value =
                        key == null ? null : source.field(key, field.spec().identifier());
                keys[i] = value == null
                        ? null
                        : new SearchResult.SortKey(
                                0, SortColumn.normal(value, field.spec().has(FieldSpec.Flag.UNF)));
                if (i % DEADLINE_STEP == DEADLINE_STEP - 1 && isLate()) {
                    isCut = true;
                    break;
                }
            }
            space.lock().readLock().lock();
            try {
                return page(Arrays.copyOf(ordinals, size), distances, new double[size], keys);
            } finally {
                space.lock().readLock().unlock();
            }
        }

        private byte @Nullable [] key(int ordinal) {
            space.lock().readLock().lock();
            try {
                return documents.contains(ordinal) ? space.key(ordinal) : null;
            } finally {
                space.lock().readLock().unlock();
            }
        }

        private SearchResult.Hit hit(
                int ordinal, double knnDistance, double score, SearchResult.@Nullable SortKey sortKey) {
            double[] distances = new double[distanceNames.size()];
            for (int i = 0; i < distances.length; i++) {
                distances[i] = distance(ordinal, i, knnDistance);
            }
            return new SearchResult.Hit(space.key(ordinal), score, distances, sortKey);
        }

        /// The distance that is returned under name `number`.
        private double distance(int ordinal, int number, double knnDistance) {
            int rangeNumber = number;
            if (request.query().knn() != null) {
                if (number == 0) {
                    return knnDistance;
                }
                rangeNumber--;
            }
            VectorRangeHits hits = ranges.get(named.get(rangeNumber));
            return hits == null ? Double.NaN : hits.distance(ordinal);
        }
    }

    /// A bitmap as plain words: a probe of a walk costs a tenth of one in the bitmap.
    private static Filter words(RoaringBitmap bitmap) {
        if (bitmap.isEmpty()) {
            return new Filter(new long[0], 0);
        }
        long[] words = new long[(bitmap.last() >>> 6) + 1];
        int[] buffer = new int[1024];
        BatchIterator batches = bitmap.getBatchIterator();
        int count = 0;
        while (batches.hasNext()) {
            int size = batches.nextBatch(buffer);
            for (int i = 0; i < size; i++) {
                words[buffer[i] >>> 6] |= 1L << buffer[i];
            }
            count += size;
        }
        return new Filter(words, count);
    }

    // --- For the package --------------------------------------------------------------------------------------------

    /// Its documents; under the space's lock.
    RoaringBitmap documents() {
        return documents;
    }

    List<IndexField> fields() {
        return fields;
    }

    @Nullable
    IndexField field(String name) {
        return byName.get(name);
    }

    boolean contains(int ordinal) {
        return ordinal >= 0 && documents.contains(ordinal);
    }

    void addDocument(int ordinal) {
        documents.add(ordinal);
        maxDocuments = Math.max(maxDocuments, documents.getLongCardinality());
    }

    void removeDocument(int ordinal) {
        if (documents.checkedRemove(ordinal)) {
            for (IndexField field : fields) {
                field.remove(ordinal);
            }
        }
    }

    void moveDocument(int from, int to) {
        if (documents.checkedRemove(from)) {
            documents.add(to);
            for (IndexField field : fields) {
                field.move(from, to);
            }
        }
    }

    /// Under which owner the memory account counts an index; no index name can be mistaken for another owner.
    public static String accountOwner(String name) {
        return "index " + name;
    }

    /// Gives the postings back; for an index that was dropped.
    void clear() {
        documents.clear();
        fields.forEach(IndexField::close);
        account.forget(accountOwner(name()));
    }

    void fail(IndexField field, String error, String key) {
        field.fail(error, key);
        failures++;
        lastError = error;
        lastKey = key;
    }

    /// Adds fields at the end; documents get their values from the scan that follows.
    void addFields(IndexDefinition newDefinition, List<IndexField> more) {
        List<IndexField> all = new ArrayList<>(fields);
        all.addAll(more);
        fields = Collections.unmodifiableList(all);
        byName = index(all);
        definition = newDefinition;
    }

    void setAliases(List<String> newAliases) {
        aliases = List.copyOf(newAliases);
    }

    void setProgress(double share) {
        progress = share;
    }

    void countIndexing(long nanos) {
        indexingNanos.addAndGet(nanos);
    }

    boolean isDropped() {
        return isDropped;
    }

    void markDropped() {
        isDropped = true;
    }

    DocumentSpace space() {
        return space;
    }

    static HnswParameters parameters(FieldType.Vector type) {
        return new HnswParameters(type.maxConnections(), type.efConstruction(), type.efRuntime(), type.epsilon());
    }

    /// What a clause says about how vectors are searched, with `efRuntime` 0 and `epsilon` negative for the
    /// field's own.
    record VectorOptions(int efRuntime, double epsilon, HybridPolicy policy) {
        /// What the options belong to.
        enum Use {
            /// KNN over all documents.
            KNN,
            /// KNN over those that match a filter.
            HYBRID,
            RANGE
        }

        /// Refuses what has no meaning there, as RediSearch does.
        void check(Use use, FieldType.Vector.Algorithm algorithm) {
            boolean isFlat = algorithm == FieldType.Vector.Algorithm.FLAT;
            if ((efRuntime > 0 && (isFlat || use == Use.RANGE)) || (epsilon >= 0 && (isFlat || use != Use.RANGE))) {
                throw new SearchException("Error parsing vector similarity parameters: Invalid option");
            }
            if (policy != HybridPolicy.AUTO && use != Use.HYBRID) {
                throw new SearchException("Error parsing vector similarity parameters: hybrid query attributes were "
                        + "sent for a non-hybrid query");
            }
        }

        static VectorOptions parse(List<Option> options) {
            int ef = 0;
            double epsilon = -1;
            HybridPolicy policy = HybridPolicy.AUTO;
            boolean hasBatchSize = false;
            for (Option option : options) {
                String name = ByteStrings.lower(option.name());
                String value = option.value();
                double number = QueryParser.parseNumber(value);
                switch (name) {
                    case "ef_runtime" -> {
                        if (!(number >= 1 && number <= HnswParameters.EF_MAX) || number != Math.rint(number)) {
                            throw invalid("EF_RUNTIME", value);
                        }
                        ef = (int) number;
                    }
                    case "epsilon" -> {
                        if (!(number > 0 && number <= 1e6)) {
                            throw invalid("EPSILON", value);
                        }
                        epsilon = number;
                    }
                    case "hybrid_policy" -> {
                        if (value.equalsIgnoreCase("BATCHES")) {
                            policy = HybridPolicy.BATCHES;
                        } else if (value.equalsIgnoreCase("ADHOC_BF")) {
                            policy = HybridPolicy.ADHOC_BF;
                        } else {
                            throw new SearchException(
                                    "Error parsing vector similarity parameters: invalid hybrid policy was given");
                        }
                    }
                    case "batch_size" -> {
                        if (!(number >= 1 && number <= Integer.MAX_VALUE) || number != Math.rint(number)) {
                            throw invalid("BATCH_SIZE", value);
                        }
                        hasBatchSize = true;
                    }
                    default -> throw new SearchException("Error parsing vector similarity parameters: Invalid option");
                }
            }
            if (hasBatchSize && policy == HybridPolicy.ADHOC_BF) {
                throw new SearchException(
                        "Error parsing vector similarity parameters: 'batch size' is irrelevant for the selected"
                                + " policy");
            }
            return new VectorOptions(ef, epsilon, policy);
        }

        private static SearchException invalid(String name, String value) {
            return SearchException.of(
                    "Error parsing vector similarity parameters: Invalid value was given: %s %s", name, value);
        }
    }
}
