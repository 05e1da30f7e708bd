package io.nuthatch.commands.admin;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.ExecutionListener;
import io.nuthatch.commands.Session;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/// `MONITOR`: from now on the client is sent a line for every command that the server executes, but for
/// administrative ones, secrets redacted. While nobody monitors, commands pay nothing for it.
public final class MonitorCommand implements Command, ExecutionListener {
    private static final CommandSpec MONITOR = CommandSpec.named("MONITOR")
            .summary("Shows every command that the server executes")
            .since("1.0.0")
            .group("server")
            .arity(1)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private final Supplier<Dispatcher> dispatcher;
    private final List<Session> monitors = new CopyOnWriteArrayList<>();

    public MonitorCommand(Supplier<Dispatcher> dispatcher) {
        this.dispatcher = dispatcher;
    }

    @Override
    public CommandSpec spec() {
        return MONITOR;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        if (context.isInTransaction()) {
            throw new CommandException("ERR MONITOR isn't allowed for DENY BLOCKING client");
        }
        Session session = context.session();
        if (!session.isMonitor()) {
            session.setMonitor(true);
            session.onClose(() -> forget(session));
            monitors.add(session);
            listen();
        }
        reply.ok();
    }

    /// Ends a client's monitoring: it resets or has gone.
    public void forget(Session session) {
        session.setMonitor(false);
        if (monitors.remove(session)) {
            listen();
        }
    }

    private synchronized void listen() {
        dispatcher.get().listenToAll(monitors.isEmpty() ? null : this);
    }

    @Override
    public void executed(Session session, CommandSpec spec, Args args, long durationNanos, long nowMillis) {
        if (spec.is(CommandFlag.ADMIN) || spec.is(CommandFlag.SKIP_MONITOR)) {
            return;
        }
        String line = line(session, spec, args, nowMillis);
        for (Session monitor : monitors) {
            monitor.connection().push(reply -> reply.simpleString(line));
        }
    }

    private static String line(Session session, CommandSpec spec, Args args, long nowMillis) {
        BitSet secrets = Redaction.of(spec, args);
        StringBuilder line = new StringBuilder();
        line.append(nowMillis / 1000)
                .append(String.format(Locale.ROOT, ".%03d000", nowMillis % 1000))
                .append(" [")
                .append(session.databaseIndex())
                .append(' ')
                .append(session.connection().remoteAddress())
                .append(']');
        for (int i = 0; i < args.count(); i++) {
            line.append(" \"");
            if (secrets.get(i)) {
                line.append(Redaction.SHOWN);
            } else {
                escape(args.bytes(i), line);
            }
            line.append('"');
        }
        return line.toString();
    }

    private static void escape(byte[] bytes, StringBuilder line) {
        for (byte b : bytes) {
            switch (b) {
                case '\\', '"' -> line.append('\\').append((char) b);
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                case 7 -> line.append("\\a");
                case '\b' -> line.append("\\b");
                default -> {
                    if (b >= ' ' && b <= '~') {
                        line.append((char) b);
                    } else {
                        line.append(String.format(Locale.ROOT, "\\x%02x", b & 0xff));
                    }
                }
            }
        }
    }
}
