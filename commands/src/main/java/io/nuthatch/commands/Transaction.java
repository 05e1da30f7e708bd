package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The commands that a client has queued since `MULTI`. Belongs to one session; not thread-safe.
public final class Transaction {
    /// A queued command with arguments of its own.
    public record Queued(CommandEntry entry, Args args) {}

    private final List<Queued> queue = new ArrayList<>();
    private long bytes;
    private @Nullable String abortReason;
    private boolean hasPoolCommand;

    /// The commands in their order.
    public List<Queued> queue() {
        return queue;
    }

    /// Bytes of the queued arguments.
    public long bytes() {
        return bytes;
    }

    /// Whether a command was refused while queueing, so that `EXEC` must fail.
    public boolean isAborted() {
        return abortReason != null;
    }

    /// Whether a queued command belongs on the query pool, and so the whole transaction.
    public boolean hasPoolCommand() {
        return hasPoolCommand;
    }

    /// Makes `EXEC` answer `EXECABORT`.
    public void abort(String reason) {
        abortReason = reason;
    }

    void add(CommandEntry entry, Args args) {
        Args copy = args.copy();
        queue.add(new Queued(entry, copy));
        bytes += copy.totalBytes() + 64L * copy.count();
        hasPoolCommand |= entry.spec().placement() == Placement.QUERY_POOL;
    }
}
