package io.nuthatch.server;

import java.util.List;

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
public record ServerOptions(
        List<String> bind,
        int port,
        int ioThreads,
        int queryThreads,
        int queryQueue,
        TransportKind transport,
        int tcpBacklog,
        int databases) {
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
                16);
    }

    /// The same with another port.
    public ServerOptions withPort(int value) {
        return new ServerOptions(bind, value, ioThreads, queryThreads, queryQueue, transport, tcpBacklog, databases);
    }
}
