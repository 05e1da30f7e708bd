package io.nuthatch.server;

import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.KeyspaceListener;

/// The keyspace's one listener when two want to hear: `first` hears of each change before `second`.
record ListenerPair(KeyspaceListener first, KeyspaceListener second) implements KeyspaceListener {
    @Override
    public void onEvent(Database database, Key key, KeyEvent event) {
        first.onEvent(database, key, event);
        second.onEvent(database, key, event);
    }

    @Override
    public void onFlush(Database database) {
        first.onFlush(database);
        second.onFlush(database);
    }
}
