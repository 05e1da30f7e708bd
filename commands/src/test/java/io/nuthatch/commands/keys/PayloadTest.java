package io.nuthatch.commands.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.keys.Payload.Field;
import io.nuthatch.commands.keys.Payload.HashValue;
import io.nuthatch.commands.keys.Payload.StringValue;
import io.nuthatch.resp.rdb.Crc64;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayloadTest {
    // Payloads below were taken with DUMP from Redis 8.2.3.
    private static final String LISTPACK = "10c334406b1f6b0000000a0081610201018162028568656c6c6f06816302f178ec0381640"
            + "2f4201e200007040009816502bc79e03200013dff0c007155024a7b87411b";
    private static final String LISTPACK_EX =
            "190038d360ba0100001d1d00000006008161020101f40038d360ba010000098162020201" + "0001ff0c00e8b40350cbdaa45a";
    private static final String METADATA =
            "180038d360ba01000002000162c3094064017878e05700017878010161c0010c000ba112461d5c247a";

    @Test
    void crcHasThePublishedCheckValue() {
        assertThat(Crc64.of("123456789".getBytes(StandardCharsets.US_ASCII), 9)).isEqualTo(0xe9c6d914c4b8d9caL);
    }

    @ParameterizedTest
    @CsvSource({
        "00c00c0c00f75ccc91a62e229c, 12",
        "00c290eefeff0c00e303eabbe9c1b649, -70000",
        "000d313039393531313632373737360c0017a3f53e4375d21e, 1099511627776",
        "000568656c6c6f0c00a804ebb69f1ebe43, hello",
        "00000c0096ed6880f5553c93, ''",
    })
    void stringsOfRedisAreRead(String hex, String value) {
        assertThat(text(((StringValue) decode(hex)).bytes())).isEqualTo(value);
    }

    @Test
    void packedStringsOfRedisAreRead() {
        StringValue value = (StringValue) decode("00c31241f4016161e0ff00e01900016263e0bb010162630c002d3ed25d58186280");
        assertThat(text(value.bytes())).isEqualTo("a".repeat(300) + "bc".repeat(100));
    }

    @Test
    void hashesOfRedisAreRead() {
        assertThat(fields(decode(LISTPACK)))
                .containsExactly(
                        "a=1@0", "b=hello@0", "c=-5000@0", "d=1125899906842624@0", "e=" + "y".repeat(60) + "@0");
        assertThat(fields(decode("04020162c3094064017878e057000178780161c0010c00b1a87b3463d893be")))
                .containsExactly("b=" + "x".repeat(100) + "@0", "a=1@0");
        assertThat(fields(decode(LISTPACK_EX))).containsExactly("a=1@1900000000000", "b=2@0");
        assertThat(fields(decode(METADATA))).containsExactly("b=" + "x".repeat(100) + "@0", "a=1@1900000000000");
    }

    @Test
    void ziplistsAreRead() {
        // A ziplist of "a", "1", "b", "-70000", "c", 20 letters and "d", "12", by the layout in Redis's ziplist.c.
        byte[] list = bytes("00000000" + "00000000" + "0800" + "000161" + "03f2" + "020162" + "03d090eefeff" + "060163"
                + "0314" + "78".repeat(20) + "160164" + "03fd" + "ff");
        list[0] = (byte) list.length;
        list[4] = (byte) (list.length - 3);
        assertThat(PackedLists.ziplist(list))
                .extracting(PayloadTest::text)
                .containsExactly("a", "1", "b", "-70000", "c", "x".repeat(20), "d", "12");
        list[4]--;
        assertThatThrownBy(() -> PackedLists.ziplist(list)).hasMessage("ERR Bad data format");
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Random random = new Random(Long.getLong("nuthatch.seed", 0x5eedL));
        for (String value : List.of(
                "",
                "0",
                "-0",
                "-1",
                "127",
                "128",
                "-129",
                "32768",
                "2147483647",
                "2147483648",
                "-2147483648",
                "-2147483649",
                "007",
                "+1",
                "1 ",
                "x".repeat(63),
                "x".repeat(64),
                "x".repeat(16383),
                "x".repeat(16384),
                "x".repeat(70_000))) {
            byte[] payload = Payload.encode(new StringValue(value.getBytes(StandardCharsets.US_ASCII)));
            assertThat(text(((StringValue) Payload.decode(payload)).bytes())).isEqualTo(value);
        }
        for (int run = 0; run < 200; run++) {
            List<Field> fields = new ArrayList<>();
            int count = 1 + random.nextInt(run % 10 == 0 ? 500 : 20);
            for (int i = 0; i < count; i++) {
                byte[] value = new byte[random.nextInt(100)];
                random.nextBytes(value);
                long expireAt = random.nextInt(3) == 0 ? random.nextLong(1, Payload.MAX_FIELD_EXPIRY) : 0;
                fields.add(new Field(("f" + i).getBytes(StandardCharsets.US_ASCII), value, expireAt));
            }
            HashValue hash = new HashValue(fields);
            assertThat(fields(Payload.decode(Payload.encode(hash)))).isEqualTo(fields(hash));
        }
    }

    @Test
    void anotherVersionOrChecksumIsRefused() {
        String wrong = "ERR DUMP payload version or checksum are wrong";
        byte[] payload = bytes("000568656c6c6f0c00a804ebb69f1ebe43");
        for (int i = 0; i < payload.length; i++) {
            byte[] changed = payload.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> Payload.decode(changed)).hasMessage(wrong);
        }
        assertThatThrownBy(() -> Payload.decode(new byte[9])).hasMessage(wrong);
        assertThatThrownBy(() -> Payload.decode(sealed(new byte[] {0, 0}, 13))).hasMessage(wrong);
    }

    @Test
    void badDataIsRefusedWhateverItIs() {
        String bad = "ERR Bad data format";
        for (String body : List.of(
                "",
                "00",
                "01",
                "0005616263",
                "00ff",
                "0081ffffffffffffffff",
                "0400",
                "0401",
                "040201610162016101",
                "0402016101620161016201",
                "1000",
                "0400c0",
                "04c001",
                "00c3054fff01610000",
                "00c30581000000007fffffff0161626364",
                "0080ffffffff",
                "63",
                "12010200",
                "000161ff")) {
            assertThatThrownBy(() -> Payload.decode(sealed(bytes(body), 12)))
                    .as(body)
                    .hasMessage(bad);
        }
    }

    /// Whatever the bytes, with a right checksum: a value or an error of ours, nothing else, and no great
    /// memory.
    @Test
    void mutatedPayloadsNeverBreakTheReader() {
        long seed = Long.getLong("nuthatch.seed", 0x5eedL);
        Random random = new Random(seed);
        List<byte[]> seeds = new ArrayList<>();
        for (String hex : List.of(
                LISTPACK,
                LISTPACK_EX,
                METADATA,
                "00c31241f4016161e0ff00e01900016263e0bb010162630c002d3ed25d58186280",
                "04020162c3094064017878e057000178780161c0010c00b1a87b3463d893be")) {
            byte[] payload = bytes(hex);
            seeds.add(Arrays.copyOf(payload, payload.length - 10));
        }
        int refused = 0;
        int runs = 200_000;
        for (int run = 0; run < runs; run++) {
            byte[] body = seeds.get(random.nextInt(seeds.size())).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                body = Arrays.copyOf(body, random.nextInt(body.length + 1));
            }
            try {
                Payload.decode(sealed(body, 12));
            } catch (CommandException expected) {
                refused++;
            } catch (RuntimeException | AssertionError | OutOfMemoryError broken) {
                throw new AssertionError(
                        "payload " + HexFormat.of().formatHex(body) + ", -Dnuthatch.seed=" + seed, broken);
            }
        }
        assertThat(refused).isBetween(runs / 4, runs - 1);
    }

    private static byte[] sealed(byte[] body, int version) {
        byte[] payload = Arrays.copyOf(body, body.length + 10);
        payload[body.length] = (byte) version;
        long crc = Crc64.of(payload, body.length + 2);
        for (int i = 0; i < 8; i++) {
            payload[body.length + 2 + i] = (byte) (crc >>> (8 * i));
        }
        return payload;
    }

    private static Payload.Value decode(String hex) {
        return Payload.decode(bytes(hex));
    }

    private static List<String> fields(Payload.Value value) {
        return ((HashValue) value)
                .fields().stream()
                        .map(field -> text(field.name()) + "=" + text(field.value()) + "@" + field.expireAt())
                        .toList();
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
