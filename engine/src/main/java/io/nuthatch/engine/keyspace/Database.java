package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.OffHeap;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// One numbered database: keys by hash slot, as [Keyspace] describes.
///
/// Unless a method says otherwise, its caller holds the stripe of the key's hash slot, and `now` is the
/// command's time in Unix milliseconds, which decides every expiry: a key whose expiry is `<= now` is not
/// there, and whoever comes upon it removes it. Addresses of records are valid until the stripe is released
/// or a key of the same hash slot is written.
///
/// A mutating command calls [#signal] after its change; the database calls it itself only for what nobody
/// asked for: expiry and eviction.
///
/// This class is the door: it finds, writes and removes keys and keeps the counts beside them. What goes over
/// many keys or moves one elsewhere is behind it: [KeyWalk], [Expiry], [Eviction], [KeyTransfer], [AllSlots].
///
/// The directory holds for each hash slot one entry of 32 bytes ([Table]). It is mapped with the first key
/// and stays, so that [#touch] may look into it without a lock.
public final class Database {
    private static final long DIRECTORY_BYTES = (long) HashSlot.COUNT * Table.ENTRY_BYTES;

    private final Keyspace keyspace;
    private final Records records;
    private final int index;
    private final AllSlots slots;
    private final KeyWalk walk;
    private final Expiry expiry;
    private final Eviction eviction;
    private long directory; // 0 until the first write; see ensureDirectory.
    private OccupiedSlots occupied = new OccupiedSlots();
    private long accessSeconds; // Of the last call that brought a time along; racy, a second early or late is fine.
    long touched; // Keeps the JIT from dropping the touch pass.

    Database(Keyspace keyspace, int index) {
        this.keyspace = keyspace;
        this.records = keyspace.records;
        this.index = index;
        this.accessSeconds = keyspace.clock.nowMillis() / 1000;
        this.slots = new AllSlots(this);
        this.walk = new KeyWalk(this);
        this.expiry = new Expiry(this);
        this.eviction = new Eviction(this);
    }

    /// Its number.
    public int index() {
        return index;
    }

    public Keyspace keyspace() {
        return keyspace;
    }

    // ---- Finding

    /// Address of the key's record, 0 when it is absent; counts as an access. An expired one is removed
    /// first, and so are expired fields of a hash. While [Keyspace#setExpiryPause] says so, an expired key is
    /// absent to everybody but stays.
    public long find(Key key, long now) {
        long record = peek(key, now);
        if (record != 0) {
            AccessBits.count(keyspace, record, now);
        }
        return record;
    }

    /// As [#find] without counting as an access (OBJECT, TYPE, TTL, DEBUG).
    public long peek(Key key, long now) {
        long directory = this.directory;
        if (directory == 0) {
            return 0;
        }
        long entry = directory + ((long) key.hashSlot() << 5);
        long record = Table.find(entry, key.hash32(), key.address(), key.length());
        Reference.reachabilityFence(key); // A key of copyOf takes its bytes along when it goes.
        if (record != 0) {
            long at = Record.expireAt(record);
            if (at != 0 && at <= now) {
                if (!keyspace.hidesExpired(now)) {
                    expire(key, record);
                }
                return 0;
            }
            if (Record.isHash(record)) {
                long due = Memory.getLong(record + Record.FIELDS_EXPIRE_AT);
                if (due != 0 && due <= now) {
                    return withoutExpiredFields(key, record, now);
                }
            }
        }
        return record;
    }

    /// The record after its expired fields went; 0 when the key went with them.
    private long withoutExpiredFields(Key key, long record, long now) {
        HashValue hash = new HashValue(this, key, record);
        hash.expireFields(now);
        return hash.record();
    }

