package io.nuthatch.tools.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.vector.VectorType;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowsTest {
    @Test
    void csvHasQuotesLineEndsAndEmptyValues() throws IOException {
        assertThat(csv(
                        "\u00ef\u00bb\u00bfid,text\r\n1,plain\r\n\n2,\"a \"\"b\"\", c\r\nd\"\n3,\n4,\"\"\n5,x\"y",
                        "k:{id}"))
                .containsExactly(
                        "HSET|k:1|id|1|text|plain",
                        "HSET|k:2|id|2|text|a \"b\", c\r\nd",
                        "HSET|k:3|id|3",
                        "HSET|k:4|id|4",
                        "HSET|k:5|id|5|text|x\"y");
    }

    @Test
    void rowsThatDoNotFitAreNamedByLineAndTheRestIsTaken() throws IOException {
        assertThat(csv("id,text\n1,\"a\nb\"\n2\n3,c,d\n,e\n5,f\n", "k:{id}"))
                .containsExactly(
                        "HSET|k:1|id|1|text|a\nb",
                        "HSET|k:5|id|5|text|f",
                        "! line 4 1 values, but there are 2 fields",
                        "! line 5 3 values, but there are 2 fields",
                        "! line 6 the key needs the field 'id', which is not there");
    }

    @Test
    void csvMayNameItsFieldsOutsideAndUseOtherSeparators() throws IOException {
        RowReader rows = new CsvFile(Sources.stream("1\ta,b\n2\tc\n"), '\t', List.of("id", "t"));
        assertThat(read(rows, "{row}/{id}", Set.of("t"), null)).containsExactly("HSET|0/1|t|a,b", "HSET|1/2|t|c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n\n", "a,a\n1,2\n", "a,b\n1,\"x"})
    void malformedCsvIsRefusedByOffset(String text) {
        assertThatThrownBy(() -> csv(text, "k:{a}"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageMatching("test: offset \\d+: .+");
    }

    @Test
    void jsonLinesKeepNumbersAndJoinArrays() throws IOException {
        assertThat(json("""
                {"id": "a", "n": 1.50, "big": 12345678901234567890, "t": true, "none": null}

                {"id": 2, "tags": ["x", "y", 3], "deep": {"a": [1, {"b": null}]}, "rows": [[1], [2]], "empty": []}
                {"id": "\\u00e9\\n"}"""))
                .containsExactly(
                        "HSET|k:a|id|a|n|1.50|big|12345678901234567890|t|true",
                        "HSET|k:2|id|2|tags|x,y,3|deep|{\"a\": [1, {\"b\": null}]}|rows|[[1], [2]]|empty|",
                        "HSET|k:\u00c3\u00a9\n|id|\u00c3\u00a9\n");
    }

    @Test
    void linesThatAreNoObjectAreNamed() throws IOException {
        assertThat(json("[1]\n{\"id\": 1\n{\"id\": 1} x\n{\"id\": 1}\n{}\n" + "{\"id\":".repeat(200) + "\n"))
                .hasSize(6)
                .contains("HSET|k:1|id|1", "! line 1 a JSON object was expected")
                .anyMatch(line -> line.startsWith("! line 2 no JSON: "))
                .anyMatch(line -> line.startsWith("! line 3 "))
                .contains("! line 5 the key needs the field 'id', which is not there")
                .anyMatch(line -> line.startsWith("! line 6 no JSON: "));
    }

    @Test
    void vectorsOfTextBecomeBytes() throws IOException {
        RowReader rows = new JsonLines(Sources.stream(
                "{\"id\":1,\"v\":[1, -2.5e0]}\n{\"id\":2,\"v\":\"1; 2\"}\n{\"id\":3,\"v\":[1]}\n{\"id\":4,\"v\":[\"x\"]}\n"
                        + "{\"id\":5}\n{\"id\":6,\"v\":[]}\n{\"id\":7,\"v\":\"[3 4]\"}\n"));
        assertThat(read(rows, "k:{id}", Set.of("v"), VectorType.FLOAT32))
                .containsExactly(
                        "HSET|k:1|v|\0\0\u0080\u003f\0\0\u0020\u00c0",
                        "HSET|k:2|v|\0\0\u0080\u003f\0\0\0\u0040",
                        "HSET|k:7|v|\0\0\u0040\u0040\0\0\u0080\u0040",
                        "! line 3 field 'v' has 4 bytes as a vector, and the first row's 8",
                        "! line 4 field 'v' is no vector: For input string: \"x\"",
                        "! line 5 no field has a value",
                        "! line 6 field 'v' is no vector: no numbers; 1 to 32768 make a vector");
    }

    @ParameterizedTest
    @ValueSource(strings = {"doc", "doc:{", "doc:{}", "doc:{a"})
    void templatesThatCannotWorkAreRefused(String template) {
        assertThatThrownBy(() -> new KeyTemplate(template)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSkipGoesOnWithTheNextRow() throws IOException {
        HashRows source = new HashRows(
                new CsvFile(Sources.stream("id\n1\n2\n3\n"), ',', List.of()),
                new KeyTemplate("{row}"),
                Set.of(),
                null,
                null);
        source.skip(2);
        assertThat(Sources.read(source)).containsExactly("HSET|2|id|3");
    }

    private static List<String> csv(String text, String key) throws IOException {
        return read(new CsvFile(Sources.stream(text), ',', List.of()), key, Set.of(), null);
    }

    private static List<String> json(String text) throws IOException {
        return read(new JsonLines(Sources.stream(text)), "k:{id}", Set.of(), null);
    }

    private static List<String> read(RowReader rows, String key, Set<String> fields, VectorType type)
            throws IOException {
        VectorBytes bytes = type == null ? null : new VectorBytes(VectorType.FLOAT64, type);
        return Sources.read(new HashRows(rows, new KeyTemplate(key), fields, type == null ? null : "v", bytes));
    }
}
