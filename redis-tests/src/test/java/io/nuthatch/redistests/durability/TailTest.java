package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.Journal;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.SimulatedClock;
import io.nuthatch.redistests.TestServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `NUTHATCH.TAIL`: every change of the log, to clients that ask for it.
class TailTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private final SimulatedClock clock = new SimulatedClock(1_700_000_000_000L);

    private TestServer start(String engine) {
        return TestServer.startWith(
                clock, "--dir", folder.toString(), "--appendonly", "yes", "--aof-engine", engine, "--save", "");
    }

    private static RespClient tail(TestServer server, long lsn) {
        RespClient client = server.connect();
        client.call("HELLO", 3);
        assertThat(client.call("NUTHATCH.TAIL", lsn)).isEqualTo("OK");
        return client;
    }

    /// One push as `lsn: effect; effect`, each effect with its parts.
    private static String next(RespClient client) {
        RespClient.Push push = (RespClient.Push) Objects.requireNonNull(client.read());
        assertThat(RespClient.text(push.elements().get(0))).isEqualTo("nuthatch.tail");
        List<String> effects = new ArrayList<>();
        for (Object effect : (List<?>) Objects.requireNonNull(push.elements().get(2))) {
            effects.add(String.join(
                    " ", ((List<?>) effect).stream().map(String::valueOf).toList()));
        }
        return push.elements().get(1) + ": " + String.join("; ", effects);
    }

    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void everyChangeComesInOrderAndATransactionAsOne(String engine) {
        try (TestServer server = start(engine);
                RespClient writer = server.connect()) {
            writer.call("SET", "a", "1");
            writer.call("HSET", "h", "f", "v", "g", "w");
            try (RespClient reader = tail(server, 1)) {
                assertThat(next(reader)).isEqualTo("1: put-string 0 a 1 0");
                assertThat(next(reader)).isEqualTo("2: put-field 0 h f v 0; put-field 0 h g w 0");
                writer.call("SELECT", 3);
                writer.call("MULTI");
                writer.call("SET", "b", "2", "PXAT", 1_800_000_000_000L);
                writer.call("PEXPIREAT", "b", 1_900_000_000_000L);
                writer.call("DEL", "b");
                writer.call("EXEC");
                assertThat(next(reader))
                        .isEqualTo("3: put-string 3 b 2 1800000000000; expire-at 3 b 1900000000000; remove 3 b");
                writer.call("FLUSHDB");
                writer.call("SWAPDB", 0, 1);
                writer.call("SELECT", 0);
                writer.call("FT.CREATE", "i", "SCHEMA", "t", "TAG");
                writer.call("FT.ALIASADD", "x", "i");
                writer.call("FT.DROPINDEX", "i");
                assertThat(next(reader)).isEqualTo("4: flush 3 ");
                assertThat(next(reader)).isEqualTo("5: swap 0  1");
                assertThat(next(reader)).startsWith("6: create-index -1 ");
                assertThat(next(reader)).isEqualTo("7: set-alias -1  x i");
                assertThat(next(reader)).startsWith("8: drop-index -1  i");
                assertThat(reader.call("PING")).isEqualTo("PONG"); // The connection is as good as any.
            }
        }
        try (TestServer server = start(engine);
                RespClient writer = server.connect();
                RespClient reader = tail(server, 7)) { // In a file of the life before.
            writer.call("SET", "c", "3");
            assertThat(next(reader)).startsWith("7: ");
            assertThat(next(reader)).startsWith("8: ");
            assertThat(next(reader)).isEqualTo("10: put-string 0 c 3 0"); // 9 is the end of that life.
        }
    }

    @Test
    void aPlaceThatIsNotInTheLogIsRefused() {
        try (TestServer server = start("segmented");
                RespClient client = server.connect()) {
            assertThat(client.error("NUTHATCH.TAIL", 1)).startsWith("ERR").contains("RESP3");
            client.call("HELLO", 3);
            assertThat(client.error("NUTHATCH.TAIL", 0)).startsWith("ERR value is out of range");
            assertThat(client.error("NUTHATCH.TAIL", 2))
                    .isEqualTo("ERR record 2 is not in the log yet, which ends with record 0");
            assertThat(client.call("NUTHATCH.TAIL", 1)).isEqualTo("OK");
        }
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            client.call("HELLO", 3);
            assertThat(client.error("NUTHATCH.TAIL", 1)).contains("set appendonly to yes");
        }
    }

    @Test
    void anotherPlaceTakesTheTailsPlaceAndResetEndsIt() {
        try (TestServer server = start("segmented");
                RespClient writer = server.connect();
                RespClient reader = tail(server, 1)) {
            writer.call("SET", "a", "1");
            assertThat(next(reader)).startsWith("1: ");
            assertThat(reader.call("NUTHATCH.TAIL", 1)).isEqualTo("OK");
            assertThat(next(reader)).startsWith("1: ");
            assertThat(reader.call("RESET")).isEqualTo("RESET");
            writer.call("SET", "a", "2");
            assertThat(reader.call("PING")).isEqualTo("PONG");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void aClientThatNeverReadsHoldsNeitherMemoryNorTheLog(String engine) {
        byte[] value = new byte[(int) MIB];
        try (TestServer server = start(engine);
                RespClient writer = server.connect()) {
            writer.call("SET", "first", "1");
            RespClient idle = tail(server, 1);
            try (idle) {
                int most = 0;
                for (int i = 0; i < 200; i++) {
                    writer.call("SET", "k", value);
                    String list = RespClient.text(writer.call("CLIENT", "LIST"));
                    for (String word : Objects.requireNonNull(list).split("[ \n]")) {
                        most = word.startsWith("omem=") ? Math.max(most, Integer.parseInt(word.substring(5))) : most;
                    }
                }
                assertThat(most).isLessThan(4 << 20); // One record more than what may be under way.
                Journal journal = Objects.requireNonNull(
                        server.server().state().durability().journal());
                long before = journal.sizeBytes();
                journal.cut(journal.committedLsn() - 1);
                for (int i = 0; journal.sizeBytes() > before / 2; i++) {
                    writer.call("SET", "k", "small " + i); // The log's thread has something to do.
                }
                assertThat(next(idle)).startsWith("1: "); // And now it reads what was under way, and then the end.
                String last = "";
                Object message = idle.read();
                while (message instanceof RespClient.Push push
                        && push.elements().size() == 3) {
                    last = String.valueOf(push.elements().get(1));
                    message = idle.read();
                }
                assertThat(message).isInstanceOf(RespClient.Push.class);
                assertThat(String.valueOf(((RespClient.Push) message).elements()))
                        .as("behind record %s", last)
                        .contains("is not in the log any more");
                assertThat(idle.isClosedByServer()).isTrue();
            }
        }
    }
}
