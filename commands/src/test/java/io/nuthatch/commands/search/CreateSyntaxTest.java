package io.nuthatch.commands.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldSpec.Flag;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.text.StopWords;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import io.nuthatch.resp.Args;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CreateSyntaxTest {
    private static CreateSyntax.Request parse(String request) {
        return CreateSyntax.parse(Args.of(("FT.CREATE " + request).split(" ")), Compression.SQ8);
    }

    /// As they were recorded from the clients.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ji ON HASH PREFIX 1 ji: SCHEMA t TEXT SORTABLE g TAG n NUMERIC SORTABLE v VECTOR HNSW 6 DIM 16"
                        + " DISTANCE_METRIC COSINE TYPE FLOAT32",
                "li ON HASH PREFIX 1 li SCORE 1.0 SCHEMA id TAG SEPARATOR , doc_id TAG SEPARATOR , text TEXT WEIGHT 1"
                        + " cat TAG SEPARATOR , vector VECTOR HNSW 14 TYPE FLOAT32 DIM 32 DISTANCE_METRIC COSINE M 16"
                        + " EF_CONSTRUCTION 200 EF_RUNTIME 10 EPSILON 0.01",
                "sc ON HASH PREFIX 1 sc SCORE 1.0 SCHEMA prompt TEXT WEIGHT 1 response TEXT WEIGHT 1 inserted_at"
                        + " NUMERIC updated_at NUMERIC prompt_vector VECTOR FLAT 6 TYPE FLOAT32 DIM 32 DISTANCE_METRIC"
                        + " COSINE u TAG SEPARATOR ,",
                "ioi ON HASH PREFIX 1 ioi: SCHEMA prompt TEXT NOSTEM model TAG inserted_at NUMERIC SORTABLE embedding"
                        + " VECTOR HNSW 6 TYPE FLOAT32 DIM 16 DISTANCE_METRIC COSINE",
                "lc ON HASH PREFIX 1 lc: SCORE 1.0 SCHEMA text TEXT WEIGHT 1 embedding VECTOR FLAT 6 TYPE FLOAT32 DIM"
                        + " 32 DISTANCE_METRIC COSINE _index_name TEXT WEIGHT 1 _metadata_json TEXT WEIGHT 1 cat TAG"
                        + " SEPARATOR |",
                "m0 SCHEMA v VECTOR FLAT 8 TYPE FLOAT32 DIM 4 DISTANCE_METRIC L2 INITIAL_CAP 1000",
                "i SCHEMA a TEXT"
            })
    void whatClientsSendIsTaken(String request) {
        assertThat(parse(request).definition().name()).isEqualTo(request.substring(0, request.indexOf(' ')));
    }

    @Test
    void everyOptionIsRead() {
        CreateSyntax.Request request =
                parse("i prefix 2 a: b: language FRENCH score 0.5 stopwords 2 Foo bar on hash nohl maxtextfields"
                        + " skipinitialscan schema t as title text nostem sortable unf weight 2.5 noindex indexmissing"
                        + " indexempty withsuffixtrie g tag casesensitive separator ; sortable n numeric noindex sortable"
                        + " v vector hnsw 16 m 8 ef_runtime 20 recall 0.95 type float64 epsilon 0.2 dim 3 ef_construction 100"
                        + " distance_metric l2 f as w vector flat 10 type INT8 dim 2 distance_metric IP initial_cap 7"
                        + " block_size 9");
        IndexDefinition definition = request.definition();
        assertThat(request.isScanSkipped()).isTrue();
        assertThat(definition.prefixes()).containsExactly("a:", "b:");
        assertThat(definition.language()).isEqualTo("french");
        assertThat(definition.score()).isEqualTo(0.5);
        assertThat(definition.stopWords().sorted()).containsExactly("bar", "foo");
        assertThat(definition.options()).containsExactly("NOHL", "MAXTEXTFIELDS");
        assertThat(definition.fields())
                .containsExactly(
                        new FieldSpec(
                                "t",
                                "title",
                                new FieldType.Text(2.5, true),
                                Set.of(Flag.SORTABLE, Flag.UNF, Flag.NOINDEX, Flag.INDEXMISSING, Flag.INDEXEMPTY)),
                        new FieldSpec("g", "g", new FieldType.Tag(';', true), Set.of(Flag.SORTABLE)),
                        new FieldSpec("n", "n", new FieldType.Numeric(), Set.of(Flag.NOINDEX, Flag.SORTABLE)),
                        new FieldSpec(
                                "v",
                                "v",
                                new FieldType.Vector(
                                        Algorithm.HNSW,
                                        VectorType.FLOAT64,
                                        3,
                                        Metric.L2,
                                        0,
                                        1024,
                                        8,
                                        100,
                                        20,
                                        0.95,
                                        0.2,
                                        Compression.SQ8),
                                Set.of()),
                        new FieldSpec(
                                "f",
                                "w",
                                new FieldType.Vector(
                                        Algorithm.FLAT,
                                        VectorType.INT8,
                                        2,
                                        Metric.IP,
                                        7,
                                        9,
                                        16,
                                        200,
                                        10,
                                        0,
                                        0.01,
                                        Compression.NONE),
                                Set.of()));
    }

    private static Compression compressionOf(String vector) {
        return ((FieldType.Vector) parse("i SCHEMA v VECTOR " + vector)
                        .definition()
                        .fields()
                        .getFirst()
                        .type())
                .compression();
    }

    @Test
    void compressionIsReadOrTheDefaultWhereItFits() {
        String hnsw = "DIM 4 DISTANCE_METRIC L2 TYPE FLOAT16";
        assertThat(compressionOf("HNSW 8 compression sq4 " + hnsw)).isEqualTo(Compression.SQ4);
        assertThat(compressionOf("HNSW 8 COMPRESSION NONE " + hnsw)).isEqualTo(Compression.NONE);
        assertThat(compressionOf("HNSW 6 " + hnsw)).isEqualTo(Compression.SQ8); // The default of these tests.
        assertThat(compressionOf("FLAT 6 " + hnsw)).isEqualTo(Compression.NONE);
        assertThat(compressionOf("HNSW 6 DIM 4 DISTANCE_METRIC L2 TYPE INT8")).isEqualTo(Compression.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FLAT 8 COMPRESSION SQ8 TYPE FLOAT32 DIM 4 DISTANCE_METRIC L2 |"
                        + " COMPRESSION SQ8 needs an HNSW index: FLAT compares whole vectors",
                "HNSW 8 COMPRESSION SQ4 TYPE INT8 DIM 4 DISTANCE_METRIC L2 |"
                        + " COMPRESSION SQ4 is for vectors of floats: INT8 ones are searched as they are",
                "HNSW 8 COMPRESSION LVQ8 TYPE FLOAT32 DIM 4 DISTANCE_METRIC L2 |"
                        + " ERR Bad arguments for vector similarity HNSW index compression: Unknown argument"
            })
    void compressionIsRefusedWhereItDoesNotFit(String vector, String error) {
        assertThatThrownBy(() -> parse("i SCHEMA v VECTOR " + vector)).hasMessage(error);
    }

    @Test
    void whatIsNotSaidHasRedisDefaults() {
        CreateSyntax.Request request = parse("i SCHEMA a TEXT b TAG");
        assertThat(request.isScanSkipped()).isFalse();
        assertThat(request.definition())
                .isEqualTo(IndexDefinition.of(
                        "i", java.util.List.of(), request.definition().fields()));
        assertThat(request.definition().prefixes()).containsExactly("");
        assertThat(request.definition().fields())
                .map(FieldSpec::type)
                .containsExactly(new FieldType.Text(1, false), new FieldType.Tag(',', false));
        assertThat(parse("i STOPWORDS 0 SCHEMA a TEXT").definition().stopWords())
                .isEqualTo(StopWords.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "i | ERR No schema found",
                "i SCHEMA | ERR Fields arguments are missing",
                "i SCHEMA a | ERR Field `a` does not have a type",
                "i SCHEMA a AS | ERR AS requires an argument",
                "i SCHEMA a AS b | ERR Field `b` does not have a type",
                "i SCHEMA a BOGUS | ERR Invalid field type for field `a`",
                "i SCHEMA a GEO | ERR fields of type GEO are not supported yet",
                "i SCHEMA a GEOSHAPE FLAT | ERR fields of type GEOSHAPE are not supported yet",
                "i ON SET SCHEMA a TEXT | ERR Invalid rule type: SET",
                "i ON JSON SCHEMA $.a AS a TEXT | ERR ON JSON is not supported yet; only ON HASH is",
                "i ON | ERR Bad arguments for ON: Expected an argument, but none provided",
                "i PREFIX x SCHEMA a TEXT | ERR Bad arguments for PREFIX: Could not convert argument to expected type",
                "i PREFIX 5 a SCHEMA a TEXT | ERR Bad arguments for PREFIX: Expected an argument, but none provided",
                "i BOGUS SCHEMA a TEXT | ERR Unknown argument `BOGUS`",
                "i SCORE 2 SCHEMA a TEXT | ERR Invalid score",
                "i SCORE nan SCHEMA a TEXT | ERR Invalid score",
                "i STOPWORDS 3 a SCHEMA a TEXT | ERR Unknown argument `TEXT`",
                "i TEMPORARY 10 SCHEMA a TEXT | ERR TEMPORARY is not supported yet",
                "i FILTER @n>3 SCHEMA n NUMERIC | ERR FILTER is not supported yet",
                "i NOFREQS SCHEMA a TEXT | ERR NOFREQS is not supported yet",
                "i SCHEMA a TEXT PHONETIC dm:en | ERR PHONETIC is not supported yet",
                "i SCHEMA a TEXT WEIGHT x | ERR Bad arguments for weight: Could not convert argument to expected type",
                "i SCHEMA a TEXT WEIGHT inf | ERR Bad arguments for weight: Could not convert argument to expected"
                        + " type",
                "i SCHEMA a TAG SEPARATOR ab | ERR Tag separator must be a single character. Got `ab`",
                "i SCHEMA a TAG SEPARATOR | ERR SEPARATOR requires an argument",
                "i SCHEMA a TEXT SEPARATOR , | ERR Invalid field type for field `SEPARATOR`",
                "i SCHEMA v VECTOR | ERR Bad arguments for vector similarity algorithm: Expected an argument, but none"
                        + " provided",
                "i SCHEMA v VECTOR FOO 6 | ERR Bad arguments for vector similarity algorithm: Unknown argument",
                "i SCHEMA v VECTOR SVS-VAMANA 6 | ERR SVS-VAMANA is not supported yet; use HNSW or FLAT",
                "i SCHEMA v VECTOR HNSW | ERR Bad arguments for vector similarity number of parameters: Expected an"
                        + " argument, but none provided",
                "i SCHEMA v VECTOR HNSW 5 TYPE FLOAT32 DIM 2 DISTANCE_METRIC | ERR Bad number of arguments for vector"
                        + " similarity index: got 5 but expected even number (as algorithm parameters should be submitted"
                        + " as named arguments)",
                "i SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 | ERR Expected 6 parameters but got 4",
                "i SCHEMA v VECTOR HNSW 4 TYPE FLOAT32 DIM 2 | ERR Missing mandatory parameter: cannot create HNSW"
                        + " index without specifying DISTANCE_METRIC argument",
                "i SCHEMA v VECTOR FLAT 4 TYPE FLOAT32 DISTANCE_METRIC L2 | ERR Missing mandatory parameter: cannot"
                        + " create FLAT index without specifying DIM argument",
                "i SCHEMA v VECTOR HNSW 4 DIM 2 DISTANCE_METRIC L2 | ERR Missing mandatory parameter: cannot create"
                        + " HNSW index without specifying TYPE argument",
                "i SCHEMA v VECTOR HNSW 6 TYPE FLOAT99 DIM 2 DISTANCE_METRIC L2 | ERR Bad arguments for vector"
                        + " similarity HNSW index type: Unknown argument",
                "i SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 0 DISTANCE_METRIC L2 | ERR Bad arguments for vector"
                        + " similarity HNSW index dim: Value is outside acceptable bounds",
                "i SCHEMA v VECTOR FLAT 6 TYPE FLOAT32 DIM 32769 DISTANCE_METRIC L2 | ERR Bad arguments for vector"
                        + " similarity FLAT index dim: Value is outside acceptable bounds",
                "i SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM x DISTANCE_METRIC L2 | ERR Bad arguments for vector"
                        + " similarity HNSW index dim: Could not convert argument to expected type",
                "i SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC FOO | ERR Bad arguments for vector"
                        + " similarity HNSW index metric: Unknown argument",
                "i SCHEMA v VECTOR HNSW 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 FOO 3 | ERR Bad arguments for"
                        + " algorithm HNSW: FOO",
                "i SCHEMA v VECTOR FLAT 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 M 16 | ERR Bad arguments for algorithm"
                        + " FLAT: M",
                "i SCHEMA v VECTOR HNSW 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 EF_RUNTIME 0 | ERR Bad arguments for"
                        + " vector similarity HNSW index efRuntime: Value is outside acceptable bounds",
                "i SCHEMA v VECTOR HNSW 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 RECALL 1.5 | ERR Bad arguments for"
                        + " vector similarity HNSW index recall: must be above 0 and up to 1",
                "i SCHEMA v VECTOR HNSW 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 RECALL 0 | ERR Bad arguments for"
                        + " vector similarity HNSW index recall: must be above 0 and up to 1",
                "i SCHEMA v VECTOR FLAT 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 RECALL 0.9 | ERR Bad arguments for"
                        + " algorithm FLAT: RECALL",
                "i SCHEMA v VECTOR HNSW 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 M 0 | ERR Bad arguments for vector"
                        + " similarity HNSW index m: Value is outside acceptable bounds",
                "i SCHEMA v VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 SORTABLE | ERR Field `SORTABLE` does"
                        + " not have a type",
            })
    void wrongRequestsAreNamed(String request, String error) {
        assertThatThrownBy(() -> parse(request))
                .isInstanceOf(CommandException.class)
                .hasMessage(error);
    }
}
