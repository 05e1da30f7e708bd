package io.nuthatch.commands;

import io.nuthatch.resp.Args;

/// What is done around commands while somebody wants it: client tracking.
///
/// [#before] and [#after] enclose a client's command or its whole transaction, on the executing thread and
/// without any stripe; [#read] comes after each command, with its stripes held.
public interface CallBracket {
    /// A command or transaction of `session` begins on this thread.
    void before(Session session);

    /// A command was executed without an error; `args` are valid during the call only.
    void read(Session session, CommandEntry entry, Args args);

    /// What [#before] began is over.
    void after(Session session, CommandEntry entry);
}
