package io.nuthatch.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.Connection;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.Durability;
import io.nuthatch.commands.Placement;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.Wait;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import io.nuthatch.resp.RequestDecoder;
import io.nuthatch.resp.RespLimits;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client: its bytes become commands, executed here on its event loop or sent to the query pool, and
/// replies in the order of the commands.
///
/// Up to [LoopState#BATCH] commands of a read are framed and then executed; their replies gather in one
/// buffer that is written once, when the read is over. Execution stops, and with it reading, while the client
/// does not take its replies, while a command waits for those before it on the query pool, and while `CLIENT
/// PAUSE` holds it; what was framed and not executed is framed again later.
///
/// Everything but [Connection]'s methods runs on the event loop.
final class ClientConnection extends ChannelInboundHandlerAdapter implements Connection {
    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
    /// Output beyond this is handed to the socket in the middle of a batch.
    private static final int FLUSH_BYTES = 128 * 1024;
    /// Replies that may wait for the disk before the connection does.
    private static final int MAX_HELD_BYTES = 1024 * 1024;
    /// Commands of one connection on the query pool at once.
    private static final int MAX_PENDING = 64;
    private static final long TURN_NANOS = 1_000_000; // Of the loop, while other clients wait.
    private static final int TURN_STRIDE = 8; // Commands between two looks at the clock, where they are short.

    private final Dispatcher dispatcher;
    private final ServerState state;
    private final ConnectionPolicy policy;
    private final QueryPool pool;
    private final LoopState loop;
    private final Admission admission;
    private final ReplyGate gate;

    private @Nullable ChannelHandlerContext channel;
    private @Nullable Session session;
    private @Nullable RequestDecoder decoder;
    private RespLimits limits = RespLimits.UNAUTHENTICATED;

    /// A command on the query pool; its reply is sent when all before it are.
    private static final class Pending {
        private final ByteBuf request; // Holds the arguments until the command is done.
        private final ByteBuf out;
        private final boolean isSuppressed;
        private Durability.@Nullable Log log;
        private long ownLsn; // Of the record that the command appended there, 0 for none.
        private boolean isDone;

        Pending(ByteBuf request, ByteBuf out, boolean isSuppressed) {
            this.request = request;
            this.out = out;
            this.isSuppressed = isSuppressed;
        }
    }

    private final ArrayDeque<Pending> pending = new ArrayDeque<>(0);
    private boolean pendingIsExclusive; // The pool executes something that is not read-only: nothing overlaps it.
    private int running; // Tasks of this connection that the pool has not finished.

    private boolean isWaiting; // For the pause to end, room on the query pool, its turn, or in a blocking command.
    private long turnNanos; // When its turn began.
    private long lookNanos; // When the clock was looked at last, in this turn or at its beginning.
    private int untilLook; // Commands until it is looked at again.
    private volatile @Nullable BlockedClient blocked; // Once there was a blocking command.
    private long unsentLsn; // Of the newest record behind replies that are not written yet, 0 for none.
    private boolean isSlow; // Its last commands took so long that the next may exceed its turn.
    private boolean isDraining;
    private boolean isExhausted = true; // No whole request waits to be executed.
    private volatile boolean isClosing; // Written by the event loop.
    private boolean isCloseScheduled;
    private boolean isRefused; // Its last reply is an error after which it may send anything.
    private boolean isGone;
    private long softLimitSinceMillis; // 0 while the output is below its soft limit.

    private final Queue<Consumer<ReplyWriter>> pushes = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean pushesScheduled = new AtomicBoolean();

