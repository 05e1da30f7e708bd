package io.nuthatch.commands.admin;

import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.commands.ExecutionListener;
import io.nuthatch.commands.Session;
import io.nuthatch.resp.Args;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Sorts slow commands into the slow log and the latency monitor, and tells the dispatcher from which
/// duration on it has to report.
public final class ExecutionWatch implements ExecutionListener {
    private final SlowLog slowLog;
    private final LatencyMonitor latency;
    private final LongSupplier slowMicros;
    private final LongSupplier latencyMillis;

    /// `slowMicros` is `slowlog-log-slower-than`, negative for off; `latencyMillis` is
    /// `latency-monitor-threshold`, 0 for off.
    public ExecutionWatch(
            SlowLog slowLog, LatencyMonitor latency, LongSupplier slowMicros, LongSupplier latencyMillis) {
        this.slowLog = slowLog;
        this.latency = latency;
        this.slowMicros = slowMicros;
        this.latencyMillis = latencyMillis;
    }

    /// Makes the thresholds count; called at the start and whenever one was changed.
    public void apply(Dispatcher dispatcher) {
        long micros = slowMicros.getAsLong();
        long millis = latencyMillis.getAsLong();
        long threshold = Long.MAX_VALUE;
        if (micros >= 0) {
            threshold = TimeUnit.MICROSECONDS.toNanos(micros);
        }
        if (millis > 0) {
            threshold = Math.min(threshold, TimeUnit.MILLISECONDS.toNanos(millis));
        }
        dispatcher.listenToSlow(threshold == Long.MAX_VALUE ? null : this, threshold);
    }

    @Override
    public void executed(Session session, CommandSpec spec, Args args, long durationNanos, long nowMillis) {
        long micros = slowMicros.getAsLong();
        if (micros >= 0
                && durationNanos >= TimeUnit.MICROSECONDS.toNanos(micros)
                && !spec.is(CommandFlag.SKIP_SLOWLOG)) {
            slowLog.add(session, spec, args, durationNanos, nowMillis);
        }
        long millis = latencyMillis.getAsLong();
        if (millis > 0 && durationNanos >= TimeUnit.MILLISECONDS.toNanos(millis)) {
            latency.add(
                    spec.is(CommandFlag.FAST) ? "fast-command" : "command",
                    nowMillis,
                    TimeUnit.NANOSECONDS.toMillis(durationNanos));
        }
    }
}
