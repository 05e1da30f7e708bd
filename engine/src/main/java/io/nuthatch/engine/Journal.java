package io.nuthatch.engine;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// The log of effects: what changed, never the command that changed it, so that a replay depends on neither
/// clock nor chance.
///
/// An effect carries its hash slot, key, operation and absolute expiry; a log sequence number (LSN) is given
/// at [#append]. LSNs start at 1 and rise by one. Effects of one hash slot are appended in the order in which
/// they were applied, because the appender holds that slot's stripe. Thread-safe.
public interface Journal extends Closeable {
    /// Appends one effect and returns its LSN. `effect` is copied before the call returns. Does not wait for
    /// the disk; waits only while the log's own buffer is full. Throws once an earlier write or sync has
    /// failed.
    long append(int hashSlot, MemorySegment effect) throws IOException;

    /// The highest LSN that is as safe as the configured policy promises; every lower one is too.
    long committedLsn();

    /// Runs `action` once `lsn` is committed: at once on this thread when it already is, else on the log's
    /// thread, in LSN order. `action` is short and does not throw; a reply is let go this way.
    void whenCommitted(long lsn, Runnable action);
}
