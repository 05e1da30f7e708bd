package io.nuthatch.commands;

import io.nuthatch.resp.Args;

/// Told of commands that were executed: `MONITOR`, the slow log, the latency monitor.
public interface ExecutionListener {
    /// Called after the command, on the thread that executed it, without any stripe held. `args` are valid
    /// only during the call. Must not block.
    void executed(Session session, CommandSpec spec, Args args, long durationNanos, long nowMillis);
}
