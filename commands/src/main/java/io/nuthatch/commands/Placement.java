package io.nuthatch.commands;

/// Which thread executes a command.
public enum Placement {
    /// The connection's event loop.
    EVENT_LOOP,
    /// The query pool: the command may take long and holds no stripe while it does. Such read-only commands
    /// of one connection overlap; any other command waits until those before it are answered, so a connection
    /// sees the effects of its commands in their order. In a transaction it runs where the transaction runs.
    QUERY_POOL
}
