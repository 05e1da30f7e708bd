package io.nuthatch.engine.document;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.IndexClosedException;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.Explain;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.query.QueryParser;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.recall.Band;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.text.TextPostings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// One live index: its schema, its documents, and the door to what is done with them.
///
/// [Schema] has the fields and [IndexField] their postings; [DocumentSpace] writes them; [Search] is one
/// search and [IndexReport] one FT.INFO. What changes during a search may or may not be seen by it; what an
/// answered write made is seen.
///
/// Threads: [#search] and the other public methods from any thread that holds no stripe, or all. The
/// package's writing methods: under the space's write lock, called by [DocumentSpace].
public final class SearchIndex {
    private final DocumentSpace space;
    private final Documents source;
    private final NanoClock clock;
    private final MemoryAccount account;
    private final QueryCache queries;
    private final FilterCache filters;
    private volatile Schema schema;
    private volatile List<String> aliases = List.of();
    private volatile boolean isDropped;
    private volatile double progress = 1;
    private final LongAdder uses = new LongAdder();
    private final AtomicLong indexingNanos = new AtomicLong();
    private final RoaringBitmap documents = new RoaringBitmap(); // Guarded by the space's lock, as all below.
    private final ChangeLog changes = new ChangeLog();
    private long moves;
    private long maxDocuments;
    private IndexInfo.Errors failures = IndexInfo.Errors.NONE;

    SearchIndex(
            DocumentSpace space,
            Documents source,
            NanoClock clock,
            MemoryAccount account,
            QueryCache queries,
            FilterCache filters,
            IndexDefinition definition,
            List<IndexField> fields) {
        this.space = space;
        this.source = source;
        this.clock = clock;
        this.account = account;
        this.queries = queries;
        this.filters = filters;
        this.schema = Schema.of(queries.nextSchema(), definition, fields);
    }

    // --- What it is -------------------------------------------------------------------------------------------------

    public String name() {
        return schema.definition().name();
    }

