package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import java.util.ArrayList;
import java.util.List;

/// The commands that a client has queued since `MULTI`.
///
/// Used by the thread that executes for the session; its size is read by others for `CLIENT LIST`.
public final class Transaction {
    /// A command waiting for `EXEC`; `args` are a copy of the request's.
    public record Queued(Command command, Args args) {}

    private final List<Queued> queue = new ArrayList<>();
    private volatile int size;
    private long bytes;
    private boolean isAborted;

    /// Queues a command; `args` must stay valid until `EXEC`.
    public void add(Command command, Args args) {
        queue.add(new Queued(command, args));
        bytes += args.totalBytes();
        size = queue.size();
    }

    /// The queued commands in the order in which they came.
    public List<Queued> queue() {
        return queue;
    }

    public int size() {
        return size;
    }

    /// Bytes of the queued arguments.
    public long bytes() {
        return bytes;
    }

    /// Notes that a command was refused while queueing: `EXEC` will answer `EXECABORT`.
    public void abort() {
        isAborted = true;
    }

    public boolean isAborted() {
        return isAborted;
    }
}
