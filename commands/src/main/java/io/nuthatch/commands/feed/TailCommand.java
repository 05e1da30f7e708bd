package io.nuthatch.commands.feed;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Durability;
import io.nuthatch.commands.Session;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// `NUTHATCH.TAIL lsn`: from now on the client is pushed every record of the log from that one on, those that
/// are there and those to come, as soon as they are committed.
public final class TailCommand implements Command {
    private static final CommandSpec TAIL = CommandSpec.named("NUTHATCH.TAIL")
            .summary("Sends every change from a record of the log on, and goes on with those to come")
            .syntax("lsn")
            .since("0.1.0")
            .group("server")
            .complexity("O(1), and O(N) for the N bytes of changes that are sent")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.NO_MULTI)
            .details("Needs RESP3 and `appendonly yes`. The reply is OK; then each record of the log comes as a push:"
                    + " `nuthatch.tail`, its LSN, and an array of its effects. A record is all that one command or"
                    + " one MULTI changed. An effect is an array of its name, its database, its key, and its"
                    + " arguments; docs/CHANGE-FEED.md lists them. A record is sent when it is committed, as"
                    + " `appendfsync` has it: under `everysec` and `no` a loss of power may take back what was sent."
                    + " A client that does not read holds nothing back: the log is cut all the same, and when its"
                    + " place is gone the client is told so in a push and closed. LSNs are in `INFO persistence`."
                    + " RESET or the end of the connection end it; another NUTHATCH.TAIL takes its place.")
            .build();

    /// What a client has.
    private static final class Current {
        private @Nullable Tail tail;
    }

    private final Durability durability;
    private final ChangeFeed feed;

    public TailCommand(Durability durability) {
        this.durability = durability;
        this.feed = new ChangeFeed(durability);
    }

    @Override
    public CommandSpec spec() {
        return TAIL;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        Session session = context.session();
        long lsn = Arguments.integer(args, 1, 1, Long.MAX_VALUE);
        if (session.protocol() < 3) {
            throw new CommandException("ERR NUTHATCH.TAIL sends pushes, which takes RESP3: send HELLO 3 first");
        }
        Durability.Log log = durability.log();
        if (log == null) {
            throw new CommandException(
                    "ERR NUTHATCH.TAIL reads the log, and there is none: set appendonly to yes and" + " restart");
        }
        check(log, lsn);
        if (session.state(Current.class) == null) {
            session.onClose(() -> forget(session));
        }
        forget(session);
        reply.ok();
        session.setTailing(true);
        session.stateOrNew(Current.class, Current::new).tail =
                feed.add(session, log.files().cursor(lsn));
    }

    /// Sends the client no more: it resets or has gone, or asks for another place.
    public void forget(Session session) {
        session.setTailing(false);
        Current current = session.state(Current.class);
        if (current != null && current.tail != null) {
            current.tail.close();
            current.tail = null;
            feed.wake();
        }
    }

    /// At the end of the server, when its clients have gone and before its log does.
    public void close() {
        feed.close();
    }

    private static void check(Durability.Log log, long lsn) {
        long last = log.journal().committedLsn();
        long first;
        try {
            first = log.files().firstLsn();
        } catch (IOException failure) {
            throw CommandException.of("ERR the log cannot be read: %s", String.valueOf(failure.getMessage()));
        }
        if (lsn < first) {
            throw CommandException.of(
                    "ERR record %s is not in the log any more, which begins with record %s",
                    Long.toString(lsn), Long.toString(first));
        }
        if (lsn > last + 1) {
            throw CommandException.of(
                    "ERR record %s is not in the log yet, which ends with record %s",
                    Long.toString(lsn), Long.toString(last));
        }
    }
}
