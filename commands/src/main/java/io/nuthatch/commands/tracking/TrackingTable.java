package io.nuthatch.commands.tracking;

import io.nuthatch.commands.ByteString;
import io.nuthatch.commands.CallBracket;
import io.nuthatch.commands.Clients;
import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.KeyPositions;
import io.nuthatch.commands.Session;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Which clients may hold which keys in their caches, and the messages that end that.
///
/// In the default mode a key that a tracked client reads is remembered here, under the key's stripe, until
/// the next change of it, which happens under the same stripe and tells every client that is remembered: so
/// no change slips between a read and its entry. In broadcast mode nothing is remembered: a change is told to
/// all whose prefix it has. As in Redis the table knows keys, not databases, and forgets keys at random when
/// it holds more than `tracking-table-max-keys`, telling those that might have them.
///
/// Messages made by a command are sent after it ([#after]), its keys together for each prefix; a client so
/// gets its own invalidations behind the reply of the command that caused them. Changes outside a command
/// (expiry) are told at once.
///
/// Threads: any; delivery only queues ([io.nuthatch.commands.Connection#push]).
public final class TrackingTable implements CallBracket {
    private static final byte[] INVALIDATE_CHANNEL = "__redis__:invalidate".getBytes(StandardCharsets.US_ASCII);
    private static final int EVICTED_AT_ONCE = 10_000;

    private final Clients clients;
    private final Map<ByteString, long[]> readers = new ConcurrentHashMap<>();
    private final Map<ByteString, Session[]> prefixes = new ConcurrentHashMap<>();
    private final Set<Session> tracked = ConcurrentHashMap.newKeySet();
    private final AtomicInteger trackedCount = new AtomicInteger();
    private final ThreadLocal<@Nullable Pending> pending = new ThreadLocal<>();
    private volatile long maxKeys = 1_000_000;
    private volatile @Nullable Runnable onActivity;

    public TrackingTable(Clients clients) {
        this.clients = clients;
    }

    /// What the command now executed by this thread has to tell.
    private static final class Pending {
        final Session client;
        final List<Runnable> single = new ArrayList<>();
        final Map<ByteString, List<ByteString>> byPrefix = new LinkedHashMap<>();

        Pending(Session client) {
            this.client = client;
        }
    }

    /// Whether any client is tracked; while not, no other method needs to be called.
    public boolean isActive() {
        return trackedCount.get() > 0;
    }

    /// Calls `action` whenever [#isActive] may have changed.
    public void onActivity(Runnable action) {
        onActivity = action;
    }

    /// `tracking-table-max-keys`; 0 for no limit.
    public void setMaxKeys(long value) {
        maxKeys = value;
    }

    /// Begins to track the client, or changes how.
    void enable(Session session, Tracking.Options options) {
        if (tracked.add(session)) {
            session.onClose(() -> disable(session));
            trackedCount.incrementAndGet();
        } else {
            Tracking old = session.state(Tracking.class);
            if (old != null) {
                old.options().prefixes().forEach(prefix -> leave(session, prefix));
            }
            session.dropState(Tracking.class);
        }
        session.stateOrNew(Tracking.class, () -> new Tracking(options));
        for (ByteString prefix : options.prefixes()) {
            prefixes.merge(prefix, new Session[] {session}, (old, added) -> {
                Session[] joined = Arrays.copyOf(old, old.length + 1);
                joined[old.length] = added[0];
                return joined;
            });
        }
        activityChanged();
    }

    /// Ends the tracking of the client; what is remembered of it goes with the next change of each key.
    public void disable(Session session) {
        if (!tracked.remove(session)) {
            return;
        }
        Tracking old = session.state(Tracking.class);
        if (old != null) {
            old.options().prefixes().forEach(prefix -> leave(session, prefix));
        }
        session.dropState(Tracking.class);
        if (trackedCount.decrementAndGet() == 0) {
            readers.clear();
        }
        activityChanged();
    }

    /// A command of this client begins on this thread.
    @Override
    public void before(Session session) {
        pending.set(new Pending(session));
    }

    /// The client's command has read its keys; called with their stripes held.
    @Override
    public void read(Session session, CommandEntry entry, Args args) {
        Tracking tracking = session.state(Tracking.class);
        if (tracking == null || !entry.is(CommandFlag.READONLY) || !tracking.remembers()) {
            return;
        }
        for (int at : KeyPositions.of(entry.spec(), args)) {
            readers.merge(ByteString.of(args, at), new long[] {session.id()}, TrackingTable::union);
        }
    }

    /// The command is over and its stripes are free: sends what it caused.
    @Override
    public void after(Session session, CommandEntry entry) {
        Pending mine = pending.get();
        pending.remove();
        Tracking tracking = session.state(Tracking.class);
        if (tracking != null
                && tracking.nextIsCached() != null
                && session.transaction() == null
                && !entry.spec().name().startsWith("CLIENT|")) {
            tracking.setNextIsCached(null);
        }
        if (mine != null) {
            mine.single.forEach(Runnable::run);
            mine.byPrefix.forEach((prefix, keys) -> broadcast(prefix, keys, mine.client));
        }
        evict();
    }

