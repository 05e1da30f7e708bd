package io.nuthatch.commands.admin;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;

/// `SLOWLOG` and its subcommands.
public final class SlowLogCommands implements CommandFamily {
    private static final long DEFAULT_COUNT = 10;

    private static final CommandSpec SLOWLOG = CommandSpec.named("SLOWLOG")
            .summary("Container of the commands about slow commands")
            .since("2.2.12")
            .group("server")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec SLOWLOG_GET = CommandSpec.named("SLOWLOG|GET")
            .summary("Lists the slowest recent commands")
            .syntax("[count]")
            .since("2.2.12")
            .group("server")
            .complexity("O(N) where N is the number of entries returned")
            .arity(-2)
            .flags(CommandFlag.ADMIN, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("request_policy:all_nodes", "nondeterministic_output")
            .build();

    private static final CommandSpec SLOWLOG_HELP = CommandSpec.named("SLOWLOG|HELP")
            .summary("Lists the subcommands")
            .since("6.2.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec SLOWLOG_LEN = CommandSpec.named("SLOWLOG|LEN")
            .summary("Counts the entries of the slow log")
            .since("2.2.12")
            .group("server")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output")
            .build();

    private static final CommandSpec SLOWLOG_RESET = CommandSpec.named("SLOWLOG|RESET")
            .summary("Empties the slow log")
            .since("2.2.12")
            .group("server")
            .complexity("O(N) where N is the number of entries in the slowlog")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .build();

    private final SlowLog slowLog;

    public SlowLogCommands(SlowLog slowLog) {
        this.slowLog = slowLog;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.container(SLOWLOG),
                SimpleCommand.of(SLOWLOG_GET, this::get),
                SimpleCommand.of(SLOWLOG_LEN, (context, args, reply) -> reply.integer(slowLog.length())),
                SimpleCommand.of(SLOWLOG_RESET, (context, args, reply) -> {
                    slowLog.reset();
                    reply.ok();
                }),
                SimpleCommand.of(
                        SLOWLOG_HELP,
                        (context, args, reply) -> Help.write(
                                reply,
                                "SLOWLOG",
                                "GET [<count>]",
                                "    List the newest <count> entries (default: 10, -1 means all): id, Unix time,"
                                        + " microseconds, arguments, client address, client name.",
                                "LEN",
                                "    Return the number of entries.",
                                "RESET",
                                "    Remove all entries.")));
    }

    private void get(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() > 3) {
            throw CommandException.of(
                    "ERR unknown subcommand or wrong number of arguments for '%s'. Try SLOWLOG HELP.", args.text(1));
        }
        long count = DEFAULT_COUNT;
        if (args.count() == 3) {
            try {
                count = Arguments.integer(args, 2);
            } catch (CommandException notANumber) {
                count = Long.MIN_VALUE;
            }
            if (count < -1) {
                throw new CommandException("ERR count should be greater than or equal to -1");
            }
        }
        List<SlowLog.Entry> entries = slowLog.newest(count);
        reply.array(entries.size());
        for (SlowLog.Entry entry : entries) {
            reply.array(6);
            reply.integer(entry.id());
            reply.integer(entry.seconds());
            reply.integer(entry.micros());
            reply.array(entry.arguments().size());
            entry.arguments().forEach(reply::bulk);
            reply.bulk(entry.address());
            reply.bulk(entry.name());
        }
    }
}
