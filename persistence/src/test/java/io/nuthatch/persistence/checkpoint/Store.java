package io.nuthatch.persistence.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.engine.document.SearchRequest;
import io.nuthatch.engine.document.SearchResult;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceListener;
import io.nuthatch.engine.keyspace.KeyspaceOptions;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.recovery.Recovery;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentedLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A server's keyspace and indexes over a folder of checkpoints, as the server wires them. Index work behind
/// the writers is done by [#rest], or by `indexThreads` threads. Closing it checks that no byte is left.
final class Store implements AutoCloseable {
    private static final int REPLAY_THREADS =
            1; // Several give equal vectors ordinals, and so places among hits, by chance.

    final MemoryAccount account = new MemoryAccount();
    final AtomicLong now = new AtomicLong(1_700_000_000_000L);
    final Keyspace keyspace = new Keyspace(KeyspaceOptions.defaults(), now::get, account);
    final IndexThreads threads;
    final Indexes indexes;
    final Checkpoints checkpoints;
    private final AtomicLong skippedNanos = new AtomicLong();
    private @Nullable Journal journal;
    private final Queue<Runnable> background = new ConcurrentLinkedQueue<>();

    Store(Storage storage) {
        this(storage, 0);
    }

    Store(Storage storage, int indexThreads) {
        this.threads = new IndexThreads(indexThreads);
        this.indexes = new Indexes(
                keyspace, account, () -> System.nanoTime() + skippedNanos.get(), now::get, threads, background::add);
        this.checkpoints =
                new Checkpoints(storage, keyspace, indexes, () -> journal, account, () -> 0); // No time, no rests.
        keyspace.setDocuments(indexes);
        listen();
    }

    /// Opens a log behind what a reader found there.
    interface OpenLog {
        Journal open(LogFiles files, LogFiles.End end, MemoryAccount account);
    }

    /// One that holds what checkpoint and log say, and writes to the log from now on, as a server does it.
    static Store logged(Storage checkpoints, Storage log, OpenLog opener) throws IOException {
        Store store = new Store(checkpoints);
        try {
            SegmentedLog reader = new SegmentedLog(log, store.account.counter("journal", "reading"));
            Recovery.Outcome read = store.recover(reader, REPLAY_THREADS);
            Journal opened = opener.open(reader, read.end(), store.account);
            store.journal = opened;
            opened.cut(read.coveredLsn());
            store.keyspace.setEffects(new EffectLog(opened));
        } catch (IOException | RuntimeException | Error failure) {
            store.close();
            throw failure;
        }
        return store;
    }

    /// Reads checkpoint and log back, the latter by so many threads.
    Recovery.Outcome recover(LogFiles log, int replayThreads) throws IOException {
        return new Recovery(checkpoints, log, replayThreads, account.counter("journal", "replay"))
                .run(keyspace, indexes, () -> load(0));
    }

    /// The log that [#logged] opened.
    Journal journal() {
        return Objects.requireNonNull(journal);
    }

    /// The log's record of what this thread did last, 0 for none since the last call.
    long takeLastLsn() {
        return Objects.requireNonNull(keyspace.effects()).takeLastLsn();
    }

    private void listen() {
        keyspace.setListener(new KeyspaceListener() {
            @Override
            public void onEvent(Database database, Key key, KeyEvent event) {
                indexes.onEvent(database, key, event);
                checkpoints.onEvent(database, key, event);
            }

            @Override
            public void onFlush(Database database) {
                indexes.onFlush(database);
                checkpoints.onFlush();
            }
        });
    }

    /// One that holds what the storage's newest checkpoint says; as a server does it, without a listener.
    static Store loaded(Storage storage) throws IOException {
        return loaded(storage, 1_700_000_000_000L);
    }

    static Store loaded(Storage storage, long nowMillis) throws IOException {
        Store store = new Store(storage);
        store.now.set(nowMillis);
        try {
            store.load();
        } catch (IOException | RuntimeException | Error failure) {
            store.close(); // A failed load leaves nothing behind either.
            throw failure;
        }
        return store;
    }

    Checkpoints.@Nullable Saved load() throws IOException {
        return load(now.get());
    }

    private Checkpoints.@Nullable Saved load(long nowMillis) throws IOException {
        keyspace.setListener(null);
        try {
            return checkpoints.load(nowMillis, 2, new LoadProgress(now.get()));
        } finally {
            listen();
        }
    }

