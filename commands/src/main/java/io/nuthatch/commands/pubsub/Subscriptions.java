package io.nuthatch.commands.pubsub;

import io.nuthatch.commands.ByteString;
import java.util.LinkedHashSet;
import java.util.Set;

/// What one client is subscribed to. Changed by the client's own thread; others read the counts.
public final class Subscriptions {
    final Set<ByteString> channels = new LinkedHashSet<>();
    final Set<ByteString> patterns = new LinkedHashSet<>();
    final Set<ByteString> shardChannels = new LinkedHashSet<>();
    private volatile int channelCount;
    private volatile int patternCount;
    private volatile int shardCount;

    Set<ByteString> of(PubSub.Kind kind) {
        return switch (kind) {
            case CHANNEL -> channels;
            case PATTERN -> patterns;
            case SHARD -> shardChannels;
        };
    }

    void recount() {
        channelCount = channels.size();
        patternCount = patterns.size();
        shardCount = shardChannels.size();
    }

    public int channelCount() {
        return channelCount;
    }

    public int patternCount() {
        return patternCount;
    }

    public int shardCount() {
        return shardCount;
    }

    int total() {
        return channelCount + patternCount + shardCount;
    }
}
