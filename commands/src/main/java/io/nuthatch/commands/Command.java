package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// One command, or one subcommand of a container such as `CONFIG GET`.
///
/// Stateless but for the services it was built with; called from many threads at once. The dispatcher has
/// checked arity and permission, and holds what the spec's [Locking] says, before it calls.
public interface Command {
    /// The one truth about this command; the same object at every call.
    CommandSpec spec();

    /// Where this call is executed; `EXEC` alone decides by what was queued.
    default Placement placement(Session session) {
        return spec().placement();
    }

    /// Whether this call will be so short that the event loop should execute it itself, although its place is
    /// the query pool. Asked only when nothing else of the connection is to be executed.
    default boolean isShort(Args args) {
        return false;
    }

    /// Executes the command and writes exactly one reply (commands such as `SUBSCRIBE` write one per
    /// channel).
    ///
    /// `args` are valid only during the call. A [CommandException] takes back what was written and becomes
    /// the error reply; it is thrown before the first change of state.
    void execute(CommandContext context, Args args, ReplyWriter reply);
}
