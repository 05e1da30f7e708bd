package io.nuthatch.commands.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.commands.ByteString;
import io.nuthatch.commands.RecordingConnection;
import io.nuthatch.commands.Session;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyspaceNotificationsTest {
    private final PubSub pubSub = new PubSub();
    private final KeyspaceNotifications notifications = new KeyspaceNotifications(pubSub);
    private final RecordingConnection connection = new RecordingConnection();
    private final Session session = RecordingConnection.session(connection);

    private void subscribe(String channel) {
        pubSub.subscribe(session, PubSub.Kind.CHANNEL, ByteString.of(channel.getBytes(StandardCharsets.UTF_8)));
    }

    private void happens(KeyEvent event) {
        notifications.onEvent(3, Key.copyOf("k"), event);
    }

    @Test
    void bothChannelsAreToldWithTheDatabase() {
        notifications.configure("KEA");
        subscribe("__keyspace@3__:k");
        subscribe("__keyevent@3__:hset");
        happens(KeyEvent.HSET);
        assertThat(connection.pushed())
                .containsExactly(
                        ">3 $7 message $16 __keyspace@3__:k $4 hset", ">3 $7 message $19 __keyevent@3__:hset $1 k");
    }

    @ParameterizedTest
    @CsvSource({
        "E$, SET, 1",
        "K$, SET, 0", // Nobody listens to the channel of the key.
        "Eg, SET, 0",
        "Eg, DEL, 1",
        "Eh, HDEL, 1",
        "Ex, EXPIRED, 1",
        "Ee, EVICTED, 1",
        "EA, SET, 1",
        "EA, KEYMISS, 0", // A leaves out misses and new keys, as in Redis.
        "EA, NEW, 0",
        "Em, KEYMISS, 1",
        "En, NEW, 1",
        "$, SET, 0", // Neither K nor E.
        "'', SET, 0",
    })
    void lettersChooseTheEvents(String letters, KeyEvent event, int messages) {
        notifications.configure(letters);
        subscribe("__keyevent@3__:" + event.notificationName());
        happens(event);
        assertThat(connection.pushed()).hasSize(messages);
    }

    @Test
    void isOnOnlyWhileAnythingIsChosen() {
        assertThat(notifications.isOn()).isFalse();
        notifications.configure("E$");
        assertThat(notifications.isOn()).isTrue();
        notifications.configure("");
        assertThat(notifications.isOn()).isFalse();
    }
}
