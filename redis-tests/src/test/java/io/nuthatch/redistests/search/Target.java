package io.nuthatch.redistests.search;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.TestServer;
import org.jspecify.annotations.Nullable;

/// The server under test: one of this process, or with `-Dnuthatch.peer.port=N` whatever listens there.
///
/// The second is how the tests themselves are checked: against Redis with RediSearch.
final class Target implements AutoCloseable {
    private final @Nullable TestServer server;
    private final int port;

    private Target(@Nullable TestServer server, int port) {
        this.server = server;
        this.port = port;
    }

    static Target open() {
        Integer peer = Integer.getInteger("nuthatch.peer.port");
        if (peer != null) {
            return new Target(null, peer);
        }
        TestServer server = TestServer.start();
        return new Target(server, server.port());
    }

    int port() {
        return port;
    }

    RespClient connect() {
        return RespClient.connect(port);
    }

    /// A connection that speaks `protocol`.
    RespClient connect(int protocol) {
        RespClient client = connect();
        if (protocol == 3) {
            client.call("HELLO", 3);
        }
        return client;
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
    }
}
