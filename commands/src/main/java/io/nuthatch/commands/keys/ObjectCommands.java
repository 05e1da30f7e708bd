package io.nuthatch.commands.keys;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;

/// `OBJECT`: how a value is kept. None of these counts as a use of the key.
final class ObjectCommands {
    private static final List<String> HELP = List.of(
            "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "ENCODING <key>",
            "    Tells how the value of <key> is encoded, in the words of Redis.",
            "FREQ <key>",
            "    Gives the access frequency counter of <key>; needs an LFU maxmemory-policy.",
            "HELP",
            "    Prints this help.",
            "IDLETIME <key>",
            "    Gives the seconds since the last use of <key>; needs a maxmemory-policy that is not LFU.",
            "REFCOUNT <key>",
            "    Gives the number of references to the value of <key>, which is 1.");
    private static final String SWITCHING = " Please note that when switching between policies at runtime LRU and"
            + " LFU data will take some time to adjust.";

    private ObjectCommands() {}

    static void encoding(CommandContext context, Args args, ReplyWriter reply) {
        long record = find(context, args);
        if (record == 0) {
            reply.nullValue();
        } else {
            reply.bulk(Record.encoding(record));
        }
    }

    static void frequency(CommandContext context, Args args, ReplyWriter reply) {
        long record = find(context, args);
        if (record == 0) {
            reply.nullValue();
            return;
        }
        if (!context.keyspace().countsFrequency()) {
            throw new CommandException(
                    "ERR An LFU maxmemory policy is not selected, access frequency not tracked." + SWITCHING);
        }
        reply.integer(context.database().frequency(record, context.nowMillis()));
    }

    static void idleTime(CommandContext context, Args args, ReplyWriter reply) {
        long record = find(context, args);
        if (record == 0) {
            reply.nullValue();
            return;
        }
        if (context.keyspace().countsFrequency()) {
            throw new CommandException("ERR An LFU maxmemory policy is selected, idle time not tracked." + SWITCHING);
        }
        reply.integer(context.database().idleSeconds(record, context.nowMillis()));
    }

    static void referenceCount(CommandContext context, Args args, ReplyWriter reply) {
        if (find(context, args) == 0) {
            reply.nullValue();
        } else {
            reply.integer(1);
        }
    }

    static void help(CommandContext context, Args args, ReplyWriter reply) {
        reply.array(HELP.size());
        for (String line : HELP) {
            reply.simpleString(line);
        }
    }

    private static long find(CommandContext context, Args args) {
        return context.database().peek(context.key(args, 2), context.nowMillis());
    }
}
