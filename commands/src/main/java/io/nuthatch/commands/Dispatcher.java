package io.nuthatch.commands;

import io.netty.buffer.ByteBuf;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.engine.keyspace.WrongTypeException;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way of a command from its arguments to its reply: looked up, checked, queued or executed under its
/// locks, timed and counted.
///
/// One for the server, called from every thread that executes commands, each with a [CommandContext] of its
/// own. All errors become replies here: a [CommandException] as it is, anything else as `ERR internal error`
/// with the stack in the log; the connection lives.
public final class Dispatcher implements CommandContext.TransactionExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
    private static final int MAX_SHOWN_BYTES = 128;
    private static final int SHARED_LOOKS = 8;
    private static final long LONG_NANOS = 1_000_000;
    private static final long SHARED_BELOW_NANOS = 1_000_000;
    private static final String OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
    private static final String WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    private static final String NO_AUTH = "NOAUTH Authentication required.";

    private final CommandTable table;
    private final ServerState state;
    private final CommandStats stats;
    private final Keyspace keyspace;
    private final MaxMemory maxMemory;
    private volatile @Nullable ExecutionListener everyCommand;
    private volatile @Nullable ExecutionListener slowCommand;
    private volatile long slowNanos = Long.MAX_VALUE;
    private volatile @Nullable CallBracket bracket;

    public Dispatcher(
            CommandTable table, ServerState state, CommandStats stats, Keyspace keyspace, MaxMemory maxMemory) {
        this.table = table;
        this.state = state;
        this.stats = stats;
        this.keyspace = keyspace;
        this.maxMemory = maxMemory;
    }

    /// A context for one more thread that executes commands.
    public CommandContext newContext() {
        return new CommandContext(this, stats.recorder(), keyspace);
    }

    /// `maxmemory`.
    public MaxMemory maxMemory() {
        return maxMemory;
    }

    public CommandTable table() {
        return table;
    }

    public CommandStats stats() {
        return stats;
    }

    /// Tells `listener` of every command that is executed (`MONITOR`), until null is given.
    public void listenToAll(@Nullable ExecutionListener listener) {
        everyCommand = listener;
    }

    /// Tells `listener` of every command that took at least `thresholdNanos` (slow log, latency monitor),
    /// until null is given.
    public void listenToSlow(@Nullable ExecutionListener listener, long thresholdNanos) {
        slowCommand = listener;
        slowNanos = listener == null ? Long.MAX_VALUE : thresholdNanos;
    }

    /// Puts `value` around every command that is executed (client tracking), until null is given.
    public void bracketCalls(@Nullable CallBracket value) {
        bracket = value;
    }

    /// The command or subcommand that the arguments name, or null when there is none.
    public @Nullable CommandEntry find(Args args) {
        CommandEntry entry = table.entry(args);
        if (entry != null && entry.isContainer() && args.count() > 1) {
            return table.subEntry(entry, args);
        }
        return entry;
    }

    /// Where the call is to be executed. A call that will be refused or queued stays on the event loop.
    public Placement placement(@Nullable CommandEntry entry, Session session, Args args) {
        if (entry == null
                || !entry.mayPool()
                || entry.command().placement(session) == Placement.EVENT_LOOP
                || refusal(entry, session, args) != null
                || (session.transaction() != null && !entry.is(CommandFlag.TRANSACTION_CONTROL))) {
            return Placement.EVENT_LOOP;
        }
        return Placement.QUERY_POOL;
    }

    /// Executes one call and writes what the client is to get. `entry` is what [#find] said of `args`.
    public void dispatch(CommandContext context, @Nullable CommandEntry entry, Args args, ReplyWriter reply) {
        Session session = context.session();
        int mark = reply.mark();
        Session.ReplyMode mode = session.beginReply();
        String refusal = entry == null ? unknown(args) : refusal(entry, session, args);
        if (entry == null && isHttp(args)) {
            session.connection().closeAfterFlush();
        } else if (entry == null || refusal != null) {
            refuse(context, entry, String.valueOf(refusal), reply);
        } else {
            session.taken(entry, context.nowMillis());
            Transaction transaction = session.transaction();
            if (transaction != null && !entry.is(CommandFlag.TRANSACTION_CONTROL)) {
                transaction.add(entry, args);
                reply.queued();
            } else {
                run(context, entry, args, reply);
            }
        }
        if (mode != Session.ReplyMode.ON) {
            suppress(session, mode, entry, mark, reply);
        }
    }

    /// Notes on the event loop that a call was taken which [#run] will execute on the query pool. Returns
    /// whether its reply is to be left out.
    public boolean begin(CommandEntry entry, Session session, long nowMillis) {
        session.taken(entry, nowMillis);
        Session.ReplyMode mode = session.beginReply();
        if (mode == Session.ReplyMode.SKIP) {
            session.setReplyMode(Session.ReplyMode.ON);
        }
        return mode != Session.ReplyMode.ON;
    }

    /// Takes the reply back, but for what subscribing answers: that is a message, which no mode holds back.
    private static void suppress(
            Session session, Session.ReplyMode mode, @Nullable CommandEntry entry, int mark, ReplyWriter reply) {
        boolean isMessage = entry != null && entry.is(CommandFlag.PUBSUB) && entry.is(CommandFlag.NOSCRIPT);
        if (mode == Session.ReplyMode.SKIP) {
            if (session.replyMode() == Session.ReplyMode.SKIP) { // Else this was CLIENT REPLY: ON is answered.
                session.setReplyMode(Session.ReplyMode.ON);
                if (!isMessage) {
                    reply.rollback(mark);
                }
            }
        } else if (session.replyMode() == Session.ReplyMode.OFF && !isMessage) {
            reply.rollback(mark);
        }
    }

    @Override
    public boolean execute(
            CommandContext context, List<Transaction.Queued> commands, ReplyWriter reply, BooleanSupplier mayRun) {
        StripeSet stripes = context.stripes();
        for (Transaction.Queued queued : commands) {
            stripes.add(queued.entry().spec(), queued.args());
        }
        stripes.lock();
        context.setInTransaction(true);
        try {
            if (state.isStopping() || !mayRun.getAsBoolean()) {
                return false;
            }
            reply.array(commands.size());
            for (Transaction.Queued queued : commands) {
                reply.setProtocol(context.session().protocol());
                call(context, queued.entry(), queued.args(), reply);
                context.recycleKeys();
            }
            return true;
        } finally {
            context.setInTransaction(false);
            stripes.unlock();
        }
    }

    /// Executes a call that has passed every check, under its locks, on whichever thread.
    public void run(CommandContext context, CommandEntry entry, Args args, ReplyWriter reply) {
        CallBracket around = bracket;
        if (around == null) {
            runLocked(context, entry, args, reply);
            return;
        }
        around.before(context.session());
        try {
            runLocked(context, entry, args, reply);
        } finally {
            around.after(context.session(), entry);
        }
    }

    private void runLocked(CommandContext context, CommandEntry entry, Args args, ReplyWriter reply) {
        switch (entry.spec().locking()) {
            case NONE, WALK -> call(context, entry, args, reply);
            case KEYS -> {
                int single = entry.singleKey();
                if (single == 0 || single >= args.count()) {
                    runUnderStripes(context, entry, args, reply);
                    break;
                }
                Key key = context.key(args, single);
                context.prepare(args, single, key);
                Stripes stripes = keyspace.stripes();
                int stripe = stripes.stripeOf(key.hashSlot());
                stripes.lock(stripe);
                try {
                    call(context, entry, args, reply);
                } finally {
                    stripes.unlock(stripe);
                }
            }
            case ALL -> runUnderStripes(context, entry, args, reply);
        }
        context.recycleKeys();
    }

    private void runUnderStripes(CommandContext context, CommandEntry entry, Args args, ReplyWriter reply) {
        StripeSet stripes = context.stripes();
        stripes.add(entry.spec(), args);
        stripes.lock();
        try {
            call(context, entry, args, reply);
        } finally {
            stripes.unlock();
        }
    }

    /// Begins a batch of calls of one read on this thread; [#endBatch] ends it.
    public void beginBatch(CommandContext context) {
        context.lapNanos = state.nanoClock().nanoTime();
    }

    /// Counts what the batch has not counted yet.
    public void endBatch(CommandContext context) {
        settle(context);
        context.lapNanos = 0;
    }

    /// Looks at the clock for the quick calls since the last look.
    private void settle(CommandContext context) {
        CommandEntry entry = context.timedEntry;
        if (entry != null) {
            long now = state.nanoClock().nanoTime();
            context.recorder().executed(entry.id(), context.timedCalls, now - context.lapNanos);
            context.lapNanos = now;
            context.timedEntry = null;
            context.timedCalls = 0;
        }
    }

    /// Calls the command, whose locks are held; times and counts it.
    ///
    /// Up to [#SHARED_LOOKS] quick calls of one command in a row share one look at the clock, which costs as
    /// much as a tenth of a GET. Not so while somebody listens to every command or to ones faster than
    /// [#SHARED_BELOW_NANOS].
    private void call(CommandContext context, CommandEntry entry, Args args, ReplyWriter reply) {
        if (state.isStopping()) {
            context.session().connection().closeAfterFlush(); // Not a word: its effect would be in no checkpoint.
            return;
        }
        if (context.timedEntry != null && context.timedEntry != entry) {
            settle(context);
        }
        boolean isShared = context.lapNanos != 0
                && entry.isQuick()
                && everyCommand == null
                && slowNanos >= SHARED_BELOW_NANOS
                && !context.isInTransaction();
        int mark = reply.mark();
        long start =
                context.lapNanos != 0 ? context.lapNanos : state.nanoClock().nanoTime();
        try {
            entry.command().execute(context, args, reply);
            CallBracket around = bracket;
            if (around != null) {
                around.read(context.session(), entry, args);
            }
        } catch (CommandException error) {
            reply.rollback(mark);
            reply.error(error.text());
        } catch (WrongTypeException error) {
            reply.rollback(mark);
            reply.error(WRONG_TYPE);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError | AssertionError failure) {
            LOG.error("{} failed", entry, failure);
            reply.rollback(mark);
            reply.error("ERR internal error: " + failure);
        }
        if (reply.isErrorAt(mark)) {
            context.recorder().failed(entry.id());
            countError(reply.buffer(), mark);
        }
        if (isShared) {
            context.timedEntry = entry;
            if (++context.timedCalls == SHARED_LOOKS) {
                settle(context);
            }
            return;
        }
        long now = state.nanoClock().nanoTime();
        long duration = now - start;
        if (context.lapNanos != 0) {
            context.lapNanos = now;
            if (duration >= LONG_NANOS && !context.isInTransaction()) {
                context.setNowMillis(state.clock().nowMillis()); // The rest of the batch was taken at another time.
            }
        }
        context.recorder().executed(entry.id(), 1, duration);
        ExecutionListener every = everyCommand;
        if (every != null) {
            every.executed(context.session(), entry.spec(), args, duration, context.nowMillis());
        }
        if (duration >= slowNanos) {
            ExecutionListener slow = slowCommand;
            if (slow != null) {
                slow.executed(context.session(), entry.spec(), args, duration, context.nowMillis());
            }
        }
    }

    /// The error that keeps the command from being executed, or null.
    private @Nullable String refusal(CommandEntry entry, Session session, Args args) {
        if (!entry.spec().accepts(args.count())) {
            return "ERR wrong number of arguments for '" + entry.spec().wireName() + "' command";
        }
        if (!session.isAuthenticated() && !entry.is(CommandFlag.NO_AUTH)) {
            return NO_AUTH;
        }
        if (session.transaction() != null && entry.is(CommandFlag.NO_MULTI)) {
            return "ERR Command not allowed inside a transaction";
        }
        String disk = state.durability().refusal(entry, session);
        if (disk != null) {
            return disk;
        }
        if (maxMemory.limitBytes() > 0 && isRefusedForMemory(entry, session)) {
            return OUT_OF_MEMORY;
        }
        if (session.subscriptions() > 0 && session.protocol() == 2 && !isAllowedToSubscribers(entry)) {
            return "ERR Can't execute '" + entry.spec().wireName()
                    + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
        }
        return null;
    }

    /// Makes room before a command that may need some; a queued command is asked for as if it were executed.
    private boolean isRefusedForMemory(CommandEntry entry, Session session) {
        boolean needsRoom = session.executesAny(entry, command -> command.is(CommandFlag.DENYOOM));
        return needsRoom && !maxMemory.makeRoom(state.clock().nowMillis());
    }

    private void refuse(CommandContext context, @Nullable CommandEntry entry, String error, ReplyWriter reply) {
        Transaction transaction = context.session().transaction();
        int mark = reply.mark();
        if (transaction != null) {
            transaction.abort(error);
            if (entry != null && entry.spec().name().equals("EXEC")) {
                context.session().setTransaction(null);
                error = "EXECABORT Transaction discarded because of: "
                        + (error.startsWith("ERR ") ? error.substring(4) : error);
            }
        }
        reply.error(error);
        if (entry != null) {
            context.recorder().rejected(entry.id());
        }
        countError(reply.buffer(), mark);
    }

    private static boolean isAllowedToSubscribers(CommandEntry entry) {
        return switch (entry.spec().name()) {
            case "PING",
                    "QUIT",
                    "RESET",
                    "SUBSCRIBE",
                    "UNSUBSCRIBE",
                    "PSUBSCRIBE",
                    "PUNSUBSCRIBE",
                    "SSUBSCRIBE",
                    "SUNSUBSCRIBE" -> true;
            default -> false;
        };
    }

    /// Whether a browser speaks: a page on the web made it send its request here, whose body may hold
    /// commands. As Redis, such a connection is closed without a word.
    private static boolean isHttp(Args args) {
        return args.is(0, "POST") || args.is(0, "HOST:");
    }

    private String unknown(Args args) {
        CommandEntry container = table.entry(args);
        if (container != null && container.isContainer()) {
            return "ERR unknown subcommand '" + shown(args, 1, MAX_SHOWN_BYTES) + "'. Try "
                    + container.spec().name() + " HELP.";
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 1; i < args.count() && shown.length() < MAX_SHOWN_BYTES; i++) {
            shown.append('\'')
                    .append(shown(args, i, MAX_SHOWN_BYTES - shown.length()))
                    .append("' ");
        }
        return "ERR unknown command '" + shown(args, 0, MAX_SHOWN_BYTES) + "', with args beginning with: " + shown;
    }

    private static String shown(Args args, int index, int most) {
        byte[] bytes = new byte[Math.min(args.length(index), most)];
        int length = 0;
        while (length < bytes.length && args.byteAt(index, length) != 0) { // As C prints it.
            bytes[length] = args.byteAt(index, length);
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private void countError(ByteBuf out, int mark) {
        state.stats().errorReplies.increment();
        int from = mark + 1;
        int to = from;
        while (to < out.writerIndex() && out.getByte(to) > ' ') {
            to++;
        }
        stats.error(out.toString(from, to - from, StandardCharsets.US_ASCII));
    }
}
