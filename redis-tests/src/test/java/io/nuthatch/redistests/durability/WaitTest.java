package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.commands.Durability;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.TestServer;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `WAIT` and `WAITAOF` under `appendfsync everysec`, with the disk in the test's hand. Replies and errors
/// are those of Redis 8.2.3.
class WaitTest {
    private static final int A_WHILE_MILLIS = 150; // How long a client must stay silent to count as waiting.
    private static final String UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    private static final String NO_LOG = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";

    private final HandJournal journal = new HandJournal(Journal.Policy.EVERYSEC);
    private TestServer server;
    private RespClient client;
    private RespClient other;

    @BeforeEach
    void start() {
        server = TestServer.start();
        EffectLog effects = new EffectLog(journal);
        server.server().keyspace().setEffects(effects);
        durability()
                .setLog(new Durability.Log(
                        journal,
                        effects,
                        ChronicleLog.in(Path.of("unused"), new MemoryAccount().counter("test", "log"))));
        client = server.connect();
        other = server.connect();
        other.call("PING"); // It is there before the server ends.
    }

    @AfterEach
    void stop() {
        client.close();
        other.close();
        server.close();
    }

    private Durability durability() {
        return server.server().state().durability();
    }

    private static List<Object> acknowledged(long local) {
        return Arrays.asList(local, 0L);
    }

    private void assertWaiting() {
        client.setTimeout(A_WHILE_MILLIS);
        assertThatThrownBy(client::read).isInstanceOf(UncheckedIOException.class);
        client.setTimeout(30_000);
        assertThat(blockedClients()).isEqualTo("1");
    }

    private String blockedClients() {
        String info = String.valueOf(other.call("INFO", "clients"));
        return info.replaceAll("(?s).*blocked_clients:(\\d+).*", "$1");
    }

