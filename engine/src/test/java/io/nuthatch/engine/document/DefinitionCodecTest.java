package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.text.StopWords;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DefinitionCodecTest {
    private static final IndexDefinition DEFINITION = new IndexDefinition(
            "name\u00ff",
            List.of("a:", "b:"),
            List.of(
                    new FieldSpec("t", "title", new FieldType.Text(2.5, true), Set.of(FieldSpec.Flag.SORTABLE)),
                    new FieldSpec("g", "g", new FieldType.Tag('|', true), Set.of(FieldSpec.Flag.INDEXEMPTY)),
                    new FieldSpec(
                            "n",
                            "n",
                            new FieldType.Numeric(),
                            Set.of(FieldSpec.Flag.NOINDEX, FieldSpec.Flag.SORTABLE, FieldSpec.Flag.UNF)),
                    new FieldSpec(
                            "v",
                            "vec",
                            new FieldType.Vector(
                                    FieldType.Vector.Algorithm.HNSW,
                                    VectorType.FLOAT32,
                                    7,
                                    Metric.COSINE,
                                    11,
                                    13,
                                    17,
                                    19,
                                    23,
                                    0.97,
                                    0.25,
                                    Compression.SQ8),
                            Set.of(FieldSpec.Flag.INDEXMISSING))),
            StopWords.of(List.of("foo", "bar")),
            "german",
            0.5,
            List.of("NOHL"));

    @Test
    void aDefinitionComesBackAsItWas() {
        assertThat(DefinitionCodec.definition(DefinitionCodec.encode(DEFINITION)))
                .isEqualTo(DEFINITION);
        assertThat(DefinitionCodec.fields(DefinitionCodec.encode(DEFINITION.fields())))
                .isEqualTo(DEFINITION.fields());
        IndexDefinition plain = IndexDefinition.of("i", List.of(), DEFINITION.fields());
        assertThat(DefinitionCodec.definition(DefinitionCodec.encode(plain))).isEqualTo(plain);
    }

    @Test
    void whatIsCutShortOrFromLaterIsRefused() {
        byte[] bytes = DefinitionCodec.encode(DEFINITION);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> DefinitionCodec.definition(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        bytes[0]++;
        assertThatThrownBy(() -> DefinitionCodec.definition(bytes)).rootCause().hasMessageContaining("newer");
    }
}
