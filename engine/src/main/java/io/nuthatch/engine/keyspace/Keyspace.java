package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.image.ChangeMarks;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// All databases of the server: their keys and values off the heap, and the locks that guard them.
///
/// Each database is 16384 small hash tables, one per hash slot ([HashSlot]), of addresses of packed records
/// ([Record]) in slabs. The tables of one hash slot, in all databases, are guarded by one of 1024 [Stripes].
/// Growth never stops the world: a table of a hash slot grows in microseconds. A batch of commands first
/// calls [Database#touch] with its keys, so that their cache misses overlap, and then executes them one by
/// one.
///
/// Ownership: owns all memory of the databases, counted under owner `keyspace`; [#close] gives it back.
/// Threads: any, under the stripes as [Database] says; the setters are for start-up.
public final class Keyspace implements AutoCloseable {
    private static final long DEFRAGMENT_FLOOR_BYTES = 16 << 20;

    private final Database[] databases;
    private final Stripes stripes;
    private final Slabs slabs;
    private final Slabs tables;
    private final MemoryAccount.Counter external;
    private final MemoryAccount.Counter fixed;
    private final MemoryAccount.Counter externalTables;
    final Records records;
    final EpochClock clock;
    final LongAdder expiredKeys = new LongAdder();
    final LongAdder expiredFields = new LongAdder();
    final LongAdder evictedKeys = new LongAdder();
    private final ChangeMarks changedSlots = new ChangeMarks();
    private @Nullable EffectLog effects; // Written under all stripes.
    private volatile @Nullable KeyspaceListener listener;
    private volatile @Nullable DocumentHooks documents;
    private volatile LongPredicate expiryPause = now -> false;
    volatile boolean countsFrequency;
    volatile int evictionSamples = 16;
    volatile int lfuLogFactor = 10;
    volatile int lfuDecayMinutes = 1;
    volatile int hashMaxListpackEntries = 512;
    volatile int hashMaxListpackValue = 64;
    private long barren; // Records that defragmentation looked at since it last moved one.
    private long defragmentAbove; // Free bytes that it waits for.
    private long randomState; // Lost updates between threads do no harm.

    /// A keyspace with empty databases; memory is counted in `account`.
    public Keyspace(KeyspaceOptions options, EpochClock clock, MemoryAccount account) {
        this.clock = clock;
        this.randomState = options.seed();
        this.fixed = account.counter("keyspace", "directory");
        this.external = account.counter("keyspace", "large values");
        this.externalTables = account.counter("keyspace", "large tables");
        this.stripes = new Stripes(fixed);
        int shards = shards();
        MemoryAccount.Counter idle = account.counter("keyspace", "free blocks");
        this.slabs = new Slabs(shards, account.counter("keyspace", "records"), idle);
        this.tables = new Slabs(shards, account.counter("keyspace", "tables"), idle);
        this.records = new Records(slabs, tables, external, externalTables);
        this.databases = new Database[options.databases()];
        for (int i = 0; i < databases.length; i++) {
            databases[i] = new Database(this, i);
        }
    }

    private static int shards() {
        int processors = Runtime.getRuntime().availableProcessors();
        return Math.clamp(Integer.highestOneBit(2 * processors - 1) * 2L, 4, 64);
    }

    /// The database `index`, 0 to [#databases()] - 1; the same object for the keyspace's life.
    public Database database(int index) {
        return databases[index];
    }

    /// Number of databases.
    public int databases() {
        return databases.length;
    }

    public Stripes stripes() {
        return stripes;
    }

    /// `SWAPDB`: exchanges the contents of two databases. The caller holds all stripes. The listener hears
    /// `onFlush` of both. Documents of an index do not follow: the hooks see each of them removed first.
    public void swap(int a, int b) {
        if (a == b) {
            return;
        }
        databases[a].releaseDocuments();
        databases[b].releaseDocuments();
        databases[a].swapWith(databases[b]);
        allChanged();
        EffectLog log = effects;
        if (log != null) {
            log.swap(a, b);
        }
        KeyspaceListener heard = listener;
        if (heard != null) {
            heard.onFlush(databases[a]);
            heard.onFlush(databases[b]);
        }
    }

