package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient.Push;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Connections, pub/sub, transactions, tracking and the server's own commands; the expected answers were
/// recorded from Redis 8.2.3.
class ServerCommandsTest {
    private final TestServer server = TestServer.start();
    private final RespClient client = server.connect();
    private final RespClient other = server.connect();

    @AfterEach
    void close() {
        client.close();
        other.close();
        server.close();
    }

    @Test
    void subscriberModeOfResp2AllowsFewCommands() {
        assertThat(client.call("SUBSCRIBE", "a")).isEqualTo(list("subscribe", "a", 1L));
        assertThat(client.error("GET", "x"))
                .isEqualTo("ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are"
                        + " allowed in this context");
        assertThat(client.call("PING")).isEqualTo(list("pong", ""));
        assertThat(client.call("PING", "x")).isEqualTo(list("pong", "x"));
        assertThat(other.call("PUBLISH", "a", "hi")).isEqualTo(1L);
        assertThat(client.read()).isEqualTo(list("message", "a", "hi"));
        assertThat(client.call("UNSUBSCRIBE")).isEqualTo(list("unsubscribe", "a", 0L));
        assertThat(client.call("UNSUBSCRIBE")).isEqualTo(list("unsubscribe", null, 0L));
        assertThat(client.call("PING")).isEqualTo("PONG");
    }

    @Test
    void messageToOneselfComesBehindTheReplyOfPublish() {
        client.call("HELLO", "3");
        assertThat(client.call("PSUBSCRIBE", "a*")).isEqualTo(new Push(list("psubscribe", "a*", 1L)));
        assertThat(client.call("PUBLISH", "ab", "hi")).isEqualTo(1L);
        assertThat(client.read()).isEqualTo(new Push(list("pmessage", "a*", "ab", "hi")));
    }

    @Test
    void execFailsWhenAWatchedKeyChanged() {
        client.call("WATCH", "k");
        other.call("SET", "k", "1");
        client.call("MULTI");
        assertThat(client.call("SET", "k", "2")).isEqualTo("QUEUED");
        assertThat(client.call("EXEC")).isNull();
        assertThat(client.call("GET", "k")).isEqualTo("1");
    }

    @Test
    void execFailsWhenTheWatchedKeyWasFlushedButNotWhenItWasNeverThere() {
        client.call("SET", "k", "1");
        client.call("WATCH", "k");
        other.call("FLUSHALL");
        client.call("MULTI");
        assertThat(client.call("EXEC")).isNull();
        client.call("WATCH", "absent");
        other.call("FLUSHALL");
        client.call("MULTI");
        assertThat(client.call("EXEC")).isEqualTo(list());
    }

    @Test
    void refusedCommandAbortsTheTransaction() {
        client.call("MULTI");
        assertThat(client.error("NOSUCH")).startsWith("ERR unknown command 'NOSUCH'");
        assertThat(client.error("EXEC")).isEqualTo("EXECABORT Transaction discarded because of previous errors.");
        client.call("MULTI");
        assertThat(client.error("EXEC", "a"))
                .isEqualTo("EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command");
        assertThat(client.error("EXEC")).isEqualTo("ERR EXEC without MULTI");
    }

    @Test
    void trackedClientHearsOfTheChangeOnce() {
        client.call("HELLO", "3");
        client.call("CLIENT", "TRACKING", "ON");
        client.call("GET", "k");
        other.call("SET", "k", "1");
        assertThat(client.read()).isEqualTo(new Push(list("invalidate", list("k"))));
        other.call("SET", "k", "2"); // Not read since, so not told again.
        assertThat(client.call("GET", "k")).isEqualTo("2");
        assertThat(client.call("SET", "k", "3")).isEqualTo("OK");
        assertThat(client.read()).isEqualTo(new Push(list("invalidate", list("k"))));
    }

    @Test
    void broadcastTellsOfThePrefixAndOfNothingElse() {
        client.call("HELLO", "3");
        client.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a:");
        other.call("MSET", "b:1", "x", "a:1", "x", "a:2", "x");
        assertThat(client.read()).isEqualTo(new Push(list("invalidate", list("a:1", "a:2"))));
        other.call("FLUSHALL");
        assertThat(client.read()).isEqualTo(new Push(list("invalidate", null)));
    }

    @Test
    void redirectionIsBrokenWhenItsTargetQuits() {
        client.call("HELLO", "3");
        Object target = other.call("CLIENT", "ID");
        client.call("CLIENT", "TRACKING", "ON", "REDIRECT", String.valueOf(target));
        client.call("GET", "k");
        other.call("QUIT");
        assertThat(client.call("SET", "k", "1")).isEqualTo("OK");
        assertThat(client.read()).isEqualTo(new Push(list("tracking-redir-broken", target)));
    }

    @Test
    void helloSwitchesTheProtocolAndListsTheModules() {
        @SuppressWarnings("unchecked")
        Map<Object, Object> hello = (Map<Object, Object>) client.call("HELLO", "3");
        assertThat(hello)
                .containsEntry("server", "redis")
                .containsEntry("proto", 3L)
                .containsEntry("role", "master");
        assertThat(client.error("HELLO", "4")).isEqualTo("NOPROTO unsupported protocol version");
        assertThat(client.error("CLIENT", "MAINT_NOTIFICATIONS", "ON"))
                .isEqualTo("ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.");
    }

    @Test
    void infoCountsWhatHappened() {
        other.call("PING");
        client.call("SET", "k", "1");
        String info = String.valueOf(client.call("INFO", "everything"));
        assertThat(info)
                .contains("cmdstat_set:calls=1,", "db0:keys=1,expires=0,", "cluster_enabled:0", "connected_clients:2");
        client.error("NOSUCH");
        assertThat(String.valueOf(client.call("INFO", "errorstats"))).contains("errorstat_ERR:count=1");
    }

    @Test
    void slowLogRedactsThePassword() {
        client.call("CONFIG", "SET", "slowlog-log-slower-than", "0");
        client.call("CONFIG", "SET", "requirepass", "");
        List<?> entries = (List<?>) client.call("SLOWLOG", "GET", "1");
        assertThat(String.valueOf(entries)).contains("requirepass, (redacted)");
    }

    private static List<@Nullable Object> list(@Nullable Object... elements) {
        return Arrays.asList(elements);
    }
}
