package io.nuthatch.commands.pubsub;

import io.nuthatch.commands.ByteString;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import java.nio.charset.StandardCharsets;

/// Keyspace notifications: what happens to keys, published as `notify-keyspace-events` asks for it.
///
/// `K` publishes to `__keyspace@<db>__:<key>` the event's name, `E` to `__keyevent@<db>__:<event>` the key;
/// the other letters choose the events. Called under the key's stripe, from any thread; delivery only queues.
public final class KeyspaceNotifications {
    /// Every letter; `A` stands for those of [#ALL].
    private static final String LETTERS = "g$lshzxetdnKEm";

    private static final String ALL = "g$lshzxetd";

    private final PubSub pubSub;
    private volatile int flags;

    /// Off until [#configure].
    public KeyspaceNotifications(PubSub pubSub) {
        this.pubSub = pubSub;
    }

    /// Chooses what is published; `letters` as the setting `notify-keyspace-events` takes them.
    public void configure(String letters) {
        flags = bits(letters);
    }

    /// Whether any event may be published at all.
    public boolean isOn() {
        return flags != 0;
    }

    /// Publishes `event` of `key` if its kind is chosen.
    public void onEvent(int databaseIndex, Key key, KeyEvent event) {
        int chosen = flags;
        if ((chosen & bit(event.flag())) == 0 || pubSub.isSilent()) {
            return;
        }
        byte[] keyBytes = key.toBytes();
        byte[] name = event.notificationName().getBytes(StandardCharsets.US_ASCII);
        if ((chosen & bit('K')) != 0) {
            pubSub.publish(channel("__keyspace@" + databaseIndex + "__:", keyBytes), name);
        }
        if ((chosen & bit('E')) != 0) {
            pubSub.publish(channel("__keyevent@" + databaseIndex + "__:", name), keyBytes);
        }
    }

    private static ByteString channel(String prefix, byte[] tail) {
        byte[] head = prefix.getBytes(StandardCharsets.US_ASCII);
        byte[] channel = new byte[head.length + tail.length];
        System.arraycopy(head, 0, channel, 0, head.length);
        System.arraycopy(tail, 0, channel, head.length, tail.length);
        return ByteString.of(channel);
    }

    private static int bits(String letters) {
        int bits = 0;
        for (int i = 0; i < letters.length(); i++) {
            bits |= letters.charAt(i) == 'A' ? bits(ALL) : bit(letters.charAt(i));
        }
        return bits;
    }

    private static int bit(char letter) {
        return 1 << LETTERS.indexOf(letter);
    }
}
