package io.nuthatch.commands;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The clients that are connected. Any thread.
public final class Clients {
    private final Map<Long, Session> sessions = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong lastId = new AtomicLong();

    /// The id of the next client.
    public long nextId() {
        return lastId.incrementAndGet();
    }

    /// Takes a place for a client, or returns false when `most` are taken.
    public boolean reserve(int most) {
        while (true) {
            int now = count.get();
            if (now >= most) {
                return false;
            }
            if (count.compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    /// Gives a reserved place back.
    public void release() {
        count.decrementAndGet();
    }

    public void add(Session session) {
        sessions.put(session.id(), session);
    }

    public void remove(Session session) {
        sessions.remove(session.id());
    }

    /// The client with this id, or null.
    public @Nullable Session find(long id) {
        return sessions.get(id);
    }

    /// All clients at this moment, in no order.
    public Collection<Session> all() {
        return Collections.unmodifiableCollection(sessions.values());
    }

    public int count() {
        return sessions.size();
    }
}
