package io.nuthatch.redistests.durability;

import static io.nuthatch.redistests.Floats.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.persistence.backup.BackupManifest;
import io.nuthatch.persistence.backup.FolderStore;
import io.nuthatch.persistence.check.FolderCheck;
import io.nuthatch.persistence.disk.OtherVersionException;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.TestServer;
import io.nuthatch.server.SystemClock;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The numbers on disk stay what they are: files that were written once are read, and every constant has the
/// value that it has in `formats/numbers.txt`.
///
/// The files are what [#fill] left in a data folder; `-Dnuthatch.formats.make=FOLDER` keeps those of today
/// there, for the day on which a version is added. Old ones are never made again.
class FormatsTest {
    private static final String MAKE = System.getProperty("nuthatch.formats.make", "");
    private static final long FAR_MILLIS = 4_000_000_000_000L;
    private static final byte[] ROW = bytes(1, 2);

    @TempDir
    Path folder;

    private TestServer start(String engine) {
        return TestServer.startWith(
                new SystemClock(),
                "--dir",
                folder.toString(),
                "--save",
                "",
                "--appendonly",
                "yes",
                "--aof-engine",
                engine);
    }

    /// Every kind of effect; with `saves`, half of them before a checkpoint.
    private static void fill(RespClient client, boolean saves) {
        call(client, "FT.CREATE other SCHEMA n NUMERIC");
        call(
                client,
                "FT.CREATE idx SCHEMA t TEXT g TAG n NUMERIC v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2");
        call(client, "FT.ALTER idx SCHEMA ADD w VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC COSINE");
        call(client, "FT.ALIASADD alias idx");
        call(client, "FT.ALIASADD gone idx");
        call(client, "SET string value");
        call(client, "SET expiring value PXAT " + FAR_MILLIS);
        call(client, "SET large " + "x".repeat(40_000));
        call(client, "SET removed value");
        call(client, "HSET h:1 t words g tag n 7");
        client.call("HSET", "h:1", "v", ROW);
        call(client, "HSET h:2 t other g tag n 8 removed x");
        client.call("HSET", "h:2", "v", bytes(3, 4), "w", bytes(0, 1));
        if (saves) {
            call(client, "SAVE");
        }
        call(client, "APPEND string -more");
        call(client, "DEL removed");
        call(client, "HDEL h:2 removed");
        call(client, "HPEXPIREAT h:2 " + FAR_MILLIS + " FIELDS 1 g");
        call(client, "PEXPIREAT h:1 " + FAR_MILLIS);
        call(client, "RENAME h:2 h:3");
        call(client, "FT.ALIASDEL gone");
        call(client, "FT.DROPINDEX other");
        call(client, "SELECT 3");
        call(client, "SET flushed value");
        call(client, "FLUSHDB");
        call(client, "SET swapped value");
        call(client, "SWAPDB 3 4");
        call(client, "SELECT 0");
    }

    private static void call(RespClient client, String command) {
        Object reply = client.call((Object[]) command.split(" "));
        assertThat(reply).as(command).isNotInstanceOf(RespClient.ErrorReply.class);
    }

    private static void check(RespClient client) {
        assertThat(client.call("GET", "string")).isEqualTo("value-more");
        assertThat(client.call("PEXPIRETIME", "expiring")).isEqualTo(FAR_MILLIS);
        assertThat(client.call("STRLEN", "large")).isEqualTo(40_000L);
        assertThat(client.call("DBSIZE")).isEqualTo(5L);
        assertThat(client.call("HMGET", "h:1", "t", "g", "n", "v"))
                .isEqualTo(List.of("words", "tag", "7", new String(ROW, StandardCharsets.ISO_8859_1)));
        assertThat(client.call("PEXPIRETIME", "h:1")).isEqualTo(FAR_MILLIS);
        assertThat(client.call("HPEXPIRETIME", "h:3", "FIELDS", 2, "g", "t")).isEqualTo(List.of(FAR_MILLIS, -1L));
        assertThat(client.call("HEXISTS", "h:3", "removed")).isEqualTo(0L);
        assertThat(client.call("FT._LIST")).isEqualTo(List.of("idx"));
        assertThat(search(client, "idx", "@t:words")).isEqualTo(List.of(1L, "h:1"));
        assertThat(search(client, "alias", "@g:{tag} @n:[8 8]")).isEqualTo(List.of(1L, "h:3"));
        assertThat(search(client, "idx", "*=>[KNN 1 @v $q]")).isEqualTo(List.of(1L, "h:1"));
        assertThat(search(client, "idx", "*=>[KNN 2 @w $q]")).isEqualTo(List.of(1L, "h:3"));
        assertThat(client.error("FT.SEARCH", "gone", "*")).isNotEmpty();
        client.call("SELECT", 4);
        assertThat(client.call("GET", "swapped")).isEqualTo("value");
        client.call("SELECT", 3);
        assertThat(client.call("DBSIZE")).isEqualTo(0L);
    }

    private static Object search(RespClient client, String index, String query) {
        return client.call("FT.SEARCH", index, query, "NOCONTENT", "PARAMS", 2, "q", ROW, "DIALECT", 2);
    }

