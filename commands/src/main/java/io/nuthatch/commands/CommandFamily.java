package io.nuthatch.commands;

import java.util.List;

/// The commands of one package; adding a command is one line in its family's list.
public interface CommandFamily {
    /// Every command and subcommand of the family. A container such as `CONFIG` is listed too, with the spec
    /// of the bare name; its `execute` is never called, as the dispatcher goes on to the subcommand or its
    /// error.
    List<Command> commands();
}
