package io.nuthatch.server;

import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandTable;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.Settings;
import io.nuthatch.commands.admin.AclCommands;
import io.nuthatch.commands.admin.BackupCommands;
import io.nuthatch.commands.admin.CommandCommands;
import io.nuthatch.commands.admin.ConfigCommands;
import io.nuthatch.commands.admin.DebugCommands;
import io.nuthatch.commands.admin.ExecutionWatch;
import io.nuthatch.commands.admin.FunctionCommands;
import io.nuthatch.commands.admin.InfoCommand;
import io.nuthatch.commands.admin.InfoSection;
import io.nuthatch.commands.admin.LatencyCommands;
import io.nuthatch.commands.admin.LatencyMonitor;
import io.nuthatch.commands.admin.MemoryCommands;
import io.nuthatch.commands.admin.MemoryInfo;
import io.nuthatch.commands.admin.MonitorCommand;
import io.nuthatch.commands.admin.SaveCommands;
import io.nuthatch.commands.admin.ServerCommands;
import io.nuthatch.commands.admin.ServerInfo;
import io.nuthatch.commands.admin.SlowLog;
import io.nuthatch.commands.admin.SlowLogCommands;
import io.nuthatch.commands.admin.SpareMemory;
import io.nuthatch.commands.admin.WaitCommands;
import io.nuthatch.commands.connection.ClientCommands;
import io.nuthatch.commands.connection.ConnectionCommands;
import io.nuthatch.commands.feed.TailCommand;
import io.nuthatch.commands.pubsub.KeyspaceNotifications;
import io.nuthatch.commands.pubsub.PubSub;
import io.nuthatch.commands.pubsub.PubSubCommands;
import io.nuthatch.commands.tracking.KeyspaceFanOut;
import io.nuthatch.commands.tracking.TrackingCommands;
import io.nuthatch.commands.tracking.TrackingTable;
import io.nuthatch.commands.transaction.TransactionCommands;
import io.nuthatch.commands.transaction.WatchTable;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceListener;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.backup.Backups;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Wires what is about connections and the server itself: the tables of pub/sub, WATCH and tracking with the
/// listener that feeds them, the watchers of execution, and the commands over all of it.
final class Administration {
    private final ServerState state;
    private final Settings settings;
    private final Keyspace keyspace;
    private final Snapshots snapshots;
    private final Backups backups;
    private final Supplier<Dispatcher> dispatcher;
    private final PubSub pubSub = new PubSub();
    private final KeyspaceNotifications notifications = new KeyspaceNotifications(pubSub);
    private final WatchTable watches = new WatchTable();
    private final TrackingTable tracking;
    private final SlowLog slowLog;
    private final LatencyMonitor latency = new LatencyMonitor();
    private final ExecutionWatch executionWatch;
    private final MonitorCommand monitor;
    private final TailCommand tail;
    private final KeyspaceListener listener;
    private final MemoryInfo memory;
    private final SpareMemory spareMemory;
    private final ServerInfo info;
    private final DebugCommands debug;

    /// `dispatcher` is asked only after [#start].
    Administration(
            ServerState state,
            Settings settings,
            Keyspace keyspace,
            Indexes indexes,
            MemoryAccount account,
            Snapshots snapshots,
            Backups backups,
            Supplier<Dispatcher> dispatcher) {
        this.state = state;
        this.settings = settings;
        this.keyspace = keyspace;
        this.snapshots = snapshots;
        this.backups = backups;
        this.dispatcher = dispatcher;
        this.tracking = new TrackingTable(state.clients());
        this.slowLog = new SlowLog(settings.number("slowlog-max-len"));
        this.executionWatch = new ExecutionWatch(
                slowLog,
                latency,
                settings.number("slowlog-log-slower-than"),
                settings.number("latency-monitor-threshold"));
        this.monitor = new MonitorCommand(dispatcher);
        this.tail = new TailCommand(state.durability());
        this.memory = new MemoryInfo(account, keyspace, indexes, state.clock().nowMillis());
        this.spareMemory = new SpareMemory(keyspace, state.clock().nowMillis());
        this.info = new ServerInfo(
                state,
                keyspace,
                settings,
                memory,
                pubSub,
                watches,
                tracking,
                snapshots.saves(),
                backups,
                snapshots.rewrites(),
                dispatcher);
        this.debug = new DebugCommands(settings.text("enable-debug-command"), state);
        this.listener = new KeyspaceFanOut(watches, tracking, notifications, state.clock());
    }

