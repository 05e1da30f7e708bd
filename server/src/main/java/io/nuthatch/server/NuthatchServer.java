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
import io.nuthatch.commands.ClientPause;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandStats;
import io.nuthatch.commands.CommandTable;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.MaxMemory;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.Settings;
import io.nuthatch.commands.hash.HashCommands;
import io.nuthatch.commands.keys.ActiveExpiry;
import io.nuthatch.commands.keys.KeyCommands;
import io.nuthatch.commands.search.SearchCommands;
import io.nuthatch.commands.string.StringCommands;
import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.SuppressForbidden;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.hnsw.KernelWarmup;
import io.nuthatch.engine.kernel.NativeKernel;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceOptions;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.backup.BackupStores;
import io.nuthatch.persistence.backup.Backups;
import io.nuthatch.server.admin.AdminServer;
import io.nuthatch.server.admin.Meters;
import io.nuthatch.server.config.ConfigException;
import io.nuthatch.server.config.ServerConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server: everything wired together by constructor, listening from [#start] until [#close].
///
/// Several may run in one process, which is how tests use it. Any thread.
public final class NuthatchServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NuthatchServer.class);
    private static final int LOW_WATER_BYTES = 64 * 1024;
    private static final int HIGH_WATER_BYTES = 256 * 1024;
    private static final long TICK_MILLIS = 100;
    private static final int TICKS_A_SECOND = 10;
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long WARM_UP_DELAY_MILLIS = 500; // The first clients come first.
    private static final double TOLERATED_FREE_SHARE = 0.3; // of the keyspace's bytes in use
    private static final int VECTORS_UNLINKED_AT_START = 1 << 17; // a few milliseconds of a search at first
    private static final int DEFRAGMENT_STEP = 2_000; // records a tick
    /// Records looked at before active expiry looks at the clock.
    private static final int EXPIRY_STEP = 400;
    private static final byte[] PROTECTED = ("-DENIED Nuthatch is running in protected mode because protected mode is"
                    + " enabled and no password is set for the default user. In this mode connections are only accepted from the"
                    + " loopback interface. If you want to connect from external computers you may adopt one of the following"
                    + " solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the"
                    + " loopback interface by connecting from the same host the server is running, however MAKE SURE the server is"
                    + " not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2)"
                    + " Alternatively you can just disable the protected mode by editing the configuration file, and setting the"
                    + " protected mode option to 'no', and then restarting the server. 3) If you started the server manually just"
                    + " for testing, restart it with the '--protected-mode no' option. 4) Set up an authentication password for"
                    + " the default user. NOTE: You only need to do one of the above things in order for the server to start"
                    + " accepting connections from the outside.\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TOO_MANY = "-ERR max number of clients reached\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerOptions options;
    private final ServerConfig config;
    private final ServerState state;
    private final ConnectionPolicy policy = new ConnectionPolicy();
    private final Dispatcher dispatcher;
    private final MemoryAccount memory = new MemoryAccount();
    private final Keyspace keyspace;
    private final Administration administration;
    private final Settings settings;
    private final IndexThreads indexThreads;
    private final Admission admission;
    private final ExecutorService indexing =
            Executors.newSingleThreadExecutor(new DefaultThreadFactory("indexing", true));
    private final Indexes indexes;
    private final QueryPool pool;
    private final RecallThread recallThread;
    private final AppendOnly appendOnly;
    private final LogSwitcher logSwitcher;
    private final Snapshots snapshots;
    private final Backups backups;
    private final ActiveExpiry activeExpiry = new ActiveExpiry();
    private final ScheduledExecutorService background =
            Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("background", true));
    private final EventLoopGroup loops;
    private final Map<EventLoop, LoopState> loopStates = new ConcurrentHashMap<>();
    private final EventLoopGroup acceptor; // A thread of its own, so that an event loop can wait for a bind.
    private final Listeners listeners;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private @Nullable Meters meters; // Guarded by this.
    private @Nullable AdminServer admin; // Guarded by this.
    private volatile boolean isListening;
    private boolean isClosed; // Guarded by this.
    private volatile boolean savesAtEnd;
    private int ticks; // The background thread's own.

    private NuthatchServer(
            ServerOptions options,
            ServerConfig config,
            EpochClock clock,
            NanoClock nanoClock,
            List<? extends CommandFamily> more) {
        this.options = options;
        this.config = config;
        this.state = new ServerState(clock, nanoClock);
        this.keyspace =
                new Keyspace(new KeyspaceOptions(options.databases(), new SecureRandom().nextLong()), clock, memory);
        this.settings = config;
        long asked = settings.number("index-threads").getAsLong();
        this.indexThreads = new IndexThreads(
                asked > 0 ? (int) asked : Runtime.getRuntime().availableProcessors(), ThreadPriority::standBehind);
        this.indexes = new Indexes(keyspace, memory, nanoClock, clock, indexThreads, indexing);
        this.admission = new Admission(state, indexes);
        keyspace.setDocuments(indexes);
        keyspace.setExpiryPause(now -> state.pause().mode(now) != ClientPause.Mode.NONE);
        this.snapshots = new Snapshots(options.folder(), state, keyspace, indexes, memory);
        this.backups = new Backups(
                new BackupFolders(options.folder(), config, state, snapshots.saves()),
                BackupStores.ofThisInstallation(),
                clock,
                nanoClock,
                memory,
                ThreadPriority::lowerThis);
        this.administration =
                new Administration(state, config, keyspace, indexes, memory, snapshots, backups, this::dispatcher);
        snapshots.start(
                config, new ListenerPair(indexes, new ListenerPair(snapshots.saves(), administration.listener())));
        List<CommandFamily> families = new ArrayList<>(families());
        families.addAll(more);
        CommandTable table = new CommandTable(families);
        MaxMemory maxMemory = new MaxMemory(keyspace, administration.memory()::countedBytes);
        this.dispatcher = new Dispatcher(table, state, new CommandStats(table), keyspace, maxMemory);
        administration.start();
        this.appendOnly = new AppendOnly(config, state, keyspace, indexes, memory);
        this.logSwitcher = new LogSwitcher(config, state, appendOnly, snapshots);
        this.pool = new QueryPool(options.queryThreads(), options.queryQueue(), dispatcher);
        SettingsWiring wiring = new SettingsWiring(config);
        wiring.connections(policy);
        wiring.state(state);
        wiring.memory(keyspace, maxMemory);
        wiring.search(indexes);
        this.recallThread =
                new RecallThread(indexes.liveRecall(), () -> pool.queued() > 0 || indexThreads.backlog() > 0);
        this.loops = new MultiThreadIoEventLoopGroup(
                options.ioThreads(),
                new DefaultThreadFactory("io"),
                options.transport().ioHandler());
        this.acceptor = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("accept"), options.transport().ioHandler());
        this.listeners = new Listeners(bootstrap());
    }

    /// Every command of the server. A family is added here when it is ready.
    private List<CommandFamily> families() {
        List<CommandFamily> families = new ArrayList<>(administration.families(List.of(SearchCommands.info(indexes))));
        families.add(new StringCommands(() -> policy.limits().bulkBytes()));
        families.add(new HashCommands());
        families.add(new SearchCommands(indexes, settings, state.nanoClock()));
        families.add(administration.gateDebug(new KeyCommands(activeExpiry)));
        return families;
    }

    /// A server with default settings but for `options`; see the other [#start].
    public static NuthatchServer start(ServerOptions options, EpochClock clock, NanoClock nanoClock) {
        return start(options, ServerConfig.defaults(), clock, nanoClock);
    }

    /// A server that listens. Throws [UncheckedIOException] when it cannot listen. `config` is kept:
    /// `CONFIG SET` changes it.
    public static NuthatchServer start(
            ServerOptions options, ServerConfig config, EpochClock clock, NanoClock nanoClock) {
        return start(options, config, clock, nanoClock, List.of());
    }

    /// A server with further commands.
    public static NuthatchServer start(
            ServerOptions options,
            ServerConfig config,
            EpochClock clock,
            NanoClock nanoClock,
            List<? extends CommandFamily> more) {
        NuthatchServer server = new NuthatchServer(options, config, clock, nanoClock, more);
        try {
            server.snapshots.prepare();
            server.appendOnly.prepare(server.snapshots);
            server.listen();
            server.openAdminPort();
            if (server.appendOnly.isWanted()) {
                server.indexThreads.hold(VECTORS_UNLINKED_AT_START);
                try {
                    server.appendOnly.load(server.snapshots, server.snapshots.rewrites());
                } finally {
                    server.indexThreads.release();
                }
            } else {
                server.snapshots.load();
            }
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

    /// Bytes off the heap by owner and part.
    public MemoryAccount memory() {
        return memory;
    }

    public Keyspace keyspace() {
        return keyspace;
    }

    public Indexes indexes() {
        return indexes;
    }

    /// The settings it obeys.
    public ServerConfig config() {
        return config;
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

    private ServerBootstrap bootstrap() {
        boolean isEpoll = options.transport().resolved() == TransportKind.EPOLL;
        return new ServerBootstrap()
                .group(acceptor, loops)
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
    }

    private void listen() {
        try {
            listeners.listen(options.bind(), options.port());
        } catch (BindException refused) {
            throw new UncheckedIOException(refused.getMessage(), refused);
        }
        state.setPort(listeners.port());
        config.onApply(List.of("port", "bind"), this::listenElsewhere);
        isListening = true;
        state.setShutdown(stopped::countDown);
        background.schedule(this::expireAndGoOn, TICK_MILLIS, TimeUnit.MILLISECONDS);
        background.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /// `CONFIG SET port` and `bind`, together when both are given. What is not given stays as it is, whatever
    /// the settings say: tests start servers on ports of their own.
    private @Nullable String listenElsewhere(List<String> changed) {
        List<String> bind =
                changed.contains("bind") ? List.of(config.text("bind").get().split(" ")) : listeners.bind();
        int port = changed.contains("port") ? (int) config.number("port").getAsLong() : state.port();
        try {
            listeners.listen(bind, port);
        } catch (BindException refused) {
            LOG.warn("cannot listen: {}", refused.getMessage());
            return changed.get(0).equals("port")
                    ? "Unable to listen on this port. Check server logs."
                    : "Failed to bind to specified addresses.";
        }
        state.setPort(listeners.port());
        LOG.info("listening on {}", listeners);
        return null;
    }

    /// The meters, made at the first call: without an admin port they cost nothing.
    public synchronized Meters meters() {
        Meters made = meters;
        if (made == null) {
            made = new Meters(dispatcher.stats(), state, keyspace, memory, indexes);
            meters = made;
        }
        return made;
    }

    private synchronized void openAdminPort() {
        int port = (int) config.number("admin-port").getAsLong();
        if (port == 0) {
            return;
        }
        String host = config.text("admin-bind").get();
        try {
            admin = new AdminServer(Listeners.address(host, port), () -> meters().scrape(), this::isReady);
        } catch (IOException e) {
            throw new UncheckedIOException("admin-port " + port + " on " + host + ": " + e.getMessage(), e);
        }
    }

    private boolean isReady() {
        return isListening && state.durability().loading() == null;
    }

    private void accept(Channel channel, boolean isEpoll) {
        state.stats().connectionsReceived.increment();
        if (!state.clients().reserve(policy.maxClients())) {
            state.stats().connectionsRejected.increment();
            channel.writeAndFlush(Unpooled.wrappedBuffer(TOO_MANY)).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        if (policy.isProtected() && state.password() == null && !isLoopback(channel)) {
            state.clients().release();
            state.stats().connectionsRejected.increment();
            channel.writeAndFlush(Unpooled.wrappedBuffer(PROTECTED)).addListener(ChannelFutureListener.CLOSE);
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
        channel.pipeline().addLast(new ClientConnection(dispatcher, state, policy, admission, pool, loop));
    }

    private static boolean isLoopback(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress address
                && address.getAddress().isLoopbackAddress();
    }

    /// What is done ten times a second, on a thread of its own.
    private void tick() {
        try {
            state.tick();
            if (state.isCronPaused() || state.durability().loading() != null) {
                return;
            }
            keyspace.defragment(TOLERATED_FREE_SHARE, DEFRAGMENT_STEP);
            if (++ticks % TICKS_A_SECOND == 0) {
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

    /// Active expiry, `hz` times a second.
    private void expireAndGoOn() {
        long periodNanos = TimeUnit.SECONDS.toNanos(1) / config.number("hz").getAsLong();
        try {
            expire(periodNanos);
        } catch (RuntimeException | AssertionError failure) {
            LOG.error("expiry failed", failure);
        }
        if (!background.isShutdown()) {
            background.schedule(this::expireAndGoOn, periodNanos, TimeUnit.NANOSECONDS);
        }
    }

    /// Goes on while there is much to remove, for a quarter of the period at most, or up to 43 % of it with
    /// the highest `active-expire-effort`: Redis's own shares.
    private void expire(long periodNanos) {
        long effort = config.number("active-expire-effort").getAsLong() - 1;
        long mostNanos = periodNanos / 100 * (25 + 2 * effort);
        long now = state.clock().nowMillis();
        if (state.durability().loading() != null || state.durability().isRefusing()) {
            return; // The log decides what has expired; and what it cannot take must wait.
        }
        if (!activeExpiry.isEnabled() || state.isCronPaused() || state.pause().mode(now) != ClientPause.Mode.NONE) {
            return; // Nothing changes while writes are paused.
        }
        long start = state.nanoClock().nanoTime();
        while (keyspace.activeExpire(now, EXPIRY_STEP) > EXPIRY_STEP / 4
                && state.nanoClock().nanoTime() - start < mostNanos) {
            Thread.onSpinWait();
        }
    }

    /// Stops listening, closes every connection, ends the threads and gives all memory back. Waits for
    /// another thread that closes already.
    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        isListening = false;
        if (admin != null) {
            admin.close();
        }
        if (meters != null) {
            meters.close();
        }
        listeners.close();
        backups.close();
        background.shutdown();
        indexing.shutdownNow(); // What still waits would be lost with the keyspace anyhow.
        pool.close();
        recallThread.stop();
        for (Session session : state.clients().all()) {
            session.connection().close();
        }
        acceptor.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        boolean isQuiet = false; // Else memory is left to the process's end: somebody may be reading it.
        try {
            isQuiet = background.awaitTermination(5, TimeUnit.SECONDS);
            if (!isQuiet) {
                LOG.warn("the background thread does not end");
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        loopStates.values().forEach(LoopState::release);
        loopStates.clear();
        logSwitcher.stop();
        administration.close();
        if (savesAtEnd && !state.isStopping()) {
            snapshots.saveAtEnd();
        }
        snapshots.close();
        appendOnly.closeAtEnd();
        if (isQuiet) {
            closeEngine();
        }
        stopped.countDown();
    }

    /// Frees the memory off the heap, unless a scan is still reading it: then the process's end does.
    private void closeEngine() {
        indexThreads.close();
        indexes.stop();
        try {
            if (!indexing.awaitTermination(30, TimeUnit.SECONDS)) {
                LOG.warn("the indexing thread does not end");
                return;
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return;
        }
        indexes.close();
        recallThread.close();
        keyspace.close();
    }

    /// Starts the server from the command line and runs until SIGTERM or `SHUTDOWN`.
    @SuppressForbidden("the ready line and a refusal to start are for whoever started the server")
    public static void main(String[] args) throws InterruptedException {
        System.exit(run(List.of(args), System.out, System.err));
    }

    /// Returns the exit status.
    private static int run(List<String> arguments, PrintStream out, PrintStream err) throws InterruptedException {
        SystemClock clock = new SystemClock();
        ServerConfig config;
        try {
            config = ServerConfig.of(arguments, System.in);
        } catch (ConfigException refused) {
            err.println(refused.text());
            return 1;
        }
        Logging.start(config);
        new SettingsWiring(config).process();
        NuthatchServer server;
        try {
            server = start(ServerOptions.of(config), config, clock, clock);
        } catch (RecoveryException refused) {
            err.println(refused.getMessage());
            return 1;
        } catch (UncheckedIOException failure) {
            err.println("cannot listen on " + config.text("bind").get() + " port "
                    + config.text("port").get() + ": " + failure.getMessage());
            return 1;
        }
        PidFile pidFile = PidFile.write(config);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            server.savesAtEnd = true; // SIGTERM; after SHUTDOWN it is closed already.
                            server.close();
                            pidFile.close();
                        },
                        "shutdown"));
        long startMillis = launchMillis(server.state.startMillis());
        long tookMillis = clock.nowMillis() - startMillis; // Clients are served already.
        out.println("Nuthatch " + Version.STRING + " ready on " + server.listeners + " in " + tookMillis
                + " ms, kernel " + NativeKernel.name());
        out.flush();
        if (config.flag("native-kernel").getAsBoolean() && !NativeKernel.isOn()) {
            LOG.info("no native kernel, graphs are searched in Java: {}", NativeKernel.whyNot());
        }
        server.background.schedule(
                () -> Thread.ofPlatform().name("warm-up").daemon().start(() -> {
                    if (config.flag("warm-up").getAsBoolean()) {
                        ThreadPriority.lowerThis();
                        Rehearsal.warmUp(clock, clock);
                        KernelWarmup.run(clock, WARM_UP_NANOS);
                        System.gc(); // The heap goes back to what the server itself needs.
                    }
                    ThreadPriority.lowerQuietCompilers();
                }),
                WARM_UP_DELAY_MILLIS,
                TimeUnit.MILLISECONDS);
        server.awaitShutdown();
        server.close();
        return 0;
    }

    /// When the launcher started the JVM, or the process began when it was started by hand.
    private static long launchMillis(long unknown) {
        Long launched = Long.getLong("nuthatch.launched.micros");
        return launched != null
                ? launched / 1000
                : ProcessHandle.current()
                        .info()
                        .startInstant()
                        .map(Instant::toEpochMilli)
                        .orElse(unknown);
    }
}