    /// Touches what finding the first `count` of `keys` will read, one step of all keys after the other, so
    /// that their cache misses overlap. Without any lock and without effect; call it before the locks of a
    /// batch are taken.
    public void touch(Key[] keys, int count) {
        long directory = this.directory;
        if (directory == 0) {
            return;
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            Key key = keys[i];
            key.scratch = directory + ((long) key.hashSlot() << 5);
            sum += Memory.getLong(key.scratch);
        }
        for (int i = 0; i < count; i++) {
            Key key = keys[i];
            long word = Table.firstGuess(key.scratch, key.hash32());
            key.scratch = word;
            if (word != 0) {
                sum += Memory.getLong(word);
            }
        }
        for (int i = 0; i < count; i++) {
            Key key = keys[i];
            long word = key.scratch;
            if (word != 0) {
                long record = guess(word, Table.smallTag(key.hash32()));
                key.scratch = record;
                if (record != 0) {
                    sum += Memory.getLong(record);
                }
            }
        }
        for (int i = 0; i < count; i++) {
            long record = keys[i].scratch;
            if (record != 0) { // Slabs keep two lines readable behind their last block: the length may be anything.
                sum += Memory.getLong(record + 64);
                sum += Memory.getLong(record + Math.clamp(Record.bodyEnd(record) - 8L, 64, 120));
            }
        }
        if (sum == 42) {
            touched = sum;
        }
    }

    /// The record behind `word` or one of the next few in its cache line whose tag is `tag`; 0 for none.
    private static long guess(long word, int tag) {
        do {
            long value = Memory.getLong(word);
            if (value == 0) {
                return 0;
            }
            if ((int) (value >>> 48) == tag) {
                return value & Table.ADDRESS;
            }
            word += 8;
        } while ((word & 63) != 0);
        return 0;
    }

    // ---- Strings

    /// Creates the key or replaces its value, of whatever type, by the string of `valueLength` bytes at
    /// `valueAddress`; in place when it fits. `expireAt`: Unix milliseconds, 0 for none. Returns the record.
    public long putString(Key key, long valueAddress, int valueLength, long expireAt) {
        changed(key);
        EffectLog log = keyspace.effects();
        if (log != null) {
            log.putString(index, key.address(), key.length(), valueAddress, valueLength, expireAt);
        }
        int slot = key.hashSlot();
        long entry = entryForWrite(slot);
        int hash = key.hash32();
        long record = Table.find(entry, hash, key.address(), key.length());
        if (record != 0) {
            if (Record.isString(record)
                    && (Record.valueLength(record) == valueLength || Records.fits(record, valueLength))) {
                Memory.putInt(record + Record.VALUE_LENGTH, valueLength);
                Records.copyBytes(valueAddress, Record.valueAddress(record), valueLength);
                Memory.putInt(record + Record.META, freshMeta(Record.meta(record) & ~Record.RAW));
                if (Record.expireAt(record) != expireAt) {
                    setExpireAt(slot, entry, record, expireAt);
                }
                return record;
            }
        }
        int shard = records.shardOf(slot);
        long fresh = records.allocate(shard, stringMeta(), hash, key.address(), key.length(), valueLength);
        Records.copyBytes(valueAddress, Record.valueAddress(fresh), valueLength);
        if (record != 0) {
            beforeRemove(key, record);
            setExpireAt(slot, entry, record, 0);
            Table.replace(entry, hash, record, fresh);
            records.freeWhole(record);
        } else {
            insert(slot, shard, entry, hash, fresh);
            signal(key, KeyEvent.NEW);
        }
        if (expireAt != 0) {
            setExpireAt(slot, entry, fresh, expireAt);
        }
        Reference.reachabilityFence(key);
        return fresh;
    }

    /// Writes `length` bytes from `from` into the string at `offset`, which grows with zeros where needed,
    /// for APPEND, SETRANGE, SETBIT; its encoding is `raw` from now on. `from` is not in the keyspace.
    /// `record`: the key's, as [#find] gave it, or 0 to create the key without expiry. Returns the string's
    /// length.
    public int writeRange(Key key, long record, int offset, long from, int length) {
        int newLength = Math.max(record == 0 ? 0 : Record.valueLength(record), offset + length);
        long grown = growString(key, record, newLength);
        Memory.copy(from, Record.valueAddress(grown) + offset, length);
        changed(key);
        EffectLog log = keyspace.effects();
        if (log != null) {
            log.writeRange(index, key.address(), key.length(), offset, from, length);
        }
        return newLength;
    }

