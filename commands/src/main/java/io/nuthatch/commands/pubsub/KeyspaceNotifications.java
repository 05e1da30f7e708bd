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
    /// The letters in Redis's order; `A` stands for those of [#ALL].
    private static final String LETTERS = "g$lshzxetdnocKEm";

    private static final String ALL = "g$lshzxetd";

    private final PubSub pubSub;
    private volatile int flags;

    /// Off until [#configure].
    public KeyspaceNotifications(PubSub pubSub) {
        this.pubSub = pubSub;
    }

    /// Whether `letters` can be given to [#configure].
    public static boolean isValid(String letters) {
        for (int i = 0; i < letters.length(); i++) {
            if (letters.charAt(i) != 'A' && LETTERS.indexOf(letters.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /// Chooses what is published; `letters` is valid.
    public void configure(String letters) {
        flags = bits(letters);
    }

    /// `letters` as Redis shows them: `A` for all of its kinds, then the rest in a fixed order.
    public static String canonical(String letters) {
        int bits = bits(letters);
        StringBuilder text = new StringBuilder();
        boolean isAll = (bits & bits(ALL)) == bits(ALL);
        if (isAll) {
            text.append('A');
        }
        for (int i = 0; i < LETTERS.length(); i++) {
            char letter = LETTERS.charAt(i);
            if ((bits & (1 << i)) != 0 && !(isAll && ALL.indexOf(letter) >= 0)) {
                text.append(letter);
            }
        }
        return text.toString();
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
