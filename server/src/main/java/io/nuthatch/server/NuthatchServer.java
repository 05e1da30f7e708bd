package io.nuthatch.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandStats;
import io.nuthatch.commands.CommandTable;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.SuppressForbidden;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server: everything wired together by constructor, listening from [#start] until [#close].
///
/// Several may run in one process, which is how tests use it. Any thread.
public final class NuthatchServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NuthatchServer.class);
    private static final int LOW_WATER_BYTES = 64 * 1024;
    private static final int HIGH_WATER_BYTES = 256 * 1024;
    private static final byte[] TOO_MANY = "-ERR max number of clients reached\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerOptions options;
    private final ServerState state;
    private final ConnectionPolicy policy = new ConnectionPolicy();
    private final Dispatcher dispatcher;
    private final QueryPool pool;
    private final EventLoopGroup loops;
    private final Map<EventLoop, LoopState> loopStates = new ConcurrentHashMap<>();
    private final List<Channel> listeners = new ArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

    private NuthatchServer(ServerOptions options, EpochClock clock, NanoClock nanoClock) {
        this.options = options;
        this.state = new ServerState(clock, nanoClock);
        CommandTable table = new CommandTable(families());
        this.dispatcher = new Dispatcher(table, state, new CommandStats(table));
        this.pool = new QueryPool(options.queryThreads(), options.queryQueue(), dispatcher);
        this.loops = new MultiThreadIoEventLoopGroup(
                options.ioThreads(),
                new DefaultThreadFactory("io"),
                options.transport().ioHandler());
    }

    /// Every command of the server. A family is added here when it is ready.
    private List<CommandFamily> families() {
        return List.of(new BuiltInCommands());
    }

    /// A server that listens. Throws [java.net.BindException] when the port is taken.
    public static NuthatchServer start(ServerOptions options, EpochClock clock, NanoClock nanoClock) {
        NuthatchServer server = new NuthatchServer(options, clock, nanoClock);
        try {
            server.listen();
        } catch (RuntimeException | Error failure) {
            server.close();
            throw failure;
        }
        return server;
    }

    /// The port it listens on.
    public int port() {
        return state.port();
    }

    public ServerState state() {
        return state;
    }

    public ConnectionPolicy policy() {
        return policy;
    }

    public Dispatcher dispatcher() {
        return dispatcher;
    }

    /// Waits until the server was asked to stop.
    public void awaitShutdown() throws InterruptedException {
        stopped.await();
    }

    private void listen() {
        boolean isEpoll = options.transport().resolved() == TransportKind.EPOLL;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(options.transport().serverChannel())
                .option(ChannelOption.SO_BACKLOG, options.tcpBacklog())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, policy.keepAliveSeconds() > 0)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(LOW_WATER_BYTES, HIGH_WATER_BYTES))
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 16 * 1024, 64 * 1024))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel, isEpoll);
                    }
                });
        int port = options.port();
        for (String address : options.bind()) {
            Channel listener = bootstrap
                    .bind(new InetSocketAddress(address, port))
                    .syncUninterruptibly()
                    .channel();
            listeners.add(listener);
            port = ((InetSocketAddress) listener.localAddress()).getPort();
        }
        state.setPort(port);
        state.setShutdown(stopped::countDown);
        loops.next().scheduleAtFixedRate(this::tick, 100, 100, TimeUnit.MILLISECONDS);
    }

    private void accept(Channel channel, boolean isEpoll) {
        state.stats().connectionsReceived.increment();
        if (!state.clients().reserve(policy.maxClients())) {
            state.stats().connectionsRejected.increment();
            channel.writeAndFlush(Unpooled.wrappedBuffer(TOO_MANY)).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        int keepAlive = policy.keepAliveSeconds();
        if (isEpoll && keepAlive > 0) {
            channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, keepAlive);
            channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, Math.max(1, keepAlive / 3));
            channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, 3);
        }
        LoopState loop = loopStates.computeIfAbsent(
                channel.eventLoop(), eventLoop -> new LoopState(dispatcher, ByteBufAllocator.DEFAULT));
        channel.pipeline().addLast(new ClientConnection(dispatcher, state, policy, pool, loop));
    }

    private int ticks;

    private void tick() {
        try {
            state.tick();
            if (++ticks % 10 == 0) {
                long now = state.clock().nowMillis();
                for (Session session : state.clients().all()) {
                    if (session.connection() instanceof ClientConnection connection) {
                        connection.tick(now);
                    }
                }
            }
        } catch (RuntimeException | AssertionError failure) {
            LOG.error("tick failed", failure); // The next one comes all the same.
        }
    }

    /// Stops listening, closes every connection and ends the threads.
    @Override
    public void close() {
        for (Channel listener : listeners) {
            listener.close().syncUninterruptibly();
        }
        for (Session session : state.clients().all()) {
            session.connection().close();
        }
        pool.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
        loopStates.values().forEach(LoopState::release);
        loopStates.clear();
        stopped.countDown();
    }

    /// Starts the server from the command line and runs until SIGTERM or `SHUTDOWN`.
    @SuppressForbidden("the ready line is for whoever started the server, not for the log")
    public static void main(String[] args) throws InterruptedException {
        ServerOptions options = ServerOptions.defaults();
        for (int i = 0; i + 1 < args.length; i += 2) {
            if (args[i].equals("--port")) {
                options = options.withPort(Integer.parseInt(args[i + 1]));
            }
        }
        NuthatchServer server = start(options, new SystemClock(), new SystemClock());
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "shutdown"));
        System.out.println("Nuthatch 0.1.0 ready on " + options.bind().getFirst() + ":" + server.port());
        server.awaitShutdown();
        server.close();
    }
}
