package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.VectorIndex;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.Numbers;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.text.Stemmer;
import io.nuthatch.engine.text.TextPostings;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// One field of a live index: its description and the structures that its kind needs; the others are null.
///
/// Threads: the space's read-write lock; the vector index keeps its own.
final class IndexField implements AutoCloseable {
    private final FieldSpec spec;
    private final FieldName name;
    private final @Nullable TextPostings text;
    private final @Nullable TagPostings tags;
    private final @Nullable NumericPostings numbers;
    private final @Nullable VectorField vector;
    private final @Nullable SortColumn sortColumn;
    private final @Nullable RoaringBitmap missing;
    private final RoaringBitmap withVector = new RoaringBitmap();
    private long failures;
    private @Nullable String lastError;
    private @Nullable String lastKey;

    /// A vector field's rows, which other indexes may share, and its own index over them.
    ///
    /// @param recall null for FLAT, whose answers are exact
    record VectorField(
            FieldType.Vector type,
            VectorRows rows,
            VectorIndex index,
            Releases releases,
            @Nullable FieldRecall recall) {}

    IndexField(FieldSpec spec, IndexDefinition definition, @Nullable VectorField vector, MemoryAccount account) {
        String owner = SearchIndex.accountOwner(definition.name());
        MemoryAccount.Counter sorting = account.counter(owner, "sortables");
        this.spec = spec;
        this.name = new FieldName(spec.identifier());
        this.vector = vector;
        boolean empty = spec.has(FieldSpec.Flag.INDEXEMPTY);
        this.text = spec.isIndexed() && spec.type() instanceof FieldType.Text type
                ? new TextPostings(
                        definition.stopWords(),
                        type.noStem() ? null : Stemmer.of(definition.language()),
                        empty,
                        account.counter(owner, "offsets"),
                        account.counter(owner, "offsets"))
                : null;
        this.tags = spec.isIndexed() && spec.type() instanceof FieldType.Tag type
                ? new TagPostings(type, empty, account.counter(owner, "postings"))
                : null;
        this.numbers = spec.type() instanceof FieldType.Numeric
                ? new NumericPostings(account.counter(owner, "postings"))
                : null;
        boolean isString = spec.type() instanceof FieldType.Text || spec.type() instanceof FieldType.Tag;
        this.sortColumn = isString && spec.has(FieldSpec.Flag.SORTABLE)
                ? new SortColumn(spec.has(FieldSpec.Flag.UNF), sorting)
                : null;
        this.missing = spec.has(FieldSpec.Flag.INDEXMISSING) ? new RoaringBitmap() : null;
    }

    FieldSpec spec() {
        return spec;
    }

    /// The hash field it reads.
    FieldName name() {
        return name;
    }

    /// Null where the field is no TEXT field, or cannot be searched.
    @Nullable
    TextPostings text() {
        return text;
    }

    @Nullable
    TagPostings tags() {
        return tags;
    }

    /// Of any NUMERIC field; NOINDEX ones are there to sort by only.
    @Nullable
    NumericPostings numbers() {
        return numbers;
    }

    @Nullable
    VectorField vector() {
        return vector;
    }

    @Nullable
    SortColumn sortColumn() {
        return sortColumn;
    }

    /// Documents without the field; null unless INDEXMISSING.
    @Nullable
    RoaringBitmap missing() {
        return missing;
    }

    /// Documents whose vector is in [#vector]'s index.
    RoaringBitmap withVector() {
        return withVector;
    }

    /// Makes `value` the document's value; null when it has none. For vectors this only notes that there is
    /// one.
    void put(int ordinal, @Nullable String value) {
        if (text != null) {
            text.put(ordinal, value);
        }
        if (tags != null) {
            tags.put(ordinal, value);
        }
        if (numbers != null) {
            numbers.put(ordinal, value == null ? Double.NaN : number(value));
        }
        if (sortColumn != null) {
            sortColumn.put(ordinal, value);
        }
        if (vector != null) {
            mark(withVector, ordinal, value != null);
        }
        if (missing != null) {
            mark(missing, ordinal, value == null);
        }
    }

    /// As [#put] for documents that have no value yet, together. Numbers and tags are found from [#settle]
    /// on, and until then nothing else may change.
    void restore(FieldBatch batch) {
        int count = batch.count();
        if (tags != null) {
            tags.restore(batch);
        }
        if (numbers != null) {
            numbers.restore(batch);
        }
        for (int i = 0; i < count && (text != null || sortColumn != null); i++) {
            if (text != null) {
                text.put(batch.ordinal(i), batch.text(i));
            }
            if (sortColumn != null) {
                sortColumn.put(batch.ordinal(i), batch.text(i));
            }
        }
        if (vector != null) {
            withVector.or(batch.documents());
        }
    }

    /// Makes what [#restore] brought whole.
    void settle() {
        if (tags != null) {
            tags.settle();
        }
        if (numbers != null) {
            numbers.settle();
        }
    }

    /// The number a NUMERIC field's string stands for; NaN when it is none.
    static double number(String value) {
        return Numbers.parse(value);
    }

    void remove(int ordinal) {
        put(ordinal, null);
        if (missing != null) {
            missing.remove(ordinal);
        }
    }

    void move(int from, int to) {
        if (text != null) {
            text.move(from, to);
        }
        if (tags != null) {
            tags.move(from, to);
        }
        if (numbers != null) {
            numbers.move(from, to);
        }
        if (sortColumn != null) {
            sortColumn.move(from, to);
        }
        moveBit(withVector, from, to);
        if (missing != null) {
            moveBit(missing, from, to);
        }
    }

    private static void mark(RoaringBitmap set, int ordinal, boolean isIn) {
        if (isIn) {
            set.add(ordinal);
        } else {
            set.remove(ordinal);
        }
    }

    private static void moveBit(RoaringBitmap set, int from, int to) {
        if (set.checkedRemove(from)) {
            set.add(to);
        }
    }

    /// Notes that a document could not be indexed for this field's sake.
    void fail(String error, String key) {
        failures++;
        lastError = error;
        lastKey = key;
    }

    IndexInfo.Errors errors() {
        return new IndexInfo.Errors(failures, lastError, lastKey);
    }

    /// Gives the field's own memory back; rows belong to the space, and the vector index is closed by it
    /// before.
    @Override
    public void close() {
        if (text != null) {
            text.close();
        }
        if (tags != null) {
            tags.close();
        }
        if (numbers != null) {
            numbers.close();
        }
        if (sortColumn != null) {
            sortColumn.close();
        }
        withVector.clear();
    }
}