    /// Makes the string of `record` `newLength` bytes long: the old bytes stay, those added are zero. Room
    /// grows by a half, so that appends are cheap. Returns the record, which may have moved.
    long growString(Key key, long record, int newLength) {
        int slot = key.hashSlot();
        int shard = records.shardOf(slot);
        long entry = entryForWrite(slot);
        int oldLength = record == 0 ? 0 : Record.valueLength(record);
        if (record == 0) {
            removeHidden(key, entry);
            record = records.allocate(shard, stringMeta(), key.hash32(), key.address(), key.length(), newLength);
            insert(slot, shard, entry, key.hash32(), record);
            signal(key, KeyEvent.NEW);
        } else if (newLength > Records.valueCapacity(record)) {
            long room = Math.min(Integer.MAX_VALUE - 64L, newLength + Math.min(newLength / 2L, 1L << 20));
            record = move(slot, entry, record, (int) Math.max(room, newLength));
        }
        if (newLength > oldLength) {
            Memory.fill(Record.valueAddress(record) + oldLength, newLength - oldLength, (byte) 0);
        }
        Memory.putInt(record + Record.VALUE_LENGTH, newLength);
        Record.setFlags(record, Record.RAW);
        return record;
    }

    // ---- Any type

    /// Removes the key, expired or not; false when it is absent. The hook for documents comes first.
    public boolean remove(Key key) {
        if (directory == 0) {
            return false;
        }
        long entry = entry(key.hashSlot());
        long record = Table.find(entry, key.hash32(), key.address(), key.length());
        if (record == 0) {
            return false;
        }
        recordRemoval(key);
        beforeRemove(key, record);
        unlink(key.hashSlot(), entry, record);
        records.freeWhole(record);
        Reference.reachabilityFence(key);
        return true;
    }

    /// Sets the expiry of the key's `record` in Unix milliseconds; 0 for none. A time in the past is the
    /// caller's affair.
    public void setExpireAt(Key key, long record, long at) {
        setExpireAt(key.hashSlot(), entry(key.hashSlot()), record, at);
        changed(key);
        EffectLog log = keyspace.effects();
        if (log != null) {
            log.expireAt(index, key.address(), key.length(), at);
        }
    }

    /// Sets the word that the index of documents keeps with a hash; 0 when it is no document any more.
    public void setDocument(Key key, long record, long word) {
        assert Record.isHash(record) : "only hashes are documents";
        Memory.putLong(record + Record.DOCUMENT, word);
        changed(key);
        if (word != 0) {
            expiry.registerDocument(key.hashSlot(), record);
        }
    }

    /// Gives the key another name, with its expiry, whatever its type; what was at `to` is removed. The
    /// caller holds both stripes. False when `from` is absent. References to rows become their bytes; the
    /// record under the new name is no document until the index makes it one.
    public boolean rename(Key from, Key to, long now) {
        return moveTo(this, from, to, now);
    }

    /// `MOVE`: as [#rename] into another database; what is there is removed.
    public boolean moveTo(Database target, Key from, Key to, long now) {
        boolean moved = KeyTransfer.move(this, from, target, to, now);
        changed(from);
        changed(to);
        if (moved && keyspace.effects() != null) {
            recordRemoval(from);
            target.recordValue(to);
        }
        return moved;
    }

    /// `COPY`: a copy of the value with its expiry under `to` in `target`; what was there is removed. The
    /// caller holds both stripes. False when `from` is absent, or is `to` itself. References to rows become
    /// their bytes.
    public boolean copyTo(Database target, Key from, Key to, long now) {
        boolean copied = KeyTransfer.copy(this, from, target, to, now);
        changed(to);
        if (copied && keyspace.effects() != null) {
            target.recordValue(to);
        }
        return copied;
    }

