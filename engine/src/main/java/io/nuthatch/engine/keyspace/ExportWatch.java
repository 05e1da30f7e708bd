package io.nuthatch.engine.keyspace;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// What an export must hear of the writes that go on beside it.
///
/// Two things: that the large value it is copying piece by piece was changed, and that a key came by RENAME
/// or MOVE to where the export has been already. The second would otherwise be in no image at all: neither
/// where it was, as the export comes there too late, nor where it is.
///
/// Threads: [#onEvent] under the key's stripe, by any thread; the rest by the exporting one.
final class ExportWatch {
    record Moved(int database, byte[] key) {}

    private final Queue<Moved> moved = new ConcurrentLinkedQueue<>();
    private volatile int slotReached = -1;
    private volatile @Nullable Database watchedDatabase;
    private volatile long watchedHash;
    private volatile boolean isChanged;

    void onEvent(Database database, Key key, KeyEvent event) {
        if (!event.isChange()) {
            return;
        }
        if (database == watchedDatabase && key.hash() >>> 32 == watchedHash) {
            isChanged = true;
        }
        // The stripe is held: if the export has not come to this slot yet, it will find the key there.
        if ((event == KeyEvent.RENAME_TO || event == KeyEvent.MOVE_TO) && key.hashSlot() <= slotReached) {
            moved.add(new Moved(database.index(), key.toBytes()));
        }
    }

    /// The export is about to take the stripe of `slot`; slots ascend.
    void reach(int slot) {
        slotReached = slot;
    }

    /// Under the key's stripe: from now on [#isChanged] says whether it was written to.
    void watch(Database database, Key key) {
        isChanged = false;
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
    Moved poll() {
        return moved.poll();
    }
}
