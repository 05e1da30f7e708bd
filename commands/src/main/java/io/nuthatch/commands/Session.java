package io.nuthatch.commands;

import org.jspecify.annotations.Nullable;

/// What the server remembers of one client between its commands.
///
/// Written by the connection's event loop (or by the query pool task that executes for it, never both at
/// once). Fields that others print in `CLIENT LIST` are volatile; each has this one writer.
public final class Session {
    private final long id;
    private final Connection connection;
    private final long createdMillis;
    private volatile int databaseIndex;
    private volatile int protocol = 2;
    private volatile @Nullable String name;
    private volatile @Nullable String user;

    /// A new session, not authenticated, in database 0, speaking RESP2.
    public Session(long id, Connection connection, long createdMillis) {
        this.id = id;
        this.connection = connection;
        this.createdMillis = createdMillis;
    }

    /// Unique among all clients since the start, ascending.
    public long id() {
        return id;
    }

    public Connection connection() {
        return connection;
    }

    /// Unix milliseconds.
    public long createdMillis() {
        return createdMillis;
    }

    public int databaseIndex() {
        return databaseIndex;
    }

    public void setDatabaseIndex(int index) {
        this.databaseIndex = index;
    }

    /// 2 or 3.
    public int protocol() {
        return protocol;
    }

    public void setProtocol(int version) {
        this.protocol = version;
    }

    /// The name given by `CLIENT SETNAME`, or null.
    public @Nullable String name() {
        return name;
    }

    public void setName(@Nullable String value) {
        this.name = value;
    }

    /// The user it is authenticated as; null before authentication.
    public @Nullable String user() {
        return user;
    }

    public void setUser(@Nullable String value) {
        this.user = value;
    }

    public boolean isAuthenticated() {
        return user != null;
    }
}
