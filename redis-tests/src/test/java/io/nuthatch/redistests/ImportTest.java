package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.tools.importer.ImportCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `bin/nuthatch-import` against a real server. What the golden files hold was said by the servers that wrote
/// them: `make.py` beside them.
class ImportTest {
    private static final Path GOLDEN = Path.of("..", "tools", "src", "test", "golden");

    @TempDir
    private Path folder;

    /// What the program printed and returned.
    private record Run(int status, String out) {}

    private static Run run(int port, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--port", Integer.toString(port), "--quiet"));
        all.addAll(List.of(arguments));
        StringWriter out = new StringWriter();
        int status = ImportCommand.run(new PrintWriter(out, true), all.toArray(String[]::new));
        return new Run(status, out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-7.0.15", "redis-8.2.3"})
    void everyStringAndHashOfAnRdbFileArrivesAsItWas(String name) throws IOException {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Run run = run(server.port(), GOLDEN.resolve(name + ".rdb").toString());
            assertThat(run.out).contains("errors 0", "skipped 3 of type list: the server has no RPUSH");
            assertThat(run.status).isZero();

            int compared = 0;
            for (String line : Files.readAllLines(GOLDEN.resolve(name + ".tsv"))) {
                String[] expected = line.split("\t");
                byte[] key = HexFormat.of().parseHex(expected[1]);
                client.call("SELECT", expected[0]);
                if (expected[2].equals("string") || expected[2].equals("hash")) {
                    assertThat(client.call("TYPE", key)).as(line).isEqualTo(expected[2]);
                    assertThat(client.call("PEXPIRETIME", key)).as(line).isEqualTo(Long.parseLong(expected[3]));
                    assertThat(digest(client, key, expected[2])).as(line).isEqualTo(expected[4]);
                    compared++;
                } else {
                    assertThat(client.call("EXISTS", key)).as(line).isEqualTo(0L);
                }
            }
            assertThat(compared).isGreaterThan(45);
        }
    }

    @Test
    void importedHashesAreIndexed() throws IOException {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            client.call("FT.CREATE", "i", "PREFIX", "1", "hash:", "SCHEMA", "f", "TAG");
            run(server.port(), GOLDEN.resolve("redis-8.2.3.rdb").toString());
            assertThat((List<?>) client.call("FT.SEARCH", "i", "@f:{v}", "NOCONTENT"))
                    .isEqualTo(List.of(1L, "hash:one"));
        }
    }

