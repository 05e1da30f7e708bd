package io.nuthatch.commands.tracking;

import io.nuthatch.commands.pubsub.KeyspaceNotifications;
import io.nuthatch.commands.transaction.WatchTable;
import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.KeyspaceListener;

/// The keyspace's one listener: tells of each change those who asked, `WATCH`, client tracking and keyspace
/// notifications, in this order.
///
/// While nobody asked, an event costs three volatile reads. Called under stripes, from any thread; nothing
/// here waits.
public final class KeyspaceFanOut implements KeyspaceListener {
    private final WatchTable watches;
    private final TrackingTable tracking;
    private final KeyspaceNotifications notifications;
    private final EpochClock clock;

    public KeyspaceFanOut(
            WatchTable watches, TrackingTable tracking, KeyspaceNotifications notifications, EpochClock clock) {
        this.watches = watches;
        this.tracking = tracking;
        this.notifications = notifications;
        this.clock = clock;
    }

    @Override
    public void onEvent(Database database, Key key, KeyEvent event) {
        if (!watches.isEmpty()) {
            watches.onEvent(database.index(), key, event);
        }
        if (tracking.isActive()) {
            tracking.onEvent(key, event);
        }
        if (notifications.isOn()) {
            notifications.onEvent(database.index(), key, event);
        }
    }

    @Override
    public void onFlush(Database database) {
        if (!watches.isEmpty()) {
            watches.onFlush(database, clock.nowMillis());
        }
        if (tracking.isActive()) {
            tracking.onFlush();
        }
    }
}
