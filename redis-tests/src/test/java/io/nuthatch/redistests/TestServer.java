package io.nuthatch.redistests;

import io.nuthatch.commands.CommandFamily;
import io.nuthatch.engine.EpochClock;
import io.nuthatch.server.NuthatchServer;
import io.nuthatch.server.ServerOptions;
import io.nuthatch.server.SystemClock;
import io.nuthatch.server.config.ConfigException;
import io.nuthatch.server.config.ServerConfig;
import java.io.InputStream;
import java.util.List;
import java.util.function.UnaryOperator;

/// A server of this process on a free port, for the length of a test.
///
/// ```
/// try (TestServer server = TestServer.start(); RespClient client = server.connect()) {
///     assertThat(client.call("PING")).isEqualTo("PONG");
/// }
/// ```
public final class TestServer implements AutoCloseable {
    private final NuthatchServer server;

    private TestServer(NuthatchServer server) {
        this.server = server;
    }

    /// A server on the real clock.
    public static TestServer start() {
        return start(new SystemClock(), options -> options);
    }

    /// A server whose expiry follows `clock`.
    public static TestServer start(EpochClock clock) {
        return start(clock, options -> options);
    }

    /// A server with other options than the defaults; its port is a free one whatever they say.
    public static TestServer start(EpochClock clock, UnaryOperator<ServerOptions> change) {
        return start(clock, change, List.of());
    }

    /// As above, with commands of the test's own.
    public static TestServer start(
            EpochClock clock, UnaryOperator<ServerOptions> change, List<? extends CommandFamily> more) {
        ServerOptions options = change.apply(ServerOptions.defaults()).withPort(0);
        return new TestServer(NuthatchServer.start(options, ServerConfig.defaults(), clock, new SystemClock(), more));
    }

    /// A server with settings as words of the command line, such as `--appendonly`, `yes`; it keeps its data
    /// where they say.
    public static TestServer startWith(EpochClock clock, String... settings) {
        try {
            ServerConfig config = ServerConfig.of(List.of(settings), InputStream.nullInputStream());
            ServerOptions options = ServerOptions.defaults()
                    .withPort(0)
                    .withFolder(ServerOptions.of(config).folder());
            return new TestServer(NuthatchServer.start(options, config, clock, new SystemClock(), List.of()));
        } catch (ConfigException refused) {
            throw new AssertionError(refused.text(), refused);
        }
    }

    public int port() {
        return server.port();
    }

    /// The server itself, for what sockets cannot show.
    public NuthatchServer server() {
        return server;
    }

    /// A new connection.
    public RespClient connect() {
        return RespClient.connect(server.port());
    }

    /// Stops the server; fails when it leaves memory or clients behind.
    @Override
    public void close() {
        server.close();
        if (server.memory().total() != 0) {
            throw new AssertionError(
                    "off-heap memory is left: " + server.memory().byOwner());
        }
        if (server.state().clients().count() != 0) {
            throw new AssertionError(server.state().clients().count() + " clients are left");
        }
    }
}
