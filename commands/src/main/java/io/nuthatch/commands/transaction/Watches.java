package io.nuthatch.commands.transaction;

import java.util.ArrayList;
import java.util.List;

/// The keys that one client watches. The list belongs to the client's thread; the mark is set by whoever
/// changes a key.
public final class Watches {
    private final List<WatchTable.Watched> keys = new ArrayList<>();
    private volatile int count;
    private volatile boolean isDirty;

    List<WatchTable.Watched> keys() {
        return keys;
    }

    void add(WatchTable.Watched watched) {
        keys.add(watched);
        count = keys.size();
    }

    void clear() {
        keys.clear();
        count = 0;
        isDirty = false;
    }

    void markDirty() {
        isDirty = true;
    }

    /// Whether a watched key has changed.
    public boolean isDirty() {
        return isDirty;
    }

    /// Keys watched.
    public int count() {
        return count;
    }
}
