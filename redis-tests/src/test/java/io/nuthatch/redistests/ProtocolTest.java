package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProtocolTest {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void pingIsAnswered() {
        try (RespClient client = server.connect()) {
            assertThat(client.call("PING")).isEqualTo("PONG");
            assertThat(client.call("ping", "hello")).isEqualTo("hello");
        }
    }

    @Test
    void inlineCommandsFollowTheQuotingOfRedis() {
        try (RespClient client = server.connect()) {
            client.sendRaw("\r\n\n   \r\nECHO \"a \\x41\\n\"\r\nECHO 'it\\'s'\nPING\r\n");
            assertThat(client.read()).isEqualTo("a A\n");
            assertThat(client.read()).isEqualTo("it's");
            assertThat(client.read()).isEqualTo("PONG");
        }
    }

    @Test
    void unknownCommandsAreAnsweredInTheWordsOfRedis() {
        try (RespClient client = server.connect()) {
            assertThat(client.error("foo", "a", "b"))
                    .isEqualTo("ERR unknown command 'foo', with args beginning with: 'a' 'b' ");
            assertThat(client.error("ECHO")).isEqualTo("ERR wrong number of arguments for 'echo' command");
            assertThat(client.call("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void brokenProtocolIsNamedAndTheConnectionClosed() {
        for (List<String> pair : List.of(
                List.of("*1\r\n+PING\r\n", "ERR Protocol error: expected '$', got '+'"),
                List.of("*x\r\n", "ERR Protocol error: invalid multibulk length"),
                List.of("*3000000000\r\n", "ERR Protocol error: invalid multibulk length"),
                List.of("*1\r\n$-1\r\n", "ERR Protocol error: invalid bulk length"),
                List.of("*1\r\n$2000000000\r\n", "ERR Protocol error: invalid bulk length"),
                List.of("PING \"a\r\n", "ERR Protocol error: unbalanced quotes in request"))) {
            try (RespClient client = server.connect()) {
                client.sendRaw("*1\r\n$4\r\nPING\r\n" + pair.get(0));
                assertThat(client.read()).isEqualTo("PONG");
                assertThat(client.read()).isEqualTo(new RespClient.ErrorReply(pair.get(1)));
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
    }
}
