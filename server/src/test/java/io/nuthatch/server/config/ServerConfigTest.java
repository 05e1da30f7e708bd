package io.nuthatch.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nuthatch.commands.CommandException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerConfigTest {
    private static final Path CONF = Path.of("../conf/nuthatch.conf");

    @TempDir
    private Path folder;

    @Test
    void shippedFileIsTheTablesManual() throws Exception {
        if (Boolean.getBoolean("nuthatch.docs.write")) {
            Files.writeString(CONF, ServerConfig.manual());
        }
        assertThat(CONF)
                .as("stale: run this test with -Dnuthatch.docs.write=true")
                .hasContent(ServerConfig.manual());
    }

    @Test
    void shippedFileNamesEverySettingWithItsDefault() throws Exception {
        ServerConfig read = ServerConfig.of(List.of(CONF.toString()), InputStream.nullInputStream());
        assertThat(read.matching(List.of("*")))
                .isEqualTo(ServerConfig.defaults().matching(List.of("*")));
        String text = Files.readString(CONF);
        for (Setting setting : SettingsTable.all()) {
            assertThat(text.lines().filter(line -> line.startsWith(setting.name() + " ")))
                    .as(setting.name())
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        maxmemory 4gbb                         | maxmemory: '4gbb' is not a size; write for example 4gb or 512mb
        maxmemory -1                           | maxmemory: '-1' is not a size; write for example 4gb or 512mb
        maxmemory 9999999999gb                 | maxmemory: '9999999999gb' is not a size; write for example 4gb or 512mb
        maxmemory                              | maxmemory: takes one value, got 0
        maxmemory 1 2                          | maxmemory: takes one value, got 2
        proto-max-bulk-len 1kb                 | proto-max-bulk-len: '1kb' is not a size of at least 1mb
        port x                                 | port: 'x' is not a whole number from 0 to 65535
        port 65536                             | port: '65536' is not a whole number from 0 to 65535
        timeout -1                             | timeout: '-1' is not a whole number of at least 0
        protected-mode true                    | protected-mode: 'true' is neither yes nor no
        loglevel loud                          | loglevel: 'loud' is not one of debug, verbose, notice, warning, nothing
        maxmemry 1gb                           | unknown setting 'maxmemry'; conf/nuthatch.conf has all there are; did you mean maxmemory?
        rename-command CONFIG ""               | unknown setting 'rename-command'; conf/nuthatch.conf has all there are
        save 900 1 60                          | save: '900 1 60' is not pairs of seconds (1 or more) and changes
        notify-keyspace-events KQ              | notify-keyspace-events: 'Q' is not a class of events; the letters are Ag$lshzxetdKEmn
        client-output-buffer-limit normal 1 2  | client-output-buffer-limit: takes groups of four: class, hard limit, soft limit, seconds
        client-output-buffer-limit me 1 2 3    | client-output-buffer-limit: 'me' is not one of normal, replica, pubsub
        latency-tracking-info-percentiles 101  | latency-tracking-info-percentiles: '101' is not a percentile from 0 to 100
        latency-tracking-info-percentiles NaN  | latency-tracking-info-percentiles: 'NaN' is not a percentile from 0 to 100
        dir /no/such/folder                    | dir: '/no/such/folder' is not a folder
        requirepass "open                      | a quote is not closed, or something stands right behind one
        requirepass "a"b                       | a quote is not closed, or something stands right behind one
        include                                | include: takes one file, got 0
        """)
    void badLineIsNamedWithFileLineAndExpectation(String line, String message) throws Exception {
        Path file = Files.writeString(folder.resolve("nuthatch.conf"), "# comment\n\n" + line + "\nport 7000\n");
        assertThatThrownBy(() -> ServerConfig.of(List.of(file.toString()), InputStream.nullInputStream()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("nuthatch.conf:3: " + message);
    }

    @Test
    void missingFileIsNamed() {
        assertThatThrownBy(() -> ServerConfig.of(List.of(folder + "/none.conf"), InputStream.nullInputStream()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("none.conf: cannot be read");
    }

    @Test
    void fileIncludingItselfIsRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("a.conf"), "include a.conf\n");
        assertThatThrownBy(() -> ServerConfig.of(List.of(file.toString()), InputStream.nullInputStream()))
                .hasMessage("a.conf:1: include: more than 16 files inside each other");
    }

    @Test
    void commandLineWinsOverTheFileAndTheIncludedFile() throws Exception {
        Files.writeString(folder.resolve("b.conf"), "port 7001\nmaxclients 5\n");
        Path file = Files.writeString(folder.resolve("a.conf"), "PORT 7000\ninclude b.conf\ntimeout 3\n");
        ServerConfig config = ServerConfig.of(
                List.of(file.toString(), "--timeout", "9", "--bind", "127.0.0.1", "::1"),
                InputStream.nullInputStream());
        assertThat(config.matching(List.of("port", "maxclients", "timeout", "bind")))
                .containsOnly(
                        Map.entry("port", "7001"),
                        Map.entry("maxclients", "5"),
                        Map.entry("timeout", "9"),
                        Map.entry("bind", "127.0.0.1 ::1"));
        assertThat(config.file()).isEqualTo(file);
    }

    @Test
    void dashReadsStandardInput() throws Exception {
        ServerConfig config = ServerConfig.of(
                List.of("-", "--hz", "20"),
                new ByteArrayInputStream("requirepass 'it\\'s'\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(config.text("requirepass").get()).isEqualTo("it's");
        assertThat(config.number("hz").getAsLong()).isEqualTo(20);
        assertThat(config.file()).isNull();
    }

    @Test
    void commandLineMistakesAreNamed() {
        assertThatThrownBy(() -> ServerConfig.of(List.of("--port"), InputStream.nullInputStream()))
                .hasMessage("command line: port: takes one value, got 0");
        assertThatThrownBy(() -> ServerConfig.of(List.of("--port", "1", "--foo", "x"), InputStream.nullInputStream()))
                .hasMessageStartingWith("command line: unknown setting 'foo'");
        assertThatThrownBy(() -> ServerConfig.of(List.of("--"), InputStream.nullInputStream()))
                .hasMessageStartingWith("command line: '--'");
    }

    @ParameterizedTest
    @CsvSource({
        "1024,1024",
        "1b,1",
        "1k,1000",
        "1kb,1024",
        "2m,2000000",
        "2MB,2097152",
        "1g,1000000000",
        "1Gb,1073741824",
        "0,0"
    })
    void sizesAreRedisSizes(String written, String bytes) {
        ServerConfig config = ServerConfig.defaults();
        config.set(List.of("maxmemory"), List.of(written));
        assertThat(config.text("maxmemory").get()).isEqualTo(bytes);
        assertThat(config.number("maxmemory").getAsLong()).isEqualTo(Long.parseLong(bytes));
    }

    /// Recorded from Redis 8.2, but for the settings that differ on purpose.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        maxmemory                  | 4gbb      | argument must be a memory value
        hz                         | abc       | argument couldn't be parsed into an integer
        timeout                    | -1        | argument must be between 0 and 2147483647 inclusive
        maxmemory-samples          | 0         | argument must be between 1 and 64 inclusive
        slowlog-log-slower-than    | -2        | argument must be between -1 and 9223372036854775807 inclusive
        proto-max-bulk-len         | 1kb       | argument must be between 1048576 and 9223372036854775807 inclusive
        databases                  | 3         | can't set immutable config
        enable-debug-command       | yes       | can't set immutable config
        protected-mode             | foo       | argument must be 'yes' or 'no'
        loglevel                   | foo       | argument(s) must be one of the following: debug, verbose, notice, warning, nothing
        maxmemory-policy           | x         | argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction
        notify-keyspace-events     | Q         | Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
        client-output-buffer-limit | foo 1 2 3 | Invalid client class specified in buffer limit configuration.
        client-output-buffer-limit | normal 1  | Wrong number of arguments in buffer limit configuration.
        latency-tracking-info-percentiles | 101 | latency-tracking-info-percentiles parameters should sit between [0.0,100.0]
        """)
    void configSetRefusesInRedisWords(String name, String value, String reason) {
        CommandException refused = catchThrowableOfType(
                CommandException.class, () -> ServerConfig.defaults().set(List.of(name), List.of(value)));
        assertThat(refused)
                .hasMessage("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason);
    }

    @Test
    void configSetOfAnUnknownOrRepeatedNameIsRefused() {
        ServerConfig config = ServerConfig.defaults();
        assertThatThrownBy(() -> config.set(List.of("hz", "foo"), List.of("20", "1")))
                .hasMessage("ERR Unknown option or number of arguments for CONFIG SET - 'foo'");
        assertThatThrownBy(() ->
                        config.set(List.of("hash-max-listpack-value", "hash-max-ziplist-value"), List.of("1", "2")))
                .hasMessage("ERR CONFIG SET failed (possibly related to argument 'hash-max-ziplist-value')"
                        + " - duplicate parameter");
    }

    @Test
    void configSetChangesAllPairsOrNone() {
        ServerConfig config = ServerConfig.defaults();
        List<String> told = new ArrayList<>();
        config.onChange("hz", () -> told.add("hz"));
        config.onChange("timeout", () -> told.add("timeout"));
        assertThatThrownBy(() -> config.set(List.of("hz", "timeout"), List.of("20", "never")));
        assertThat(config.text("hz").get()).isEqualTo("10");
        assertThat(told).isEmpty();
        config.set(List.of("HZ", "timeout"), List.of("20", "0"));
        assertThat(config.text("hz").get()).isEqualTo("20");
        assertThat(told).as("the other one kept its value").containsExactly("hz");
    }

    @Test
    void suppliersFollowTheSetting() {
        ServerConfig config = ServerConfig.defaults();
        var entries = config.number("hash-max-listpack-entries");
        var tracking = config.flag("latency-tracking");
        config.set(List.of("hash-max-ziplist-entries", "latency-tracking"), List.of("7", "NO"));
        assertThat(entries.getAsLong()).isEqualTo(7);
        assertThat(tracking.getAsBoolean()).isFalse();
        assertThatThrownBy(() -> config.number("nothing")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> config.flag("hz")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void patternsMatchNamesAndOlderNamesInAnyCase() {
        ServerConfig config = ServerConfig.defaults();
        assertThat(config.matching(List.of("HASH-max-*")).keySet())
                .containsExactlyInAnyOrder(
                        "hash-max-listpack-entries",
                        "hash-max-ziplist-entries",
                        "hash-max-listpack-value",
                        "hash-max-ziplist-value");
        assertThat(config.matching(List.of("maxmemory", "maxm?mory", "nothing")))
                .containsOnlyKeys("maxmemory");
    }

    @ParameterizedTest
    @CsvSource({"KEA,AKE", "Elg,glE", "g$lshzxetdK,AK", "AKm,AKm", "'',''"})
    void eventLettersComeInRedisOrder(String given, String kept) {
        ServerConfig config = ServerConfig.defaults();
        config.set(List.of("notify-keyspace-events"), List.of(given));
        assertThat(config.text("notify-keyspace-events").get()).isEqualTo(kept);
    }

    @Test
    void outputLimitsKeepTheClassesThatAreNotNamed() {
        ServerConfig config = ServerConfig.defaults();
        config.set(List.of("client-output-buffer-limit"), List.of("pubsub 1mb 2 3 normal 5k 0 0"));
        assertThat(config.text("client-output-buffer-limit").get())
                .isEqualTo("normal 5000 0 0 slave 268435456 67108864 60 pubsub 1048576 2 3");
    }

    @Test
    void rewriteKeepsCommentsAndOrderAndAppendsTheRest() throws Exception {
        Path file = Files.writeString(folder.resolve("c.conf"), """
            # mine
            timeout 3

              # indented
            include d.conf
            hz 20
            timeout 4
            """);
        Files.writeString(folder.resolve("d.conf"), "slowlog-max-len 9\n");
        ServerConfig config = ServerConfig.of(List.of(file.toString()), InputStream.nullInputStream());
        config.set(
                List.of("timeout", "requirepass", "maxmemory", "client-output-buffer-limit"),
                List.of("0", "a \"b\"\n\u00e9", "2gb", "pubsub 64mb 0 0"));
        config.rewrite();
        assertThat(Files.readString(file)).isEqualTo("""
            # mine
            timeout 0

              # indented
            include d.conf
            hz 20
            # Generated by CONFIG REWRITE
            client-output-buffer-limit normal 0 0 0
            client-output-buffer-limit replica 256mb 64mb 60
            client-output-buffer-limit pubsub 64mb 0 0
            requirepass "a \\"b\\"\\n\\xc3\\xa9"
            maxmemory 2gb
            slowlog-max-len 9
            """);
        assertThat(ServerConfig.of(List.of(file.toString()), InputStream.nullInputStream())
                        .matching(List.of("*")))
                .isEqualTo(config.matching(List.of("*")));
        String once = Files.readString(file);
        config.rewrite();
        assertThat(Files.readString(file)).isEqualTo(once);
        try (var files = Files.list(folder)) {
            assertThat(files).as("no temporary file is left").hasSize(2);
        }
    }

    @Test
    void rewriteWithoutAFileIsRefused() {
        assertThatThrownBy(() -> ServerConfig.defaults().rewrite())
                .hasMessage("ERR The server is running without a config file");
    }
}
