package io.nuthatch.commands.search;

import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldSpec.Flag;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.IndexInfo;
import io.nuthatch.engine.document.IndexInfo.Errors;
import io.nuthatch.engine.document.IndexInfo.Part;
import io.nuthatch.engine.recall.Band;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Writes FT.INFO.
///
/// Clients read it by position (RedisVL the definition and the attributes, go-redis the errors and
/// statistics), so the order of keys is RediSearch's and nothing stands between them. A map of RESP3 is a
/// flat array in RESP2, but for the flags of a field: a list under `flags` in the one, lone words behind the
/// pairs in the other.
final class InfoReply {
    private static final double MEBIBYTE = 1 << 20;
    /// Cursors one index may have open, RediSearch's number; there are no cursors before FT.AGGREGATE is
    /// built.
    private static final int CURSOR_CAPACITY = 128;
    private static final String NO_ERROR = "N/A";

    private final ReplyWriter reply;
    private final IndexInfo info;

    private InfoReply(ReplyWriter reply, IndexInfo info) {
        this.reply = reply;
        this.info = info;
    }

    /// Writes one whole reply; `dialects`: bit `d - 1` is set when dialect `d` was used with the index.
    static void write(ReplyWriter reply, IndexInfo info, int dialects) {
        new InfoReply(reply, info).all(dialects);
    }

    private void all(int dialects) {
        IndexDefinition definition = info.definition();
        boolean ownStopWords = !definition.stopWords().isDefault();
        reply.map(ownStopWords ? 35 : 34);
        key("index_name");
        name(definition.name());
        key("index_options");
        reply.array(definition.options().size());
        definition.options().forEach(reply::simpleString);
        key("index_definition");
        definition(definition);
        key("attributes");
        reply.array(definition.fields().size());
        definition.fields().forEach(this::attribute);
        integer("num_docs", info.numDocs());
        integer("max_doc_id", info.maxDocId());
        integer("num_terms", info.numTerms());
        integer("num_records", info.numRecords());
        mebibytes("inverted_sz_mb", info.bytes(Part.POSTINGS));
        mebibytes("vector_index_sz_mb", info.bytes(Part.VECTORS));
        integer("total_inverted_index_blocks", info.numTerms());
        mebibytes("offset_vectors_sz_mb", info.bytes(Part.OFFSETS));
        mebibytes("doc_table_size_mb", info.bytes(Part.KEYS));
        mebibytes("sortable_values_size_mb", info.bytes(Part.SORTABLES));
        mebibytes("key_table_size_mb", 0); // The keys are counted with the documents.
        mebibytes("tag_overhead_sz_mb", info.bytes(Part.TAGS));
        mebibytes("text_overhead_sz_mb", info.bytes(Part.TERMS));
        mebibytes("total_index_memory_sz_mb", info.totalBytes());
        mebibytes("geoshapes_sz_mb", 0);
        real("records_per_doc_avg", ratio(info.numRecords(), info.numDocs()));
        real("bytes_per_record_avg", ratio(info.bytes(Part.POSTINGS), info.numRecords()));
        real("offsets_per_term_avg", ratio(info.tokens(), info.numRecords()));
        real("offset_bits_per_record_avg", 8 * ratio(info.bytes(Part.OFFSETS), info.numRecords()));
        integer("hash_indexing_failures", info.indexingFailures());
        real("total_indexing_time", info.indexingMillis());
        integer("indexing", info.isIndexing() ? 1 : 0);
        real("percent_indexed", info.percentIndexed());
        integer("number_of_uses", info.uses());
        integer("cleaning", 0); // Postings are cleaned by the write that empties them; nothing runs behind.
        key("gc_stats");
        reply.map(7);
        real("bytes_collected", 0);
        real("total_ms_run", 0);
        real("total_cycles", 0);
        real("average_cycle_time_ms", 0);
        real("last_run_time_ms", 0);
        real("gc_numeric_trees_missed", 0);
        real("gc_blocks_denied", 0);
        key("cursor_stats");
        reply.map(4);
        integer("global_idle", 0);
        integer("global_total", 0);
        integer("index_capacity", CURSOR_CAPACITY);
        integer("index_total", 0);
        key("dialect_stats");
        reply.map(SearchSyntax.MAX_DIALECT);
        for (int dialect = 1; dialect <= SearchSyntax.MAX_DIALECT; dialect++) {
            integer("dialect_" + dialect, dialects >> (dialect - 1) & 1);
        }
        if (ownStopWords) {
            key("stopwords_list");
            List<String> words = definition.stopWords().sorted();
            reply.array(words.size());
            words.forEach(this::name);
        }
        key("Index Errors");
        errors(info.errors());
        key("field statistics");
        reply.array(definition.fields().size());
        definition.fields().forEach(this::statistics);
    }

    private void definition(IndexDefinition definition) {
        boolean ownLanguage = !definition.language().equals(CreateSyntax.DEFAULT_LANGUAGE);
        reply.map(ownLanguage ? 4 : 3);
        key("key_type");
        reply.simpleString("HASH");
        key("prefixes");
        reply.array(definition.prefixes().size());
        definition.prefixes().forEach(this::name);
        if (ownLanguage) {
            key("default_language");
            reply.simpleString(definition.language());
        }
        real("default_score", definition.score());
    }

