package io.nuthatch.commands.admin;

import io.nuthatch.commands.AclCategory;
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
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/// `ACL`, as far as it is true of a server with one user, `default`, who may do everything.
public final class AclCommands implements CommandFamily {
    private static final CommandSpec ACL = CommandSpec.named("ACL")
            .summary("Container of the commands about users and their rights")
            .since("6.0.0")
            .group("server")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec ACL_CAT = CommandSpec.named("ACL|CAT")
            .summary("Lists the command categories, or the commands of one")
            .syntax("[category]")
            .since("6.0.0")
            .group("server")
            .complexity("O(1) since the categories and commands are a fixed set")
            .arity(-2)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec ACL_GETUSER = CommandSpec.named("ACL|GETUSER")
            .summary("Describes a user")
            .syntax("username")
            .since("6.0.0")
            .group("server")
            .complexity("O(N).")
            .arity(3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec ACL_HELP = CommandSpec.named("ACL|HELP")
            .summary("Lists the subcommands")
            .since("6.0.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec ACL_LIST = CommandSpec.named("ACL|LIST")
            .summary("Lists the users with their rules")
            .since("6.0.0")
            .group("server")
            .complexity("O(N). Where N is the number of configured users")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec ACL_USERS = CommandSpec.named("ACL|USERS")
            .summary("Lists the names of the users")
            .since("6.0.0")
            .group("server")
            .complexity("O(N). Where N is the number of configured users")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec ACL_WHOAMI = CommandSpec.named("ACL|WHOAMI")
            .summary("Gives the user that the connection is authenticated as")
            .since("6.0.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private final ServerState state;
    private final Supplier<CommandTable> table;

    public AclCommands(ServerState state, Supplier<CommandTable> table) {
        this.state = state;
        this.table = table;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.container(ACL),
                SimpleCommand.of(ACL_CAT, this::categories),
                SimpleCommand.of(ACL_WHOAMI, (context, args, reply) -> reply.bulk("default")),
                SimpleCommand.of(ACL_USERS, (context, args, reply) -> {
                    reply.array(1);
                    reply.bulk("default");
                }),
                SimpleCommand.of(ACL_LIST, (context, args, reply) -> {
                    String password = state.password();
                    reply.array(1);
                    reply.bulk("user default on " + (password == null ? "nopass" : "#" + sha256(password))
                            + " sanitize-payload ~* &* +@all");
                }),
                SimpleCommand.of(ACL_GETUSER, this::getUser),
                SimpleCommand.of(
                        ACL_HELP,
                        (context, args, reply) -> Help.write(
                                reply,
                                "ACL",
                                "CAT [<category>]",
                                "    List the commands of <category>, or all categories when none is named.",
                                "GETUSER <username>",
                                "    Describe a user.",
                                "LIST",
                                "    List the users with their rules.",
                                "USERS",
                                "    List the names of the users.",
                                "WHOAMI",
                                "    Return the user of the connection.")));
    }

    private void categories(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() > 3) {
            throw CommandException.of(
                    "ERR unknown subcommand or wrong number of arguments for '%s'. Try ACL HELP.", args.text(1));
        }
        List<String> names = new ArrayList<>();
        if (args.count() == 2) {
            for (AclCategory category : AclCategory.values()) {
                names.add(category.name().toLowerCase(Locale.ROOT));
            }
        } else {
            AclCategory category = CommandCommands.category(args.text(2));
            if (category == null) {
                throw CommandException.of("ERR Unknown category '%s'", args.text(2));
            }
            for (Command command : table.get().all()) {
                add(command.spec(), category, names);
                table.get().subcommandsOf(command.spec().name()).forEach(child -> add(child.spec(), category, names));
            }
        }
        reply.array(names.size());
        names.forEach(reply::bulk);
    }

    private static void add(CommandSpec spec, AclCategory category, List<String> names) {
        if (spec.categories().contains(category)) {
            names.add(spec.wireName());
        }
    }

    private void getUser(CommandContext context, Args args, ReplyWriter reply) {
        if (!args.text(2).equals("default")) {
            reply.nullValue();
            return;
        }
        String password = state.password();
        reply.map(6);
        reply.bulk("flags");
        reply.set(password == null ? 3 : 2);
        reply.bulk("on");
        if (password == null) {
            reply.bulk("nopass");
        }
        reply.bulk("sanitize-payload");
        reply.bulk("passwords");
        reply.array(password == null ? 0 : 1);
        if (password != null) {
            reply.bulk(sha256(password));
        }
        reply.bulk("commands");
        reply.bulk("+@all");
        reply.bulk("keys");
        reply.bulk("~*");
        reply.bulk("channels");
        reply.bulk("&*");
        reply.bulk("selectors");
        reply.array(0);
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException(missing); // Every JDK has it.
        }
    }
}
