package io.nuthatch.commands.connection;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// `CLIENT KILL ip:port` and `CLIENT KILL [ID id] [TYPE type] [USER name] [ADDR a] [LADDR a] [SKIPME yes|no]
/// [MAXAGE s]`: closes the connections that pass every filter.
///
/// Reply: `OK` or `ERR No such client` in the old form, else the number of closed connections. A client that
/// closes itself still gets the reply.
final class ClientKillCommand implements Command {
    private static final CommandSpec CLIENT_KILL = CommandSpec.named("CLIENT|KILL")
            .summary("Closes connections by address, id, type, user or age")
            .syntax("<ip:port | <[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER "
                    + "username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME <YES | NO>] | [MAXAGE maxage]> "
                    + "[<[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | "
                    + "[ADDR ip:port] | [LADDR ip:port] | [SKIPME <YES | NO>] | [MAXAGE maxage]> ...]>")
            .since("2.4.0")
            .group("connection")
            .complexity("O(N) where N is the number of client connections")
            .arity(-3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private final ServerState state;

    ClientKillCommand(ServerState state) {
        this.state = state;
    }

    @Override
    public CommandSpec spec() {
        return CLIENT_KILL;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        Filter filter = parse(args);
        Session self = context.session();
        long now = context.nowMillis();
        int closed = 0;
        for (Session session : state.clients().all()) {
            if ((filter.skipMe && session == self) || !filter.accepts(session, now)) {
                continue;
            }
            closed++;
            if (session == self) {
                session.connection().closeAfterFlush();
            } else {
                session.connection().close();
            }
        }
        if (args.count() > 3) {
            reply.integer(closed);
        } else if (closed > 0) {
            reply.ok();
        } else {
            throw new CommandException("ERR No such client");
        }
    }

    static Filter parse(Args args) {
        if (args.count() == 3) {
            return new Filter(0, null, null, args.text(2), null, 0, false);
        }
        if (args.count() % 2 != 0) {
            throw CommandException.syntax();
        }
        long id = 0;
        String type = null;
        String user = null;
        String address = null;
        String local = null;
        long maxAge = 0;
        boolean skipMe = true;
        for (int i = 2; i < args.count(); i += 2) {
            if (args.is(i, "ID")) {
                id = number(args, i + 1, "ERR client-id should be greater than 0");
                if (id < 1) {
                    throw new CommandException("ERR client-id should be greater than 0");
                }
            } else if (args.is(i, "MAXAGE")) {
                maxAge = number(args, i + 1, "ERR maxage is not an integer or out of range");
                if (maxAge <= 0) {
                    throw new CommandException("ERR maxage should be greater than 0");
                }
            } else if (args.is(i, "TYPE")) {
                type = ClientCommands.clientType(args, i + 1);
            } else if (args.is(i, "ADDR")) {
                address = args.text(i + 1);
            } else if (args.is(i, "LADDR")) {
                local = args.text(i + 1);
            } else if (args.is(i, "USER")) {
                user = args.text(i + 1);
                if (!user.equals("default")) {
                    throw CommandException.of("ERR No such user '%s'", user);
                }
            } else if (args.is(i, "SKIPME")) {
                if (args.is(i + 1, "YES")) {
                    skipMe = true;
                } else if (args.is(i + 1, "NO")) {
                    skipMe = false;
                } else {
                    throw CommandException.syntax();
                }
            } else {
                throw CommandException.syntax();
            }
        }
        return new Filter(id, type, user, address, local, maxAge, skipMe);
    }

    private static long number(Args args, int index, String error) {
        try {
            return Arguments.integer(args, index);
        } catch (CommandException notANumber) {
            throw new CommandException(error);
        }
    }

    /// What a connection must be to be closed; 0 and null ask nothing.
    record Filter(
            long id,
            @Nullable String type,
            @Nullable String user,
            @Nullable String address,
            @Nullable String local,
            long maxAgeSeconds,
            boolean skipMe) {
        boolean accepts(Session session, long nowMillis) {
            return (id == 0 || session.id() == id)
                    && (type == null || ClientInfo.type(session).equals(type))
                    && (user == null || user.equals(session.user()))
                    && (address == null || session.connection().remoteAddress().equals(address))
                    && (local == null || session.connection().localAddress().equals(local))
                    && (maxAgeSeconds == 0 || (nowMillis - session.createdMillis()) / 1000 >= maxAgeSeconds);
        }
    }
}
