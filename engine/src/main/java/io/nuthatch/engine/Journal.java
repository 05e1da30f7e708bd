package io.nuthatch.engine;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The log of effects: what changed, never the command that changed it, so that a replay depends on neither
/// clock nor chance.
///
/// One record holds all effects of one command, or of one MULTI: after a crash it is there as a whole or not
/// at all. A record gets a log sequence number (LSN) at [#append]; LSNs start at 1 and rise by one. What
/// survives a crash is always a prefix: all records up to some LSN, which is no lower than [#committedLsn]
/// was under the policy `always`, and none behind it. Records of one hash slot are appended in the order in
/// which they were applied, because the appender holds that slot's stripe. Thread-safe.
public interface Journal extends Closeable {
    /// When a record counts as committed; `appendfsync`.
    enum Policy {
        /// Once it would survive a loss of power.
        ALWAYS,
        /// Once the operating system has it; the disk follows within a second.
        EVERYSEC,
        /// Once the operating system has it; the disk follows when the system likes.
        NO
    }

    /// Appends the `bytes` bytes at `address` as one record and returns its LSN. The bytes are copied before
    /// the call returns. Never waits for the disk and never throws, as it is called under stripes: a writer
    /// asks [#refusal] and [#hasRoom] before it begins.
    long append(long address, int bytes);

    /// The LSN of the newest record, 0 for none.
    long appendedLsn();

    /// The highest LSN that is as safe as the policy promises; every lower one is too.
    long committedLsn();

    /// The highest LSN that survives a loss of power, whatever the policy; never above [#committedLsn].
    long syncedLsn();

    /// Runs `action` once, on whichever thread, as soon as `lsn` is committed or [#refusal] has changed: the
    /// action asks again. It is short and does not throw.
    void whenCommitted(long lsn, Runnable action);

    /// As [#whenCommitted], for [#syncedLsn].
    void whenSynced(long lsn, Runnable action);

    /// Asks for a sync of what was appended until now, whatever the policy; [#whenSynced] tells when it is
    /// done.
    void requestSync();

    /// Records up to `lsn` are in a checkpoint and never read again: files that hold no others go, soon and
    /// on the log's own thread. The newest file stays in any case, so that a log that is lost is missed. A
    /// file that cannot be deleted stays until the next call, and is in nobody's way.
    void cut(long lsn);

    /// Why nothing may be written now, for people to read (`No space left on device`), or null. It goes away
    /// by itself when the disk takes writes again, unless [#isFailed].
    @Nullable
    String refusal();

    /// Whether a sync has failed. What was not synced by then may be lost and nobody can tell: nothing is
    /// ever committed again, until a restart has read back what there is.
    boolean isFailed();

    /// Whether writers may go on: false while so much waits for the disk that they had better wait too.
    boolean hasRoom();

    /// Runs `action` once, on whichever thread, when [#hasRoom] may hold again: the action asks again.
    void whenRoom(Runnable action);

    /// When records count as committed now.
    Policy policy();

    /// Changes when records count as committed.
    void setPolicy(Policy policy);

    /// Bytes of all files.
    long sizeBytes();

    /// Bytes that were appended and not yet written.
    long bufferedBytes();

    /// Syncs that failed to end within a second, since the start.
    long delayedSyncs();

    /// Writes and syncs what was appended, as far as the disk takes it, and lets the files go.
    @Override
    void close() throws IOException;
}
