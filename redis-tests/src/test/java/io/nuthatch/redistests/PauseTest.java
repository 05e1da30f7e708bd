package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// `CLIENT PAUSE` and what it does to expiry, on a clock that moves when told; replies as of Redis 8.2.3.
class PauseTest {
    private final SimulatedClock clock = new SimulatedClock(1_700_000_000_000L);
    private final TestServer server = TestServer.start(clock);
    private final RespClient client = server.connect();
    private final RespClient other = server.connect();

    @AfterEach
    void close() {
        client.close();
        other.close();
        server.close();
    }

    @Test
    void expiredKeysAreHiddenDuringAPauseAndRemovedAfterIt() {
        client.call("SET", "foo", "bar", "PX", 10);
        client.call("CLIENT", "PAUSE", 50_000, "WRITE");
        clock.advance(10);
        assertThat(client.call("GET", "foo")).isNull();
        assertThat(client.call("KEYS", "*")).isEqualTo(List.of());
        assertThat(client.call("RANDOMKEY")).isNull();
        assertThat(client.call("DBSIZE")).isEqualTo(1L);
        assertThat(server.server().keyspace().expiredKeys()).isZero();
        client.call("CLIENT", "UNPAUSE");
        assertThat(client.call("GET", "foo")).isNull();
        assertThat(server.server().keyspace().expiredKeys()).isEqualTo(1);
    }

    @Test
    void aTransactionThatBeginsThePauseMayWriteOverExpiredKeys() {
        client.call("SET", "string", "old", "PX", 10);
        client.call("SET", "hash", "old", "PX", 10);
        clock.advance(9);
        client.call("MULTI");
        client.call("CLIENT", "PAUSE", 50_000, "WRITE");
        client.call("APPEND", "string", "new");
        client.call("HSET", "hash", "field", "value");
        clock.advance(1);
        assertThat(client.call("EXEC")).isEqualTo(List.of("OK", 3L, 1L));
        assertThat(client.call("GET", "string")).isEqualTo("new");
        assertThat(client.call("HGET", "hash", "field")).isEqualTo("value");
        assertThat(client.call("DBSIZE")).isEqualTo(2L);
    }

    @Test
    void aPauseOfAllHoldsItsOwnEndToo() {
        client.call("CLIENT", "PAUSE", 1_000, "ALL");
        other.send("CLIENT", "UNPAUSE");
        other.setTimeout(200);
        assertThatThrownBy(other::read).isInstanceOf(UncheckedIOException.class);
        clock.advance(1_000);
        other.setTimeout(30_000);
        assertThat(other.read()).isEqualTo("OK");
    }

    @Test
    void everySkipLeavesOutOneReply() {
        client.sendRaw("CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING\r\nECHO a\r\n");
        assertThat(client.read()).isEqualTo("a");
        client.sendRaw("CLIENT REPLY SKIP\r\nNOSUCH\r\nECHO b\r\n");
        assertThat(client.read()).isEqualTo("b");
        client.sendRaw("CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nECHO c\r\n");
        assertThat(client.read()).isEqualTo("OK");
        assertThat(client.read()).isEqualTo("c");
        client.sendRaw("CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nPING\r\nCLIENT REPLY ON\r\nECHO d\r\n");
        assertThat(client.read()).isEqualTo("OK");
        assertThat(client.read()).isEqualTo("d");
        client.sendRaw("CLIENT REPLY SKIP\r\nKEYS *\r\nECHO e\r\n"); // On the query pool.
        assertThat(client.read()).isEqualTo("e");
    }
}