    @ParameterizedTest
    @CsvSource({"segmented-1, segmented", "chronicle-1, chronicle", "checkpoint-3, segmented"})
    void whatWasWrittenOnceIsRead(String golden, String engine) throws IOException {
        unpack(golden);
        try (TestServer server = start(engine);
                RespClient client = server.connect()) {
            check(client);
        }
    }

    @ParameterizedTest
    @CsvSource({"segmented-1, segmented, false", "chronicle-1, chronicle, false", "checkpoint-3, segmented, true"})
    void whatIsWrittenTodayIsRead(String golden, String engine, boolean saves) throws IOException {
        try (TestServer server = start(engine);
                RespClient client = server.connect()) {
            fill(client, saves);
            check(client);
        }
        if (!MAKE.isEmpty()) {
            pack(Path.of(MAKE, golden + ".zip"));
        }
        try (TestServer server = start(engine);
                RespClient client = server.connect()) {
            check(client);
        }
    }

    @Test
    void theManifestOfABackupThatWasWrittenOnceIsRead() throws IOException {
        try (InputStream golden =
                Objects.requireNonNull(FormatsTest.class.getResourceAsStream("/formats/backup-1.txt"))) {
            Files.copy(golden, folder.resolve("backup"));
        }
        assertThat(BackupManifest.read(new FolderStore(folder)))
                .isEqualTo(new BackupManifest(
                        1_700_000_000_123L,
                        41,
                        97,
                        List.of(
                                new BackupManifest.Entry("checkpoints/1-manifest", 4_096, 0x00c0ffee),
                                new BackupManifest.Entry("log/0000000000000000001.log", 1L << 33, 0xfedcba98))));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 9})
    void anotherVersionOfTheLogIsRefusedByName(int version) throws IOException {
        unpack("segmented-1");
        Path segment = folder.resolve("appendonlydir/0000000000000000001.log");
        setVersion(segment, version);
        assertRefused(segment.getFileName() + " has version " + version, "reads version 1:");
    }

    /// In the header that files of logs and checkpoints begin with.
    private static void setVersion(Path file, int version) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[7] = (byte) version;
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, 28);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(28, (int) crc.getValue());
        Files.write(file, bytes);
    }

    /// The start refuses, and so does the tool, which must not call damaged what it does not know.
    private void assertRefused(String what, String reads) throws IOException {
        assertThatThrownBy(() -> start("segmented"))
                .hasMessageContaining(what)
                .hasMessageContaining(reads)
                .hasMessageNotContaining("--repair");
        try (FolderCheck check = new FolderCheck(folder, "appendonlydir", "checkpoints", new SystemClock())) {
            assertThatThrownBy(check::verify)
                    .isInstanceOf(OtherVersionException.class)
                    .hasMessageContaining(what);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void anotherVersionOfACheckpointIsRefusedByName(int version) throws IOException {
        unpack("checkpoint-3");
        Path manifest = folder.resolve("checkpoints/1-manifest");
        setVersion(manifest, version);
        assertRefused("1-manifest has version " + version, "reads versions 2 to 3:");
    }

    /// A constant that changes its value makes files unreadable that are out there; a new one belongs into
    /// the list, by hand.
    @Test
    void theNumbersAreThoseOfTheList() throws Exception {
        Set<String> now = new TreeSet<>();
        List<String> list = lines("numbers.txt");
        for (String line : list) {
            String type = line.substring(0, line.indexOf(' '));
            now.addAll(numbers(Class.forName(type)));
        }
        assertThat(now).as("formats/numbers.txt").containsExactlyElementsOf(new TreeSet<>(list));
    }

    /// The constants of a class but limits (`MAX_`), or what the constants of an enum carry.
    private static List<String> numbers(Class<?> type) throws IllegalAccessException {
        List<String> numbers = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
            boolean isNumber =
                    field.getType() == int.class || field.getType() == long.class || field.getType() == String.class;
            if (!isNumber || field.getName().startsWith("MAX_") || field.isSynthetic()) {
                continue;
            }
            field.setAccessible(true);
            if (Modifier.isStatic(field.getModifiers())) {
                numbers.add(type.getName() + " " + field.getName() + " = " + text(field.get(null)));
            } else if (type.isEnum()) {
                for (Object constant : type.getEnumConstants()) {
                    numbers.add(type.getName() + " " + constant + "." + field.getName() + " = "
                            + text(field.get(constant)));
                }
            }
        }
        return numbers;
    }

    private static String text(Object value) {
        return value instanceof Long number ? "0x" + Long.toHexString(number) : String.valueOf(value);
    }

    private static List<String> lines(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(FormatsTest.class.getResourceAsStream("/formats/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    private void unpack(String golden) throws IOException {
        try (ZipInputStream in = new ZipInputStream(
                Objects.requireNonNull(FormatsTest.class.getResourceAsStream("/formats/" + golden + ".zip")))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                Path file = folder.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.copy(in, file);
            }
        }
    }

    private void pack(Path zip) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip));
                Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("lock"))
                    .sorted()
                    .toList()) {
                out.putNextEntry(new ZipEntry(folder.relativize(file).toString()));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
    }
}