    /// Applies the settings, now and whenever they change, and begins to sample; called once the dispatcher
    /// is there.
    void start() {
        obey(
                "notify-keyspace-events",
                () -> notifications.configure(
                        settings.text("notify-keyspace-events").get()));
        obey(
                "tracking-table-max-keys",
                () -> tracking.setMaxKeys(
                        settings.number("tracking-table-max-keys").getAsLong()));
        obey("slowlog-log-slower-than", () -> executionWatch.apply(dispatcher.get()));
        obey("latency-monitor-threshold", () -> executionWatch.apply(dispatcher.get()));
        tracking.onActivity(() -> dispatcher.get().bracketCalls(tracking.isActive() ? tracking : null));
        state.onTick(tracking::evict);
        state.onTick(info::tick);
        state.onTick(() ->
                spareMemory.tick(state.clock().nowMillis(), dispatcher.get().maxMemory()));
        // A lowered maxmemory takes effect without waiting for the next write.
        state.onTick(() -> {
            if (dispatcher.get().maxMemory().limitBytes() > 0
                    && state.durability().loading() == null) {
                dispatcher.get().maxMemory().tick(state.clock().nowMillis());
            }
        });
    }

    private void obey(String setting, Runnable action) {
        action.run();
        settings.onChange(setting, action);
    }

    /// The commands; `extraSections` come behind the server's own in `INFO`.
    List<CommandFamily> families(List<InfoSection> extraSections) {
        Supplier<CommandTable> table = () -> dispatcher.get().table();
        List<InfoSection> sections = new ArrayList<>(info.sections());
        sections.addAll(extraSections);
        return List.of(
                new ConnectionCommands(state, keyspace.databases(), table, this::forget),
                new ClientCommands(state),
                new TrackingCommands(tracking, state.clients()),
                new PubSubCommands(pubSub),
                new TransactionCommands(watches),
                new CommandCommands(table),
                new ConfigCommands(settings, state.durability(), this::resetStatistics),
                new SlowLogCommands(slowLog),
                new LatencyCommands(latency, settings.number("latency-monitor-threshold"), dispatcher),
                new MemoryCommands(memory, spareMemory, keyspace),
                new ServerCommands(state, table),
                new WaitCommands(state),
                debug.gate(new SaveCommands(
                        state, keyspace.stripes(), snapshots.saves(), snapshots.rewrites(), snapshots::reload)),
                new BackupCommands(backups),
                new AclCommands(state, table),
                new FunctionCommands(),
                debug.gate(debug),
                () -> List.of(new InfoCommand(sections), monitor, tail));
    }

    /// The account of memory.
    MemoryInfo memory() {
        return memory;
    }

    /// Hears of changes for WATCH, tracking and notifications.
    KeyspaceListener listener() {
        return listener;
    }

    /// The family with `enable-debug-command` before its `DEBUG` subcommands.
    CommandFamily gateDebug(CommandFamily family) {
        return debug.gate(family);
    }

    /// Takes from a client what commands registered elsewhere on its behalf; it resets.
    private void forget(Session session) {
        pubSub.unsubscribeAll(session);
        watches.unwatch(session);
        tracking.disable(session);
        monitor.forget(session);
        tail.forget(session);
    }

    /// At the end of the server, before its log is closed.
    void close() {
        tail.close();
    }

    private void resetStatistics() {
        state.stats().reset();
        dispatcher.get().stats().reset();
        keyspace.resetStatistics();
    }
}
