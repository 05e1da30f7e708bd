package io.nuthatch.commands.connection;

import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Connection;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.Transaction;
import io.nuthatch.commands.pubsub.Subscriptions;
import io.nuthatch.commands.tracking.Tracking;
import io.nuthatch.commands.transaction.Watches;
import io.nuthatch.resp.Args;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One client as `CLIENT LIST`, `CLIENT INFO` and the filters of `CLIENT KILL` see it.
///
/// Buffers belong to the event loops, not to clients, so that Redis's sizes of a client's own buffers
/// (`qbuf-free`, `argv-mem`, `rbs`, `rbp`, `oll`) are 0; there is no number of a file descriptor, so `fd` is
/// -1. Any thread.
public final class ClientInfo {
    private ClientInfo() {}

    /// `normal` or `pubsub`; there are no replicas or primaries yet.
    static String type(Session session) {
        return session.subscriptions() > 0 ? "pubsub" : "normal";
    }

    /// Bytes held for the client: requests not yet executed, queued commands, replies not yet read.
    public static long memoryBytes(Session session) {
        Connection connection = session.connection();
        Transaction transaction = session.transaction();
        return connection.queryBytes() + connection.outputBytes() + (transaction == null ? 0 : transaction.bytes());
    }

    /// Bytes of a request as it stands in the query buffer while it is executed.
    static long wireBytes(Args args) {
        long bytes = 3L + Integer.toString(args.count()).length();
        for (int i = 0; i < args.count(); i++) {
            bytes += 5L + Integer.toString(args.length(i)).length() + args.length(i);
        }
        return bytes;
    }

    /// The client's line, without a line break. `executingBytes`: of the request that it is executing now.
    static String line(Session session, long nowMillis, long executingBytes) {
        Connection connection = session.connection();
        Subscriptions subscriptions = session.state(Subscriptions.class);
        Watches watches = session.state(Watches.class);
        Tracking tracking = session.state(Tracking.class);
        Transaction transaction = session.transaction();
        CommandSpec last = session.lastCommand();
        long output = connection.outputBytes();
        return "id=" + session.id()
                + " addr=" + connection.remoteAddress()
                + " laddr=" + connection.localAddress()
                + " fd=-1 name=" + orEmpty(session.name())
                + " age=" + Math.max(0, (nowMillis - session.createdMillis()) / 1000)
                + " idle=" + Math.max(0, (nowMillis - session.lastInteractionMillis()) / 1000)
                + " flags=" + flags(session, tracking, watches)
                + " db=" + session.databaseIndex()
                + " sub=" + (subscriptions == null ? 0 : subscriptions.channelCount())
                + " psub=" + (subscriptions == null ? 0 : subscriptions.patternCount())
                + " ssub=" + (subscriptions == null ? 0 : subscriptions.shardCount())
                + " multi=" + (transaction == null ? -1 : transaction.queue().size())
                + " watch=" + (watches == null ? 0 : watches.count())
                + " qbuf=" + (connection.queryBytes() + executingBytes)
                + " qbuf-free=0 argv-mem=0 multi-mem=" + (transaction == null ? 0 : transaction.bytes())
                + " rbs=0 rbp=0 obl=0 oll=0 omem=" + output
                + " tot-mem=" + memoryBytes(session)
                + " events=" + (output > 0 ? "rw" : "r")
                + " cmd=" + (last == null ? "NULL" : last.name().toLowerCase(Locale.ROOT))
                + " user=" + (session.user() == null ? "default" : session.user())
                + " redir=" + (tracking == null ? -1 : tracking.options().redirect())
                + " resp=" + session.protocol()
                + " lib-name=" + session.libraryName()
                + " lib-ver=" + session.libraryVersion()
                + " tot-cmds=" + session.commands();
    }

    private static String flags(Session session, @Nullable Tracking tracking, @Nullable Watches watches) {
        StringBuilder flags = new StringBuilder();
        if (session.isMonitor()) {
            flags.append('O');
        }
        if (session.subscriptions() > 0) {
            flags.append('P');
        }
        if (session.transaction() != null) {
            flags.append('x');
        }
        if (session.blockedOn() != null) {
            flags.append('b');
        }
        if (tracking != null) {
            flags.append('t');
            if (tracking.isRedirectBroken()) {
                flags.append('R');
            }
            if (tracking.options().isBroadcast()) {
                flags.append('B');
            }
        }
        if (watches != null && watches.isDirty()) {
            flags.append('d');
        }
        if (session.isNoEvict()) {
            flags.append('e');
        }
        if (session.isNoTouch()) {
            flags.append('T');
        }
        return flags.isEmpty() ? "N" : flags.toString();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
