package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// What an export must hear of the writes that go on beside it.
///
/// - That the large value it is copying piece by piece was changed.
/// - Without a log, that a key came by RENAME or MOVE to where the export has been already. It would
///   otherwise be in no image at all: neither where it was, as the export comes there too late, nor where it
///   is.
/// - With a log, which keys of the hash slot at hand were written to since that slot was begun.
///
/// Threads: [#onEvent] and [#onChange] under the key's stripe, by any thread; the rest by the exporting one.
final class ExportWatch {
    /// A key that is to be written again.
    record Again(int database, byte[] key) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Again(int otherDatabase, byte[] otherKey)
                    && database == otherDatabase
                    && Arrays.equals(key, otherKey);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(key) + database;
        }
    }

    private final boolean isLogged;
    private final Queue<Again> moved = new ConcurrentLinkedQueue<>();
    private final Set<Again> changed = new LinkedHashSet<>(); // Guarded by the stripe of the slot at hand.
    private volatile int slotReached = -1;
    private volatile int slotAtHand = -1;
    private volatile @Nullable Database watchedDatabase;
    private volatile long watchedHash;
    private volatile boolean isChanged;

    /// With `isLogged`, [#onChange] is given every change.
    ExportWatch(boolean isLogged) {
        this.isLogged = isLogged;
    }

    void onEvent(Database database, Key key, KeyEvent event) {
        if (!event.isChange()) {
            return;
        }
        if (database == watchedDatabase && key.hash() >>> 32 == watchedHash) {
            isChanged = true;
        }
        if (isLogged) {
            return; // The log tells of what came late.
        }
        // The stripe is held: if the export has not come to this slot yet, it will find the key there.
        if ((event == KeyEvent.RENAME_TO || event == KeyEvent.MOVE_TO) && key.hashSlot() <= slotReached) {
            moved.add(new Again(database.index(), key.toBytes()));
        }
    }

    void onChange(int database, long key, int length) {
        if (HashSlot.of(key, length) == slotAtHand) {
            changed.add(new Again(database, Memory.toBytes(key, length)));
        }
    }

    /// The export is about to take the stripe of `slot`; slots ascend.
    void reach(int slot) {
        slotReached = slot;
        slotAtHand = slot;
    }

    /// Under the slot's stripe: the keys that were written to since the last call, or since the slot was
    /// begun.
    List<Again> takeChanged() {
        List<Again> all = List.copyOf(changed);
        changed.clear();
        return all;
    }

    /// Under the slot's stripe: what is changed from now on is of no interest.
    void leaveSlot() {
        changed.clear();
        slotAtHand = -1;
    }

    /// Under the key's stripe: from now on [#isChanged] says whether it was written to.
    void watch(Database database, Key key) {
        isChanged = false;
        changed.remove(new Again(database.index(), key.toBytes())); // It is read only now.
        watchedHash = key.hash() >>> 32;
        watchedDatabase = database;
    }

    boolean isChanged() {
        return isChanged;
    }

    void unwatch() {
        watchedDatabase = null;
    }

    /// One of the keys that came late, or null.
    @Nullable
    Again poll() {
        return moved.poll();
    }
}
