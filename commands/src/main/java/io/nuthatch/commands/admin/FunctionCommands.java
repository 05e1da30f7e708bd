package io.nuthatch.commands.admin;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;

/// `FUNCTION` as far as a server without function libraries can answer it truthfully: there are none to list,
/// and none are left after a flush. Libraries cannot be loaded, so `FUNCTION LOAD` and `FCALL` are unknown.
public final class FunctionCommands implements CommandFamily {
    private static final CommandSpec FUNCTION = CommandSpec.named("FUNCTION")
            .summary("Container of the commands about function libraries")
            .since("7.0.0")
            .group("scripting")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec FUNCTION_FLUSH = CommandSpec.named("FUNCTION|FLUSH")
            .summary("Deletes all function libraries, of which there are none")
            .syntax("[ASYNC | SYNC]")
            .since("7.0.0")
            .group("scripting")
            .arity(-2)
            .flags(CommandFlag.WRITE, CommandFlag.NOSCRIPT)
            .acl(AclCategory.SCRIPTING)
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .build();

    private static final CommandSpec FUNCTION_HELP = CommandSpec.named("FUNCTION|HELP")
            .summary("Lists the subcommands")
            .since("7.0.0")
            .group("scripting")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.SCRIPTING)
            .build();

    private static final CommandSpec FUNCTION_LIST = CommandSpec.named("FUNCTION|LIST")
            .summary("Lists the function libraries, of which there are none")
            .syntax("[LIBRARYNAME library-name-pattern] [WITHCODE]")
            .since("7.0.0")
            .group("scripting")
            .arity(-2)
            .flags(CommandFlag.NOSCRIPT)
            .acl(AclCategory.SCRIPTING)
            .tips("nondeterministic_output_order")
            .build();

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.container(FUNCTION),
                SimpleCommand.of(FUNCTION_FLUSH, (context, args, reply) -> flush(args, reply)),
                SimpleCommand.of(FUNCTION_LIST, (context, args, reply) -> list(args, reply)),
                SimpleCommand.of(
                        FUNCTION_HELP,
                        (context, args, reply) -> Help.write(
                                reply,
                                "FUNCTION",
                                "FLUSH [ASYNC|SYNC]",
                                "    Delete all the libraries.",
                                "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
                                "    Return the libraries.")));
    }

    private static void flush(Args args, ReplyWriter reply) {
        if (args.count() > 3 || args.count() == 3 && !args.is(2, "ASYNC") && !args.is(2, "SYNC")) {
            throw new CommandException("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
        }
        reply.ok();
    }

    private static void list(Args args, ReplyWriter reply) {
        for (int i = 2; i < args.count(); i++) {
            if (args.is(i, "LIBRARYNAME")) {
                i++;
                if (i == args.count()) {
                    throw new CommandException("ERR library name argument was not given");
                }
            } else if (!args.is(i, "WITHCODE")) {
                throw CommandException.of("ERR Unknown argument %s", args.text(i));
            }
        }
        reply.array(0);
    }
}
