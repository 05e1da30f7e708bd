package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceOptions;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.text.ByteStrings;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A keyspace with its indexes, as the commands would drive them: the clock stands still until told, and
/// background work waits until [#runBackground], unless an executor is given.
final class TestStore implements AutoCloseable {
    final MemoryAccount account = new MemoryAccount();
    final AtomicLong now = new AtomicLong(1_000_000);
    final Keyspace keyspace = new Keyspace(KeyspaceOptions.defaults(), now::get, account);
    final Database database = keyspace.database(0);
    final IndexThreads threads;
    final Indexes indexes;
    private final Queue<Runnable> background = new ArrayDeque<>();

    TestStore() {
        this(0, null);
    }

    TestStore(int indexThreads, @Nullable Executor executor) {
        this.threads = new IndexThreads(indexThreads);
        this.indexes = new Indexes(
                keyspace, account, System::nanoTime, now::get, threads, executor == null ? background::add : executor);
        keyspace.setDocuments(indexes);
        keyspace.setListener(indexes);
    }

    void runBackground() {
        for (Runnable task = background.poll(); task != null; task = background.poll()) {
            task.run();
        }
        threads.runPending();
    }

    private static Key key(String key) {
        return Key.copyOf(ByteStrings.bytes(key));
    }

    void locked(Key key, Runnable action) {
        int stripe = keyspace.stripes().stripeOf(key.hashSlot());
        keyspace.stripes().lock(stripe);
        try {
            action.run();
        } finally {
            keyspace.stripes().unlock(stripe);
            Reference.reachabilityFence(key);
        }
    }

    /// HSET with byte strings, names and values by turns.
    void hset(String name, String... pairs) {
        Key key = key(name);
        locked(key, () -> {
            HashValue hash = database.hashForWrite(key, now.get());
            for (int i = 0; i < pairs.length; i += 2) {
                Key field = key(pairs[i]);
                Key value = key(pairs[i + 1]);
                hash.put(field.address(), field.length(), value.address(), value.length());
                Reference.reachabilityFence(field);
                Reference.reachabilityFence(value);
            }
            database.signal(key, KeyEvent.HSET);
        });
    }

    void hdel(String name, String fieldName) {
        Key key = key(name);
        locked(key, () -> {
            HashValue hash = database.hash(key, now.get());
            if (hash == null) {
                return;
            }
            Key field = key(fieldName);
            boolean removed = hash.remove(field.address(), field.length());
            Reference.reachabilityFence(field);
            if (removed) {
                database.signal(key, KeyEvent.HDEL);
                if (hash.record() == 0) {
                    database.signal(key, KeyEvent.DEL);
                }
            }
        });
    }

    void del(String name) {
        Key key = key(name);
        locked(key, () -> {
            if (database.remove(key)) {
                database.signal(key, KeyEvent.DEL);
            }
        });
    }

    void expireAt(String name, long at) {
        Key key = key(name);
        locked(key, () -> {
            long record = database.find(key, now.get());
            if (record != 0) {
                database.setExpireAt(key, record, at);
                database.signal(key, KeyEvent.EXPIRE);
            }
        });
    }

    /// RENAME, or COPY with `keep`; false when `from` is not there.
    boolean rename(String from, String to, boolean keep) {
        Key source = key(from);
        Key target = key(to);
        int[] order = {
            keyspace.stripes().stripeOf(source.hashSlot()), keyspace.stripes().stripeOf(target.hashSlot())
        };
        Arrays.sort(order);
        keyspace.stripes().lockSorted(order, 2);
        try {
            boolean done = keep
                    ? database.copyTo(database, source, target, now.get())
                    : database.rename(source, target, now.get());
            if (done) {
                if (!keep) {
                    database.signal(source, KeyEvent.RENAME_FROM);
                }
                database.signal(target, keep ? KeyEvent.COPY_TO : KeyEvent.RENAME_TO);
            }
            return done;
        } finally {
            keyspace.stripes().unlockSorted(order, 2);
            Reference.reachabilityFence(source);
            Reference.reachabilityFence(target);
        }
    }

    /// Looks the hash up, as any command does.
    void touch(String name) {
        Key key = key(name);
        locked(key, () -> database.hash(key, now.get()));
    }

    /// HPEXPIREAT of one field.
    void expireFieldAt(String name, String fieldName, long at) {
        Key key = key(name);
        locked(key, () -> {
            HashValue hash = database.hash(key, now.get());
            Key field = key(fieldName);
            if (hash != null && hash.setExpireAt(field.address(), field.length(), at)) {
                database.signal(key, KeyEvent.HEXPIRE);
            }
            Reference.reachabilityFence(field);
        });
    }

    void flushAll() {
        keyspace.stripes().lockAll();
        try {
            keyspace.flushAll();
        } finally {
            keyspace.stripes().unlockAll();
        }
    }

    /// HGETALL as byte strings; null when the key is not there.
    @Nullable
    Map<String, String> hgetall(String name) {
        List<byte[]> pairs = indexes.loadAll(ByteStrings.bytes(name));
        if (pairs == null) {
            return null;
        }
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            all.put(ByteStrings.of(pairs.get(i)), ByteStrings.of(pairs.get(i + 1)));
        }
        return all;
    }

    SearchIndex index(String name) {
        SearchIndex index = indexes.find(name);
        if (index == null) {
            throw new AssertionError("no index " + name);
        }
        return index;
    }

    SearchResult search(String index, String query, Object... parameters) {
        return first(10_000, index, query, parameters);
    }

    SearchResult first(int limit, String index, String query, Object... parameters) {
        Map<String, byte[]> map = new LinkedHashMap<>();
        for (int i = 0; i < parameters.length; i += 2) {
            Object value = parameters[i + 1];
            map.put((String) parameters[i], value instanceof String text ? ByteStrings.bytes(text) : (byte[]) value);
        }
        Query parsed = index(index).parse(query, map, 2);
        return index(index).search(SearchRequest.of(parsed, limit));
    }

    /// Keys of the hits, in their order.
    List<String> keys(String index, String query, Object... parameters) {
        return keys(search(index, query, parameters));
    }

    static List<String> keys(SearchResult result) {
        List<String> keys = new ArrayList<>();
        for (SearchResult.Hit hit : result.hits()) {
            keys.add(ByteStrings.of(hit.key()));
        }
        return keys;
    }

    /// The byte string of float32 components.
    static String vector(float... components) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * components.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float component : components) {
            buffer.putFloat(component);
        }
        return ByteStrings.of(buffer.array());
    }

    @Override
    public void close() {
        indexes.close();
        threads.close();
        keyspace.close();
    }
}
