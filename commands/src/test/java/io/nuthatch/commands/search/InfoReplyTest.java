package io.nuthatch.commands.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.IndexInfo;
import io.nuthatch.engine.document.IndexInfo.Errors;
import io.nuthatch.engine.document.IndexInfo.Part;
import io.nuthatch.engine.document.IndexInfo.VectorField;
import io.nuthatch.engine.hnsw.CodeUse;
import io.nuthatch.engine.recall.Band;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.recall.LiveRecall;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.resp.Args;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// [Wire] fails on a reply that is longer or shorter than it announced.
class InfoReplyTest {
    private static IndexInfo info(String create) {
        return info(create, null);
    }

    private static IndexInfo info(String create, @Nullable FieldRecall recall) {
        return new IndexInfo(
                CreateSyntax.parse(Args.of(("FT.CREATE " + create).split(" ")), Compression.NONE)
                        .definition(),
                List.of(),
                3,
                4,
                5,
                21,
                9,
                Map.of(Part.POSTINGS, 1L << 20, Part.VECTORS, 3L << 19),
                false,
                1,
                2,
                new Errors(2, "Invalid numeric value", "d:7"),
                Map.of("n", new Errors(2, "Invalid numeric value", "d:7")),
                18,
                0.25,
                Map.of("v", new VectorField(3, 1, 4096, 0, 512, 1, 1.25, CodeUse.WALKED, recall)));
    }

    private static final String RECORDED = "idx ON HASH PREFIX 1 d: SCHEMA t TEXT WEIGHT 2 g TAG SEPARATOR | SORTABLE n"
            + " NUMERIC SORTABLE vec AS v VECTOR HNSW 10 TYPE FLOAT32 DIM 2 DISTANCE_METRIC COSINE M 16 EF_CONSTRUCTION"
            + " 200";

    /// The beginning as recorded from RediSearch; what follows are our own numbers under its keys.
    @Test
    void resp2IsFlatWithLoneFlags() {
        String reply = Wire.of(2, writer -> InfoReply.write(writer, info(RECORDED), 0b10));
        assertThat(reply.replace("'", "").replace("+", ""))
                .startsWith("[index_name, idx, index_options, [], index_definition, [key_type, HASH, prefixes, [d:],"
                        + " default_score, 1], attributes, [[identifier, t, attribute, t, type, TEXT, WEIGHT,"
                        + " 2], [identifier, g, attribute, g, type, TAG, SEPARATOR, |, SORTABLE], [identifier,"
                        + " n, attribute, n, type, NUMERIC, SORTABLE, UNF], [identifier, vec, attribute, v,"
                        + " type, VECTOR, algorithm, HNSW, data_type, FLOAT32, dim, :2, distance_metric,"
                        + " COSINE, M, :16, ef_construction, :200]], num_docs, :3, max_doc_id, :4, num_terms,"
                        + " :5, num_records, :21, inverted_sz_mb, 1, vector_index_sz_mb, 1.5,")
                .contains("dialect_stats, [dialect_1, :0, dialect_2, :1, dialect_3, :0, dialect_4, :0]")
                .contains("Index Errors, [indexing failures, :2, last indexing error, Invalid numeric value, last"
                        + " indexing error key, d:7], field statistics, [[identifier, t, attribute, t, Index Errors,"
                        + " [indexing failures, :0, last indexing error, N/A, last indexing error key, N/A]]");
    }

    @Test
    void resp3IsMapsWithAListOfFlags() {
        String reply = Wire.of(3, writer -> InfoReply.write(writer, info(RECORDED), 0));
        assertThat(reply.replace("'", "").replace("+", ""))
                .startsWith("%{index_name: idx, index_options: [], index_definition: %{key_type: HASH, prefixes: [d:],"
                        + " default_score: ,1}, attributes: [%{identifier: t, attribute: t, type: TEXT, WEIGHT: ,2,"
                        + " flags: []}, %{identifier: g, attribute: g, type: TAG, SEPARATOR: |, flags: [SORTABLE]},")
                .contains("percent_indexed: ,1");
    }

