package io.nuthatch.server.admin;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.nuthatch.commands.CommandStats;
import io.nuthatch.commands.ServerState;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.recall.LiveRecall;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Locale;

/// Every meter of the server, read when it is scraped: the paths of commands and searches keep the plain
/// counters they have anyhow and know nothing of this.
///
/// The process's own meters (heap, collections, threads, CPU) are Micrometer's; those of commands, clients,
/// memory and indexes are built here from [CommandStats], [ServerState], [MemoryAccount] and [Indexes],
/// because Micrometer's timers would record each call a second time. Any thread.
public final class Meters implements AutoCloseable {
    /// Upper ends of the latency buckets in nanoseconds: 1, 2, 5 from a microsecond to ten seconds.
    private static final long[] BOUNDS = new long[22];

    static {
        long decade = 1_000;
        for (int i = 0; i < BOUNDS.length; i++) {
            BOUNDS[i] = decade * (i % 3 == 0 ? 1 : i % 3 == 1 ? 2 : 5);
            decade *= i % 3 == 2 ? 10 : 1;
        }
    }

    private final PrometheusMeterRegistry registry;
    private final JvmGcMetrics collections = new JvmGcMetrics();

    /// Meters of one server.
    public Meters(CommandStats commands, ServerState state, Keyspace keyspace, MemoryAccount memory, Indexes indexes) {
        PrometheusRegistry prometheus = new PrometheusRegistry();
        registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, prometheus, Clock.SYSTEM);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
        prometheus.register(new MultiCollector() {
            @Override
            public MetricSnapshots collect() {
                MetricSnapshots.Builder all = MetricSnapshots.builder();
                addCommands(all, commands);
                addServer(all, state, keyspace);
                addMemory(all, memory, keyspace);
                addIndexes(all, indexes);
                addRecall(all, indexes);
                return all.build();
            }
        });
    }

    /// Everything in Prometheus's text format.
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }

    private static void addCommands(MetricSnapshots.Builder all, CommandStats stats) {
        HistogramSnapshot.Builder durations = HistogramSnapshot.builder()
                .name("nuthatch_command_duration_seconds")
                .help("Commands executed and how long they took, by command");
        CounterSnapshot.Builder failures = CounterSnapshot.builder()
                .name("nuthatch_command_failures")
                .help("Commands executed that answered an error, by command");
        CounterSnapshot.Builder rejections = CounterSnapshot.builder()
                .name("nuthatch_command_rejections")
                .help("Commands refused before they were executed, by command");
        stats.all().forEach((entry, totals) -> {
            Labels command = Labels.of("command", entry.spec().name().toLowerCase(Locale.ROOT));
            durations.dataPoint(HistogramDataPointSnapshot.builder()
                    .labels(command)
                    .classicHistogramBuckets(buckets(totals.histogram()))
                    .sum(totals.nanos() / 1e9)
                    .build());
            failures.dataPoint(counter(command, totals.failed()));
            rejections.dataPoint(counter(command, totals.rejected()));
        });
        all.metricSnapshot(durations.build()).metricSnapshot(failures.build()).metricSnapshot(rejections.build());
        CounterSnapshot.Builder errors =
                CounterSnapshot.builder().name("nuthatch_error_replies").help("Error replies, by their first word");
        stats.errors().forEach((code, count) -> errors.dataPoint(counter(Labels.of("code", code), count)));
        all.metricSnapshot(errors.build());
    }

    /// The fine buckets of [CommandStats] summed into ours.
    private static ClassicHistogramBuckets buckets(long[] histogram) {
        long[] counts = new long[BOUNDS.length + 1];
        for (int i = 0; i < histogram.length; i++) {
            if (histogram[i] != 0) {
                counts[bound(CommandStats.bucketNanos(i))] += histogram[i];
            }
        }
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        for (int i = 0; i < counts.length; i++) {
            buckets.bucket(i < BOUNDS.length ? BOUNDS[i] / 1e9 : Double.POSITIVE_INFINITY, Math.max(0, counts[i]));
        }
        return buckets.build();
    }

    private static int bound(long nanos) {
        int i = 0;
        while (i < BOUNDS.length && nanos > BOUNDS[i]) {
            i++;
        }
        return i;
    }

    private static void addServer(MetricSnapshots.Builder all, ServerState state, Keyspace keyspace) {
        all.metricSnapshot(gauge(
                "nuthatch_connections", "Clients connected", state.clients().count()));
        all.metricSnapshot(counter(
                "nuthatch_connections_received",
                "Connections accepted",
                state.stats().connectionsReceived.sum()));
        all.metricSnapshot(counter(
                "nuthatch_connections_rejected",
                "Connections refused: too many, or protected mode",
                state.stats().connectionsRejected.sum()));
        all.metricSnapshot(counter(
                "nuthatch_input_bytes",
                "Bytes read from clients",
                state.stats().inputBytes.sum()));
        all.metricSnapshot(counter(
                "nuthatch_output_bytes",
                "Bytes written to clients",
                state.stats().outputBytes.sum()));
        all.metricSnapshot(counter(
                "nuthatch_query_pool_waits",
                "Long commands that waited for room on the query pool",
                state.stats().queryPoolWaits.sum()));
        all.metricSnapshot(counter(
                "nuthatch_index_waits",
                "Commands that waited until fewer vectors waited for their graph",
                state.stats().indexWaits.sum()));
        all.metricSnapshot(
                counter("nuthatch_expired_keys", "Keys removed because they expired", keyspace.expiredKeys()));
        all.metricSnapshot(
                counter("nuthatch_evicted_keys", "Keys removed because of maxmemory", keyspace.evictedKeys()));
        GaugeSnapshot.Builder keys =
                GaugeSnapshot.builder().name("nuthatch_keys").help("Keys, by database");
        for (int i = 0; i < keyspace.databases(); i++) {
            long size = keyspace.database(i).size();
            if (size != 0 || i == 0) {
                keys.dataPoint(gauge(Labels.of("database", Integer.toString(i)), size));
            }
        }
        all.metricSnapshot(keys.build());
    }

    private static void addMemory(MetricSnapshots.Builder all, MemoryAccount memory, Keyspace keyspace) {
        GaugeSnapshot.Builder parts = GaugeSnapshot.builder()
                .name("nuthatch_memory_bytes")
                .help("Memory off the Java heap, by owner (the keyspace or an index) and part");
        for (String owner : memory.byOwner().keySet()) {
            memory.byPart(owner)
                    .forEach((part, bytes) -> parts.dataPoint(gauge(Labels.of("owner", owner, "part", part), bytes)));
        }
        all.metricSnapshot(parts.build());
        all.metricSnapshot(
                gauge("nuthatch_memory_used_bytes", "Bytes of keys, values and their tables", keyspace.usedBytes()));
    }

    private static void addIndexes(MetricSnapshots.Builder all, Indexes indexes) {
        CounterSnapshot.Builder searches = CounterSnapshot.builder()
                .name("nuthatch_index_uses")
                .help("Searches and other commands that named the index");
        GaugeSnapshot.Builder documents =
                GaugeSnapshot.builder().name("nuthatch_index_documents").help("Documents in the index");
        GaugeSnapshot.Builder lag = GaugeSnapshot.builder()
                .name("nuthatch_index_lag_vectors")
                .help("Vectors that searches find in the flat buffer and that are not in the graph yet");
        GaugeSnapshot.Builder progress = GaugeSnapshot.builder()
                .name("nuthatch_index_progress_ratio")
                .help("Share of the documents older than the index that has been read");
        for (SearchIndex index : indexes.all()) {
            Labels label = Labels.of("index", index.name());
            searches.dataPoint(counter(label, index.uses()));
            documents.dataPoint(gauge(label, index.size()));
            lag.dataPoint(gauge(label, index.vectorLag()));
            progress.dataPoint(gauge(label, index.progress()));
        }
        all.metricSnapshot(searches.build())
                .metricSnapshot(documents.build())
                .metricSnapshot(lag.build())
                .metricSnapshot(progress.build());
    }

    private static void addRecall(MetricSnapshots.Builder all, Indexes indexes) {
        GaugeSnapshot.Builder recalls = GaugeSnapshot.builder()
                .name("nuthatch_recall_ratio")
                .help("Recall of the answers of late, by field and band of filter");
        GaugeSnapshot.Builder lows =
                GaugeSnapshot.builder().name("nuthatch_recall_low_ratio").help("Lower bound of it, 95 % confidence");
        GaugeSnapshot.Builder highs =
                GaugeSnapshot.builder().name("nuthatch_recall_high_ratio").help("Upper bound of it, 95 % confidence");
        CounterSnapshot.Builder checks =
                CounterSnapshot.builder().name("nuthatch_recall_checks").help("Searches that were run again exactly");
        GaugeSnapshot.Builder widths = GaugeSnapshot.builder()
                .name("nuthatch_recall_ef_runtime")
                .help("Width of walk for the recall that was asked for last");
        for (SearchIndex index : indexes.all()) {
            index.recalls().forEach((field, recall) -> {
                for (FieldRecall.Estimate estimate : recall.estimates()) {
                    Labels labels = Labels.of(
                            "index",
                            index.name(),
                            "field",
                            field,
                            "filter",
                            estimate.band().label());
                    recalls.dataPoint(gauge(labels, estimate.estimate()));
                    lows.dataPoint(gauge(labels, estimate.low()));
                    highs.dataPoint(gauge(labels, estimate.high()));
                    checks.dataPoint(counter(labels, estimate.checks()));
                }
                for (FieldRecall.Target target : recall.targets()) {
                    Labels labels = Labels.of(
                            "index",
                            index.name(),
                            "field",
                            field,
                            "filter",
                            target.band().label(),
                            "k",
                            "" + target.k());
                    widths.dataPoint(gauge(labels, target.ef()));
                }
            });
        }
        LiveRecall.Stats stats = indexes.liveRecall().stats();
        all.metricSnapshot(recalls.build())
                .metricSnapshot(lows.build())
                .metricSnapshot(highs.build())
                .metricSnapshot(checks.build())
                .metricSnapshot(widths.build())
                .metricSnapshot(counter("nuthatch_recall_samples", "Searches taken as samples", stats.sampled()))
                .metricSnapshot(
                        counter("nuthatch_recall_samples_dropped", "Samples that nobody had time for", stats.dropped()))
                .metricSnapshot(counter(
                        "nuthatch_recall_samples_stale",
                        "Samples whose documents changed before the check",
                        stats.stale()));
    }

    private static GaugeSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(gauge(Labels.EMPTY, value))
                .build();
    }

    private static GaugeDataPointSnapshot gauge(Labels labels, double value) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    private static CounterSnapshot counter(String name, String help, long value) {
        return CounterSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(counter(Labels.EMPTY, value))
                .build();
    }

    private static CounterDataPointSnapshot counter(Labels labels, long value) {
        // Sums of counters that others write may step back by a moment; Prometheus takes no negative one.
        return CounterDataPointSnapshot.builder()
                .labels(labels)
                .value(Math.max(0, value))
                .build();
    }
}
