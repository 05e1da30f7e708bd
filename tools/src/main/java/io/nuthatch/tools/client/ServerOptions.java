package io.nuthatch.tools.client;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that name a server, for a program's `@Mixin`.
public final class ServerOptions {
    @Option(names = "--host", defaultValue = "127.0.0.1", description = "The server (${DEFAULT-VALUE}).")
    private String host = "";

    @Option(names = "--port", defaultValue = "6379", description = "Its port (${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--user", description = "Whom to authenticate as; the default user without.")
    private @Nullable String user;

    @Option(
            names = "--password",
            defaultValue = "${env:REDISCLI_AUTH}",
            description = "The password; the environment's REDISCLI_AUTH without.")
    private @Nullable String password;

    @Option(
            names = "--db",
            defaultValue = "0",
            description = "The database (${DEFAULT-VALUE}); RDB and append-only files say it themselves.")
    private int database;

    /// The server that was named.
    public ServerAddress address() {
        return new ServerAddress(host, port, user, password, database);
    }
}
