package io.nuthatch.tiering.flat;

import io.nuthatch.tiering.disk.DirectFile;
import java.io.IOException;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/// Which slots of a row file may be written.
///
/// A slot is **free**, **taken** (a row is being written to it), **live** (an id names it), or **kept**: no
/// id names it any more, but a flush does, whole or under way. Kept slots become free when those flushes are
/// forgotten; so what somebody may come back to is never overwritten.
///
/// Slots come and go in groups of [#GROUP]: the file grows by a group at a time, so that a full disk is met
/// before a row is written; a group that is free as a whole is given back to the file system. The lowest free
/// slot is taken first, so that the end of the file empties.
///
/// Threads: any; the lock is held for bits and for system calls without I/O of data.
final class SlotPool {
    static final int GROUP = 256;

    private final DirectFile file;
    private final int slotBytes;
    private final BitSet free = new BitSet(); // All guarded by this.
    private final BitSet live = new BitSet();
    private final BitSet punched = new BitSet(); // Groups without room on the disk, all of them free.
    private final BitSet kept = new BitSet(); // Named by any flush.
    private BitSet last; // Named by the last flush that is whole.
    private @Nullable BitSet pending; // Named by the flush under way.
    private int limit; // Slots that the file has.
    private int hint; // No slot below is free.

    /// A pool over `file`, whose first `limit` slots exist and of which `named` are named by a flush, the
    /// only one.
    SlotPool(DirectFile file, int slotBytes, int limit, BitSet named) {
        this.file = file;
        this.slotBytes = slotBytes;
        this.limit = limit;
        this.last = named;
        kept.or(named);
        live.or(named);
        free.set(0, limit);
        free.andNot(named);
    }

    /// A slot to write to; it is the caller's until [#publish] or [#abandon].
    synchronized int take() throws IOException {
        int slot = free.nextSetBit(hint);
        if (slot < 0) {
            slot = limit;
            if (limit > Integer.MAX_VALUE - 2 * GROUP) {
                throw new IOException(file.path() + " has " + limit + " slots, and cannot have more");
            }
            file.reserve((long) limit * slotBytes, (long) GROUP * slotBytes);
            free.set(limit, limit + GROUP);
            limit += GROUP;
        }
        int group = slot / GROUP;
        if (punched.get(group)) {
            file.reserve((long) group * GROUP * slotBytes, (long) GROUP * slotBytes);
            punched.clear(group);
        }
        free.clear(slot);
        hint = slot + 1;
        return slot;
    }

    /// An id names the slot now.
    synchronized void publish(int slot) {
        live.set(slot);
    }

    /// Nothing came of it.
    synchronized void abandon(int slot) {
        toFree(slot);
    }

    /// No id names the slot any more.
    synchronized void release(int slot) {
        live.clear(slot);
        if (!kept.get(slot) && (pending == null || !pending.get(slot))) {
            toFree(slot);
        }
    }

    private void toFree(int slot) {
        free.set(slot);
        hint = Math.min(hint, slot);
    }

    /// A flush begins: keeps all that is live now, until [#endFlush].
    synchronized void beginFlush() {
        assert pending == null : "two flushes at once";
        pending = (BitSet) live.clone();
    }

    /// The flush is whole, or failed; one that failed may still be found by a restart, so it counts as well.
    synchronized void endFlush(boolean isWhole) {
        BitSet named = pending;
        if (named == null) {
            return;
        }
        pending = null;
        kept.or(named);
        if (isWhole) {
            last = named;
        }
    }

    /// No flush counts any more but the last one that is whole.
    synchronized void forgetOlderFlushes() {
        free.or(kept);
        free.andNot(last);
        free.andNot(live);
        kept.clear();
        kept.or(last);
        hint = 0;
    }

    /// Gives free groups back to the file system: holes, and the end of the file.
    void giveBack() throws IOException {
        int group = cutEnd();
        while (true) {
            group = claim(group - 1);
            if (group < 0) {
                return;
            }
            boolean isPunched = false;
            try {
                file.punch((long) group * GROUP * slotBytes, (long) GROUP * slotBytes);
                isPunched = true;
            } finally {
                unclaim(group, isPunched);
            }
        }
    }

    /// Cuts free groups off the end; returns how many groups are left.
    private synchronized int cutEnd() throws IOException {
        int groups = limit / GROUP;
        int left = groups;
        while (left > 0 && isFree(left - 1)) {
            left--;
        }
        if (left < groups) {
            file.truncate((long) left * GROUP * slotBytes);
            limit = left * GROUP;
            free.clear(limit, groups * GROUP);
            punched.clear(left, groups);
        }
        return left;
    }

    private boolean isFree(int group) {
        return free.nextClearBit(group * GROUP) >= (group + 1) * GROUP;
    }

    /// Takes the last group up to `from` that is free and not yet a hole; -1 when there is none.
    private synchronized int claim(int from) {
        for (int group = Math.min(from, limit / GROUP - 1); group >= 0; group--) {
            if (!punched.get(group) && isFree(group)) {
                free.clear(group * GROUP, (group + 1) * GROUP);
                return group;
            }
        }
        return -1;
    }

    private synchronized void unclaim(int group, boolean isPunched) {
        free.set(group * GROUP, (group + 1) * GROUP);
        punched.set(group, isPunched);
        hint = Math.min(hint, group * GROUP);
    }
}
