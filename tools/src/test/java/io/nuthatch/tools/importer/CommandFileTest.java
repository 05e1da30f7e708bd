package io.nuthatch.tools.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CommandFileTest {
    @TempDir
    private Path folder;

    @Test
    void framesAndLinesAreCommands() throws IOException {
        assertThat(read("*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\nSET a  b\r\n# a note\n\n*0\r\nPING\n*1\r\n$4\r\nPING\r\n"))
                .containsExactly("GET|\r\n", "SET|a|b", "PING", "PING");
    }

    private static List<Arguments> lines() {
        return List.of(
                Arguments.of("SET a \"b c\"", "SET|a|b c"),
                Arguments.of("SET a \"\\x41\\n\\\"\\\\\\q\"", "SET|a|A\n\"\\q"),
                Arguments.of("SET a 'it\\'s \\n'", "SET|a|it's \\n"),
                Arguments.of("SET a \"\"", "SET|a|"),
                Arguments.of("\tSET\ta\tb\t", "SET|a|b"),
                Arguments.of("SET a b\"c", "SET|a|b\"c"));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void linesAreSplitAsRedisDoes(String line, String command) throws IOException {
        assertThat(read(line + "\n")).containsExactly(command);
    }

    private static List<Arguments> malformed() {
        return List.of(
                Arguments.of("SET a \"b", "line 1 has unbalanced quotes"),
                Arguments.of("SET a \"b\"c", "line 1 has unbalanced quotes"),
                Arguments.of("*x\r\n", "a number was expected"),
                Arguments.of("*1\r\n$\r\n", "a number was expected"),
                Arguments.of("*1\r\n$99999999999999999999\r\n", "a number was expected"),
                Arguments.of("*1048577\r\n", "a command of 1048577 arguments"),
                Arguments.of("*1\r\n:1\r\n", "expected '$', got ':'"),
                Arguments.of("*1\r\n$-1\r\n", "a length of"),
                Arguments.of("*1\r\n$536870913\r\n", "a length of 536870913 bytes; at most 536870912"),
                Arguments.of("*1\r\n$536870912\r\nabc", "the file ends"),
                Arguments.of("*1\r\n$1\r\nabc", "an argument is not followed by a line end"),
                Arguments.of("*2\r\n$1\r\na\r\n", "the file ends"),
                Arguments.of("*1\r\n$4\r\nPI", "the file ends"),
                Arguments.of("MULTI\nSET a 1\n", "the file ends inside a transaction"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void malformedFilesAreRefusedByOffset(String text, String message) throws IOException {
        for (FileInput in :
                List.of(Sources.stream(text), Sources.file(folder, text.getBytes(StandardCharsets.ISO_8859_1)))) {
            assertThatThrownBy(() -> Sources.read(new CommandFile(in)))
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageMatching("(?s).*: offset \\d+: .*")
                    .satisfies(thrown -> assertThat(thrown.getMessage())
                            .containsAnyOf(message, "but the file ends after")); // Where the size is known.
            in.close();
        }
    }

    @Test
    void aTransactionIsOneItemAndOneThatIsCutOffIsDiscarded() throws Exception {
        RecordingSink sink = new RecordingSink();
        Source source = new CommandFile(Sources.stream("PING\nMULTI\nSET a 1\nexec\nMULTI\nSET b 2\n"));
        assertThat(source.next(sink)).isTrue();
        assertThat(source.next(sink)).isTrue();
        assertThat(sink.lines()).containsExactly("PING", "MULTI", "SET|a|1", "exec");
        assertThatThrownBy(() -> source.next(sink)).isInstanceOf(MalformedFileException.class);
        assertThat(sink.lines().subList(4, 7)).containsExactly("MULTI", "SET|b|2", "DISCARD");
    }

    @Test
    void commandsThatTakeTheConnectionAreRefusedByNameAndPlace() throws IOException {
        assertThat(read("PING\nsubscribe a\nCLIENT REPLY OFF\nECHO x\n"))
                .containsExactly(
                        "PING",
                        "ECHO|x",
                        "! line 2 SUBSCRIBE cannot be imported",
                        "! line 3 CLIENT cannot be imported");
        assertThat(read("MULTI\nSHUTDOWN\nSET a 1\nEXEC\nPING\n"))
                .containsExactly(
                        "MULTI",
                        "DISCARD",
                        "PING",
                        "! line 2 SHUTDOWN cannot be imported; its transaction was left out");
    }

    @Test
    void aSkipKeepsTheSelectedDatabase() throws IOException {
        Source source = new CommandFile(Sources.stream("SET a 1\nSELECT 3\nSET b 1\nSET c 1\nSELECT 0\nSET d 1\n"));
        source.skip(3);
        assertThat(Sources.read(source)).containsExactly("SELECT|3", "SET|c|1", "SELECT|0", "SET|d|1");
    }

    @Test
    void anArgumentOfMegabytesIsTakenWhole() throws IOException {
        String value = "x".repeat(10_000_000);
        assertThat(read("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$10000000\r\n" + value + "\r\nPING\n"))
                .containsExactly("SET|a|" + value, "PING");
    }

    private static List<String> read(String text) throws IOException {
        return Sources.read(new CommandFile(Sources.stream(text)));
    }
}
