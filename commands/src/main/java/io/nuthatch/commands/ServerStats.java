package io.nuthatch.commands;

import java.util.concurrent.atomic.LongAdder;

/// Counters of the server's own doings that `INFO stats` prints. Any thread.
public final class ServerStats {
    public final LongAdder connectionsReceived = new LongAdder();
    public final LongAdder connectionsRejected = new LongAdder();
    public final LongAdder inputBytes = new LongAdder();
    public final LongAdder outputBytes = new LongAdder();
    public final LongAdder reads = new LongAdder();
    public final LongAdder writes = new LongAdder();
    /// Clients closed because they broke `client-query-buffer-limit`.
    public final LongAdder queryBufferClosings = new LongAdder();
    /// Clients closed because they broke `client-output-buffer-limit`.
    public final LongAdder outputBufferClosings = new LongAdder();
    /// Commands that had to wait for room on the query pool.
    public final LongAdder queryPoolWaits = new LongAdder();
    /// Commands that had to wait until fewer vectors waited for their graph.
    public final LongAdder indexWaits = new LongAdder();
    public final LongAdder aclDeniedAuth = new LongAdder();
    public final LongAdder errorReplies = new LongAdder();

    /// `CONFIG RESETSTAT`.
    public void reset() {
        connectionsReceived.reset();
        connectionsRejected.reset();
        inputBytes.reset();
        outputBytes.reset();
        reads.reset();
        writes.reset();
        queryBufferClosings.reset();
        outputBufferClosings.reset();
        queryPoolWaits.reset();
        indexWaits.reset();
        aclDeniedAuth.reset();
        errorReplies.reset();
    }
}