    private void awaitNobodyBlocked() {
        while (!blockedClients().equals("0")) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void waitsForTheSyncOfItsOwnWritesAndNoOthers(int protocol) {
        client.call("HELLO", protocol);
        client.call("SET", "key", "x");
        client.send("WAITAOF", 1, 0, 0);
        client.send("PING"); // Nothing is executed behind it.
        assertWaiting();
        other.call("SET", "theirs", "y"); // Record 2, which nobody waits for.
        journal.commit(1);
        assertThat(client.read()).isEqualTo(acknowledged(1));
        assertThat(client.read()).isEqualTo("PONG");
        assertThat(blockedClients()).isEqualTo("0");
        assertThat(client.call("WAITAOF", 1, 0, 0)).isEqualTo(acknowledged(1));
    }

    @Test
    void whoWroteNothingHasNothingToWaitFor() {
        other.call("SET", "theirs", "y");
        assertThat(client.call("WAITAOF", 1, 0, 0)).isEqualTo(acknowledged(1));
    }

    @Test
    void writesOfOnePipelineAndOfTransactionsCount() {
        client.sendRaw("SET a 1\r\nMULTI\r\nSET b 2\r\nEXEC\r\nWAITAOF 1 0 0\r\n");
        assertThat(List.of(client.read(), client.read(), client.read(), client.read()))
                .isEqualTo(List.of("OK", "OK", "QUEUED", List.of("OK")));
        journal.commit(1);
        assertWaiting();
        journal.commit(2);
        assertThat(client.read()).isEqualTo(acknowledged(1));
    }

    @Test
    void writesWithoutRepliesCount() {
        client.send("CLIENT", "REPLY", "OFF");
        client.send("SET", "key", "x");
        client.send("CLIENT", "REPLY", "ON");
        assertThat(client.read()).isEqualTo("OK");
        client.send("WAITAOF", 1, 0, 0);
        assertWaiting();
        journal.commit(1);
        assertThat(client.read()).isEqualTo(acknowledged(1));
    }

    @Test
    void aReplyThatIsSkippedStaysAway() {
        client.call("SET", "key", "x");
        client.send("CLIENT", "REPLY", "SKIP");
        client.send("WAITAOF", 1, 0, 0);
        client.send("PING");
        assertWaiting();
        journal.commit(1);
        assertThat(client.read()).isEqualTo("PONG");
    }

    @Test
    void givesUpWhenItsTimeIsOver() {
        client.call("SET", "key", "x");
        assertThat(client.call("WAITAOF", 1, 0, 1)).isEqualTo(acknowledged(0));
        assertThat(client.call("WAITAOF", 0, 0, 0)).isEqualTo(acknowledged(0));
        journal.commit(1);
        assertThat(client.call("WAITAOF", 1, 1, 1)).isEqualTo(acknowledged(1)); // No replica ever comes.
        assertThat(client.call("WAITAOF", 0, 1, 1)).isEqualTo(acknowledged(1));
        assertThat(client.call("WAIT", 1, 1)).isEqualTo(0L);
        assertThat(client.call("WAIT", 0, 0)).isEqualTo(0L);
        assertThat(client.call("WAIT", -1, 0)).isEqualTo(0L);
    }

    @Test
    void neitherWaitsInATransaction() {
        client.call("SET", "key", "x");
        journal.commit(1);
        for (Object command : List.of("MULTI", "WAITAOF 1 0 0", "SET key y", "WAITAOF 1 0 0", "WAIT 1 0")) {
            client.call((Object[]) command.toString().split(" "));
        }
        assertThat(client.call("EXEC")).isEqualTo(List.of(acknowledged(1), "OK", acknowledged(0), 0L));
    }

    @Test
    void clientUnblockEndsTheWait() {
        Object id = client.call("CLIENT", "ID");
        client.call("SET", "key", "x");
        client.send("WAITAOF", 1, 0, 0);
        assertWaiting();
        assertThat(String.valueOf(other.call("CLIENT", "LIST", "ID", id)))
                .contains(" flags=b ")
                .contains(" cmd=waitaof ");
        assertThat(other.call("CLIENT", "UNBLOCK", id)).isEqualTo(1L);
        assertThat(client.read()).isEqualTo(acknowledged(0));
        assertThat(other.call("CLIENT", "UNBLOCK", id)).isEqualTo(0L);
        client.send("WAIT", 1, 0);
        assertWaiting();
        assertThat(other.call("CLIENT", "UNBLOCK", id, "ERROR")).isEqualTo(1L);
        assertThat(client.read()).isEqualTo(new RespClient.ErrorReply(UNBLOCKED));
        client.send("WAIT", 1, 0);
        assertWaiting();
        assertThat(other.call("CLIENT", "UNBLOCK", id, "TIMEOUT")).isEqualTo(1L);
        assertThat(client.read()).isEqualTo(0L);
        assertThat(other.call("CLIENT", "UNBLOCK", 0)).isEqualTo(0L);
    }

    @Test
    void aClientThatLeavesIsWaitedForNoMore() {
        client.call("SET", "key", "x");
        client.send("WAITAOF", 1, 0, 0);
        assertWaiting();
        client.close();
        awaitNobodyBlocked();
        journal.commit(1);
        assertThat(other.call("PING")).isEqualTo("PONG");
    }

    @Test
    void aLogThatIsTurnedOffMeanwhileEndsTheWait() {
        client.call("SET", "key", "x");
        client.send("WAITAOF", 1, 0, 0);
        assertWaiting();
        server.server().keyspace().setEffects(null);
        durability().setLog(null);
        journal.refuse("closed", false); // As a journal that is closed, it calls whoever waits.
        assertThat(client.read()).isEqualTo(new RespClient.ErrorReply(NO_LOG));
        assertThat(client.error("WAITAOF", 1, 0, 0)).isEqualTo(NO_LOG);
        assertThat(client.call("WAITAOF", 0, 0, 0)).isEqualTo(acknowledged(0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "WAITAOF 0 0 | wrong number of arguments for 'waitaof' command",
                "WAITAOF 2 0 0 | value is out of range, value must between 0 and 1",
                "WAITAOF -1 0 0 | value is out of range, value must between 0 and 1",
                "WAITAOF x 0 0 | value is not an integer or out of range",
                "WAITAOF 0 -1 0 | value is out of range, must be positive",
                "WAITAOF 0 x 0 | value is out of range, must be positive",
                "WAITAOF 0 0 -1 | timeout is negative",
                "WAITAOF 0 0 x | timeout is not an integer or out of range",
                "WAITAOF 0 1 9223372036854775807 | timeout is out of range",
                "WAIT 0 | wrong number of arguments for 'wait' command",
                "WAIT x 1 | value is not an integer or out of range",
                "WAIT 1 x | timeout is not an integer or out of range",
                "WAIT 1 -1 | timeout is negative",
                "WAIT 1 9223372036854775807 | timeout is out of range",
            })
    void refusesAsRedisDoes(String command, String error) {
        assertThat(client.error((Object[]) command.split(" "))).isEqualTo("ERR " + error);
    }
}