    private void attribute(FieldSpec field) {
        List<String> flags = flags(field);
        List<Runnable> pairs = new ArrayList<>();
        switch (field.type()) {
            case FieldType.Text text -> pairs.add(() -> real("WEIGHT", text.weight()));
            case FieldType.Tag tag ->
                pairs.add(() -> {
                    key("SEPARATOR");
                    name(String.valueOf(tag.separator()));
                });
            case FieldType.Numeric numeric -> {}
            case FieldType.Vector vector -> {
                pairs.add(() -> word("algorithm", vector.algorithm().name()));
                pairs.add(() -> word("data_type", vector.type().name()));
                pairs.add(() -> integer("dim", vector.dim()));
                pairs.add(() -> word("distance_metric", vector.metric().name()));
                if (vector.algorithm() == FieldType.Vector.Algorithm.HNSW) {
                    pairs.add(() -> integer("M", vector.maxConnections()));
                    pairs.add(() -> integer("ef_construction", vector.efConstruction()));
                }
            }
        }
        if (reply.isResp3()) {
            reply.map(3 + pairs.size() + 1);
        } else {
            reply.array(2 * (3 + pairs.size()) + flags.size());
        }
        key("identifier");
        name(field.identifier());
        key("attribute");
        name(field.name());
        word("type", typeName(field.type()));
        pairs.forEach(Runnable::run);
        if (reply.isResp3()) {
            key("flags");
            reply.array(flags.size());
        }
        flags.forEach(reply::simpleString);
    }

    /// The field's flags in RediSearch's order and, RedisVL being what it is, only those it knows:
    /// WITHSUFFIXTRIE would break its pairing.
    private static List<String> flags(FieldSpec field) {
        List<String> flags = new ArrayList<>();
        if (field.type() instanceof FieldType.Tag tag && tag.caseSensitive()) {
            flags.add("CASESENSITIVE");
        }
        if (field.has(Flag.SORTABLE)) {
            flags.add("SORTABLE");
            if (field.has(Flag.UNF) || field.type() instanceof FieldType.Numeric) {
                flags.add("UNF"); // Numbers have no other form.
            }
        }
        if (field.type() instanceof FieldType.Text text && text.noStem()) {
            flags.add("NOSTEM");
        }
        for (Flag flag : List.of(Flag.NOINDEX, Flag.INDEXEMPTY, Flag.INDEXMISSING)) {
            if (field.has(flag)) {
                flags.add(flag.name());
            }
        }
        return flags;
    }

    private static String typeName(FieldType type) {
        return switch (type) {
            case FieldType.Text text -> "TEXT";
            case FieldType.Tag tag -> "TAG";
            case FieldType.Numeric numeric -> "NUMERIC";
            case FieldType.Vector vector -> "VECTOR";
        };
    }

    private void statistics(FieldSpec field) {
        IndexInfo.VectorField vector = info.vectors().get(field.name());
        boolean isCoded = field.type() instanceof FieldType.Vector type && type.compression() != Compression.NONE;
        FieldRecall recall = vector == null ? null : vector.recall();
        reply.map((vector == null ? 3 : isCoded ? 11 : 5) + (recall == null ? 0 : 3));
        key("identifier");
        name(field.identifier());
        key("attribute");
        name(field.name());
        key("Index Errors");
        errors(info.fieldErrors().getOrDefault(field.name(), Errors.NONE));
        if (vector != null) {
            integer("memory", vector.bytes());
            integer("marked_deleted", vector.markedDeleted());
            if (field.type() instanceof FieldType.Vector type && isCoded) {
                word("compression", type.compression().name());
                integer("code_bytes", vector.codeBytes());
                integer("code_trainings", vector.trainings());
                real("code_drift", vector.drift());
                word("code_use", vector.codeUse().name());
                real("rescore", type.compression().rescored(100) / 100.0);
            }
        }
        if (recall != null && field.type() instanceof FieldType.Vector type) {
            recall(recall, type);
        }
    }

    /// What searches reached, by band of filter, and the widths of walk for the recalls that were asked for.
    private void recall(FieldRecall recall, FieldType.Vector type) {
        real("recall_default", type.recall());
        List<FieldRecall.Estimate> estimates = recall.estimates();
        key("recall");
        reply.array(estimates.size());
        for (FieldRecall.Estimate estimate : estimates) {
            reply.map(6);
            label("filter", estimate.band());
            real("estimate", estimate.estimate());
            real("low", estimate.low());
            real("high", estimate.high());
            integer("checks", estimate.checks());
            integer("ef_runtime", estimate.ef());
        }
        List<FieldRecall.Target> targets = recall.targets();
        key("recall_targets");
        reply.array(targets.size());
        for (FieldRecall.Target target : targets) {
            reply.map(6);
            label("filter", target.band());
            integer("k", target.k());
            real("recall", target.recall());
            integer("ef_runtime", target.ef());
            integer("checks", (long) target.checks());
            integer("known", target.checks() >= FieldRecall.TRUSTED ? 1 : 0);
        }
    }

    private void label(String name, Band band) {
        key(name);
        reply.simpleString(band.label());
    }

    private void errors(Errors errors) {
        reply.map(3);
        integer("indexing failures", errors.count());
        key("last indexing error");
        name(errors.lastError() == null ? NO_ERROR : errors.lastError());
        key("last indexing error key");
        name(errors.lastKey() == null ? NO_ERROR : errors.lastKey());
    }

    private void key(String name) {
        reply.simpleString(name);
    }

    private void integer(String name, long value) {
        key(name);
        reply.integer(value);
    }

    private void real(String name, double value) {
        key(name);
        reply.doubleValue(value);
    }

    private void mebibytes(String name, long bytes) {
        real(name, bytes / MEBIBYTE);
    }

    private void word(String name, String value) {
        key(name);
        reply.simpleString(value.toUpperCase(Locale.ROOT));
    }

    /// A byte string that a client chose: as a bulk string, for it may hold a line break.
    private void name(String byteString) {
        reply.bulk(ByteStrings.bytes(byteString));
    }

    private static double ratio(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }
}
