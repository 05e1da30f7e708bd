package io.nuthatch.commands.connection;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.ClientPause;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// `CLIENT` and its subcommands, but for those about tracking.
public final class ClientCommands implements CommandFamily {
    private static final CommandSpec CLIENT = CommandSpec.named("CLIENT")
            .summary("Container of the commands about client connections")
            .since("2.4.0")
            .group("connection")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec CLIENT_GETNAME = CommandSpec.named("CLIENT|GETNAME")
            .summary("Gives the name of the connection")
            .since("2.6.9")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_HELP = CommandSpec.named("CLIENT|HELP")
            .summary("Lists the subcommands")
            .since("5.0.0")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_ID = CommandSpec.named("CLIENT|ID")
            .summary("Gives the id of the connection")
            .since("5.0.0")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_INFO = CommandSpec.named("CLIENT|INFO")
            .summary("Describes the connection")
            .since("6.2.0")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("nondeterministic_output")
            .build();

    private static final CommandSpec CLIENT_LIST = CommandSpec.named("CLIENT|LIST")
            .summary("Describes the connections")
            .syntax("[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]")
            .since("2.4.0")
            .group("connection")
            .complexity("O(N) where N is the number of client connections")
            .arity(-2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("nondeterministic_output")
            .build();

    private static final CommandSpec CLIENT_NO_EVICT = CommandSpec.named("CLIENT|NO-EVICT")
            .summary("Protects the connection from client eviction")
            .syntax("<ON | OFF>")
            .since("7.0.0")
            .group("connection")
            .arity(3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_NO_TOUCH = CommandSpec.named("CLIENT|NO-TOUCH")
            .summary("Keeps this connection's reads from counting as use of keys")
            .syntax("<ON | OFF>")
            .since("7.2.0")
            .group("connection")
            .arity(3)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_PAUSE = CommandSpec.named("CLIENT|PAUSE")
            .summary("Holds back commands for a time")
            .syntax("timeout [WRITE | ALL]")
            .since("3.0.0")
            .group("connection")
            .arity(-3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_REPLY = CommandSpec.named("CLIENT|REPLY")
            .summary("Turns replies to the connection off and on")
            .syntax("<ON | OFF | SKIP>")
            .since("3.2.0")
            .group("connection")
            .arity(3)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_SETINFO = CommandSpec.named("CLIENT|SETINFO")
            .summary("Notes the client library's name or version")
            .syntax("<LIB-NAME libname | LIB-VER libver>")
            .since("7.2.0")
            .group("connection")
            .arity(4)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .build();

    private static final CommandSpec CLIENT_SETNAME = CommandSpec.named("CLIENT|SETNAME")
            .summary("Names the connection")
            .syntax("connection-name")
            .since("2.6.9")
            .group("connection")
            .arity(3)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .build();

    private static final CommandSpec CLIENT_UNBLOCK = CommandSpec.named("CLIENT|UNBLOCK")
            .summary("Wakes a client that waits in a blocking command")
            .syntax("client-id [TIMEOUT | ERROR]")
            .since("5.0.0")
            .group("connection")
            .complexity("O(log N) where N is the number of client connections")
            .arity(-3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_UNPAUSE = CommandSpec.named("CLIENT|UNPAUSE")
            .summary("Ends a pause")
            .since("6.2.0")
            .group("connection")
            .complexity("O(N) Where N is the number of paused clients")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private final ServerState state;

    public ClientCommands(ServerState state) {
        this.state = state;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.container(CLIENT),
                new ClientKillCommand(state),
                SimpleCommand.of(CLIENT_GETNAME, (context, args, reply) -> {
                    String name = context.session().name();
                    if (name == null) {
                        reply.nullValue();
                    } else {
                        reply.bulk(name);
                    }
                }),
                SimpleCommand.of(CLIENT_HELP, (context, args, reply) -> help(reply)),
                SimpleCommand.of(
                        CLIENT_ID,
                        (context, args, reply) ->
                                reply.integer(context.session().id())),
                SimpleCommand.of(
                        CLIENT_INFO,
                        (context, args, reply) -> reply.verbatim(
                                "txt",
                                ClientInfo.line(context.session(), context.nowMillis(), ClientInfo.wireBytes(args))
                                        + "\n")),
                SimpleCommand.of(CLIENT_LIST, this::list),
                SimpleCommand.of(CLIENT_NO_EVICT, (context, args, reply) -> {
                    context.session().setNoEvict(onOrOff(args, 2));
                    reply.ok();
                }),
                SimpleCommand.of(CLIENT_NO_TOUCH, (context, args, reply) -> {
                    context.session().setNoTouch(onOrOff(args, 2));
                    reply.ok();
                }),
                SimpleCommand.of(CLIENT_PAUSE, this::pause),
                SimpleCommand.of(CLIENT_UNPAUSE, (context, args, reply) -> {
                    state.pause().unpause();
                    reply.ok();
                }),
                SimpleCommand.of(CLIENT_REPLY, ClientCommands::reply),
                SimpleCommand.of(CLIENT_SETINFO, ClientCommands::setInfo),
                SimpleCommand.of(CLIENT_SETNAME, (context, args, reply) -> {
                    checkPrintable(args, 2, "Client names");
                    String name = args.text(2);
                    context.session().setName(name.isEmpty() ? null : name);
                    reply.ok();
                }),
                SimpleCommand.of(CLIENT_UNBLOCK, this::unblock));
    }

    private void list(CommandContext context, Args args, ReplyWriter reply) {
        StringBuilder lines = new StringBuilder();
        long now = context.nowMillis();
        long own = ClientInfo.wireBytes(args);
        if (args.count() == 4 && args.is(2, "TYPE")) {
            String type = clientType(args, 3);
            sorted().filter(session -> ClientInfo.type(session).equals(type))
                    .forEach(session -> lines.append(line(session, context.session(), now, own))
                            .append('\n'));
        } else if (args.count() > 3 && args.is(2, "ID")) {
            for (int i = 3; i < args.count(); i++) {
                long id;
                try {
                    id = Arguments.integer(args, i);
                } catch (CommandException notANumber) {
                    throw new CommandException("ERR Invalid client ID");
                }
                Session session = state.clients().find(id);
                if (session != null) {
                    lines.append(line(session, context.session(), now, own)).append('\n');
                }
            }
        } else if (args.count() == 2) {
            sorted().forEach(session ->
                    lines.append(line(session, context.session(), now, own)).append('\n'));
        } else {
            throw CommandException.syntax();
        }
        reply.verbatim("txt", lines.toString());
    }

    private static String line(Session session, Session self, long nowMillis, long ownBytes) {
        return ClientInfo.line(session, nowMillis, session == self ? ownBytes : 0);
    }

    private Stream<Session> sorted() {
        return state.clients().all().stream().sorted(Comparator.comparingLong(Session::id));
    }

    /// A type as `CLIENT LIST TYPE` and `CLIENT KILL TYPE` take it; `slave` is read as `replica`.
    static String clientType(Args args, int index) {
        String type = args.text(index).toLowerCase(Locale.ROOT);
        return switch (type) {
            case "normal", "pubsub", "master", "replica" -> type;
            case "slave" -> "replica";
            default -> throw CommandException.of("ERR Unknown client type '%s'", args.text(index));
        };
    }

    private void pause(CommandContext context, Args args, ReplyWriter reply) {
        ClientPause.Mode mode = ClientPause.Mode.ALL;
        if (args.count() > 4) {
            throw CommandException.wrongArity("client|pause");
        }
        if (args.count() == 4) {
            if (args.is(3, "WRITE")) {
                mode = ClientPause.Mode.WRITE;
            } else if (!args.is(3, "ALL")) {
                throw new CommandException("ERR CLIENT PAUSE mode must be WRITE or ALL");
            }
        }
        long timeout;
        try {
            timeout = Arguments.integer(args, 2);
        } catch (CommandException notANumber) {
            throw new CommandException("ERR timeout is not an integer or out of range");
        }
        if (timeout < 0) {
            throw new CommandException("ERR timeout is negative");
        }
        long now = context.nowMillis();
        if (timeout > Long.MAX_VALUE - now) {
            throw new CommandException("ERR timeout is out of range");
        }
        state.pause().pause(mode, now + timeout, now);
        reply.ok();
    }

    private static void reply(CommandContext context, Args args, ReplyWriter reply) {
        Session session = context.session();
        if (args.is(2, "ON")) {
            session.setReplyMode(Session.ReplyMode.ON);
            reply.ok();
        } else if (args.is(2, "OFF")) {
            session.setReplyMode(Session.ReplyMode.OFF);
        } else if (args.is(2, "SKIP")) {
            if (session.replyMode() != Session.ReplyMode.OFF) {
                session.setReplyMode(Session.ReplyMode.SKIP_NEXT);
            }
        } else {
            throw CommandException.syntax();
        }
    }

    private static void setInfo(CommandContext context, Args args, ReplyWriter reply) {
        if (args.is(2, "LIB-NAME")) {
            checkPrintable(args, 3, "LIB-NAME");
            context.session().setLibraryName(args.text(3));
        } else if (args.is(2, "LIB-VER")) {
            checkPrintable(args, 3, "LIB-VER");
            context.session().setLibraryVersion(args.text(3));
        } else {
            throw CommandException.of("ERR Unrecognized option '%s'", args.text(2));
        }
        reply.ok();
    }

    private void unblock(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() > 4) {
            throw CommandException.wrongArity("client|unblock");
        }
        boolean isError = args.count() == 4 && args.is(3, "ERROR");
        if (args.count() == 4 && !isError && !args.is(3, "TIMEOUT")) {
            throw new CommandException("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        }
        Session client = state.clients().find(Arguments.integer(args, 2));
        reply.integer(client != null && client.connection().unblock(isError) ? 1 : 0);
    }

    /// Refuses bytes outside `!` to `~`, which would break the lines of `CLIENT LIST`.
    static void checkPrintable(Args args, int index, String what) {
        for (int i = 0; i < args.length(index); i++) {
            byte b = args.byteAt(index, i);
            if (b < '!' || b > '~') {
                throw CommandException.of("ERR %s cannot contain spaces, newlines or special characters.", what);
            }
        }
    }

    private static boolean onOrOff(Args args, int index) {
        if (args.is(index, "ON")) {
            return true;
        }
        if (args.is(index, "OFF")) {
            return false;
        }
        throw CommandException.syntax();
    }

    private static void help(ReplyWriter reply) {
        Help.write(
                reply,
                "CLIENT",
                "CACHING (YES|NO)",
                "    Track the keys of the next command, or not, in the OPTIN and OPTOUT modes.",
                "GETREDIR",
                "    Return the id of the client that invalidations go to.",
                "GETNAME",
                "    Return the name of the connection.",
                "ID",
                "    Return the id of the connection.",
                "INFO",
                "    Describe the connection.",
                "KILL <ip:port>",
                "    Close the connection from this address.",
                "KILL <option> <value> [<option> <value> [...]]",
                "    Close connections by ADDR, LADDR, TYPE, USER, ID, MAXAGE; SKIPME (YES|NO) spares this one.",
                "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <id> [<id> ...]]",
                "    Describe connections.",
                "UNPAUSE",
                "    End a pause.",
                "PAUSE <timeout> [WRITE|ALL]",
                "    Hold back all commands, or those that write, for <timeout> milliseconds.",
                "REPLY (ON|OFF|SKIP)",
                "    Control the replies to the connection.",
                "SETNAME <name>",
                "    Name the connection.",
                "SETINFO (LIB-NAME|LIB-VER) <value>",
                "    Note the client library.",
                "UNBLOCK <clientid> [TIMEOUT|ERROR]",
                "    Wake a client that waits in a blocking command.",
                "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
                "    Control invalidation messages for client-side caches.",
                "TRACKINGINFO",
                "    Describe the tracking of the connection.",
                "NO-EVICT (ON|OFF)",
                "    Protect the connection from client eviction.",
                "NO-TOUCH (ON|OFF)",
                "    Keep reads from counting as use of keys.");
    }
}
