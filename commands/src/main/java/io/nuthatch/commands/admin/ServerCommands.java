package io.nuthatch.commands.admin;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.CommandTable;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;
import java.util.function.Supplier;

/// `TIME`, `ROLE`, `LOLWUT`, `MODULE`, and the answers of a server that is neither a cluster node nor a
/// replica.
public final class ServerCommands implements CommandFamily {
    private static final String NO_CLUSTER = "ERR This instance has cluster support disabled";

    private static final CommandSpec TIME = CommandSpec.named("TIME")
            .summary("Gives the server's time")
            .since("2.6.0")
            .group("server")
            .arity(1)
            .flags(CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .tips("nondeterministic_output")
            .build();

    private static final CommandSpec ROLE = CommandSpec.named("ROLE")
            .summary("Gives the replication role")
            .since("2.8.12")
            .group("server")
            .arity(1)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .acl(AclCategory.ADMIN, AclCategory.DANGEROUS)
            .build();

    private static final CommandSpec LOLWUT = CommandSpec.named("LOLWUT")
            .summary("Draws a picture and says the version")
            .syntax("[VERSION version]")
            .since("5.0.0")
            .group("server")
            .arity(-1)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .build();

    private static final CommandSpec MODULE = CommandSpec.named("MODULE")
            .summary("Container of the commands about modules")
            .since("4.0.0")
            .group("server")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec MODULE_LIST = CommandSpec.named("MODULE|LIST")
            .summary("Lists the modules whose commands are built in")
            .since("4.0.0")
            .group("server")
            .complexity("O(N) where N is the number of loaded modules")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT)
            .tips("nondeterministic_output_order")
            .build();

    private static final CommandSpec MODULE_HELP = CommandSpec.named("MODULE|HELP")
            .summary("Lists the subcommands")
            .since("5.0.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec READONLY = CommandSpec.named("READONLY")
            .summary("Allows reads from a cluster replica")
            .since("3.0.0")
            .group("cluster")
            .arity(1)
            .flags(CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec READWRITE = CommandSpec.named("READWRITE")
            .summary("Ends READONLY")
            .since("3.0.0")
            .group("cluster")
            .arity(1)
            .flags(CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec ASKING = CommandSpec.named("ASKING")
            .summary("Follows an ASK redirection")
            .since("3.0.0")
            .group("cluster")
            .arity(1)
            .flags(CommandFlag.FAST)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec REPLICAOF = CommandSpec.named("REPLICAOF")
            .summary("Makes the server a replica")
            .syntax("<host port | NO ONE>")
            .since("5.0.0")
            .group("server")
            .arity(3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.STALE, CommandFlag.NO_ASYNC_LOADING)
            .build();

    private static final CommandSpec SLAVEOF = CommandSpec.named("SLAVEOF")
            .summary("Makes the server a replica (old name)")
            .syntax("<host port | NO ONE>")
            .since("1.0.0")
            .group("server")
            .arity(3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.STALE, CommandFlag.NO_ASYNC_LOADING)
            .build();

    private static final CommandSpec CLUSTER = CommandSpec.named("CLUSTER")
            .summary("Answers that this is no cluster node")
            .syntax("subcommand [argument [argument ...]]")
            .since("3.0.0")
            .group("cluster")
            .arity(-2)
            .build();

    private final ServerState state;
    private final Supplier<CommandTable> table;

    public ServerCommands(ServerState state, Supplier<CommandTable> table) {
        this.state = state;
        this.table = table;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(TIME, (context, args, reply) -> {
                    long now = state.clock().nowMillis();
                    reply.array(2);
                    reply.bulkLong(now / 1000);
                    reply.bulkLong(now % 1000 * 1000);
                }),
                SimpleCommand.of(ROLE, (context, args, reply) -> {
                    reply.array(3);
                    reply.bulk("master");
                    reply.integer(0);
                    reply.array(0);
                }),
                SimpleCommand.of(LOLWUT, ServerCommands::lolwut),
                SimpleCommand.container(MODULE),
                SimpleCommand.of(
                        MODULE_LIST,
                        (context, args, reply) -> Modules.of(table.get()).write(reply)),
                SimpleCommand.of(
                        MODULE_HELP,
                        (context, args, reply) -> Help.write(
                                reply, "MODULE", "LIST", "    List the modules whose commands are built in.")),
                SimpleCommand.of(CLUSTER, (context, args, reply) -> reply.error(NO_CLUSTER)),
                SimpleCommand.of(READONLY, (context, args, reply) -> reply.error(NO_CLUSTER)),
                SimpleCommand.of(READWRITE, (context, args, reply) -> reply.error(NO_CLUSTER)),
                SimpleCommand.of(ASKING, (context, args, reply) -> reply.error(NO_CLUSTER)),
                SimpleCommand.of(REPLICAOF, ServerCommands::replicaOf),
                SimpleCommand.of(SLAVEOF, ServerCommands::replicaOf));
    }

    private static void lolwut(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() >= 3 && args.is(1, "VERSION")) {
            Arguments.integer(args, 2);
        }
        reply.verbatim(
                "txt", """
                          ___
                       __/ o \\>
                      /  \\__/
                     /  ///
                    /__/   a nuthatch walks down the tree head first
                      ||

                    """.stripIndent() + "Nuthatch " + Version.NUTHATCH + ". Redis ver. " + Version.REDIS + "\n");
    }

    private static void replicaOf(CommandContext context, Args args, ReplyWriter reply) {
        if (!args.is(1, "NO") || !args.is(2, "ONE")) {
            throw new CommandException("ERR replication is not available in this version");
        }
        reply.ok(); // It is a primary already.
    }
}