    ClientConnection(
            Dispatcher dispatcher,
            ServerState state,
            ConnectionPolicy policy,
            Admission admission,
            QueryPool pool,
            LoopState loop) {
        this.dispatcher = dispatcher;
        this.state = state;
        this.policy = policy;
        this.pool = pool;
        this.loop = loop;
        this.admission = admission;
        this.gate = new ReplyGate(
                state.durability(), out -> context().write(out, context().voidPromise()));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context;
        Session opened =
                new Session(state.clients().nextId(), this, state.clock().nowMillis());
        if (state.password() == null) {
            opened.setUser("default");
        }
        session = opened;
        limits = limitsOf(opened);
        decoder = new RequestDecoder(context.alloc(), limits);
        state.clients().add(opened);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        state.stats().inputBytes.add(in.readableBytes());
        state.stats().reads.increment();
        if (isClosing || isGone) {
            in.release();
            return;
        }
        decoder().feed(in);
        drain();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            resume();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        leave();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        leave();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("client {}: {}", session().id(), cause.toString());
        } else {
            LOG.error("client {} is closed after an error", session().id(), cause);
        }
        context.close();
    }

    // ---- commands

    /// Executes what was read, until there is no whole request or something has to be waited for.
    private void drain() {
        if (isDraining || isClosing || isGone) {
            return;
        }
        isDraining = true;
        turnNanos = state.nanoClock().nanoTime();
        lookNanos = turnNanos;
        untilLook = isSlow ? 1 : TURN_STRIDE;
        loop.claim(this);
        try {
            RequestDecoder in = decoder();
            isExhausted = false;
            while (!isClosing && !isGone && !isWaiting && isWritable()) {
                // Before AUTH one at a time, as it changes the limits of the next.
                int most = session().isAuthenticated() ? LoopState.BATCH : 1;
                int count = 0;
                while (count < most && in.next(loop.args[count])) {
                    loop.starts[count] = in.requestStart();
                    count++;
                }
                if (count == 0) {
                    if (in.hasFailed()) {
                        protocolError();
                    } else {
                        isExhausted = true;
                    }
                    break;
                }
                dispatcher.beginBatch(loop.context);
                int executed = executeBatch(count);
                dispatcher.endBatch(loop.context);
                noteOwnLsn();
                if (executed < count) {
                    if (!isClosing) {
                        in.rewind(loop.starts[executed]);
                    }
                    break;
                }
            }
            if (!isGone) {
                in.retainUnread();
            }
        } catch (RuntimeException | Error failure) {
            loop.discardOutput(); // Half a reply must reach nobody, least of all the next client of this loop.
            throw failure;
        } finally {
            isDraining = false;
        }
        updateReading();
    }

    /// Executes the framed commands in order; returns how many, which is fewer than `count` when one has to
    /// wait.
    private int executeBatch(int count) {
        Session client = session();
        CommandContext context = loop.context;
        context.setSession(client);
        context.setNowMillis(state.clock().nowMillis());
        lookUp(count);
        for (int i = 0; i < count; i++) {
            CommandEntry entry = loop.entries[i];
            Args args = loop.args[i];
            if (entry != null
                    && entry.spec().accepts(args.count()) // An error is answered at once.
                    && admission.holds(entry, args, client, context.nowMillis(), this::stopWaiting)) {
                isWaiting = true;
                return i;
            }
            if (entry != null
                    && dispatcher.placement(entry, client, args) == Placement.QUERY_POOL
                    && !(count == 1 && pending.isEmpty() && entry.command().isShort(args))) {
                if (!submit(entry, args, context.nowMillis())) {
                    return i;
                }
                continue;
            }
            if (!pending.isEmpty()) {
                return i;
            }
            loop.reply.setProtocol(client.protocol());
            if (entry != null && loop.hasKey[i]) {
                context.prepare(args, entry.singleKey(), loop.keys[i]);
            }
            dispatcher.dispatch(context, entry, args, loop.reply);
            Wait wait = client.blockedOn();
            if (wait != null && isBlocked(wait)) {
                return i + 1;
            }
            RespLimits wanted = limitsOf(client);
            if (wanted != limits) {
                limits = wanted;
                decoder().setLimits(wanted);
            }
            if (isClosing) {
                return i + 1;
            }
            if (loop.output().readableBytes() > FLUSH_BYTES) {
                flush();
                if (!isWritable()) {
                    return i + 1;
                }
            }
            if (--untilLook <= 0 && isTurnOver()) {
                return i + 1;
            }
        }
        return count;
    }

    /// Whether this client has had the loop for long enough. If so the others come first: what is scheduled,
    /// unlike what is only queued, runs behind the next look at the sockets.
    private boolean isTurnOver() {
        long now = state.nanoClock().nanoTime();
        isSlow = now - lookNanos > TURN_NANOS / TURN_STRIDE;
        untilLook = isSlow ? 1 : TURN_STRIDE;
        lookNanos = now;
        if (now - turnNanos < TURN_NANOS) {
            return false;
        }
        isWaiting = true;
        context().executor().schedule(this::takeTurn, 1, TimeUnit.NANOSECONDS);
        return true;
    }

    private void takeTurn() {
        isWaiting = false;
        resume();
    }

    /// Begins a wait that a command has asked for; false when it is over already and answered.
    private boolean isBlocked(Wait wait) {
        BlockedClient waits = blocked;
        if (waits == null) {
            waits = new BlockedClient(session(), context().executor(), this::unblocked);
            blocked = waits;
        }
        noteOwnLsn();
        if (waits.begin(wait)) {
            isWaiting = true;
            return true;
        }
        waits.reply(loop.reply);
        return false;
    }

    /// A wait has ended.
    private void unblocked() {
        BlockedClient waits = blocked;
        if (isGone || waits == null) {
            return;
        }
        loop.claim(this);
        loop.reply.setProtocol(session().protocol());
        waits.reply(loop.reply);
        isWaiting = false;
        resume();
    }

    /// Finds the commands, and for more than one hashes their keys and touches the memory behind them, so
    /// that the cache misses of the whole batch overlap.
    private void lookUp(int count) {
        int touched = 0;
        for (int i = 0; i < count; i++) {
            Args args = loop.args[i];
            CommandEntry entry = dispatcher.find(args);
            loop.entries[i] = entry;
            int single = entry == null || count == 1 ? 0 : entry.singleKey();
            boolean hasKey = single != 0 && single < args.count();
            loop.hasKey[i] = hasKey;
            if (hasKey) {
                loop.touched[touched++] = loop.keys[i].set(args.address(single), args.length(single));
            }
        }
        if (touched > 0) {
            loop.context.database().touch(loop.touched, touched);
        }
    }

    /// Sends a command to the query pool; false when it has to wait.
    private boolean submit(CommandEntry entry, Args args, long nowMillis) {
        boolean overlaps = entry.is(CommandFlag.READONLY);
        if (!pending.isEmpty() && (pendingIsExclusive || !overlaps || pending.size() >= MAX_PENDING)) {
            return false;
        }
        Session client = session();
        ByteBuf request = context().alloc().directBuffer(Math.toIntExact(args.totalBytes()));
        Args copy = args.copy(request.memoryAddress());
        ByteBuf out = context().alloc().directBuffer(256);
        Pending task = new Pending(request, out, dispatcher.begin(entry, client, nowMillis));
        int protocol = client.protocol();
        boolean accepted = pool.submit(context -> {
            ReplyWriter reply = new ReplyWriter(out);
            reply.setProtocol(protocol);
            context.setSession(client);
            context.setNowMillis(nowMillis);
            try {
                dispatcher.run(context, entry, copy, reply);
            } finally {
                Durability.Log log = state.durability().recording();
                task.log = log;
                task.ownLsn = log == null ? 0 : log.effects().takeLastLsn();
                context().executor().execute(() -> finished(task));
            }
        });
        if (!accepted) {
            request.release();
            out.release();
            state.stats().queryPoolWaits.increment();
            isWaiting = true;
            pool.onRoom(this::stopWaiting);
            return false;
        }
        flushBefore(task);
        pendingIsExclusive = !overlaps;
        running++;
        return true;
    }

    /// What was replied so far goes to the socket before the replies of the pool.
    private void flushBefore(Pending task) {
        writeOutput();
        pending.add(task);
    }

    private void finished(Pending task) {
        running--;
        task.isDone = true;
        task.request.release();
        if (isGone) {
            leave();
            return;
        }
        while (!pending.isEmpty() && pending.peek().isDone) {
            Pending first = pending.remove();
            if (first.log != null && first.ownLsn != 0) {
                session().appended(first.log.journal(), first.ownLsn);
            }
            if (first.isSuppressed || !first.out.isReadable()) {
                first.out.release();
            } else {
                write(first.out, first.ownLsn);
            }
        }
        if (pending.isEmpty()) {
            pendingIsExclusive = false;
        }
        resume();
    }

    private void protocolError() {
        String failure = decoder().failure();
        if (failure == null) {
            state.stats().queryBufferClosings.increment();
            LOG.warn(
                    "closing client {} that reached the query buffer limit",
                    session().id());
            isClosing = true;
            context().close();
            return;
        }
        if (!pending.isEmpty()) {
            return; // The replies before it come first; `finished` comes back here.
        }
        LOG.debug("client {}: {}", session().id(), failure);
        loop.reply.error("ERR " + failure);
        isRefused = true;
        closeAfterFlush();
    }

    private void stopWaiting() {
        context().executor().execute(() -> {
            isWaiting = false;
            resume();
        });
    }

    /// Goes on after something that was waited for.
    private void resume() {
        if (isGone) {
            return;
        }
        drain();
        flush();
    }

    private void updateReading() {
        ChannelHandlerContext context = context();
        boolean reads = isExhausted && !isClosing;
        if (context.channel().config().isAutoRead() != reads) {
            context.channel().config().setAutoRead(reads);
        }
    }

    private boolean isWritable() {
        return context().channel().isWritable() && gate.bytes() < MAX_HELD_BYTES;
    }

    private RespLimits limitsOf(Session client) {
        return client.isAuthenticated() ? policy.limits() : RespLimits.UNAUTHENTICATED;
    }

    // ---- output

    /// `ownLsn`: of the newest record that the commands behind these replies appended, 0 for none.
    private void write(ByteBuf out, long ownLsn) {
        state.stats().outputBytes.add(out.readableBytes());
        gate.pass(out, ownLsn, context().executor(), this::releaseHeld);
    }

    /// Takes note of what this thread's commands, all of them this client's, have appended since the last
    /// call.
    private void noteOwnLsn() {
        Durability.Log log = state.durability().recording();
        long lsn = log == null ? 0 : log.effects().takeLastLsn();
        if (log != null && lsn != 0) {
            unsentLsn = lsn;
            session().appended(log.journal(), lsn);
        }
    }

    private long takeUnsentLsn() {
        noteOwnLsn();
        long lsn = unsentLsn;
        unsentLsn = 0;
        return lsn;
    }

    /// More was committed, or the disk fails.
    private void releaseHeld() {
        if (isGone) {
            return;
        }
        if (!gate.release(context().executor(), this::releaseHeld)) {
            LOG.warn(
                    "client {} is closed: a sync failed, and nobody can say whether its writes are safe",
                    session().id());
            isClosing = true;
            context().close();
            return;
        }
        resume();
    }

    private void writeOutput() {
        ByteBuf out = loop.takeOutput(this);
        if (out != null) {
            write(out.retain(), takeUnsentLsn());
            loop.giveBack(out);
        }
    }

    private void flush() {
        ChannelHandlerContext context = context();
        ByteBuf out = loop.takeOutput(this);
        if (out == null) {
            context.flush();
        } else {
            write(out.retain(), takeUnsentLsn());
            context.flush();
            state.stats().writes.increment();
            loop.giveBack(out);
        }
        if (!isClosing) {
            checkOutputLimit();
        } else if (pending.isEmpty() && gate.isEmpty() && !isCloseScheduled) {
            isCloseScheduled = true;
            context.writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(
                            isRefused ? sent -> LingeringClose.begin(context.channel()) : ChannelFutureListener.CLOSE);
        }
    }

    /// Another connection of this loop is about to use the output.
    void surrender() {
        if (!isGone) {
            flush();
        }
    }

    private void checkOutputLimit() {
        long bytes = outputBytes();
        if (bytes == 0) {
            softLimitSinceMillis = 0;
            return;
        }
        // What is pushed comes whether the client reads or not: only a limit bounds it.
        ConnectionPolicy.OutputLimit limit = session().isPushedTo() ? policy.pubSub() : policy.normal();
        boolean isOver = limit.hardBytes() > 0 && bytes > limit.hardBytes();
        if (limit.softBytes() > 0 && bytes > limit.softBytes()) {
            long now = state.clock().nowMillis();
            if (softLimitSinceMillis == 0) {
                softLimitSinceMillis = now;
            }
            isOver |= now - softLimitSinceMillis > limit.softSeconds() * 1000L;
        } else {
            softLimitSinceMillis = 0;
        }
        if (isOver) {
            LOG.warn(
                    "client {} is closed: {} bytes of output are over its limit",
                    session().id(),
                    bytes);
            state.stats().outputBufferClosings.increment();
            isClosing = true;
            context().close();
        }
    }

    /// Closes the client if its time is over; called about once a second, on another thread.
    void tick(long nowMillis) {
        if (isIdle(nowMillis) || outputBytes() > 0) {
            context().executor().execute(() -> {
                if (isGone) {
                    return;
                }
                checkOutputLimit();
                if (isIdle(nowMillis) && running == 0 && !isWaiting) {
                    LOG.debug("client {} was idle for {} s", session().id(), policy.timeoutSeconds());
                    context().close();
                }
            });
        }
    }

    private boolean isIdle(long nowMillis) {
        int timeout = policy.timeoutSeconds();
        Session client = session;
        return timeout > 0
                && client != null
                && !client.isPushedTo()
                && nowMillis - client.lastInteractionMillis() > timeout * 1000L;
    }

    private void runPushes() {
        pushesScheduled.set(false);
        if (isGone) {
            pushes.clear();
            return;
        }
        Session client = session();
        loop.claim(this);
        loop.reply.setProtocol(client.protocol());
        Consumer<ReplyWriter> message;
        while ((message = pushes.poll()) != null) {
            message.accept(loop.reply);
            if (loop.output().readableBytes() > FLUSH_BYTES) {
                writeOutput();
            }
        }
        flush();
    }

    private void leave() {
        isGone = true;
        if (running > 0 || session == null) {
            return; // The last of them comes back here.
        }
        Session client = session;
        if (state.clients().find(client.id()) == null) {
            return;
        }
        state.clients().remove(client);
        state.clients().release();
        while (!pending.isEmpty()) {
            pending.remove().out.release();
        }
        gate.close();
        if (blocked != null) {
            blocked.close();
        }
        decoder().close();
        pushes.clear();
        client.closed();
    }

    // ---- Connection

    @Override
    public String remoteAddress() {
        return text(context().channel().remoteAddress());
    }

    @Override
    public String localAddress() {
        return text(context().channel().localAddress());
    }

    @Override
    public void push(Consumer<ReplyWriter> message) {
        pushes.add(message);
        if (pushesScheduled.compareAndSet(false, true)) {
            context().executor().execute(this::runPushes);
        }
    }

    @Override
    public boolean unblock(boolean isError) {
        BlockedClient waits = blocked;
        return waits != null
                && waits.end(isError ? BlockedClient.State.UNBLOCKED_BY_ERROR : BlockedClient.State.TIME_IS_UP);
    }

    @Override
    public void closeAfterFlush() {
        if (!context().executor().inEventLoop()) {
            context().executor().execute(this::closeAfterFlush);
            return;
        }
        isClosing = true;
        if (!isDraining) {
            flush();
        }
    }

    @Override
    public boolean isClosing() {
        return isClosing;
    }

    @Override
    public void close() {
        context().channel().close();
    }

    @Override
    public long outputBytes() {
        ChannelOutboundBuffer out = context().channel().unsafe().outboundBuffer();
        return gate.bytes() + (out == null ? 0 : out.totalPendingWriteBytes());
    }

    @Override
    public long queryBytes() {
        RequestDecoder in = decoder;
        return in == null ? 0 : in.unreadBytes();
    }

    private static String text(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? (inet.getAddress() instanceof java.net.Inet6Address ip
                                ? "[" + ip.getHostAddress().replaceFirst("%.*", "") + "]"
                                : inet.getAddress().getHostAddress())
                        + ":" + inet.getPort()
                : "?:0";
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext current = channel;
        if (current == null) {
            throw new IllegalStateException("not connected yet");
        }
        return current;
    }

    private Session session() {
        Session current = session;
        if (current == null) {
            throw new IllegalStateException("not connected yet");
        }
        return current;
    }

    private RequestDecoder decoder() {
        RequestDecoder current = decoder;
        if (current == null) {
            throw new IllegalStateException("not connected yet");
        }
        return current;
    }
}
