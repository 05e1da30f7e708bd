package io.nuthatch.commands.connection;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.CommandTable;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.commands.admin.Modules;
import io.nuthatch.commands.admin.Version;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// `PING`, `ECHO`, `HELLO`, `AUTH`, `SELECT`, `QUIT` and `RESET`.
public final class ConnectionCommands implements CommandFamily {
    private static final CommandSpec PING = CommandSpec.named("PING")
            .summary("Answers PONG, or the given message")
            .syntax("[message]")
            .since("1.0.0")
            .group("connection")
            .arity(-1)
            .flags(CommandFlag.FAST)
            .acl(AclCategory.CONNECTION)
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .build();

    private static final CommandSpec ECHO = CommandSpec.named("ECHO")
            .summary("Answers the given message")
            .syntax("message")
            .since("1.0.0")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec HELLO = CommandSpec.named("HELLO")
            .summary("Switches the protocol, authenticates and names the connection in one step")
            .syntax("[protover [AUTH username password] [SETNAME clientname]]")
            .since("6.0.0")
            .group("connection")
            .arity(-1)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.NO_AUTH,
                    CommandFlag.ALLOW_BUSY)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec AUTH = CommandSpec.named("AUTH")
            .summary("Authenticates the connection")
            .syntax("[username] password")
            .since("1.0.0")
            .group("connection")
            .complexity("O(N)")
            .arity(-2)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.NO_AUTH,
                    CommandFlag.ALLOW_BUSY)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec SELECT = CommandSpec.named("SELECT")
            .summary("Chooses the database of the connection")
            .syntax("index")
            .since("1.0.0")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec QUIT = CommandSpec.named("QUIT")
            .summary("Closes the connection")
            .since("1.0.0")
            .group("connection")
            .arity(-1)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.NO_AUTH,
                    CommandFlag.ALLOW_BUSY,
                    CommandFlag.TRANSACTION_CONTROL)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec RESET = CommandSpec.named("RESET")
            .summary("Puts the connection back to how it was when it opened")
            .since("6.2.0")
            .group("connection")
            .arity(1)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.NO_AUTH,
                    CommandFlag.ALLOW_BUSY,
                    CommandFlag.TRANSACTION_CONTROL)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final String HELLO_NEEDS_AUTH =
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH"
                    + " <user> <pass> option can be used to authenticate the client and select the RESP protocol version"
                    + " at the same time";

    private final Authentication authentication;
    private final int databases;
    private final Supplier<CommandTable> table;
    private final Consumer<Session> forget;

    /// `forget` takes from a client its subscriptions, watched keys and tracking, when it sends `RESET`.
    public ConnectionCommands(
            ServerState state, int databases, Supplier<CommandTable> table, Consumer<Session> forget) {
        this.authentication = new Authentication(state);
        this.databases = databases;
        this.table = table;
        this.forget = forget;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(PING, ConnectionCommands::ping),
                SimpleCommand.of(ECHO, (context, args, reply) -> reply.bulk(args.address(1), args.length(1))),
                SimpleCommand.of(HELLO, this::hello),
                SimpleCommand.of(AUTH, this::auth),
                SimpleCommand.of(SELECT, this::select),
                SimpleCommand.of(QUIT, (context, args, reply) -> {
                    reply.ok();
                    context.session().connection().closeAfterFlush();
                }),
                SimpleCommand.of(RESET, this::reset));
    }

    private static void ping(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() > 2) {
            throw CommandException.wrongArity("ping");
        }
        if (context.session().subscriptions() > 0 && !reply.isResp3()) {
            reply.array(2);
            reply.bulk("pong");
            reply.bulk(args.count() == 2 ? args.bytes(1) : new byte[0]);
        } else if (args.count() == 2) {
            reply.bulk(args.address(1), args.length(1));
        } else {
            reply.simpleString("PONG");
        }
    }

    private void hello(CommandContext context, Args args, ReplyWriter reply) {
        Session session = context.session();
        int protocol = session.protocol();
        if (args.count() > 1) {
            long asked;
            try {
                asked = Arguments.integer(args, 1);
            } catch (CommandException notANumber) {
                throw new CommandException("ERR Protocol version is not an integer or out of range");
            }
            if (asked != 2 && asked != 3) {
                throw new CommandException("NOPROTO unsupported protocol version");
            }
            protocol = (int) asked;
        }
        int user = 0;
        String name = null;
        for (int i = 2; i < args.count(); i++) {
            int more = args.count() - 1 - i;
            if (args.is(i, "AUTH") && more >= 2) {
                user = i + 1;
                i += 2;
            } else if (args.is(i, "SETNAME") && more >= 1) {
                name = args.text(++i);
                ClientCommands.checkPrintable(args, i, "Client names");
            } else {
                throw CommandException.of("ERR Syntax error in HELLO option '%s'", args.text(i));
            }
        }
        if (user > 0) {
            authentication.authenticate(session, args.text(user), args.bytes(user + 1));
        }
        if (!session.isAuthenticated()) {
            throw new CommandException(HELLO_NEEDS_AUTH);
        }
        if (name != null) {
            session.setName(name.isEmpty() ? null : name);
        }
        session.setProtocol(protocol);
        reply.setProtocol(protocol);
        reply.map(7);
        reply.bulk("server");
        reply.bulk("redis");
        reply.bulk("version");
        reply.bulk(Version.REDIS);
        reply.bulk("proto");
        reply.integer(protocol);
        reply.bulk("id");
        reply.integer(session.id());
        reply.bulk("mode");
        reply.bulk("standalone");
        reply.bulk("role");
        reply.bulk("master");
        reply.bulk("modules");
        Modules.of(table.get()).write(reply);
    }

    private void auth(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() > 3) {
            throw CommandException.syntax();
        }
        if (args.count() == 2 && !authentication.needsPassword()) {
            throw new CommandException("ERR AUTH <password> called without any password configured for the default"
                    + " user. Are you sure your configuration is correct?");
        }
        String user = args.count() == 2 ? "default" : args.text(1);
        authentication.authenticate(context.session(), user, args.bytes(args.count() - 1));
        reply.ok();
    }

    private void select(CommandContext context, Args args, ReplyWriter reply) {
        long index = Arguments.integer(args, 1);
        if (index != (int) index) {
            throw new CommandException("ERR value is out of range, value must between -2147483648 and 2147483647");
        }
        if (index < 0 || index >= databases) {
            throw new CommandException("ERR DB index is out of range");
        }
        context.session().setDatabaseIndex((int) index);
        reply.ok();
    }

    private void reset(CommandContext context, Args args, ReplyWriter reply) {
        Session session = context.session();
        session.setTransaction(null);
        forget.accept(session);
        session.setMonitor(false);
        session.setDatabaseIndex(0);
        session.setName(null);
        session.setReplyMode(Session.ReplyMode.ON);
        session.setNoEvict(false);
        session.setNoTouch(false);
        session.setProtocol(2);
        reply.setProtocol(2);
        session.setUser(authentication.needsPassword() ? null : "default");
        reply.simpleString("RESET");
    }
}
