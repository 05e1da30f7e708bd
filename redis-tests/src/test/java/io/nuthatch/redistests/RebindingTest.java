package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// `CONFIG SET port` and `CONFIG SET bind`; texts as of Redis 8.2.3.
class RebindingTest {
    private static final String REFUSED = "ERR CONFIG SET failed (possibly related to argument '%s') - %s";
    private static final String NO_PORT = "Unable to listen on this port. Check server logs.";
    private static final String NO_ADDRESS = "Failed to bind to specified addresses.";

    private final TestServer server = TestServer.start();
    private final RespClient client = server.connect();

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void theServerMovesToAnotherPortAndKeepsItsClients() throws IOException {
        int old = server.port();
        int free = freePort();
        assertThat(client.call("CONFIG", "SET", "port", free)).isEqualTo("OK");
        assertThat(client.call("CONFIG", "GET", "port")).isEqualTo(List.of("port", Integer.toString(free)));
        assertThat((String) client.call("INFO", "server")).contains("tcp_port:" + free + "\r\n");
        try (RespClient another = RespClient.connect(free)) {
            assertThat(another.call("PING")).isEqualTo("PONG");
        }
        assertThatThrownBy(() -> RespClient.connect(old)).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void aTakenPortIsRefusedAndEverySettingStaysAsItWas() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            assertThat(client.error("CONFIG", "SET", "maxmemory", "12345678", "port", port))
                    .isEqualTo(REFUSED.formatted("port", NO_PORT));
            assertThat(client.error("CONFIG", "SET", "port", port, "bind", "192.0.2.1"))
                    .isEqualTo(REFUSED.formatted("port", NO_PORT));
            assertThat(client.error("CONFIG", "SET", "bind", "192.0.2.1", "port", port))
                    .isEqualTo(REFUSED.formatted("bind", NO_ADDRESS));
        }
        assertThat(client.call("CONFIG", "GET", "maxmemory")).isEqualTo(List.of("maxmemory", "0"));
        try (RespClient another = server.connect()) {
            assertThat(another.call("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void addressesThatExcludeEachOtherFollowEachOther() {
        int port = server.port();
        for (String bind : List.of("*", "127.0.0.1", "127.0.0.1 -192.0.2.1", "0.0.0.0", "127.0.0.1")) {
            assertThat(client.call("CONFIG", "SET", "bind", bind)).isEqualTo("OK");
            assertThat(server.port()).isEqualTo(port);
            try (RespClient another = server.connect()) {
                assertThat(another.call("CONFIG", "GET", "bind")).isEqualTo(List.of("bind", bind));
            }
        }
    }

    @Test
    void addressesThatAreNotHereLeaveTheOldOnesOpen() {
        for (String bind : List.of("192.0.2.1", "* 192.0.2.1", "-192.0.2.1", "127.0.0.1 127.0.0.1")) {
            assertThat(client.error("CONFIG", "SET", "bind", bind)).isEqualTo(REFUSED.formatted("bind", NO_ADDRESS));
            try (RespClient another = server.connect()) {
                assertThat(another.call("PING")).isEqualTo("PONG");
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }
}
