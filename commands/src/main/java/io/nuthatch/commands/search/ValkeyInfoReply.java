package io.nuthatch.commands.search;

import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.IndexInfo;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.resp.ReplyWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Writes FT.INFO as valkey-search does and valkey-glide's converter expects: flat arrays in either protocol,
/// the schema under `fields`.
final class ValkeyInfoReply {
    private ValkeyInfoReply() {}

    /// Writes one whole reply.
    static void write(ReplyWriter reply, IndexInfo info) {
        IndexDefinition definition = info.definition();
        reply.array(2 * 10);
        text(reply, "index_name", definition.name());
        text(reply, "key_type", "HASH");
        reply.bulk("key_prefixes");
        reply.array(definition.prefixes().size());
        definition.prefixes().forEach(prefix -> reply.bulk(ByteStrings.bytes(prefix)));
        reply.bulk("fields");
        reply.array(definition.fields().size());
        for (FieldSpec field : definition.fields()) {
            field(reply, field, info.vectors().get(field.name()));
        }
        number(reply, "num_docs", info.numDocs());
        number(reply, "num_terms", info.numTerms());
        number(reply, "num_records", info.numRecords());
        number(reply, "hash_indexing_failures", info.indexingFailures());
        number(reply, "backfill_in_progress", info.isIndexing() ? 1 : 0);
        text(reply, "state", info.isIndexing() ? "backfill_in_progress" : "ready");
    }

    private static void field(ReplyWriter reply, FieldSpec field, IndexInfo.@Nullable VectorField numbers) {
        boolean isVector = field.type() instanceof FieldType.Vector;
        reply.array(isVector ? 10 : 8);
        text(reply, "identifier", field.identifier());
        text(reply, "field_name", field.name());
        text(reply, "type", field.type().getClass().getSimpleName().toUpperCase(Locale.ROOT));
        text(reply, "option", "");
        if (field.type() instanceof FieldType.Vector vector) {
            boolean isHnsw = vector.algorithm() == Algorithm.HNSW;
            reply.bulk("vector_params");
            reply.array(isHnsw ? 18 : 14);
            text(reply, "algorithm", vector.algorithm().name());
            text(reply, "data_type", vector.type().name());
            number(reply, "dimension", vector.dim());
            text(reply, "distance_metric", vector.metric().name());
            number(reply, "initial_capacity", vector.initialCapacity());
            number(reply, "current_capacity", numbers == null ? 0 : numbers.size());
            if (isHnsw) {
                number(reply, "m", vector.maxConnections());
                number(reply, "ef_construction", vector.efConstruction());
                number(reply, "ef_runtime", vector.efRuntime());
            } else {
                number(reply, "block_size", vector.blockSize());
            }
        }
    }

    private static void text(ReplyWriter reply, String name, String byteString) {
        reply.bulk(name);
        reply.bulk(ByteStrings.bytes(byteString));
    }

    private static void number(ReplyWriter reply, String name, long value) {
        reply.bulk(name);
        reply.integer(value);
    }
}
