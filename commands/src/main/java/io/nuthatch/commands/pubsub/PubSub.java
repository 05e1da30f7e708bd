package io.nuthatch.commands.pubsub;

import io.nuthatch.commands.ByteString;
import io.nuthatch.commands.Glob;
import io.nuthatch.commands.Session;
import io.nuthatch.resp.ReplyWriter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Who is subscribed to what, and the delivery of messages.
///
/// A channel's subscribers are an immutable array, replaced when it changes: publishing takes no lock and a
/// channel with one subscriber costs one small object. A message is encoded once per receiver and only queued
/// to it ([io.nuthatch.commands.Connection#push]); a receiver that does not read is closed by its
/// output-buffer limit.
///
/// Threads: any. A client's subscriptions change on its own thread only.
public final class PubSub {
    /// The three name spaces of subscriptions.
    public enum Kind {
        CHANNEL,
        PATTERN,
        SHARD
    }

    private record Pattern(Glob glob, Session[] sessions) {}

    private final Map<ByteString, Session[]> channels = new ConcurrentHashMap<>();
    private final Map<ByteString, Session[]> shardChannels = new ConcurrentHashMap<>();
    private final Map<ByteString, Pattern> patterns = new ConcurrentHashMap<>();

    /// Whether nobody listens to any channel or pattern; the cheap question before a message is made.
    public boolean isSilent() {
        return channels.isEmpty() && patterns.isEmpty();
    }

    /// Subscribes the client; returns its count after it, as the reply gives it.
    int subscribe(Session session, Kind kind, ByteString name) {
        Subscriptions mine = session.stateOrNew(Subscriptions.class, () -> {
            session.onClose(() -> unsubscribeAll(session));
            return new Subscriptions();
        });
        if (mine.of(kind).add(name)) {
            switch (kind) {
                case CHANNEL -> channels.merge(name, new Session[] {session}, PubSub::join);
                case SHARD -> shardChannels.merge(name, new Session[] {session}, PubSub::join);
                case PATTERN ->
                    patterns.merge(
                            name,
                            new Pattern(Glob.of(name.bytes()), new Session[] {session}),
                            (old, added) -> new Pattern(old.glob, join(old.sessions, added.sessions)));
            }
            changed(session, mine);
        }
        return shownCount(mine, kind);
    }

    /// Ends one subscription, if there is one; returns the client's count after it.
    int unsubscribe(Session session, Kind kind, ByteString name) {
        Subscriptions mine = session.state(Subscriptions.class);
        if (mine == null) {
            return 0;
        }
        if (mine.of(kind).remove(name)) {
            leave(session, kind, name);
            changed(session, mine);
        }
        return shownCount(mine, kind);
    }

    /// Ends every subscription of the client without a word: it resets or has gone.
    public void unsubscribeAll(Session session) {
        Subscriptions mine = session.state(Subscriptions.class);
        if (mine == null) {
            return;
        }
        for (Kind kind : Kind.values()) {
            for (ByteString name : mine.of(kind)) {
                leave(session, kind, name);
            }
            mine.of(kind).clear();
        }
        changed(session, mine);
    }

    static int shownCount(Subscriptions mine, Kind kind) {
        return kind == Kind.SHARD ? mine.shardCount() : mine.channelCount() + mine.patternCount();
    }

    /// Sends `message` to the subscribers of `channel` and of every pattern that matches it; returns how many
    /// got it.
    public int publish(ByteString channel, byte[] message) {
        int receivers = 0;
        Session[] direct = channels.get(channel);
        if (direct != null) {
            receivers += send(direct, new Message("message", channel.bytes(), message));
        }
        if (!patterns.isEmpty()) {
            for (Map.Entry<ByteString, Pattern> entry : patterns.entrySet()) {
                Pattern pattern = entry.getValue();
                if (pattern.glob.matches(channel.bytes())) {
                    receivers += send(
                            pattern.sessions, new PatternMessage(entry.getKey().bytes(), channel.bytes(), message));
                }
            }
        }
        return receivers;
    }

    /// Sends `message` to the subscribers of the shard channel; returns how many got it.
    public int publishShard(ByteString channel, byte[] message) {
        Session[] sessions = shardChannels.get(channel);
        return sessions == null ? 0 : send(sessions, new Message("smessage", channel.bytes(), message));
    }

    /// Calls `action` with each channel that has subscribers (of `CHANNEL` or `SHARD`), and their number.
    void forEachChannel(Kind kind, BiConsumer<ByteString, Integer> action) {
        (kind == Kind.SHARD ? shardChannels : channels)
                .forEach((name, sessions) -> action.accept(name, sessions.length));
    }

    int subscribers(Kind kind, ByteString channel) {
        Session[] sessions = (kind == Kind.SHARD ? shardChannels : channels).get(channel);
        return sessions == null ? 0 : sessions.length;
    }

    /// Channels with at least one subscriber.
    public int channelCount() {
        return channels.size();
    }

    /// Different patterns subscribed to.
    public int patternCount() {
        return patterns.size();
    }

    /// Shard channels with at least one subscriber.
    public int shardChannelCount() {
        return shardChannels.size();
    }

    /// Clients with at least one subscription.
    public int clientCount() {
        Map<Session, Boolean> sessions = new HashMap<>();
        Consumer<Session[]> add = all -> Arrays.asList(all).forEach(session -> sessions.put(session, true));
        channels.values().forEach(add);
        shardChannels.values().forEach(add);
        patterns.values().forEach(pattern -> add.accept(pattern.sessions));
        return sessions.size();
    }

    private void leave(Session session, Kind kind, ByteString name) {
        switch (kind) {
            case CHANNEL -> channels.computeIfPresent(name, (key, old) -> without(old, session));
            case SHARD -> shardChannels.computeIfPresent(name, (key, old) -> without(old, session));
            case PATTERN ->
                patterns.computeIfPresent(name, (key, old) -> {
                    Session[] rest = without(old.sessions, session);
                    return rest == null ? null : new Pattern(old.glob, rest);
                });
        }
    }

    private static void changed(Session session, Subscriptions mine) {
        mine.recount();
        session.setSubscriptions(mine.total());
    }

    private static int send(Session[] sessions, Consumer<ReplyWriter> message) {
        for (Session session : sessions) {
            session.connection().push(message);
        }
        return sessions.length;
    }

    private static Session[] join(Session[] old, Session[] added) {
        Session[] joined = Arrays.copyOf(old, old.length + added.length);
        System.arraycopy(added, 0, joined, old.length, added.length);
        return joined;
    }

    private static Session @Nullable [] without(Session[] old, Session gone) {
        if (old.length == 1) {
            return old[0] == gone ? null : old;
        }
        return Arrays.stream(old).filter(session -> session != gone).toArray(Session[]::new);
    }

    private record Message(String kind, byte[] channel, byte[] message) implements Consumer<ReplyWriter> {
        @Override
        public void accept(ReplyWriter reply) {
            reply.push(3);
            reply.bulk(kind);
            reply.bulk(channel);
            reply.bulk(message);
        }
    }

    private record PatternMessage(byte[] pattern, byte[] channel, byte[] message) implements Consumer<ReplyWriter> {
        @Override
        public void accept(ReplyWriter reply) {
            reply.push(4);
            reply.bulk("pmessage");
            reply.bulk(pattern);
            reply.bulk(channel);
            reply.bulk(message);
        }
    }
}
