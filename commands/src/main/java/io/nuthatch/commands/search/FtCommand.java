package io.nuthatch.commands.search;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// An `FT.*` command: its spec and a body, in which the engine's refusals become error replies.
///
/// Every error begins with a code word: valkey-glide and redis-rs cut a text at its first blank into code and
/// detail, and RediSearch's bare `Unknown index name` reaches an application as `Unknown: index name`.
final class FtCommand implements Command {
    private static final int MAX_ERROR_CHARS = 512;

    /// What the command does; see [Command#execute].
    @FunctionalInterface
    interface Body {
        void execute(CommandContext context, Args args, ReplyWriter reply);

        /// See [Command#isShort].
        default boolean isShort(Args args) {
            return false;
        }
    }

    private final CommandSpec spec;
    private final Body body;

    FtCommand(CommandSpec spec, Body body) {
        this.spec = spec;
        this.body = body;
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public boolean isShort(Args args) {
        return body.isShort(args);
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        try {
            body.execute(context, args, reply);
        } catch (SearchException refused) {
            String text = refused.text();
            throw new CommandException("ERR "
                    + ByteStrings.toUnicode(
                            text.length() > MAX_ERROR_CHARS ? text.substring(0, MAX_ERROR_CHARS) : text));
        }
    }

    /// The error of a name that is no index and no alias.
    ///
    /// Clients find out by its words, each by others (RedisVL, redis-om-spring, BetterDB, mem0), so it has
    /// all of them.
    static CommandException noSuchIndex(String name) {
        return CommandException.of(
                "ERR Unknown index name '%s': no such index, index not found", ByteStrings.toUnicode(name));
    }
}