    /// Has the log say what the key holds, which must be recorded as absent up to now. The whole value, not
    /// where it came from: see [EffectLog].
    private void recordValue(Key key) {
        EffectLog log = keyspace.effects();
        long record = peek(key, 0); // Expired or not.
        if (log == null || record == 0) {
            return;
        }
        long at = Record.expireAt(record);
        if (Record.isString(record)) {
            log.putString(
                    index, key.address(), key.length(), Record.valueAddress(record), Record.valueLength(record), at);
            return;
        }
        new HashValue(this, key, record)
                .forEach((field, fieldLength, value, length, fieldAt) ->
                        log.putField(index, key.address(), key.length(), field, fieldLength, value, length, fieldAt));
        if (at != 0) {
            log.expireAt(index, key.address(), key.length(), at);
        }
    }

    /// Bytes that [#moveTo] and [#copyTo] of the key's `record` bring into the log, about.
    public long loggedBytes(Key key, long record) {
        if (!Record.isHash(record) || !Record.has(record, Record.TABLE)) {
            return Record.valueLength(record);
        }
        long[] sum = {0};
        new HashValue(this, key, record)
                .forEach((field, fieldLength, value, length, at) -> sum[0] += 32L + fieldLength + length);
        return sum[0];
    }

    /// Tells the listener that `event` happened to `key`. Costs one read of a field when nobody listens.
    public void signal(Key key, KeyEvent event) {
        KeyspaceListener listener = keyspace.listener();
        if (listener != null) {
            listener.onEvent(this, key, event);
        }
    }

    // ---- Hashes

    /// The hash at `key`; null when the key is absent. Throws [WrongTypeException] when it holds another
    /// type. Fields that had expired by `now` are removed first (and the key with the last of them). `key`
    /// must stay as it is while the value is used.
    public @Nullable HashValue hash(Key key, long now) {
        return hash(key, now, null);
    }

    /// As [#hash], but gives `reused`, which then stands for this hash and no longer for its last one.
    public @Nullable HashValue hash(Key key, long now, @Nullable HashValue reused) {
        long record = find(key, now);
        if (record == 0) {
            return null;
        }
        if (!Record.isHash(record)) {
            throw WrongTypeException.INSTANCE;
        }
        return reused != null ? reused.set(this, key, record) : new HashValue(this, key, record);
    }

    /// As [#hash], but never null: the key is created by the first field put, and removed with its last
    /// field.
    public HashValue hashForWrite(Key key, long now) {
        return hashForWrite(key, now, null);
    }

    /// As [#hashForWrite], but gives `reused`, which then stands for this hash and no longer for its last
    /// one.
    public HashValue hashForWrite(Key key, long now, @Nullable HashValue reused) {
        HashValue hash = hash(key, now, reused);
        if (hash != null) {
            return hash;
        }
        return reused != null ? reused.set(this, key, 0) : new HashValue(this, key, 0);
    }

    /// For tests: has the hash's expired fields removed, if there is a hash.
    void hashOrNull(Key key, long now) {
        long record = peek(key, now);
        if (record != 0 && Record.isHash(record)) {
            hash(key, now);
        }
    }

    // ---- Whole database

    /// Number of keys, expired ones that nobody came upon included. Any thread, no lock.
    public long size() {
        return slots.size();
    }

    /// Number of keys of one hash slot. Any thread, no lock.
    public int size(int hashSlot) {
        return directory == 0 ? 0 : Table.size(entry(hashSlot));
    }

    /// Number of keys with an expiry. Any thread, no lock.
    public long expires() {
        return slots.expires();
    }

    /// Mean time to live of the keys that have an expiry, in milliseconds, 0 when there are none. Any thread,
    /// no lock.
    public long averageTtlMillis(long now) {
        return slots.averageTtlMillis(now);
    }