    public IndexDefinition definition() {
        return schema.definition();
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
            return new IndexReport(this, account).info();
        } finally {
            space.lock().readLock().unlock();
        }
    }

    /// Searches and other commands that named the index, since it was made.
    public long uses() {
        return uses.sum();
    }

    /// Vectors that searches find in the flat buffers and that are not in the graphs yet.
    public int vectorLag() {
        int lag = 0;
        for (IndexField field : fields()) {
            IndexField.VectorField vector = field.vector();
            if (vector != null) {
                lag += vector.index().lag();
            }
        }
        return lag;
    }

    /// The recall of its HNSW fields, by name.
    public Map<String, FieldRecall> recalls() {
        Map<String, FieldRecall> all = new LinkedHashMap<>();
        for (IndexField field : fields()) {
            IndexField.VectorField vector = field.vector();
            if (vector != null && vector.recall() != null) {
                all.put(field.spec().name(), vector.recall());
            }
        }
        return all;
    }

    /// What must hold of its vector indexes and does not, for tests; empty when all is well. While nothing
    /// writes.
    public List<String> invariants() {
        List<String> faults = new ArrayList<>();
        for (IndexField field : fields()) {
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
    /// @param parameters PARAMS by name; kept by the result, and nobody may write to them any more
    /// @param dialect 1 to 4
    public Query parse(String query, Map<String, byte[]> parameters, int dialect) {
        Schema known = schema;
        Query parsed = queries.get(query, parameters, dialect, known.number(), read -> {
            Query made = QueryParser.parse(
                    query, parameters, read, dialect, known.definition().stopWords());
            known.check().check(made);
            return made;
        });
        known.check().checkVectors(parsed);
        return parsed;
    }

    /// The query as FT.EXPLAIN shows it.
    public String explain(Query query, boolean verbatim) {
        uses.increment();
        return Explain.explain(query, walks(query), (fields, term) -> expansions(fields, term, verbatim));
    }

    /// The widths of walk that the recall asked for takes now: a filter's band is not known before it is run.
    private String walks(Query query) {
        Query.Knn knn = query.knn();
        IndexField field = knn == null ? null : field(knn.field());
        IndexField.VectorField vector = field == null ? null : field.vector();
        FieldRecall recall = vector == null ? null : vector.recall();
        if (knn == null || vector == null || recall == null) {
            return "";
        }
        double asked = VectorOptions.parse(knn.options()).recall(vector.type());
        if (asked == 0) {
            return "";
        }
        if (asked == 1) {
            return ", by an exact scan";
        }
        int k = (int) Math.min(knn.k(), SearchRequest.MAX_RESULTS);
        List<String> widths = new ArrayList<>();
        for (Band band : Band.values()) {
            if ((band == Band.ALL) == (query.filter() instanceof QueryNode.All)) {
                String of = band == Band.ALL ? "" : " (" + band.label() + ")";
                widths.add(recall.peekEf(band, k, asked) + of);
            }
        }
        return ", EF_RUNTIME for recall " + asked + " at present = " + String.join(", ", widths);
    }

    private List<String> expansions(@Nullable List<String> names, String term, boolean verbatim) {
        if (verbatim) {
            return List.of();
        }
        for (IndexField field : fields()) {
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

    /// Runs a search. `request.query()` is from [#parse] of this index.
    ///
    /// @throws SearchException when the request is wrong, or the index was dropped meanwhile
    public SearchResult search(SearchRequest request) {
        source.expireDue();
        uses.increment();
        int slot = space.ordinals().enter();
        try {
            SearchResult result = new Search(this, source, clock, filters, request).run();
            if (isDropped) {
                throw SearchException.of("%s: no such index", name());
            }
            return result;
        } catch (IndexClosedException | Pace.DroppedException dropped) {
            throw SearchException.of("%s: no such index", name());
        } finally {
            space.ordinals().leave(slot);
        }
    }

    // --- For the package --------------------------------------------------------------------------------------------

    /// Its documents; under the space's lock.
    RoaringBitmap documents() {
        return documents;
    }

    List<IndexField> fields() {
        return schema.fields();
    }

    @Nullable
    IndexField field(String name) {
        return schema.byName().get(name);
    }

    boolean contains(int ordinal) {
        return ordinal >= 0 && documents.contains(ordinal);
    }

    /// Changes of the documents or their postings so far; one version is one set for each filter.
    long version() {
        return changes.version();
    }

    /// Which documents changed of late.
    ChangeLog changes() {
        return changes;
    }

    /// Documents that got another ordinal so far.
    long moves() {
        return moves;
    }

    /// The most documents there were at a time.
    long maxDocuments() {
        return maxDocuments;
    }

    /// Adds a document, or notes that one is about to change.
    void addDocument(int ordinal) {
        changes.add(ordinal);
        documents.add(ordinal);
        maxDocuments = Math.max(maxDocuments, documents.getLongCardinality());
    }

    /// Adds documents that come back together.
    void restoreDocuments(RoaringBitmap restored) {
        changes.addAll();
        documents.or(restored);
        maxDocuments = Math.max(maxDocuments, documents.getLongCardinality());
    }

    void removeDocument(int ordinal) {
        if (documents.checkedRemove(ordinal)) {
            changes.add(ordinal);
            for (IndexField field : fields()) {
                field.remove(ordinal);
            }
        }
    }

    void moveDocument(int from, int to) {
        if (documents.checkedRemove(from)) {
            changes.add(from); // Who moves it adds it as `to`.
            moves++;
            documents.add(to);
            for (IndexField field : fields()) {
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
        changes.addAll();
        documents.clear();
        fields().forEach(IndexField::close);
        account.forget(accountOwner(name()));
    }

    void fail(IndexField field, String error, String key) {
        field.fail(error, key);
        failures = new IndexInfo.Errors(failures.count() + 1, error, key);
    }

    /// Documents that could not be indexed, and the last of them.
    IndexInfo.Errors failures() {
        return failures;
    }

    /// Adds fields at the end; documents get their values from the scan that follows.
    void addFields(IndexDefinition newDefinition, List<IndexField> more) {
        changes.addAll();
        schema = schema.with(queries.nextSchema(), newDefinition, more);
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

    long indexingNanos() {
        return indexingNanos.get();
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
        return new HnswParameters(
                type.maxConnections(), type.efConstruction(), type.efRuntime(), type.epsilon(), type.compression());
    }
}
