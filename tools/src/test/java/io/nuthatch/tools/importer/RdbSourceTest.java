package io.nuthatch.tools.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.resp.rdb.Crc64;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The golden files were written by the servers in their names; see `make.py` beside them.
class RdbSourceTest {
    private static final Set<RdbType.Kind> STRINGS_AND_HASHES = EnumSet.of(RdbType.Kind.STRING, RdbType.Kind.HASH);
    private static final int RUNS = Integer.getInteger("nuthatch.runs", 1000);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"redis-7.0.15", "redis-8.2.3"})
    void everyKeyIsRestoredWithItsDatabaseAndExpiry(String name) throws IOException {
        Set<String> expected = new TreeSet<>();
        for (String line : Files.readAllLines(Sources.GOLDEN.resolve(name + ".tsv"))) {
            String[] parts = line.split("\t");
            if (parts[2].equals("string") || parts[2].equals("hash")) {
                expected.add(parts[0] + " " + parts[1] + " " + (parts[3].equals("-1") ? "0" : parts[3]));
            }
        }

        Set<String> restored = new TreeSet<>();
        String database = "";
        for (List<byte[]> command : commands(name)) {
            if (command.size() == 2) {
                database = text(command.get(1));
                continue;
            }
            restored.add(database + " " + HexFormat.of().formatHex(command.get(1)) + " " + text(command.get(2)));
            byte[] payload = command.get(3);
            long crc = Crc64.of(payload, payload.length - Long.BYTES);
            assertThat(HexFormat.of().toHexDigits(Long.reverseBytes(crc)))
                    .isEqualTo(HexFormat.of().formatHex(payload, payload.length - Long.BYTES, payload.length));
        }

        assertThat(restored).isEqualTo(expected).hasSizeGreaterThan(40);
    }

    @Test
    void idleTimesAndFrequenciesTravel() throws IOException {
        assertThat(commands("redis-7.0.15"))
                .filteredOn(command -> command.size() > 2)
                .allSatisfy(command -> assertThat(text(command.get(6))).isEqualTo("IDLETIME"));
        assertThat(commands("redis-8.2.3"))
                .filteredOn(command -> command.size() > 2)
                .allSatisfy(command -> assertThat(text(command.get(6))).isEqualTo("FREQ"));
    }

    @Test
    void kindsThatTheServerLacksAreCountedByName() throws IOException {
        try (Source source = open("redis-8.2.3", STRINGS_AND_HASHES)) {
            Sources.read(source);
            assertThat(source.notes())
                    .containsExactly(
                            "skipped 3 of type list: the server has no RPUSH",
                            "skipped 3 of type set: the server has no SADD",
                            "skipped 2 of type sorted set: the server has no ZADD",
                            "skipped 1 of type stream: the server has no XADD",
                            "skipped 1 libraries of functions, which the server does not run");
        }
    }

    @Test
    void kindsThatTheServerHasAreRestoredAsTheyAre() throws IOException {
        try (Source source = open("redis-8.2.3", EnumSet.allOf(RdbType.Kind.class))) {
            assertThat(Sources.read(source)).hasSize(58 + 2); // 58 keys in two databases.
            assertThat(source.notes())
                    .containsExactly("skipped 1 libraries of functions, which the server does not run");
        }
    }

    @Test
    void aSkipPassesKeysAndKeepsTheirDatabase() throws IOException {
        List<String> all;
        try (Source source = open("redis-8.2.3", STRINGS_AND_HASHES)) {
            all = Sources.read(source);
        }
        try (Source source = open("redis-8.2.3", STRINGS_AND_HASHES)) {
            source.skip(56);
            assertThat(Sources.read(source)).hasSize(3).first().isEqualTo("SELECT|3");
        }
        assertThat(all).hasSize(51);
    }

    @Test
    void aFileThatEndsAnywhereIsRefusedByNameAndOffset() throws IOException {
        byte[] whole = Files.readAllBytes(Sources.GOLDEN.resolve("redis-8.2.3.rdb"));
        Random random = seeded();
        for (int run = 0; run < RUNS; run++) {
            int length = run < 200 ? run : random.nextInt(whole.length);
            Path torn = Files.write(folder.resolve("torn.rdb"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> RdbSource.verify(torn, offset -> {}))
                    .as("cut at %d", length)
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageMatching(".*torn\\.rdb: offset \\d+: .+");
        }
    }

    @Test
    void aFlippedBitIsAlwaysFound() throws IOException {
        byte[] whole = Files.readAllBytes(Sources.GOLDEN.resolve("redis-8.2.3.rdb"));
        Random random = seeded();
        for (int run = 0; run < RUNS; run++) {
            byte[] flipped = whole.clone();
            int at = random.nextInt(flipped.length);
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            Path file = Files.write(folder.resolve("flipped.rdb"), flipped);
            assertThatThrownBy(() -> RdbSource.verify(file, offset -> {}))
                    .as("flipped in byte %d", at)
                    .isInstanceOf(MalformedFileException.class);
        }
    }

    /// Without a checksum a changed file may be read as another one, but never by another exception, nor with
    /// more memory than the file is large: lengths that announce gigabytes would end this test's heap.
    @Test
    void anythingWithoutChecksumIsReadOrRefused() throws IOException {
        byte[] whole = Files.readAllBytes(Sources.GOLDEN.resolve("redis-8.2.3.rdb"));
        Arrays.fill(whole, whole.length - Long.BYTES, whole.length, (byte) 0);
        Random random = seeded();
        int refused = 0;
        for (int run = 0; run < RUNS; run++) {
            byte[] changed = whole.clone();
            for (int i = 0; i < 1 + random.nextInt(8); i++) {
                changed[9 + random.nextInt(changed.length - 9)] =
                        (byte) (random.nextBoolean() ? 0x81 : random.nextInt());
            }
            try (FileInput in = random.nextBoolean()
                    ? Sources.file(folder, changed)
                    : Sources.stream(new String(changed, StandardCharsets.ISO_8859_1))) {
                Sources.read(new RdbSource(in, EnumSet.allOf(RdbType.Kind.class)));
            } catch (MalformedFileException expected) {
                refused++;
            }
        }
        assertThat(refused).isBetween(RUNS / 10, RUNS - 1);
    }

    private static List<Arguments> hostileFiles() {
        return List.of(
                Arguments.of("", "no RDB file"),
                Arguments.of("REDIS", "the file ends here"),
                Arguments.of("REDIS00x1", "no RDB file: REDIS is not followed by a version"),
                Arguments.of("REDIS0014", "RDB version 14; "),
                Arguments.of("REDIS0000", "RDB version 0"),
                Arguments.of("VALKEY080", "an RDB file of Valkey 9"),
                Arguments.of("REDIS0011\u00c8", "a value of type 200"),
                Arguments.of("REDIS0011\0\u0081\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "a length of"),
                Arguments.of("REDIS0011\0\u0080\u007f\u00ff\u00ff\u00ff", "a length of"),
                Arguments.of(
                        "REDIS0011\4\1k\u0081\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
                        "a count of|the file ends here"),
                Arguments.of("REDIS0011\0\u00c3\1\u0080\u007f\u00ff\u00ff\u00ff\0", "a packed string"));
    }

    @ParameterizedTest
    @MethodSource("hostileFiles")
    void hostileBytesAreRefused(String bytes, String message) throws IOException {
        for (FileInput in :
                List.of(Sources.stream(bytes), Sources.file(folder, bytes.getBytes(StandardCharsets.ISO_8859_1)))) {
            assertThatThrownBy(() -> Sources.read(new RdbSource(in, STRINGS_AND_HASHES)))
                    .isInstanceOf(MalformedFileException.class)
                    .satisfies(thrown -> assertThat(thrown.getMessage())
                            .containsAnyOf(message.strip().split("\\|")));
            in.close();
        }
    }

    @Test
    void oldFormsOfHashesAreTaken() throws IOException {
        // Version 2 has neither checksum nor sizes; a zipmap of Redis 2.4 and a ziplist of 2.6.
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(latin1("REDIS0002\u00fe\u0000"));
        byte[] zipmap = latin1("\u0002\u0001a\u0003\u0002one..\u0003two\u0001\u00002\u00ff");
        file.writeBytes(latin1("\u0009\u0003old"));
        file.write(zipmap.length);
        file.writeBytes(zipmap);
        file.writeBytes(latin1("\u00fd\u0001\u0000\u0000\u0000\u0000\u0003key\u0005value"));
        file.write(0xff);

        RecordingSink sink = new RecordingSink();
        try (Source source = new RdbSource(Sources.file(folder, file.toByteArray()), STRINGS_AND_HASHES)) {
            while (source.next(sink)) {
                assertThat(sink.commands).hasSizeLessThan(4);
            }
        } catch (BadItemException bad) {
            throw new AssertionError(bad.text(), bad);
        }

        String plain =
                "\u0004\u0080\0\0\0\u0002\u0080\0\0\0\u0001a\u0080\0\0\0\u0003one\u0080\0\0\0\u0003two\u0080\0\0\0\u00012";
        assertThat(sink.lines()).hasSize(3);
        assertThat(sink.lines().get(1)).startsWith("RESTORE|old|0|" + plain);
        assertThat(sink.lines().get(2)).startsWith("RESTORE|key|1000|\0\u0005value");
    }

    @Test
    void aDamagedZipmapIsAnErrorOfItsKeyAlone() throws IOException {
        Source source = new RdbSource(
                Sources.stream("REDIS0002\u0009\u0003old\u0004\u0001\u0009a\u00ff\u0000\u0003key\u0005value\u00ff"),
                STRINGS_AND_HASHES);
        assertThat(Sources.read(source))
                .hasSize(3)
                .last()
                .asString()
                .isEqualTo("! offset 9 'old': a zipmap is cut off");
    }

    @Test
    void commandsBehindTheRdbPartAreRead() throws IOException {
        Source source = new RdbSource(
                Sources.stream("REDIS0002\u00fe\u0002\u0000\u0003key\u0005value\u00ff*1\r\n$4\r\nPING\r\n"),
                STRINGS_AND_HASHES);
        assertThat(Sources.read(source))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("SELECT|2"),
                        line -> assertThat(line).startsWith("RESTORE|key|0|"),
                        line -> assertThat(line).isEqualTo("SELECT|0"),
                        line -> assertThat(line).isEqualTo("PING"));
        assertThatThrownBy(() ->
                        Sources.read(new RdbSource(Sources.stream("REDIS0002\u00ffflushall\n"), STRINGS_AND_HASHES)))
                .hasMessageContaining("something behind the end");
    }

    private List<List<byte[]>> commands(String name) throws IOException {
        RecordingSink sink = new RecordingSink();
        try (Source source = open(name, STRINGS_AND_HASHES)) {
            while (source.next(sink)) {
                assertThat(sink.commands).hasSizeLessThan(100);
            }
        } catch (BadItemException bad) {
            throw new AssertionError(bad.text(), bad);
        }
        return new ArrayList<>(sink.commands);
    }

    private static Source open(String name, Set<RdbType.Kind> known) throws IOException {
        return new RdbSource(FileInput.open(Sources.GOLDEN.resolve(name + ".rdb")), known);
    }

    private static Random seeded() {
        long seed = Long.getLong("nuthatch.seed", System.nanoTime());
        System.out.println("reproduce with -Dnuthatch.seed=" + seed);
        return new Random(seed);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
