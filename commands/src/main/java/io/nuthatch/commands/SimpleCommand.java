package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// A command made of its spec and a body, for commands of a few lines.
public final class SimpleCommand implements Command {
    /// What a command does; see [Command#execute].
    @FunctionalInterface
    public interface Body {
        void execute(CommandContext context, Args args, ReplyWriter reply);
    }

    private final CommandSpec spec;
    private final Body body;

    private SimpleCommand(CommandSpec spec, Body body) {
        this.spec = spec;
        this.body = body;
    }

    /// A command that does `body`.
    public static SimpleCommand of(CommandSpec spec, Body body) {
        return new SimpleCommand(spec, body);
    }

    /// A container such as `CONFIG`, whose subcommands do the work.
    public static SimpleCommand container(CommandSpec spec) {
        return new SimpleCommand(spec, (context, args, reply) -> {
            throw CommandException.wrongArity(spec.wireName());
        });
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        body.execute(context, args, reply);
    }
}
