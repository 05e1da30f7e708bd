package io.nuthatch.commands.admin;

import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.CommandStats;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.Durability;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.ServerStats;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.Settings;
import io.nuthatch.commands.connection.ClientInfo;
import io.nuthatch.commands.pubsub.PubSub;
import io.nuthatch.commands.tracking.TrackingTable;
import io.nuthatch.commands.transaction.WatchTable;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.persistence.backup.Backups;
import io.nuthatch.persistence.checkpoint.Rewrites;
import io.nuthatch.persistence.checkpoint.Saves;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// The sections of `INFO` that are about the server itself, each field from the counter that knows it.
///
/// Fields of parts that do not exist yet (files, replicas, scripts) are there only where clients read them,
/// with the value that is true of a server without that part.
public final class ServerInfo {
    private final ServerState state;
    private final Keyspace keyspace;
    private final Settings settings;
    private final MemoryInfo memory;
    private final PubSub pubSub;
    private final WatchTable watches;
    private final TrackingTable tracking;
    private final Saves saves;
    private final Backups backups;
    private final Rewrites rewrites;
    private final Supplier<Dispatcher> dispatcher;
    private final String runId;
    private final Rates commandRate;
    private final Rates inputRate;
    private final Rates outputRate;

    public ServerInfo(
            ServerState state,
            Keyspace keyspace,
            Settings settings,
            MemoryInfo memory,
            PubSub pubSub,
            WatchTable watches,
            TrackingTable tracking,
            Saves saves,
            Backups backups,
            Rewrites rewrites,
            Supplier<Dispatcher> dispatcher) {
        this.state = state;
        this.keyspace = keyspace;
        this.settings = settings;
        this.memory = memory;
        this.pubSub = pubSub;
        this.watches = watches;
        this.tracking = tracking;
        this.saves = saves;
        this.backups = backups;
        this.rewrites = rewrites;
        this.dispatcher = dispatcher;
        byte[] id = new byte[20];
        new SecureRandom().nextBytes(id); // An identity, nothing that a test would want to repeat.
        this.runId = HexFormat.of().formatHex(id);
        long now = state.clock().nowMillis();
        this.commandRate = new Rates(() -> dispatcher.get().stats().totalCalls(), now);
        this.inputRate = new Rates(() -> state.stats().inputBytes.sum(), now);
        this.outputRate = new Rates(() -> state.stats().outputBytes.sum(), now);
    }

    /// Takes the samples behind rates and peaks; called by the server's tick.
    public void tick() {
        long now = state.clock().nowMillis();
        commandRate.sample(now);
        inputRate.sample(now);
        outputRate.sample(now);
        memory.tick(now);
    }

    /// The sections in Redis's order.
    public List<InfoSection> sections() {
        return List.of(
                new InfoSection("server", "Server", true, this::server),
                new InfoSection("clients", "Clients", true, this::clients),
                new InfoSection("memory", "Memory", true, this::memory),
                new InfoSection("persistence", "Persistence", true, this::persistence),
                new InfoSection("stats", "Stats", true, this::stats),
                new InfoSection("replication", "Replication", true, this::replication),
                new InfoSection("cpu", "CPU", true, ServerInfo::cpu),
                new InfoSection(
                        "modules",
                        "Modules",
                        true,
                        out -> out.append(Modules.of(dispatcher.get().table()).info())),
                new InfoSection("commandstats", "Commandstats", false, this::commandStats),
                new InfoSection("errorstats", "Errorstats", true, this::errorStats),
                new InfoSection("latencystats", "Latencystats", false, this::latencyStats),
                new InfoSection("cluster", "Cluster", true, out -> field(out, "cluster_enabled", 0)),
                new InfoSection("keyspace", "Keyspace", true, this::keyspace));
    }