    Checkpoints.Saved save() {
        try {
            return checkpoints.save(now.get());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Lets the work behind the writers come to its end.
    void rest() {
        for (Runnable task = background.poll(); task != null; task = background.poll()) {
            task.run();
        }
        if (threads.count() == 0) {
            threads.runPending();
            // A quiet moment, in which nodes are linked again that nobody names any more.
            skippedNanos.addAndGet(TimeUnit.MINUTES.toNanos(1));
            threads.runPending();
        }
    }

    static Key key(String name) {
        return Key.copyOf(ByteStrings.bytes(name));
    }

    /// What `actions` change is one record, as of a MULTI.
    void atomically(Runnable actions) {
        keyspace.stripes().lockAll();
        try {
            actions.run();
        } finally {
            keyspace.stripes().unlockAll();
        }
    }

    void locked(Key key, Runnable action) {
        int stripe = keyspace.stripes().stripeOf(key.hashSlot());
        if (keyspace.stripes().isHeldByMe(stripe)) {
            action.run();
            return;
        }
        keyspace.stripes().lock(stripe);
        try {
            action.run();
        } finally {
            keyspace.stripes().unlock(stripe);
            Reference.reachabilityFence(key);
        }
    }

    void set(int database, String name, String value, long expireAt) {
        Key key = key(name);
        Key bytes = key(value);
        Database db = keyspace.database(database);
        locked(key, () -> {
            db.putString(key, bytes.address(), bytes.length(), expireAt);
            db.signal(key, KeyEvent.SET);
        });
        Reference.reachabilityFence(bytes);
    }

    void append(int database, String name, String more) {
        Key key = key(name);
        Key bytes = key(more);
        Database db = keyspace.database(database);
        locked(key, () -> {
            long record = db.find(key, now.get());
            int old = record == 0 ? 0 : Record.valueLength(record);
            db.writeRange(key, record, old, bytes.address(), bytes.length());
            db.signal(key, KeyEvent.APPEND);
        });
        Reference.reachabilityFence(bytes);
    }

    void hset(int database, String name, String... pairs) {
        Key key = key(name);
        Database db = keyspace.database(database);
        locked(key, () -> {
            HashValue hash = db.hashForWrite(key, now.get());
            for (int i = 0; i < pairs.length; i += 2) {
                Key field = key(pairs[i]);
                Key value = key(pairs[i + 1]);
                hash.put(field.address(), field.length(), value.address(), value.length());
                Reference.reachabilityFence(field);
                Reference.reachabilityFence(value);
            }
            db.signal(key, KeyEvent.HSET);
        });
    }

    void hdel(int database, String name, String fieldName) {
        Key key = key(name);
        Database db = keyspace.database(database);
        locked(key, () -> {
            HashValue hash = db.hash(key, now.get());
            Key field = key(fieldName);
            if (hash != null && hash.remove(field.address(), field.length())) {
                db.signal(key, KeyEvent.HDEL);
                if (hash.record() == 0) {
                    db.signal(key, KeyEvent.DEL);
                }
            }
            Reference.reachabilityFence(field);
        });
    }

    void expireField(int database, String name, String fieldName, long at) {
        Key key = key(name);
        Database db = keyspace.database(database);
        locked(key, () -> {
            HashValue hash = db.hash(key, now.get());
            Key field = key(fieldName);
            if (hash != null && hash.setExpireAt(field.address(), field.length(), at)) {
                db.signal(key, KeyEvent.HEXPIRE);
            }
            Reference.reachabilityFence(field);
        });
    }

    void expire(int database, String name, long at) {
        Key key = key(name);
        Database db = keyspace.database(database);
        locked(key, () -> {
            long record = db.find(key, now.get());
            if (record != 0) {
                db.setExpireAt(key, record, at);
                db.signal(key, KeyEvent.EXPIRE);
            }
        });
    }

    void del(int database, String name) {
        Key key = key(name);
        Database db = keyspace.database(database);
        locked(key, () -> {
            if (db.remove(key)) {
                db.signal(key, KeyEvent.DEL);
            }
        });
    }

    void rename(String from, String to) {
        Key source = key(from);
        Key target = key(to);
        Database db = keyspace.database(0);
        int[] order = {
            keyspace.stripes().stripeOf(source.hashSlot()), keyspace.stripes().stripeOf(target.hashSlot())
        };
        Arrays.sort(order);
        keyspace.stripes().lockSorted(order, 2);
        try {
            if (db.rename(source, target, now.get())) {
                db.signal(source, KeyEvent.RENAME_FROM);
                db.signal(target, KeyEvent.RENAME_TO);
            }
        } finally {
            keyspace.stripes().unlockSorted(order, 2);
            Reference.reachabilityFence(source);
            Reference.reachabilityFence(target);
        }
    }

    /// Everything, as text: `database key` to type, expiry, encoding and value.
    Map<String, String> dump() {
        Map<String, String> all = new TreeMap<>();
        for (int i = 0; i < keyspace.databases(); i++) {
            Database db = keyspace.database(i);
            db.forEachKey(now.get(), (key, record) -> {
                String name = db.index() + " " + ByteStrings.of(key.toBytes());
                String head = Record.valueType(record) + " " + Record.expireAt(record) + " " + Record.encoding(record);
                all.put(name, head + " " + (Record.isString(record) ? string(record) : ""));
            });
        }
        all.replaceAll((name, head) -> head.startsWith("HASH") ? head + fields(name) : head);
        return all;
    }

    private static String string(long record) {
        return ByteStrings.of(Memory.toBytes(Record.valueAddress(record), Record.valueLength(record)));
    }

    private String fields(String name) {
        int space = name.indexOf(' ');
        Database db = keyspace.database(Integer.parseInt(name.substring(0, space)));
        Key key = key(name.substring(space + 1));
        Map<String, String> fields = new TreeMap<>();
        locked(key, () -> {
            HashValue hash = db.hash(key, now.get());
            if (hash != null) {
                hash.forEach((field, fieldLength, value, length, at) -> fields.put(
                        ByteStrings.of(Memory.toBytes(field, fieldLength)),
                        at + " " + ByteStrings.of(Memory.toBytes(value, length))));
            }
        });
        return fields.toString();
    }

    SearchIndex index(String name) {
        return Objects.requireNonNull(indexes.find(name), name);
    }

    /// Keys of the hits, in order.
    List<String> search(String index, String query, int limit, byte[] vector) {
        SearchResult result =
                index(index).search(SearchRequest.of(index(index).parse(query, Map.of("v", vector), 2), limit));
        List<String> found = new ArrayList<>();
        for (SearchResult.Hit hit : result.hits()) {
            found.add(ByteStrings.of(hit.key()));
        }
        return found;
    }

    private void closeQuietly() {
        indexes.close();
        threads.close();
        keyspace.close();
    }

    @Override
    public void close() {
        closeQuietly();
        assertThat(account.total()).as("bytes left: %s", account.byOwner()).isZero();
    }
}
