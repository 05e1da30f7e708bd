package io.nuthatch.commands.keys;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// Commands on whole databases; those that change one hold every stripe.
final class DatabaseCommands {
    private DatabaseCommands() {}

    /// Expired keys that nobody came upon yet are counted, as in Redis.
    static void size(CommandContext context, Args args, ReplyWriter reply) {
        reply.integer(context.database().size());
    }

    static void flush(CommandContext context, Args args, ReplyWriter reply) {
        checkMode(args);
        context.database().flush();
        context.keyspace().trim();
        reply.ok();
    }

    static void flushAll(CommandContext context, Args args, ReplyWriter reply) {
        checkMode(args);
        context.keyspace().flushAll();
        reply.ok();
    }

    static void swap(CommandContext context, Args args, ReplyWriter reply) {
        long one = index(args, 1, "first");
        long other = index(args, 2, "second");
        int databases = context.keyspace().databases();
        if (one < 0 || one >= databases || other < 0 || other >= databases) {
            throw new CommandException("ERR DB index is out of range");
        }
        context.keyspace().swap((int) one, (int) other);
        reply.ok();
    }

    /// `SYNC` and `ASYNC` are both taken: memory goes back in one step, as records are freed by the slab.
    private static void checkMode(Args args) {
        if (args.count() > 2 || args.count() == 2 && !args.is(1, "SYNC") && !args.is(1, "ASYNC")) {
            throw CommandException.syntax();
        }
    }

    private static long index(Args args, int index, String which) {
        try {
            return Arguments.int32(args, index);
        } catch (CommandException notAnInteger) {
            throw CommandException.of("ERR invalid %s DB index", which);
        }
    }
}
