package io.nuthatch.commands.admin;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.CommandStats;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// `LATENCY` and its subcommands.
public final class LatencyCommands implements CommandFamily {
    private static final int GRAPH_COLUMNS = 80;
    private static final int GRAPH_ROWS = 4;

    private static final CommandSpec LATENCY = CommandSpec.named("LATENCY")
            .summary("Container of the commands about latency")
            .since("2.8.13")
            .group("server")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec LATENCY_DOCTOR = CommandSpec.named("LATENCY|DOCTOR")
            .summary("Reports on latency in words")
            .since("2.8.13")
            .group("server")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .build();

    private static final CommandSpec LATENCY_GRAPH = CommandSpec.named("LATENCY|GRAPH")
            .summary("Draws the latency of an event")
            .syntax("event")
            .since("2.8.13")
            .group("server")
            .arity(3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .build();

    private static final CommandSpec LATENCY_HELP = CommandSpec.named("LATENCY|HELP")
            .summary("Lists the subcommands")
            .since("2.8.13")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec LATENCY_HISTOGRAM = CommandSpec.named("LATENCY|HISTOGRAM")
            .summary("Gives the distribution of the durations of commands")
            .syntax("[command [command ...]]")
            .since("7.0.0")
            .group("server")
            .complexity("O(N)")
            .arity(-2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .build();

    private static final CommandSpec LATENCY_HISTORY = CommandSpec.named("LATENCY|HISTORY")
            .summary("Lists the samples of an event")
            .syntax("event")
            .since("2.8.13")
            .group("server")
            .arity(3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .build();

    private static final CommandSpec LATENCY_LATEST = CommandSpec.named("LATENCY|LATEST")
            .summary("Lists the last sample of each event")
            .since("2.8.13")
            .group("server")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .build();

    private static final CommandSpec LATENCY_RESET = CommandSpec.named("LATENCY|RESET")
            .summary("Forgets samples")
            .syntax("[event [event ...]]")
            .since("2.8.13")
            .group("server")
            .arity(-2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("request_policy:all_nodes", "response_policy:agg_sum")
            .build();

    private final LatencyMonitor monitor;
    private final LongSupplier thresholdMillis;
    private final Supplier<Dispatcher> dispatcher;

    /// `thresholdMillis` is `latency-monitor-threshold`.
    public LatencyCommands(LatencyMonitor monitor, LongSupplier thresholdMillis, Supplier<Dispatcher> dispatcher) {
        this.monitor = monitor;
        this.thresholdMillis = thresholdMillis;
        this.dispatcher = dispatcher;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.container(LATENCY),
                SimpleCommand.of(LATENCY_LATEST, (context, args, reply) -> latest(reply)),
                SimpleCommand.of(LATENCY_HISTORY, this::history),
                SimpleCommand.of(LATENCY_RESET, this::reset),
                SimpleCommand.of(LATENCY_GRAPH, this::graph),
                SimpleCommand.of(LATENCY_DOCTOR, (context, args, reply) -> reply.verbatim("txt", doctor())),
                SimpleCommand.of(LATENCY_HISTOGRAM, this::histogram),
                SimpleCommand.of(LATENCY_HELP, (context, args, reply) -> help(reply)));
    }

    private void latest(ReplyWriter reply) {
        Map<String, LatencyMonitor.Series> events = monitor.all();
        reply.array(events.size());
        events.forEach((name, series) -> {
            LatencyMonitor.Sample last = series.samples().getLast();
            reply.array(4);
            reply.bulk(name);
            reply.integer(last.seconds());
            reply.integer(last.millis());
            reply.integer(series.maxMillis());
        });
    }

    private void history(CommandContext context, Args args, ReplyWriter reply) {
        LatencyMonitor.Series series = monitor.all().get(args.text(2));
        List<LatencyMonitor.Sample> samples = series == null ? List.of() : series.samples();
        reply.array(samples.size());
        for (LatencyMonitor.Sample sample : samples) {
            reply.array(2);
            reply.integer(sample.seconds());
            reply.integer(sample.millis());
        }
    }

    private void reset(CommandContext context, Args args, ReplyWriter reply) {
        List<String> names = new ArrayList<>();
        for (int i = 2; i < args.count(); i++) {
            names.add(args.text(i));
        }
        int count = 0;
        for (String name : args.count() == 2 ? monitor.all().keySet() : names) {
            count += monitor.reset(name) ? 1 : 0;
        }
        reply.integer(count);
    }

    private void graph(CommandContext context, Args args, ReplyWriter reply) {
        String name = args.text(2);
        LatencyMonitor.Series series = monitor.all().get(name);
        if (series == null) {
            throw CommandException.of("ERR No samples available for event '%s'", name);
        }
        reply.verbatim("txt", draw(name, series, context.nowMillis() / 1000));
    }

    /// A column per sample, oldest left; each is as high as its duration between the least and the greatest,
    /// and below it stands how long ago it was.
    static String draw(String name, LatencyMonitor.Series series, long nowSeconds) {
        int skipped = Math.max(0, series.samples().size() - GRAPH_COLUMNS);
        List<LatencyMonitor.Sample> samples =
                series.samples().subList(skipped, series.samples().size());
        long low =
                samples.stream().mapToLong(LatencyMonitor.Sample::millis).min().orElse(0);
        long high =
                samples.stream().mapToLong(LatencyMonitor.Sample::millis).max().orElse(0);
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s - high %d ms, low %d ms (all time high %d ms)\n",
                name,
                high,
                low,
                series.maxMillis()));
        text.append("-".repeat(GRAPH_COLUMNS)).append('\n');
        for (int row = GRAPH_ROWS - 1; row >= 0; row--) {
            for (LatencyMonitor.Sample sample : samples) {
                double share = high == low ? 0 : (double) (sample.millis() - low) / (high - low);
                double level = share * (GRAPH_ROWS - 1);
                text.append(level > row ? '|' : level > row - 1 ? '_' : ' ');
            }
            text.append('\n');
        }
        text.append('\n');
        List<String> labels = new ArrayList<>();
        int longest = 0;
        for (LatencyMonitor.Sample sample : samples) {
            String label = age(Math.max(0, nowSeconds - sample.seconds()));
            labels.add(label);
            longest = Math.max(longest, label.length());
        }
        for (int i = 0; i < longest; i++) {
            for (String label : labels) {
                text.append(i < label.length() ? label.charAt(i) : ' ');
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String age(long seconds) {
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m";
        }
        return seconds < 86_400 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
    }

    private String doctor() {
        if (thresholdMillis.getAsLong() == 0) {
            return "Latency monitoring is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n";
        }
        Map<String, LatencyMonitor.Series> events = monitor.all();
        if (events.isEmpty()) {
            return "No latency spike was observed since the monitor was turned on.\n";
        }
        StringBuilder text = new StringBuilder("Latency spikes were observed:\n\n");
        int number = 1;
        for (Map.Entry<String, LatencyMonitor.Series> event : events.entrySet()) {
            List<LatencyMonitor.Sample> samples = event.getValue().samples();
            double mean = samples.stream()
                    .mapToLong(LatencyMonitor.Sample::millis)
                    .average()
                    .orElse(0);
            text.append(String.format(
                    Locale.ROOT,
                    "%d. %s: %d latency spikes (average %.0f ms), worst all time event %d ms\n",
                    number++,
                    event.getKey(),
                    samples.size(),
                    mean,
                    event.getValue().maxMillis()));
        }
        text.append("\n- SLOWLOG GET shows which commands were slow, and with which arguments.\n");
        return text.toString();
    }

    private void histogram(CommandContext context, Args args, ReplyWriter reply) {
        CommandStats stats = dispatcher.get().stats();
        Map<CommandEntry, CommandStats.Totals> all = stats.all();
        Map<CommandEntry, CommandStats.Totals> chosen = new LinkedHashMap<>();
        if (args.count() == 2) {
            chosen.putAll(all);
        } else {
            for (int i = 2; i < args.count(); i++) {
                String name = args.text(i).toUpperCase(Locale.ROOT);
                all.forEach((entry, totals) -> {
                    if (entry.spec().name().equals(name) || entry.spec().name().startsWith(name + "|")) {
                        chosen.put(entry, totals);
                    }
                });
            }
        }
        chosen.values().removeIf(totals -> totals.calls() == 0);
        reply.map(chosen.size());
        chosen.forEach((entry, totals) -> {
            Map<Long, Long> buckets = cumulative(totals.histogram());
            reply.bulk(entry.spec().wireName());
            reply.map(2);
            reply.bulk("calls");
            reply.integer(totals.calls());
            reply.bulk("histogram_usec");
            reply.map(buckets.size());
            buckets.forEach((micros, count) -> {
                reply.integer(micros);
                reply.integer(count);
            });
        });
    }

    /// Calls that took at most so many microseconds, in steps of powers of two of 1024 ns; steps without a
    /// call of their own are left out.
    static Map<Long, Long> cumulative(long[] histogram) {
        Map<Long, Long> buckets = new LinkedHashMap<>();
        long total = 0;
        for (long count : histogram) {
            total += count;
        }
        long seen = 0;
        int at = 0;
        for (long limit = 1024; seen < total && limit > 0; limit <<= 1) {
            long before = seen;
            while (at < histogram.length && CommandStats.bucketNanos(at) <= limit) {
                seen += histogram[at++];
            }
            if (seen > before) {
                buckets.put(limit / 1000, seen);
            }
        }
        return buckets;
    }

    private static void help(ReplyWriter reply) {
        Help.write(
                reply,
                "LATENCY",
                "DOCTOR",
                "    Report on latency in words.",
                "GRAPH <event>",
                "    Draw the samples of an event.",
                "HISTORY <event>",
                "    List the samples of an event: Unix time, milliseconds.",
                "LATEST",
                "    List the last sample of each event, and its worst.",
                "RESET [<event> ...]",
                "    Forget the samples of the events; of all when none is named.",
                "HISTOGRAM [COMMAND ...]",
                "    Give the cumulative distribution of durations of commands; of all when none is named.");
    }
}
