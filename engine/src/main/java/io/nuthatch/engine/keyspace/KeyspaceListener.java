package io.nuthatch.engine.keyspace;

/// Hears of every change to a key: WATCH, client tracking, keyspace notifications and the index update stand
/// behind it.
///
/// There is one listener; fan-out is its own affair. It is called on the thread that made the change, under
/// the key's stripe and after the change, and must not block or take another stripe. `key` is valid during
/// the call only.
public interface KeyspaceListener {
    /// `event` happened to `key`; after a removal the key is no longer there.
    void onEvent(Database database, Key key, KeyEvent event);

    /// `database` was emptied as a whole (FLUSHDB, FLUSHALL, each side of SWAPDB), under all stripes. No
    /// event per key comes beside it.
    void onFlush(Database database);
}