    /// `SCAN`: visits about `count` keys (at least 1) from `cursor` on, 0 at first, and returns the cursor to
    /// go on from, 0 at the end. Takes stripes itself, hash slot by hash slot.
    ///
    /// A key that is there from the first call to the last is visited at least once, however tables grow and
    /// shrink between the calls: within a hash slot the order is that of the hashes, and the cursor says how
    /// far it came. Any number is a valid cursor; one that was never handed out starts somewhere. Keys that
    /// had expired by `now` are not visited but removed.
    public long scan(long cursor, int count, long now, KeyVisitor visitor) {
        return walk.scan(cursor, count, now, visitor);
    }

    /// Visits every key that has not expired by `now`. Takes stripes itself: what is written meanwhile may or
    /// may not be seen, what is there all along is seen once.
    public void forEachKey(long now, KeyVisitor visitor) {
        walk.forEachKey(now, visitor);
    }

    /// Visits up to `limit` keys of one hash slot (CLUSTER GETKEYSINSLOT). Takes the stripe itself.
    public void forEachKeyOfSlot(int hashSlot, int limit, long now, KeyVisitor visitor) {
        walk.forEachKeyOfSlot(hashSlot, limit, now, visitor);
    }

    /// One of all keys, each as likely as any other but for those written meanwhile; null when there is none
    /// that has not expired by `now`. Takes stripes itself.
    public byte @Nullable [] randomKey(long now) {
        return walk.randomKey(now);
    }

    /// Removes all keys, the hook for documents first. The caller holds all stripes. The listener hears
    /// `onFlush`.
    public void flush() {
        DocumentHooks hooks = keyspace.documents();
        boolean isLetGo = hooks != null && hooks.beforeFlush(this);
        if (directory != 0) {
            if (!isLetGo) {
                releaseDocuments();
            }
            slots.free();
            occupied = new OccupiedSlots();
            expiry.forgetDocuments();
        }
        keyspace.allChanged();
        EffectLog log = keyspace.effects();
        if (log != null) {
            log.flush(index);
        }
        KeyspaceListener listener = keyspace.listener();
        if (listener != null) {
            listener.onFlush(this);
        }
    }

    /// See [Keyspace#defragment]; one thread at a time.
    int defragment(int budget) {
        return slots.defragment(budget);
    }

    // ---- Expiry, eviction, access

    /// One step of active expiry: removes keys and hash fields that had expired by `now`. Exact: each hash
    /// slot knows a lower bound of its expiries, so only slots with something due are looked at. Stops after
    /// about `budget` records looked at and goes on there next time. Returns how many keys and fields went.
    /// Takes stripes itself; a second thread that calls at the same time returns 0 at once.
    public int activeExpire(long now, int budget) {
        accessSeconds = now / 1000;
        return expiry.removeSome(now, budget);
    }

    /// Removes every document that had expired by `now`, and every expired field of a document; no other key.
    /// A search calls it first, so that it never returns an expired document; it costs a look at 128 numbers
    /// when nothing is due. Returns how many keys and fields went. Takes stripes itself: the caller holds
    /// none, or all.
    public int expireDue(long now) {
        return expiry.removeDueDocuments(now);
    }

    /// See [Keyspace#evictOne].
    boolean evictOne(EvictionPolicy policy, long now) {
        return eviction.evictOne(policy, now);
    }

    /// Seconds since the last access (`OBJECT IDLETIME`); meaningless while the policy counts frequency.
    public long idleSeconds(long record, long now) {
        return AccessBits.idleSeconds(record, now);
    }

    /// The logarithmic access counter, 0 to 255, decayed up to `now` (`OBJECT FREQ`); meaningless unless the
    /// policy counts frequency.
    public int frequency(long record, long now) {
        return AccessBits.frequency(keyspace, record, now);
    }

    /// Counts an access of `record`; [#find] does so itself.
    public void access(long record, long now) {
        AccessBits.count(keyspace, record, now);
    }

    /// Sets the last access `idleSeconds` back (`RESTORE … IDLETIME`).
    public void setIdleSeconds(long record, long idleSeconds, long now) {
        AccessBits.setIdleSeconds(record, idleSeconds, now);
    }

