package io.nuthatch.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A keyspace with a clock that moves when told, and short ways to use it; closing it checks that no byte is
/// left.
final class KeyspaceFixture implements AutoCloseable {
    final MemoryAccount account = new MemoryAccount();
    long now = 1_700_000_000_000L;
    final Keyspace keyspace = new Keyspace(KeyspaceOptions.defaults(), () -> now, account);
    final Database database = keyspace.database(0);
    final List<String> events = new ArrayList<>();

    void listen() {
        keyspace.setListener(new KeyspaceListener() {
            @Override
            public void onEvent(Database database, Key key, KeyEvent event) {
                assertThat(keyspace.stripes().isHeldByMe(keyspace.stripes().stripeOf(key.hashSlot())))
                        .isTrue();
                events.add(event.notificationName() + " " + new String(key.toBytes(), StandardCharsets.UTF_8));
            }

            @Override
            public void onFlush(Database database) {
                events.add("flush " + database.index());
            }
        });
    }

    void set(String name, String value) {
        set(name, value, 0);
    }

    void set(String name, String value, long expireAt) {
        Key key = Key.copyOf(name);
        Key bytes = Key.copyOf(value);
        locked(key, () -> database.putString(key, bytes.address(), bytes.length(), expireAt));
    }

    @Nullable
    String get(String name) {
        Key key = Key.copyOf(name);
        String[] value = new String[1];
        locked(key, () -> {
            long record = database.find(key, now);
            if (record != 0) {
                value[0] = new String(
                        Memory.toBytes(Record.valueAddress(record), Record.valueLength(record)),
                        StandardCharsets.UTF_8);
            }
            return 0;
        });
        return value[0];
    }

    boolean remove(String name) {
        Key key = Key.copyOf(name);
        return locked(key, () -> database.remove(key));
    }

    boolean exists(String name) {
        Key key = Key.copyOf(name);
        return locked(key, () -> database.peek(key, now) != 0);
    }

    String encoding(String name) {
        Key key = Key.copyOf(name);
        return locked(key, () -> Record.encoding(database.peek(key, now)));
    }

    /// Whether the key itself, not a field, expires.
    boolean isKeyExpiry(String name) {
        Key key = Key.copyOf(name);
        return locked(key, () -> Record.expireAt(database.peek(key, now)) != 0);
    }

    void expireAt(String name, long at) {
        Key key = Key.copyOf(name);
        locked(key, () -> {
            database.setExpireAt(key, database.peek(key, now), at);
            return 0;
        });
    }

    boolean hset(String name, String field, String value) {
        return hset(name, field, value.getBytes(StandardCharsets.UTF_8));
    }

    boolean hset(String name, String field, byte[] value) {
        Key key = Key.copyOf(name);
        Key f = Key.copyOf(field);
        Key v = Key.copyOf(value);
        return locked(key, () -> database.hashForWrite(key, now).put(f.address(), f.length(), v.address(), v.length()));
    }

    void hexpireAt(String name, String field, long at) {
        Key key = Key.copyOf(name);
        Key f = Key.copyOf(field);
        locked(key, () -> database.hashForWrite(key, now).setExpireAt(f.address(), f.length(), at));
    }

    Map<String, String> hgetall(String name) {
        Key key = Key.copyOf(name);
        Map<String, String> all = new HashMap<>();
        locked(key, () -> {
            HashValue hash = database.hash(key, now);
            if (hash != null) {
                hash.forEach((fieldAddress, fieldLength, valueAddress, valueLength, at) -> all.put(
                        new String(Memory.toBytes(fieldAddress, fieldLength), StandardCharsets.UTF_8),
                        new String(Memory.toBytes(valueAddress, valueLength), StandardCharsets.ISO_8859_1)));
            }
            return 0;
        });
        return all;
    }

    void makeDocument(String name, long word) {
        Key key = Key.copyOf(name);
        locked(key, () -> {
            database.setDocument(key, database.peek(key, now), word);
            return 0;
        });
    }

    <T> T locked(Key key, Supplier<T> task) {
        int stripe = keyspace.stripes().stripeOf(key.hashSlot());
        keyspace.stripes().lock(stripe);
        try {
            return task.get();
        } finally {
            keyspace.stripes().unlock(stripe);
        }
    }

    void allLocked(Runnable task) {
        keyspace.stripes().lockAll();
        try {
            task.run();
        } finally {
            keyspace.stripes().unlockAll();
        }
    }

    @Override
    public void close() {
        keyspace.close();
        assertThat(account.total()).as("bytes after close").isZero();
    }
}
