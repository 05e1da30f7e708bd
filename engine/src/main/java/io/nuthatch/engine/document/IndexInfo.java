package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.CodeUse;
import io.nuthatch.engine.recall.FieldRecall;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What FT.INFO says, as of one moment.
///
/// Bytes count what belongs to the index: off heap exactly, on the heap (dictionaries, bitmaps) by the sizes
/// of the structures. What several indexes over the same keys share (rows, keys) shows in each of them.
///
/// @param definition name, prefixes and schema as they are now
/// @param numDocs documents in the index
/// @param maxDocId the largest number of documents there ever was at a time (ordinals are reused)
/// @param numTerms different words
/// @param numRecords places in postings: (word, document) pairs, tags and numbers
/// @param tokens words with repetitions, over all documents
/// @param bytes memory of the parts, by [Part]
/// @param isIndexing whether documents older than the index are still being read
/// @param percentIndexed their share that has been read, 0..1
/// @param indexingFailures documents that could not be indexed
/// @param errors the same by field, and the last of them
/// @param uses searches and other commands that named the index
/// @param indexingMillis time spent indexing
/// @param vectors by field name, what its vector index says of itself
public record IndexInfo(
        IndexDefinition definition,
        List<String> aliases,
        long numDocs,
        long maxDocId,
        long numTerms,
        long numRecords,
        long tokens,
        Map<Part, Long> bytes,
        boolean isIndexing,
        double percentIndexed,
        long indexingFailures,
        Errors errors,
        Map<String, Errors> fieldErrors,
        long uses,
        double indexingMillis,
        Map<String, VectorField> vectors) {
    /// Parts of an index's memory.
    public enum Part {
        /// Posting lists of words, tags and numbers.
        POSTINGS,
        /// Dictionaries of words.
        TERMS,
        /// Dictionaries of tags.
        TAGS,
        /// Positions of words in documents.
        OFFSETS,
        /// Keys by ordinal.
        KEYS,
        /// Values kept for sorting.
        SORTABLES,
        /// Vectors and graphs.
        VECTORS
    }

    /// How often indexing failed, and the last time why and for which key.
    public record Errors(
            long count,
            @Nullable String lastError,
            @Nullable String lastKey) {
        public static final Errors NONE = new Errors(0, null, null);
    }

    /// A vector field's numbers.
    ///
    /// @param size vectors that can be found
    /// @param markedDeleted vectors deleted and still linked
    /// @param bytes rows, graph and codes
    /// @param lag vectors that wait for their place in the graph; searches see them all the same
    /// @param codeBytes bytes of the codes among them, 0 until they are made
    /// @param trainings how often codes were made
    /// @param recall what its searches reached of late; null for FLAT
    /// @param drift how far the vectors of late are from those the codes were trained on, 1 for as near
    /// @param codeUse whether walks go by codes
    public record VectorField(
            long size,
            long markedDeleted,
            long bytes,
            long lag,
            long codeBytes,
            int trainings,
            double drift,
            CodeUse codeUse,
            @Nullable FieldRecall recall) {}

    public long totalBytes() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }

    public long bytes(Part part) {
        return bytes.getOrDefault(part, 0L);
    }
}
