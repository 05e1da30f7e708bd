package io.nuthatch.server;

import io.nuthatch.server.config.ServerConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What has to be known before the server starts and does not change while it runs.
///
/// @param bind addresses to listen on
/// @param port TCP port; 0 picks a free one
/// @param ioThreads event loops
/// @param queryThreads threads of the query pool
/// @param queryQueue most commands that wait for the query pool; beyond, their connections are not read from
/// @param transport how sockets are driven
/// @param tcpBacklog connections that may wait to be accepted
/// @param databases number of databases
/// @param folder where checkpoints are; null for a server that keeps its data in memory alone, as in most
/// tests
public record ServerOptions(
        List<String> bind,
        int port,
        int ioThreads,
        int queryThreads,
        int queryQueue,
        TransportKind transport,
        int tcpBacklog,
        int databases,
        @Nullable Path folder) {
    /// The defaults of `conf/nuthatch.conf`.
    public static ServerOptions defaults() {
        int cores = Runtime.getRuntime().availableProcessors();
        return new ServerOptions(
                List.of("127.0.0.1"),
                6379,
                Math.max(1, Math.min(4, cores / 2)),
                Math.max(1, cores),
                1024,
                TransportKind.AUTO,
                511,
                16,
                null);
    }

    /// What the settings ask for.
    public static ServerOptions of(ServerConfig config) {
        ServerOptions defaults = defaults();
        int ioThreads = (int) config.number("io-threads").getAsLong();
        int queryThreads = (int) config.number("query-threads").getAsLong();
        return new ServerOptions(
                List.of(config.text("bind").get().split(" ")),
                (int) config.number("port").getAsLong(),
                ioThreads == 0 ? defaults.ioThreads() : ioThreads,
                queryThreads == 0 ? defaults.queryThreads() : queryThreads,
                (int) config.number("query-queue").getAsLong(),
                TransportKind.valueOf(config.text("transport").get().toUpperCase(Locale.ROOT)),
                (int) config.number("tcp-backlog").getAsLong(),
                (int) config.number("databases").getAsLong(),
                Path.of(config.text("dir").get())
                        .resolve(config.text("checkpoint-dirname").get()));
    }

    /// The same with another port.
    public ServerOptions withPort(int value) {
        return new ServerOptions(
                bind, value, ioThreads, queryThreads, queryQueue, transport, tcpBacklog, databases, folder);
    }

    /// The same with another query pool.
    public ServerOptions withQueryPool(int threads, int queue) {
        return new ServerOptions(bind, port, ioThreads, threads, queue, transport, tcpBacklog, databases, folder);
    }

    /// The same with another number of event loops.
    public ServerOptions withIoThreads(int value) {
        return new ServerOptions(bind, port, value, queryThreads, queryQueue, transport, tcpBacklog, databases, folder);
    }

    /// The same with another transport.
    public ServerOptions withTransport(TransportKind value) {
        return new ServerOptions(bind, port, ioThreads, queryThreads, queryQueue, value, tcpBacklog, databases, folder);
    }

    /// The same with checkpoints in a folder, or none.
    public ServerOptions withFolder(@Nullable Path value) {
        return new ServerOptions(
                bind, port, ioThreads, queryThreads, queryQueue, transport, tcpBacklog, databases, value);
    }
}