    /// `FLUSHALL`: empties all databases and gives the memory back to the system. The caller holds all
    /// stripes.
    public void flushAll() {
        for (Database database : databases) {
            database.flush();
        }
        trim();
    }

    /// Gives memory of free pages back to the system and brings the account up to date. Any thread.
    public void trim() {
        slabs.trim();
        tables.trim();
    }

    /// Hash slots of which a key, or where its document is, was changed since an image took them; marked
    /// under their stripes, with a log and without.
    public ChangeMarks changedSlots() {
        return changedSlots;
    }

    /// Under all stripes.
    void allChanged() {
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            changedSlots.mark(slot);
        }
    }

    /// From now on, every change is recorded in `log`; null for none. Takes all stripes unless this thread
    /// holds them.
    public void setEffects(@Nullable EffectLog log) {
        boolean isHeld = stripes.isHeldByMe(0);
        if (!isHeld) {
            stripes.lockAll();
        }
        effects = log;
        stripes.setEffects(log);
        if (!isHeld) {
            stripes.unlockAll();
        }
    }

    /// What records changes, or null. Under a stripe.
    public @Nullable EffectLog effects() {
        return effects;
    }

    /// Sets the one listener; null for none. Before the first client, or under all stripes.
    public void setListener(@Nullable KeyspaceListener listener) {
        this.listener = listener;
    }

    /// Sets the index of documents. Before the first document.
    public void setDocuments(@Nullable DocumentHooks documents) {
        this.documents = documents;
    }

    /// While `isPaused` holds for the time of a call (`CLIENT PAUSE`), keys that have expired are hidden and
    /// not removed. It is asked only about expired keys. Fields of hashes, and documents that a search comes
    /// upon, go all the same. Before the first client.
    public void setExpiryPause(LongPredicate isPaused) {
        this.expiryPause = isPaused;
    }

    /// Whether an expired key is only hidden.
    boolean hidesExpired(long now) {
        return expiryPause.test(now);
    }

    /// What the access bits of records mean from now on, as `maxmemory-policy` asks; see
    /// [EvictionPolicy#isFrequency].
    public void setEvictionPolicy(EvictionPolicy policy) {
        this.countsFrequency = policy.isFrequency();
    }

    /// Whether the access bits of records count frequency; they hold the time of the last access otherwise.
    public boolean countsFrequency() {
        return countsFrequency;
    }

    /// `maxmemory-samples`: records looked at to evict one, 1 or more.
    public void setEvictionSamples(int count) {
        this.evictionSamples = count;
    }

    /// `lfu-log-factor` (0 or more) and `lfu-decay-time` (minutes, 0 for no decay).
    public void setLfu(int logFactor, int decayMinutes) {
        this.lfuLogFactor = logFactor;
        this.lfuDecayMinutes = decayMinutes;
    }

    /// `hash-max-listpack-entries` and `hash-max-listpack-value`: where `OBJECT ENCODING` turns to
    /// `hashtable`, and an upper bound for the fields kept in one record.
    public void setHashLimits(int maxListpackEntries, int maxListpackValue) {
        this.hashMaxListpackEntries = maxListpackEntries;
        this.hashMaxListpackValue = maxListpackValue;
    }

    /// Keys removed because they had expired, since the start.
    public long expiredKeys() {
        return expiredKeys.sum();
    }

    /// Hash fields removed because they had expired, since the start.
    public long expiredFields() {
        return expiredFields.sum();
    }

    /// Keys removed by [#evictOne], since the start.
    public long evictedKeys() {
        return evictedKeys.sum();
    }

    /// Starts the three counts anew (`CONFIG RESETSTAT`).
    public void resetStatistics() {
        expiredKeys.reset();
        expiredFields.reset();
        evictedKeys.reset();
    }

    /// Bytes in use for keys, values and tables: what `maxmemory` is held against. Falls as soon as a key
    /// goes.
    public long usedBytes() {
        return slabs.liveBytes() + tables.liveBytes() + external.bytes() + externalTables.bytes() + fixed.bytes();
    }

    /// Bytes that are backed by memory or may be, free blocks included; the rest over [#usedBytes] is
    /// fragmentation.
    public long reservedBytes() {
        return slabs.chunkBytes() + tables.chunkBytes() + external.bytes() + externalTables.bytes() + fixed.bytes();
    }

    /// One step of active expiry over all databases: removes keys and fields that had expired by `now`, at
    /// most about `budget` records looked at. Returns how many keys and fields went. Takes stripes itself.
    public int activeExpire(long now, int budget) {
        int removed = 0;
        for (Database database : databases) {
            removed += database.activeExpire(now, budget);
        }
        return removed;
    }

    /// One step of defragmentation: moves records out of pages that are less than half full, so that the
    /// pages become free, while free blocks take more than `tolerated` of what is in use (0.3: 30 %) and over
    /// 16 MiB. Looks at about `budget` records. Returns how many moved. Takes stripes itself, hash slot by
    /// hash slot.
    public int defragment(double tolerated, int budget) {
        long live = slabs.liveBytes() + tables.liveBytes();
        long idle = slabs.chunkBytes() + tables.chunkBytes() - live;
        if (idle < DEFRAGMENT_FLOOR_BYTES || idle < live * tolerated || idle < defragmentAbove) {
            return 0;
        }
        int moved = 0;
        long keys = 0;
        for (Database database : databases) {
            moved += database.defragment(budget);
            keys += database.size();
        }
        // A whole round in vain: what is left is spread over pages too full to be worth it, until more gathers.
        barren = moved > 0 ? 0 : barren + budget;
        defragmentAbove = barren > keys ? idle + idle / 8 : 0;
        trim();
        return moved;
    }

    /// Removes one key that `policy` picks from a sample; false when there is none to remove. Takes stripes
    /// itself; the caller holds none.
    public boolean evictOne(EvictionPolicy policy, long now) {
        if (policy == EvictionPolicy.NOEVICTION) {
            return false;
        }
        int start = (int) (nextRandom() >>> 33) % databases.length;
        for (int i = 0; i < databases.length; i++) {
            if (databases[(start + i) % databases.length].evictOne(policy, now)) {
                return true;
            }
        }
        return false;
    }

    /// Gives all memory back. Nobody may use the keyspace, nor be inside of it, from now on.
    @Override
    public void close() {
        for (Database database : databases) {
            database.close();
        }
        slabs.close();
        tables.close();
        stripes.close();
    }

    @Nullable
    KeyspaceListener listener() {
        return listener;
    }

    @Nullable
    DocumentHooks documents() {
        return documents;
    }

    MemoryAccount.Counter fixed() {
        return fixed;
    }

    /// A number from a splitmix sequence.
    long nextRandom() {
        long z = randomState += 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /// Bytes that belong to one record: block, own allocation, and the tables and fields behind a large hash.
    static long bytesOf(long record) {
        long bytes = Records.bytes(record);
        if (Record.isHash(record) && Record.has(record, Record.TABLE)) {
            long[] sum = {0};
            long entry = Record.valueAddress(record);
            Table.scan(entry, 0, Integer.MAX_VALUE, field -> sum[0] += Records.bytes(field));
            bytes += sum[0] + Table.bytes(entry);
        }
        return bytes + Long.BYTES * 3 / 2; // Its share of the hash slot's table.
    }

    /// The bytes of a row that a field refers to.
    long rowAddress(int rowsId, int ordinal) {
        return rows().address(rowsId, ordinal);
    }

    int rowBytes(int rowsId) {
        return rows().bytes(rowsId);
    }

    private DocumentHooks rows() {
        DocumentHooks hooks = documents;
        if (hooks == null) {
            throw new AssertionError("a field refers to a row, but nobody holds rows");
        }
        return hooks;
    }

    /// An all-zero cell of memory for the account's fixed part.
    long allocateFixed(long bytes) {
        long address = io.nuthatch.engine.memory.OffHeap.allocate(bytes, fixed);
        assert Memory.getLong(address) == 0;
        return address;
    }
}