    /// Sets the access counter, 0 to 255 (`RESTORE … FREQ`).
    public void setFrequency(long record, int counter, long now) {
        AccessBits.setFrequency(record, counter, now);
    }

    /// Bytes that the key takes in memory: its block as allocated, what hangs on it, the rows that its fields
    /// refer to, and its share of the table; 0 when absent.
    public long memoryUsage(Key key, long now) {
        long record = peek(key, now);
        if (record == 0) {
            return 0;
        }
        long bytes = Keyspace.bytesOf(record);
        return Record.document(record) == 0 ? bytes : bytes + new HashValue(this, key, record).rowBytes();
    }

    // ---- For HashValue

    Records records() {
        return records;
    }

    /// A new record of a hash in the table, with room for `valueBytes`, empty.
    long createHash(Key key, int valueBytes) {
        int slot = key.hashSlot();
        int shard = records.shardOf(slot);
        int meta = freshMeta(ValueType.HASH.code() << 28);
        long entry = entryForWrite(slot);
        removeHidden(key, entry);
        long record = records.allocate(shard, meta, key.hash32(), key.address(), key.length(), valueBytes);
        Memory.putInt(record + Record.VALUE_LENGTH, 0);
        insert(slot, shard, entry, key.hash32(), record);
        signal(key, KeyEvent.NEW);
        return record;
    }

    /// Gives the record room for `capacity` bytes of value, at least as many as it has; returns where it is
    /// now.
    long resizeValue(Key key, long record, int capacity) {
        return move(key.hashSlot(), entry(key.hashSlot()), record, capacity);
    }

    /// A field of `record` got the expiry `at`.
    void fieldExpires(Key key, long record, long at) {
        long bound = Memory.getLong(record + Record.FIELDS_EXPIRE_AT);
        if (bound == 0 || at < bound) {
            Memory.putLong(record + Record.FIELDS_EXPIRE_AT, at);
        }
        Expiry.lower(entry(key.hashSlot()), at);
        if (Record.document(record) != 0) {
            expiry.registerDocument(key.hashSlot(), record);
        }
    }

    // ---- For the classes behind the door

    void swapWith(Database other) {
        ensureDirectory(); // Walks that wait for their first stripe have seen one, and must not find none.
        other.ensureDirectory();
        long directory = this.directory;
        this.directory = other.directory;
        other.directory = directory;
        OccupiedSlots occupied = this.occupied;
        this.occupied = other.occupied;
        other.occupied = occupied;
    }

    /// Makes every document an ordinary hash: fields hold their bytes again, and the index was told.
    void releaseDocuments() {
        if (directory != 0 && keyspace.documents() != null) {
            slots.releaseDocuments();
            expiry.forgetDocuments();
        }
    }

    void close() {
        if (directory == 0) {
            return;
        }
        slots.free();
        OffHeap.free(directory, DIRECTORY_BYTES, keyspace.fixed());
        directory = 0;
    }

    /// Address of the directory, 0 until the first write.
    long directory() {
        return directory;
    }

    /// The hash slots that have keys; another object after a flush or a swap.
    OccupiedSlots occupied() {
        return occupied;
    }

    /// Address of the slot's entry; only once there is a directory.
    long entry(int slot) {
        return directory + ((long) slot << 5);
    }

    /// As [#entry], and makes the directory first when there is none.
    long entryForWrite(int slot) {
        if (directory == 0) {
            ensureDirectory();
        }
        return entry(slot);
    }

    /// Threads with different stripes may come at once. A thread that still reads 0 sees an empty database,
    /// which is true of its hash slots: whoever wrote there released the stripe since, and with it the
    /// address.
    private synchronized void ensureDirectory() {
        if (directory == 0) {
            directory = keyspace.allocateFixed(DIRECTORY_BYTES);
        }
    }

    private int stringMeta() {
        return freshMeta(ValueType.STRING.code() << 28);
    }