    /// A key changed; called under its stripe.
    public void onEvent(Key key, KeyEvent event) {
        if (!event.isChange()) {
            return;
        }
        Pending mine = pending.get();
        ByteString name = ByteString.of(key.toBytes());
        long[] ids = readers.remove(name);
        if (ids != null) {
            for (long id : ids) {
                tell(id, List.of(name), mine);
            }
        }
        for (Map.Entry<ByteString, Session[]> entry : prefixes.entrySet()) {
            if (name.startsWith(entry.getKey())) {
                if (mine == null) {
                    broadcast(entry.getKey(), List.of(name), null);
                } else {
                    List<ByteString> keys = mine.byPrefix.computeIfAbsent(entry.getKey(), prefix -> new ArrayList<>());
                    if (!keys.contains(name)) {
                        keys.add(name);
                    }
                }
            }
        }
    }

    /// A database was emptied: everything that anybody holds is invalid.
    public void onFlush() {
        readers.clear();
        Pending mine = pending.get();
        for (Session session : tracked) {
            if (mine == null) {
                send(session, null);
            } else {
                mine.single.add(() -> send(session, null));
            }
        }
    }

    /// Forgets keys above the limit and tells their readers; also called by the server's tick.
    public void evict() {
        long most = maxKeys;
        if (most == 0) {
            return;
        }
        int budget = EVICTED_AT_ONCE;
        Iterator<ByteString> keys = readers.keySet().iterator();
        while (readers.size() > most && budget-- > 0 && keys.hasNext()) {
            ByteString key = keys.next();
            long[] ids = readers.remove(key);
            if (ids != null) {
                for (long id : ids) {
                    tell(id, List.of(key), null);
                }
            }
        }
    }

    /// Clients that are tracked.
    public int clientCount() {
        return trackedCount.get();
    }

    /// Keys remembered.
    public int keyCount() {
        return readers.size();
    }

    /// Pairs of key and client remembered.
    public long itemCount() {
        long items = 0;
        for (long[] ids : readers.values()) {
            items += ids.length;
        }
        return items;
    }

    /// Prefixes of broadcasting clients.
    public int prefixCount() {
        return prefixes.size();
    }

    private void tell(long id, List<ByteString> keys, @Nullable Pending mine) {
        Session session = clients.find(id);
        if (session == null) {
            return;
        }
        Tracking tracking = session.state(Tracking.class);
        if (tracking == null || tracking.options().isBroadcast()) {
            return;
        }
        if (mine == null) {
            send(session, keys);
        } else if (!tracking.options().isNoLoop() || session != mine.client) {
            mine.single.add(() -> send(session, keys));
        }
    }

    private void broadcast(ByteString prefix, List<ByteString> keys, @Nullable Session cause) {
        Session[] sessions = prefixes.get(prefix);
        if (sessions == null) {
            return;
        }
        for (Session session : sessions) {
            Tracking tracking = session.state(Tracking.class);
            if (tracking != null && !(tracking.options().isNoLoop() && session == cause)) {
                send(session, keys);
            }
        }
    }

    /// Sends the client, or the one it redirects to, an invalidation of `keys`; of everything when null.
    private void send(Session session, @Nullable List<ByteString> keys) {
        Tracking tracking = session.state(Tracking.class);
        if (tracking == null) {
            return;
        }
        long redirect = tracking.options().redirect();
        if (redirect == 0) {
            session.connection().push(reply -> {
                if (reply.isResp3()) {
                    writePush(reply, keys);
                }
            });
            return;
        }
        Session target = clients.find(redirect);
        if (target == null || target.connection().isClosing()) {
            tracking.setRedirectBroken(true);
            session.connection().push(reply -> {
                if (reply.isResp3()) {
                    reply.push(2);
                    reply.bulk("tracking-redir-broken");
                    reply.integer(redirect);
                }
            });
            return;
        }
        target.connection().push(reply -> {
            if (reply.isResp3()) {
                writePush(reply, keys);
            } else if (target.subscriptions() > 0) {
                reply.push(3);
                reply.bulk("message");
                reply.bulk(INVALIDATE_CHANNEL);
                writeKeys(reply, keys);
            }
        });
    }

    private static void writePush(ReplyWriter reply, @Nullable List<ByteString> keys) {
        reply.push(2);
        reply.bulk("invalidate");
        writeKeys(reply, keys);
    }

    private static void writeKeys(ReplyWriter reply, @Nullable List<ByteString> keys) {
        if (keys == null) {
            reply.nullArray();
            return;
        }
        reply.array(keys.size());
        for (ByteString key : keys) {
            reply.bulk(key.bytes());
        }
    }

    private void leave(Session session, ByteString prefix) {
        prefixes.computeIfPresent(prefix, (key, old) -> {
            Session[] rest =
                    Arrays.stream(old).filter(other -> other != session).toArray(Session[]::new);
            return rest.length == 0 ? null : rest;
        });
    }

    private synchronized void activityChanged() {
        Runnable action = onActivity;
        if (action != null) {
            action.run();
        }
    }

    private static long[] union(long[] old, long[] added) {
        for (long id : old) {
            if (id == added[0]) {
                return old;
            }
        }
        long[] joined = Arrays.copyOf(old, old.length + 1);
        joined[old.length] = added[0];
        return joined;
    }
}
