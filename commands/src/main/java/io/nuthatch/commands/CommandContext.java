package io.nuthatch.commands;

/// What one execution of a command stands on: the client, and the time at which the command was taken.
///
/// One belongs to each thread that executes commands and is handed on from command to command; not
/// thread-safe.
public final class CommandContext {
    private final Session session;
    private long nowMillis;

    /// A context for `session`; the dispatcher sets the time before each command.
    public CommandContext(Session session) {
        this.session = session;
    }

    public Session session() {
        return session;
    }

    /// Unix milliseconds at which the command was taken: the time that decides every expiry it meets.
    public long nowMillis() {
        return nowMillis;
    }

    /// Sets the command's time.
    public void setNowMillis(long value) {
        this.nowMillis = value;
    }
}