    @Test
    void anAppendOnlyFolderIsPlayedInOrder() {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Run run = run(server.port(), GOLDEN.resolve("appendonlydir").toString());
            assertThat(run.status).isEqualTo(1);
            assertThat(run.out)
                    .contains("incr.aof: offset 225: ERR unknown command 'rpush'")
                    .contains("10 items", "errors 1");
            assertThat(client.call("MGET", "a", "b", "t1", "t2")).isEqualTo(List.of("100", "two", "x", "1"));
            assertThat(client.call("HGETALL", "h")).isEqualTo(List.of("f", "v"));
            client.call("SELECT", "2");
            assertThat(client.call("GET", "other")).isEqualTo("5");
            assertThat(client.call("PEXPIRETIME", "other")).isEqualTo(5795305611263L);
        }
    }

    @Test
    void vectorsAndPassagesAreSearchableWhenItEnds() throws IOException {
        ByteBuffer fvecs = ByteBuffer.allocate(300 * 12).order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder jsonl = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            fvecs.putInt(2).putFloat(i).putFloat(-i);
            jsonl.append("{\"id\":\"p")
                    .append(i)
                    .append("\",\"topic\":[\"t")
                    .append(i % 7)
                    .append("\",\"all\"],\"v\":[")
                    .append(i)
                    .append(",1.5]}\n");
        }
        Path vectors = Files.write(folder.resolve("v.fvecs"), fvecs.array());
        Path passages = Files.writeString(folder.resolve("p.jsonl"), jsonl);
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            for (String prefix : List.of("doc:", "json:")) {
                client.call(
                        "FT.CREATE",
                        prefix,
                        "PREFIX",
                        "1",
                        prefix,
                        "SCHEMA",
                        "topic",
                        "TAG",
                        "v",
                        "VECTOR",
                        "HNSW",
                        "6",
                        "TYPE",
                        "FLOAT32",
                        "DIM",
                        "2",
                        "DISTANCE_METRIC",
                        "L2");
            }
            assertThat(run(server.port(), vectors.toString(), "--key", "doc:{row}", "--vector", "v", "--batch", "2")
                            .status)
                    .isZero();
            assertThat(run(server.port(), passages.toString(), "--key", "json:{id}", "--vector", "v").status)
                    .isZero();
            byte[] query = ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(123)
                    .putFloat(-123)
                    .array();
            assertThat(client.call(
                            "FT.SEARCH",
                            "doc:",
                            "*=>[KNN 1 @v $q]",
                            "PARAMS",
                            "2",
                            "q",
                            query,
                            "NOCONTENT",
                            "DIALECT",
                            "2"))
                    .isEqualTo(List.of(1L, "doc:123"));
            assertThat((List<?>) client.call("FT.SEARCH", "json:", "@topic:{all} @topic:{t3}", "LIMIT", "0", "0"))
                    .isEqualTo(List.of(43L));
        }
    }

    @Test
    void whatTheServerRefusesIsListedByLineAndTheRestIsThere() throws IOException {
        Path file = Files.writeString(
                folder.resolve("c.resp"), "SET a 1\nNOPE\nHSET a f v\nMULTI\nSET b 2\nHSET a f v\nEXEC\n");
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Run run = run(server.port(), file.toString());
            assertThat(run.status).isEqualTo(1);
            assertThat(run.out)
                    .contains("c.resp: line 2: ERR unknown command 'NOPE'")
                    .contains("c.resp: line 3: WRONGTYPE")
                    .contains("c.resp: line 7: WRONGTYPE")
                    .contains("4 items", "errors 3");
            assertThat(client.call("MGET", "a", "b")).isEqualTo(List.of("1", "2"));
        }
    }

    @Test
    void anImportThatIsWrongAsAWholeEndsEarly() throws IOException {
        Path file = Files.writeString(folder.resolve("c.resp"), "NOPE\n".repeat(5000) + "SET a 1\n");
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Run run = run(server.port(), file.toString(), "--max-errors", "10", "--batch", "2");
            assertThat(run.status).isEqualTo(3);
            assertThat(run.out).contains("ended after ", "--max-errors 0 goes on");
            assertThat(client.call("EXISTS", "a")).isEqualTo(0L);
            assertThat(run(server.port(), file.toString(), "--max-errors", "0").status)
                    .isEqualTo(1);
            assertThat(client.call("EXISTS", "a")).isEqualTo(1L);
        }
    }

    @Test
    void aDatabaseThatIsNotThereEndsItBeforeItsKeysGoElsewhere() throws IOException {
        Path file = Files.writeString(folder.resolve("c.resp"), "SELECT 3\nSET a 1\nSELECT 99\nSET b 1\n");
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Run run = run(server.port(), file.toString());
            assertThat(run.status).isEqualTo(3);
            assertThat(run.out).contains("the server has no database 99");
            client.call("SELECT", "3");
            assertThat(client.call("KEYS", "*")).isEqualTo(List.of("a"));
        }
    }

    @Test
    void nothingOfADamagedRdbFileIsSent() throws IOException {
        byte[] bytes = Files.readAllBytes(GOLDEN.resolve("redis-8.2.3.rdb"));
        bytes[bytes.length / 2] ^= 4;
        Path file = Files.write(folder.resolve("d.rdb"), bytes);
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Run run = run(server.port(), file.toString());
            assertThat(run.status).isEqualTo(3);
            assertThat(run.out).containsPattern("d\\.rdb: offset \\d+: ");
            assertThat(client.call("DBSIZE")).isEqualTo(0L);
        }
    }

    @Test
    void anImportThatWasEndedGoesOnWhereItWas() throws IOException {
        StringBuilder csv = new StringBuilder("id,n\n");
        for (int i = 0; i < 5000; i++) {
            csv.append(i).append(',').append(i * 2).append('\n');
        }
        String file = Files.writeString(folder.resolve("r.csv"), csv).toString();
        String state = folder.resolve("state").toString();
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            assertThat(run(server.port(), file, "--key", "r:{id}", "--resume", state, "--limit", "1234").out)
                    .contains("1,234 items");
            assertThat(client.call("DBSIZE")).isEqualTo(1234L);
            client.call("FLUSHALL"); // So that what comes is only what was not there.
            assertThat(run(server.port(), file, "--key", "r:{id}", "--resume", state).out)
                    .contains("3,766 items");
            assertThat(client.call("DBSIZE")).isEqualTo(3766L);
            assertThat(client.call("EXISTS", "r:1233", "r:1234")).isEqualTo(1L);
            assertThat(run(server.port(), file, "--key", "r:{id}", "--resume", state).out)
                    .contains("0 items");
            assertThat(run(server.port(), file, "--key", "x:{id}", "--resume", state).status)
                    .isEqualTo(3);
        }
    }

    /// The server dies in the middle; what the state file says was answered for must be there again by its
    /// log.
    @Test
    void aServerThatDiesInTheMiddleLosesNothingOfAResumedImport() throws IOException, InterruptedException {
        Path file = folder.resolve("big.resp");
        ByteArrayOutputStream commands = new ByteArrayOutputStream();
        int count = 60_000;
        for (int i = 0; i < count; i++) {
            commands.writeBytes(RespClient.request("SET", "key:" + i, "value-" + i));
        }
        Files.write(file, commands.toByteArray());
        String state = folder.resolve("state").toString();
        String data = Files.createDirectory(folder.resolve("data")).toString();
        String[] settings = {"--dir", data, "--appendonly", "yes", "--appendfsync", "always"};
        Run[] first = new Run[1];
        try (ServerProcess server = ServerProcess.start(settings)) {
            Thread importing = Thread.ofPlatform()
                    .start(() -> first[0] = run(server.port(), file.toString(), "--resume", state, "--batch", "16"));
            try (RespClient client = server.connect()) {
                while ((long) client.call("DBSIZE") < count / 10) {
                    Thread.sleep(5);
                }
            }
            server.kill();
            importing.join();
        }
        assertThat(first[0].status).isEqualTo(3);
        try (ServerProcess server = ServerProcess.start(settings);
                RespClient client = server.connect()) {
            long before = (long) client.call("DBSIZE");
            assertThat(before).isBetween(count / 10L, count - 1L);
            Run second = run(server.port(), file.toString(), "--resume", state);
            assertThat(second.status).as(second.out).isZero();
            assertThat(client.call("DBSIZE")).isEqualTo((long) count);
            assertThat(client.call("MGET", "key:0", "key:" + before, "key:" + (count - 1)))
                    .isEqualTo(List.of("value-0", "value-" + before, "value-" + (count - 1)));
        }
    }

    @Test
    void passwordsAreAskedForAndWrongUseIsSaid() throws IOException {
        Path file = Files.writeString(folder.resolve("x.bin"), "x");
        Path csv = Files.writeString(folder.resolve("x.csv"), "a\n1\n");
        try (TestServer server =
                TestServer.startWith(new io.nuthatch.server.SystemClock(), "--requirepass", "secret")) {
            assertThat(run(server.port(), csv.toString(), "--key", "{a}").out).contains("NOAUTH");
            assertThat(run(server.port(), csv.toString(), "--key", "{a}", "--password", "wrong").out)
                    .contains("WRONGPASS");
            assertThat(run(server.port(), csv.toString(), "--key", "{a}", "--password", "secret").status)
                    .isZero();
            assertThat(run(server.port(), csv.toString(), "--password", "secret"))
                    .satisfies(run -> assertThat(run.status).isEqualTo(2))
                    .satisfies(run -> assertThat(run.out).contains("--key says what their keys are"));
            assertThat(run(server.port(), file.toString(), "--password", "secret").out)
                    .contains("give --format");
        }
        assertThat(run(1, csv.toString(), "--key", "{a}").status).isEqualTo(3); // Nobody listens there.
    }

    private static String digest(RespClient client, byte[] key, String type) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            if (type.equals("string")) {
                return HexFormat.of().formatHex(sha.digest(RespClient.bytes(client.call("GET", key))));
            }
            List<?> flat = (List<?>) client.call("HGETALL", key);
            TreeMap<String, String> fields = new TreeMap<>();
            for (int i = 0; i < flat.size(); i += 2) {
                fields.put((String) flat.get(i), (String) flat.get(i + 1));
            }
            fields.forEach((field, value) -> {
                Object expiry =
                        client.call("HPEXPIRETIME", key, "FIELDS", "1", field.getBytes(StandardCharsets.ISO_8859_1));
                String text = field.length() + "\n" + field + "\n" + value.length() + "\n" + value + "\n"
                        + ((List<?>) expiry).getFirst() + "\n";
                sha.update(text.getBytes(StandardCharsets.ISO_8859_1));
            });
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new AssertionError(everyJavaHasIt);
        }
    }
}
