package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.IndexStats;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.TextPostings;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// Adds up what FT.INFO shows of an index: counts and bytes over all of its fields.
///
/// Threads: one; under the space's read lock.
final class IndexReport {
    private final SearchIndex index;
    private final MemoryAccount account;
    private final Map<IndexInfo.Part, Long> bytes = new EnumMap<>(IndexInfo.Part.class);
    private final Map<String, IndexInfo.Errors> errors = new LinkedHashMap<>();
    private final Map<String, IndexInfo.VectorField> vectors = new LinkedHashMap<>();
    private long terms;
    private long records;
    private long tokens;

    IndexReport(SearchIndex index, MemoryAccount account) {
        this.index = index;
        this.account = account;
    }

    IndexInfo info() {
        Map<String, Long> offHeap = account.byPart(SearchIndex.accountOwner(index.name()));
        add(IndexInfo.Part.OFFSETS, offHeap.getOrDefault("offsets", 0L));
        add(IndexInfo.Part.POSTINGS, offHeap.getOrDefault("postings", 0L));
        add(IndexInfo.Part.SORTABLES, offHeap.getOrDefault("sortables", 0L));
        add(IndexInfo.Part.KEYS, index.space().keyBytes());
        for (IndexField field : index.fields()) {
            add(field);
        }
        IndexInfo.Errors failures = index.failures();
        double progress = index.progress();
        return new IndexInfo(
                index.definition(),
                index.aliases(),
                index.documents().getLongCardinality(),
                index.maxDocuments(),
                terms,
                records,
                tokens,
                bytes,
                progress < 1,
                progress,
                failures.count(),
                failures,
                errors,
                index.uses(),
                index.indexingNanos() / 1e6,
                vectors);
    }

    private void add(IndexField field) {
        String name = field.spec().name();
        errors.put(name, field.errors());
        TextPostings text = field.text();
        if (text != null) {
            terms += text.wordCount();
            records += text.records();
            tokens += text.tokens();
            add(IndexInfo.Part.TERMS, text.dictionaryBytes());
            add(IndexInfo.Part.POSTINGS, text.setBytes());
        }
        TagPostings tags = field.tags();
        if (tags != null) {
            records += tags.records();
            add(IndexInfo.Part.TAGS, tags.dictionaryBytes());
            add(IndexInfo.Part.POSTINGS, tags.setBytes());
        }
        NumericPostings numbers = field.numbers();
        if (numbers != null) {
            records += numbers.count();
            add(IndexInfo.Part.POSTINGS, numbers.setBytes());
        }
        IndexField.VectorField vector = field.vector();
        if (vector != null) {
            IndexStats stats = vector.index().stats();
            long size = stats.linksBytes()
                    + stats.upperBytes()
                    + stats.statesBytes()
                    + stats.scratchBytes()
                    + stats.codesBytes()
                    + index.space().rowBytes(vector.rows());
            records += stats.size();
            add(IndexInfo.Part.VECTORS, size);
            vectors.put(
                    name,
                    new IndexInfo.VectorField(
                            stats.size(),
                            stats.tombstones(),
                            size,
                            vector.index().lag(),
                            stats.codesBytes(),
                            stats.trainings(),
                            stats.drift(),
                            stats.codeUse(),
                            vector.recall()));
        }
    }

    private void add(IndexInfo.Part part, long more) {
        bytes.merge(part, more, Long::sum);
    }
}