    @Test
    void whatIsNotTheDefaultIsShown() {
        String reply = Wire.of(
                3,
                writer -> InfoReply.write(
                        writer,
                        info("i STOPWORDS 2 b a LANGUAGE french SCORE 0.5 MAXTEXTFIELDS SCHEMA t TEXT NOSTEM"
                                + " SORTABLE UNF NOINDEX g TAG CASESENSITIVE INDEXEMPTY INDEXMISSING f VECTOR FLAT"
                                + " 6 TYPE INT8 DIM 3 DISTANCE_METRIC IP"),
                        0));
        assertThat(reply.replace("'", "").replace("+", ""))
                .contains("index_options: [MAXTEXTFIELDS]")
                .contains("default_language: french, default_score: ,0.5")
                .contains("flags: [SORTABLE, UNF, NOSTEM, NOINDEX]")
                .contains("flags: [CASESENSITIVE, INDEXEMPTY, INDEXMISSING]")
                .contains("algorithm: FLAT, data_type: INT8, dim: :3, distance_metric: IP, flags: []")
                .contains("stopwords_list: [a, b]");
    }

    @Test
    void codesSpeakForThemselvesAmongTheStatistics() {
        String create = "i SCHEMA v VECTOR HNSW 8 TYPE FLOAT32 DIM 40 DISTANCE_METRIC L2 COMPRESSION SQ8";
        String reply = Wire.of(3, writer -> InfoReply.write(writer, info(create), 0));
        assertThat(reply.replace("'", "").replace("+", ""))
                .contains("memory: :4096, marked_deleted: :1, compression: SQ8, code_bytes: :512, code_trainings: :1,"
                        + " code_drift: ,1.25, code_use: WALKED, rescore: ,1.5")
                .contains("ef_construction: :200, flags: []"); // RediSearch's HNSW has no such attribute.
    }

    @Test
    void recallStandsBehindTheStatisticsOfItsField() {
        LiveRecall live = new LiveRecall(() -> 0);
        FieldRecall recall = new FieldRecall(live, 1000);
        recall.measured(Band.ALL, 40, 1);
        recall.ef(Band.MIDDLE, 10, 0.9);
        String create = "i SCHEMA v VECTOR HNSW 8 TYPE FLOAT32 DIM 40 DISTANCE_METRIC L2 RECALL 0.95";
        IndexInfo info = info(create, recall);
        assertThat(Wire.of(3, writer -> InfoReply.write(writer, info, 0))
                        .replace("'", "")
                        .replace("+", ""))
                .contains(
                        "marked_deleted: :1, recall_default: ,0.95, recall: [%{filter: all, estimate: ,1, low: ,0.206")
                .contains(
                        "high: ,1, checks: :1, ef_runtime: :40}], recall_targets: [%{filter: 3-30%, k: :10, recall: ,0.9,"
                                + " ef_runtime: :100, checks: :0, known: :0}]");
        assertThat(Wire.of(2, writer -> InfoReply.write(writer, info, 0))
                        .replace("'", "")
                        .replace("+", ""))
                .contains(
                        "recall_targets, [[filter, 3-30%, k, :10, recall, 0.9, ef_runtime, :100, checks, :0, known, :0]]");
    }

    @Test
    void valkeyGlideReadsFieldsAsFlatArrays() {
        String reply = Wire.of(3, writer -> ValkeyInfoReply.write(writer, info(RECORDED)));
        assertThat(reply)
                .startsWith(
                        "['index_name', 'idx', 'key_type', 'HASH', 'key_prefixes', ['d:'], 'fields', [['identifier',"
                                + " 't', 'field_name', 't', 'type', 'TEXT', 'option', ''],")
                .contains("'vector_params', ['algorithm', 'HNSW', 'data_type', 'FLOAT32', 'dimension', :2,"
                        + " 'distance_metric', 'COSINE', 'initial_capacity', :0, 'current_capacity', :3, 'm', :16,"
                        + " 'ef_construction', :200, 'ef_runtime', :10]")
                .endsWith("'state', 'ready']");
    }
}
