package io.nuthatch.commands.transaction;

import io.nuthatch.commands.ByteString;
import io.nuthatch.commands.Session;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The keys that clients watch, and which of the clients may no longer execute.
///
/// A watched key is registered under its stripe, and its changes are told under the same stripe, so none is
/// missed. Redis's corners: a key that was already expired when it was watched may be deleted for that
/// without harm; a key whose time comes before `EXEC` fails it although nobody deleted it (its expiry is
/// noted here, as any change of it is an event); emptying a database harms those that watch a key that was
/// there or is there afterwards.
public final class WatchTable {
    private record WatchedKey(int database, ByteString key) {}

    private final Map<WatchedKey, Watched[]> watchers = new ConcurrentHashMap<>();
    private final AtomicInteger registrations = new AtomicInteger();

    /// One key watched by one client.
    ///
    /// @param isPresent whether the key was there, and not expired, when it was watched
    /// @param expireAtMillis when it goes by itself, Unix time; [Long#MAX_VALUE] for never
    record Watched(Watches owner, int database, ByteString key, boolean isPresent, long expireAtMillis) {}

    /// Registers a key; called under its stripe. Watching twice is watching once.
    void watch(Session session, int database, ByteString key, boolean isPresent, long expireAtMillis) {
        Watches mine = session.stateOrNew(Watches.class, () -> {
            session.onClose(() -> unwatch(session));
            return new Watches();
        });
        for (Watched watched : mine.keys()) {
            if (watched.database == database && watched.key.equals(key)) {
                return;
            }
        }
        Watched watched = new Watched(mine, database, key, isPresent, expireAtMillis);
        mine.add(watched);
        registrations.incrementAndGet();
        watchers.merge(new WatchedKey(database, key), new Watched[] {watched}, (old, added) -> {
            Watched[] joined = Arrays.copyOf(old, old.length + 1);
            joined[old.length] = added[0];
            return joined;
        });
    }

    /// Forgets every key that the client watches, and that one has changed.
    public void unwatch(Session session) {
        Watches mine = session.state(Watches.class);
        if (mine == null || mine.keys().isEmpty()) {
            return;
        }
        for (Watched watched : mine.keys()) {
            watchers.computeIfPresent(
                    new WatchedKey(watched.database, watched.key), (key, old) -> without(old, watched));
        }
        registrations.addAndGet(-mine.keys().size());
        mine.clear();
    }

    /// Whether the client's transaction may run at `nowMillis`; called with the locks of its commands held.
    boolean mayExecute(Session session, long nowMillis) {
        Watches mine = session.state(Watches.class);
        if (mine == null) {
            return true;
        }
        if (mine.isDirty()) {
            return false;
        }
        for (Watched watched : mine.keys()) {
            if (nowMillis >= watched.expireAtMillis) {
                return false;
            }
        }
        return true;
    }

    /// Whether nobody watches anything; the cheap question before [#onEvent].
    public boolean isEmpty() {
        return registrations.get() == 0;
    }

    /// A key changed; called under its stripe.
    public void onEvent(int database, Key key, KeyEvent event) {
        if (!event.isChange()) {
            return;
        }
        Watched[] found = watchers.get(new WatchedKey(database, ByteString.of(key.toBytes())));
        if (found != null) {
            for (Watched watched : found) {
                if (event != KeyEvent.EXPIRED || watched.isPresent) {
                    watched.owner.markDirty();
                }
            }
        }
    }

    /// A database was emptied or swapped; called under all stripes, after it.
    public void onFlush(Database database, long nowMillis) {
        watchers.forEach((key, all) -> {
            if (key.database == database.index()) {
                for (Watched watched : all) {
                    if (watched.isPresent || database.peek(Key.copyOf(key.key.bytes()), nowMillis) != 0) {
                        watched.owner.markDirty();
                    }
                }
            }
        });
    }

    /// Clients that watch at least one key.
    public int clientCount() {
        return (int) watchers.values().stream()
                .flatMap(Arrays::stream)
                .map(Watched::owner)
                .distinct()
                .count();
    }

    /// Different keys that are watched.
    public int keyCount() {
        return watchers.size();
    }

    private static Watched @Nullable [] without(Watched[] old, Watched gone) {
        if (old.length == 1) {
            return old[0] == gone ? null : old;
        }
        return Arrays.stream(old).filter(watched -> watched != gone).toArray(Watched[]::new);
    }
}
