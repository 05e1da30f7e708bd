package io.nuthatch.commands;

import io.nuthatch.resp.ReplyWriter;

/// What a client waits for that sent a blocking command. Its reply goes out, and the client's next command is
/// executed, when what it waits for is there, when its time is over, or by `CLIENT UNBLOCK`. No thread waits
/// with it.
///
/// Methods are called on the connection's event loop.
public interface Wait {
    /// How long it waits at most; 0 for ever.
    long timeoutMillis();

    /// Whether what it waits for is there.
    boolean isOver();

    /// Has `again` run once, on any thread, when [#isOver] may have changed; false when it never will.
    boolean whenChanged(Runnable again);

    /// Writes the reply, of what is there by now.
    void reply(ReplyWriter reply);
}