    private void server(StringBuilder out) {
        long now = state.clock().nowMillis();
        long uptime = Math.max(0, (now - state.startMillis()) / 1000);
        field(out, "redis_version", Version.REDIS);
        field(out, "server_name", "nuthatch");
        field(out, "nuthatch_version", Version.NUTHATCH);
        field(out, "redis_mode", "standalone");
        field(
                out,
                "os",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        field(out, "arch_bits", 64);
        field(out, "java_version", System.getProperty("java.version"));
        field(out, "process_id", ProcessHandle.current().pid());
        field(out, "run_id", runId);
        field(out, "tcp_port", state.port());
        field(out, "server_time_usec", now * 1000);
        field(out, "uptime_in_seconds", uptime);
        field(out, "uptime_in_days", uptime / TimeUnit.DAYS.toSeconds(1));
        field(out, "hz", settings.number("hz").getAsLong());
        field(out, "configured_hz", settings.number("hz").getAsLong());
    }

    private void clients(StringBuilder out) {
        long input = 0;
        long output = 0;
        int blocked = state.pause().waiting();
        for (Session session : state.clients().all()) {
            blocked += session.blockedOn() != null ? 1 : 0;
            input = Math.max(input, session.connection().queryBytes());
            output = Math.max(output, session.connection().outputBytes());
        }
        field(out, "connected_clients", state.clients().count());
        field(out, "cluster_connections", 0);
        field(out, "maxclients", settings.number("maxclients").getAsLong());
        field(out, "client_recent_max_input_buffer", input);
        field(out, "client_recent_max_output_buffer", output);
        field(out, "blocked_clients", blocked);
        field(out, "tracking_clients", tracking.clientCount());
        field(out, "pubsub_clients", pubSub.clientCount());
        field(out, "watching_clients", watches.clientCount());
        field(out, "clients_in_timeout_table", 0);
        field(out, "total_watched_keys", watches.keyCount());
        field(out, "total_blocking_keys", 0);
        field(out, "total_blocking_keys_on_nokey", 0);
    }

    private void memory(StringBuilder out) {
        Map<String, Long> process = memory.processParts();
        long used = memory.offHeapBytes() + MemoryInfo.sum(process);
        long peak = memory.peakBytes(used);
        long resident = ProcessInfo.residentBytes();
        long system = ProcessInfo.systemBytes();
        long dataset = memory.offHeapBytes();
        long limit = settings.number("maxmemory").getAsLong();
        long clients = 0;
        for (Session session : state.clients().all()) {
            clients += ClientInfo.memoryBytes(session);
        }
        sized(out, "used_memory", used);
        sized(out, "used_memory_rss", resident);
        sized(out, "used_memory_peak", peak);
        field(out, "used_memory_peak_time", memory.peakMillis() / 1000);
        field(out, "used_memory_peak_perc", percent(used, peak));
        field(out, "used_memory_overhead", used - dataset);
        field(out, "used_memory_startup", memory.startupBytes());
        field(out, "used_memory_dataset", dataset);
        field(out, "used_memory_dataset_perc", percent(dataset, used));
        field(out, "used_memory_off_heap", dataset);
        memory.account()
                .byPart()
                .forEach((part, bytes) -> field(out, "used_memory_off_heap_" + part.replace(' ', '_'), bytes));
        process.forEach((part, bytes) -> field(out, "used_memory_process_" + part, bytes));
        field(out, "used_memory_heap", HeapInfo.usedBytes());
        field(out, "heap_committed", Runtime.getRuntime().totalMemory());
        field(out, "heap_max", Runtime.getRuntime().maxMemory());
        long live = keyspace.usedBytes();
        long reserved = keyspace.reservedBytes();
        field(out, "keyspace_reserved", reserved);
        field(out, "allocator_allocated", live);
        field(out, "allocator_active", reserved);
        field(out, "allocator_resident", reserved);
        field(out, "allocator_frag_ratio", ratio(reserved, live));
        field(out, "allocator_frag_bytes", reserved - live);
        sized(out, "total_system_memory", system);
        field(out, "used_memory_lua", 0);
        field(out, "used_memory_vm_eval", 0);
        field(out, "used_memory_scripts_eval", 0);
        field(out, "number_of_cached_scripts", 0);
        field(out, "number_of_functions", 0);
        field(out, "number_of_libraries", 0);
        sized(out, "maxmemory", limit);
        field(out, "maxmemory_policy", settings.text("maxmemory-policy").get());
        field(out, "mem_fragmentation_ratio", ratio(resident, used));
        field(out, "mem_fragmentation_bytes", resident - used);
        field(
                out,
                "mem_not_counted_for_evict",
                Math.max(0, used - dispatcher.get().maxMemory().usedBytes()));
        field(out, "mem_clients_normal", clients);
        field(out, "mem_clients_slaves", 0);
        Journal journal = state.durability().journal();
        field(out, "mem_aof_buffer", journal == null ? 0 : journal.bufferedBytes());
        field(out, "mem_allocator", "nuthatch-slabs");
        field(out, "active_defrag_running", 0);
        field(out, "lazyfree_pending_objects", 0);
    }

    private void persistence(StringBuilder out) {
        long now = state.clock().nowMillis();
        Durability.Loading loading = state.durability().loading();
        Journal journal = state.durability().journal();
        field(out, "loading", loading == null ? 0 : 1);
        field(out, "async_loading", 0);
        field(out, "current_save_keys_processed", saves.currentKeys());
        field(out, "current_save_keys_total", saves.isSaving() ? keys() : 0);
        field(out, "rdb_changes_since_last_save", saves.changesSinceSave());
        field(out, "rdb_bgsave_in_progress", saves.isInBackground() ? 1 : 0);
        field(out, "rdb_last_save_time", saves.lastSaveMillis() / 1000);
        field(out, "rdb_last_bgsave_status", saves.isLastOk() ? "ok" : "err");
        field(out, "rdb_last_bgsave_time_sec", saves.lastSeconds());
        field(out, "rdb_current_bgsave_time_sec", saves.currentSeconds());
        field(out, "rdb_saves", saves.saves());
        field(out, "rdb_last_cow_size", 0);
        field(out, "rdb_last_load_keys_expired", saves.expiredKeysLoaded());
        field(out, "rdb_last_load_keys_loaded", saves.keysLoaded());
        field(out, "aof_enabled", settings.flag("appendonly").getAsBoolean() ? 1 : 0);
        field(out, "aof_rewrite_in_progress", saves.isRewriting() ? 1 : 0);
        field(out, "aof_rewrite_scheduled", rewrites.isScheduled() ? 1 : 0);
        field(out, "aof_last_rewrite_time_sec", rewrites.lastSeconds());
        field(out, "aof_current_rewrite_time_sec", rewrites.currentSeconds());
        field(out, "aof_last_bgrewrite_status", rewrites.isLastOk() ? "ok" : "err");
        field(out, "aof_rewrites", rewrites.count());
        field(out, "aof_rewrites_consecutive_failures", rewrites.failures());
        field(out, "aof_last_write_status", journal == null || journal.refusal() == null ? "ok" : "err");
        field(out, "aof_last_cow_size", 0);
        if (journal != null) {
            field(out, "aof_current_size", rewrites.currentBytes());
            field(out, "aof_base_size", rewrites.baseBytes());
            field(out, "aof_log_size", journal.sizeBytes());
            field(out, "aof_pending_rewrite", 0);
            field(out, "aof_buffer_length", journal.bufferedBytes());
            field(out, "aof_pending_bio_fsync", 0);
            field(out, "aof_delayed_fsync", journal.delayedSyncs());
            field(out, "aof_appended_lsn", journal.appendedLsn());
            field(out, "aof_committed_lsn", journal.committedLsn());
            field(out, "aof_synced_lsn", journal.syncedLsn());
        }
        BackupCommands.info(backups, out);
        if (loading != null) {
            long total = loading.totalBytes().getAsLong();
            long loaded = loading.loadedBytes().getAsLong();
            field(out, "loading_start_time", loading.startMillis() / 1000);
            field(out, "loading_total_bytes", total);
            field(out, "loading_loaded_bytes", loaded);
            field(out, "loading_loaded_perc", decimals(total == 0 ? 0 : 100.0 * loaded / total));
            field(out, "loading_eta_seconds", loading.etaSeconds(now));
        }
    }

    private long keys() {
        long sum = 0;
        for (int i = 0; i < keyspace.databases(); i++) {
            sum += keyspace.database(i).size();
        }
        return sum;
    }

    private void stats(StringBuilder out) {
        ServerStats counters = state.stats();
        field(out, "total_connections_received", counters.connectionsReceived.sum());
        field(out, "total_commands_processed", dispatcher.get().stats().totalCalls());
        field(out, "instantaneous_ops_per_sec", Math.round(commandRate.perSecond()));
        field(out, "total_net_input_bytes", counters.inputBytes.sum());
        field(out, "total_net_output_bytes", counters.outputBytes.sum());
        field(out, "instantaneous_input_kbps", decimals(inputRate.perSecond() / 1024));
        field(out, "instantaneous_output_kbps", decimals(outputRate.perSecond() / 1024));
        field(out, "rejected_connections", counters.connectionsRejected.sum());
        field(out, "sync_full", 0);
        field(out, "sync_partial_ok", 0);
        field(out, "sync_partial_err", 0);
        field(out, "expired_subkeys", keyspace.expiredFields());
        field(out, "expired_keys", keyspace.expiredKeys());
        field(out, "evicted_keys", keyspace.evictedKeys());
        field(out, "evicted_clients", 0);
        field(out, "evicted_scripts", 0);
        field(out, "keyspace_hits", dispatcher.get().stats().hits());
        field(out, "keyspace_misses", dispatcher.get().stats().misses());
        field(out, "pubsub_channels", pubSub.channelCount());
        field(out, "pubsub_patterns", pubSub.patternCount());
        field(out, "pubsubshard_channels", pubSub.shardChannelCount());
        field(out, "latest_fork_usec", 0);
        field(out, "total_forks", 0);
        field(out, "tracking_total_keys", tracking.keyCount());
        field(out, "tracking_total_items", tracking.itemCount());
        field(out, "tracking_total_prefixes", tracking.prefixCount());
        field(out, "unexpected_error_replies", 0);
        field(out, "total_error_replies", counters.errorReplies.sum());
        field(out, "total_reads_processed", counters.reads.sum());
        field(out, "total_writes_processed", counters.writes.sum());
        field(out, "query_pool_waits", counters.queryPoolWaits.sum());
        field(out, "index_waits", counters.indexWaits.sum());
        field(out, "client_query_buffer_limit_disconnections", counters.queryBufferClosings.sum());
        field(out, "client_output_buffer_limit_disconnections", counters.outputBufferClosings.sum());
        field(out, "acl_access_denied_auth", counters.aclDeniedAuth.sum());
    }

    private void replication(StringBuilder out) {
        field(out, "role", "master");
        field(out, "connected_slaves", 0);
        field(out, "master_failover_state", "no-failover");
        field(out, "master_replid", runId);
        field(out, "master_replid2", "0".repeat(40));
        field(out, "master_repl_offset", 0);
        field(out, "second_repl_offset", -1);
        field(out, "repl_backlog_active", 0);
    }

    private static void cpu(StringBuilder out) {
        double[] seconds = ProcessInfo.cpuSeconds();
        field(out, "used_cpu_sys", String.format(Locale.ROOT, "%.6f", seconds[1]));
        field(out, "used_cpu_user", String.format(Locale.ROOT, "%.6f", seconds[0]));
        field(out, "used_cpu_sys_children", "0.000000");
        field(out, "used_cpu_user_children", "0.000000");
    }

    private void commandStats(StringBuilder out) {
        for (Map.Entry<CommandEntry, CommandStats.Totals> entry :
                dispatcher.get().stats().all().entrySet()) {
            CommandStats.Totals totals = entry.getValue();
            long micros = totals.nanos() / 1000;
            field(
                    out,
                    "cmdstat_" + entry.getKey().spec().wireName(),
                    "calls=" + totals.calls() + ",usec=" + micros + ",usec_per_call="
                            + decimals(totals.calls() == 0 ? 0 : totals.nanos() / 1000.0 / totals.calls())
                            + ",rejected_calls=" + totals.rejected() + ",failed_calls=" + totals.failed());
        }
    }

    private void errorStats(StringBuilder out) {
        dispatcher.get().stats().errors().forEach((code, count) -> field(out, "errorstat_" + code, "count=" + count));
    }

    private void latencyStats(StringBuilder out) {
        if (!settings.flag("latency-tracking").getAsBoolean()) {
            return;
        }
        String chosen = settings.text("latency-tracking-info-percentiles").get();
        String[] percentiles = chosen.isBlank() ? new String[0] : chosen.trim().split("\\s+", -1);
        for (Map.Entry<CommandEntry, CommandStats.Totals> entry :
                dispatcher.get().stats().all().entrySet()) {
            if (entry.getValue().calls() == 0) {
                continue;
            }
            StringBuilder line = new StringBuilder();
            for (String percentile : percentiles) {
                double share = Double.parseDouble(percentile) / 100;
                line.append(line.isEmpty() ? "" : ",")
                        .append('p')
                        .append(percentile)
                        .append('=')
                        .append(String.format(
                                Locale.ROOT, "%.3f", entry.getValue().percentileNanos(share) / 1000.0));
            }
            field(out, "latency_percentiles_usec_" + entry.getKey().spec().wireName(), line.toString());
        }
    }

    private void keyspace(StringBuilder out) {
        long now = state.clock().nowMillis();
        for (int i = 0; i < keyspace.databases(); i++) {
            Database database = keyspace.database(i);
            long keys = database.size();
            if (keys > 0) {
                field(
                        out,
                        "db" + i,
                        "keys=" + keys + ",expires=" + database.expires() + ",avg_ttl="
                                + database.averageTtlMillis(now));
            }
        }
    }

    private static void sized(StringBuilder out, String name, long bytes) {
        field(out, name, bytes);
        field(out, name + "_human", MemoryInfo.human(bytes));
    }

    private static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%.2f%%", whole == 0 ? 0.0 : 100.0 * part / whole);
    }

    private static String ratio(long part, long whole) {
        return decimals(whole == 0 ? 0 : (double) part / whole);
    }

    private static String decimals(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static void field(StringBuilder out, String name, long value) {
        out.append(name).append(':').append(value).append("\r\n");
    }

    private static void field(StringBuilder out, String name, String value) {
        out.append(name).append(':').append(value).append("\r\n");
    }
}