    /// `meta` with the access bits of a value just made.
    int freshMeta(int meta) {
        return AccessBits.fresh(keyspace, meta, accessSeconds);
    }

    /// Puts the record into the table of its hash slot, where its key is not yet.
    void insert(int slot, int shard, long entry, int hash, long record) {
        Table.insert(records, shard, entry, hash, record);
        if (Table.size(entry) == 1) {
            occupied.add(slot);
        }
    }

    /// Takes the record out of table and counters; it can still be read.
    void unlink(int slot, long entry, long record) {
        setExpireAt(slot, entry, record, 0);
        Table.remove(records, records.shardOf(slot), entry, Record.hash(record), record);
        if (Table.size(entry) == 0) {
            Memory.putLong(entry + Table.NEXT_EXPIRY, 0);
            occupied.remove(slot);
        }
    }

    /// Sets the expiry of the record, 0 for none, and brings counts and bounds of its hash slot up to date.
    void setExpireAt(int slot, long entry, long record, long at) {
        long old = Record.expireAt(record);
        if (old == at) {
            return;
        }
        int count = Memory.getInt(entry + Table.EXPIRES) + (at != 0 ? 1 : 0) - (old != 0 ? 1 : 0);
        Memory.putInt(entry + Table.EXPIRES, count);
        Memory.putLong(entry + Table.EXPIRY_SUM, Memory.getLong(entry + Table.EXPIRY_SUM) + at - old);
        Memory.putLong(record + Record.EXPIRE_AT, at);
        if (at != 0) {
            Expiry.lower(entry, at);
            if (Record.document(record) != 0) {
                expiry.registerDocument(slot, record);
            }
        }
    }

    /// Tells the hook when the record is a document that is about to go.
    void beforeRemove(Key key, long record) {
        if (Record.document(record) != 0) {
            DocumentHooks documents = keyspace.documents();
            if (documents != null) {
                documents.beforeRemove(this, key, record);
            }
        }
    }

    /// Removes a key that has expired.
    void expire(Key key, long record) {
        drop(key, record, KeyEvent.EXPIRED, keyspace.expiredKeys);
    }

    /// Removes a key that nobody asked to remove, as `event` says, and counts it in `count`.
    void drop(Key key, long record, KeyEvent event, LongAdder count) {
        recordRemoval(key);
        beforeRemove(key, record);
        unlink(key.hashSlot(), entry(key.hashSlot()), record);
        count.increment();
        signal(key, event);
        records.freeWhole(record); // Only now: the key may point into the record.
    }

    /// Says that the key's hash slot is no longer what an image has of it. Every change passes here, whether
    /// a log hears of it or not.
    void changed(Key key) {
        keyspace.changedSlots().mark(key.hashSlot());
    }

    private void recordRemoval(Key key) {
        changed(key);
        EffectLog log = keyspace.effects();
        if (log != null) {
            log.remove(index, key.address(), key.length());
        }
    }

    /// Moves the record into a block with room for `capacity` bytes of value.
    private long move(int slot, long entry, long record, int capacity) {
        long fresh = records.copyOf(records.shardOf(slot), record, capacity);
        Table.replace(entry, Record.hash(fresh), record, fresh);
        records.free(record);
        return fresh;
    }

    /// Replaces references to rows by their bytes; returns the record, which may have moved.
    long materialise(Key key, long record) {
        if (!Record.isHash(record)) {
            return record;
        }
        HashValue hash = new HashValue(this, key, record);
        hash.materialise();
        return hash.record();
    }

    /// Removes the expired key that a pause hides, before it is created anew. Only a transaction with `CLIENT
    /// PAUSE` in it gets here with one: all other writes wait for the pause to end.
    private void removeHidden(Key key, long entry) {
        if (Memory.getLong(entry + Table.NEXT_EXPIRY) != 0) {
            long record = Table.find(entry, key.hash32(), key.address(), key.length());
            if (record != 0) {
                expire(key, record);
            }
        }
    }
}
