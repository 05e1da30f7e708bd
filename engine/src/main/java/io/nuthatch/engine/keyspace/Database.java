package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.OffHeap;
import java.lang.foreign.Arena;
import java.lang.ref.Reference;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
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
/// The directory holds for each hash slot one entry of 32 bytes ([Table]). It is mapped with the first key
/// and stays, so that [#touch] may look into it without a lock.
public final class Database {
    private static final long DIRECTORY_BYTES = (long) HashSlot.COUNT * Table.ENTRY_BYTES;
    private static final int GROUP_SLOTS = 128;
    private static final int CROWDED = 1024; // Records of a hash slot above which expiries of documents get a heap.
    private static final int EXPIRY_WINDOW = 1024; // Records looked at under one hold of a stripe.

    private final Keyspace keyspace;
    private final Stripes stripes;
    private final Records records;
    private final int index;
    private long directory; // 0 until the first write; see ensureDirectory.
    private AtomicLongArray occupied = new AtomicLongArray(HashSlot.COUNT / 64); // A bit per hash slot that has keys.
    private @Nullable DueDocuments due; // Set with the first document that can expire.
    private final AtomicBoolean expiring = new AtomicBoolean(); // Guards expirySlot and expiryFrom.
    private int expirySlot;
    private int defragmentSlot; // Racy: two threads would only do some slots twice.
    private long expiryFrom;
    private long accessSeconds; // Of the last call that brought a time along; racy, a second early or late is fine.
    long touched; // Keeps the JIT from dropping the touch pass.

    Database(Keyspace keyspace, int index) {
        this.keyspace = keyspace;
        this.stripes = keyspace.stripes();
        this.records = keyspace.records;
        this.index = index;
        this.accessSeconds = keyspace.clock.nowMillis() / 1000;
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
            access(record, now);
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
            freeValue(record);
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

    /// Makes the string of `record` `newLength` bytes long, for APPEND, SETRANGE, SETBIT: the old bytes stay,
    /// those added are zero, and the encoding is `raw` from now on. Room grows by a half, so that appends are
    /// cheap.
    ///
    /// `record`: the key's, as [#find] gave it, or 0 to create the key without expiry. Returns the record,
    /// which may have moved; the caller then writes at its [Record#valueAddress].
    public long growString(Key key, long record, int newLength) {
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
        beforeRemove(key, record);
        unlink(key.hashSlot(), entry, record);
        freeValue(record);
        Reference.reachabilityFence(key);
        return true;
    }

    /// Sets the expiry of the key's `record` in Unix milliseconds; 0 for none. A time in the past is the
    /// caller's affair.
    public void setExpireAt(Key key, long record, long at) {
        setExpireAt(key.hashSlot(), entry(key.hashSlot()), record, at);
    }

    /// Sets the word that the index of documents keeps with a hash; 0 when it is no document any more.
    public void setDocument(Key key, long record, long word) {
        assert Record.isHash(record) : "only hashes are documents";
        Memory.putLong(record + Record.DOCUMENT, word);
        if (word != 0) {
            registerDue(key.hashSlot(), record);
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
        long record = peek(from, now);
        if (record == 0) {
            return false;
        }
        if (target == this
                && from.length() == to.length()
                && Record.bytesEqual(from.address(), to.address(), from.length())) {
            return true;
        }
        record = materialise(from, record);
        beforeRemove(from, record);
        int meta = Record.meta(record);
        int valueLength = Record.valueLength(record);
        long at = Record.expireAt(record);
        target.remove(to);
        int shard = records.shardOf(to.hashSlot());
        long fresh =
                records.allocate(shard, meta & ~Record.EXTERNAL, to.hash32(), to.address(), to.length(), valueLength);
        Memory.copy(Record.valueAddress(record), Record.valueAddress(fresh), valueLength);
        copyHashHeader(record, fresh);
        unlink(from.hashSlot(), entry(from.hashSlot()), record);
        records.free(record); // A table of fields lives on under the new name.
        long entry = target.entryForWrite(to.hashSlot());
        target.insert(to.hashSlot(), shard, entry, to.hash32(), fresh);
        target.signal(to, KeyEvent.NEW);
        target.afterCopy(to.hashSlot(), entry, fresh, at);
        return true;
    }

    /// `COPY`: a copy of the value with its expiry under `to` in `target`; what was there is removed. The
    /// caller holds both stripes. False when `from` is absent, or is `to` itself. References to rows become
    /// their bytes.
    public boolean copyTo(Database target, Key from, Key to, long now) {
        long record = peek(from, now);
        if (record == 0
                || target == this
                        && from.length() == to.length()
                        && Record.bytesEqual(from.address(), to.address(), from.length())) {
            return false;
        }
        target.remove(to);
        record = peek(from, now); // Removal changes no other record; said again because addresses are short-lived.
        int shard = records.shardOf(to.hashSlot());
        long entry = target.entryForWrite(to.hashSlot());
        if (Record.isHash(record)) {
            HashValue source = new HashValue(this, from, record);
            HashValue copy = new HashValue(target, to, 0);
            source.copyInto(copy);
            long fresh = copy.record();
            Memory.putInt(
                    fresh + Record.META,
                    Record.meta(fresh) | Record.meta(record) & (Record.LARGE | Record.FIELD_EXPIRY));
            target.setExpireAt(to.hashSlot(), entry, fresh, Record.expireAt(record));
            return true;
        }
        int valueLength = Record.valueLength(record);
        long fresh = records.allocate(
                shard,
                freshMeta(Record.meta(record) & ~Record.EXTERNAL),
                to.hash32(),
                to.address(),
                to.length(),
                valueLength);
        Memory.copy(Record.valueAddress(record), Record.valueAddress(fresh), valueLength);
        target.insert(to.hashSlot(), shard, entry, to.hash32(), fresh);
        target.signal(to, KeyEvent.NEW);
        target.afterCopy(to.hashSlot(), entry, fresh, Record.expireAt(record));
        return true;
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
        long directory = this.directory;
        long sum = 0;
        if (directory != 0) {
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                sum += Memory.getInt(directory + ((long) slot << 5) + Table.SIZE);
            }
        }
        return sum;
    }

    /// Number of keys of one hash slot. Any thread, no lock.
    public int size(int hashSlot) {
        return directory == 0 ? 0 : Table.size(entry(hashSlot));
    }

    /// Number of keys with an expiry. Any thread, no lock.
    public long expires() {
        long directory = this.directory;
        long sum = 0;
        if (directory != 0) {
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                sum += Memory.getInt(directory + ((long) slot << 5) + Table.EXPIRES);
            }
        }
        return sum;
    }

    /// Mean time to live of the keys that have an expiry, in milliseconds, 0 when there are none. Any thread,
    /// no lock.
    public long averageTtlMillis(long now) {
        long count = expires();
        if (count == 0) {
            return 0;
        }
        double sum = 0;
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            sum += Memory.getLong(directory + ((long) slot << 5) + Table.EXPIRY_SUM);
        }
        return Math.max(0, (long) (sum / count - now));
    }

    /// `SCAN`: visits about `count` keys (at least 1) from `cursor` on, 0 at first, and returns the cursor to
    /// go on from, 0 at the end. Takes stripes itself, hash slot by hash slot.
    ///
    /// A key that is there from the first call to the last is visited at least once, however tables grow and
    /// shrink between the calls: within a hash slot the order is that of the hashes, and the cursor says how
    /// far it came. Any number is a valid cursor; one that was never handed out starts somewhere. Keys that
    /// had expired by `now` are not visited but removed.
    public long scan(long cursor, int count, long now, KeyVisitor visitor) {
        long directory = this.directory;
        if (directory == 0) {
            return 0;
        }
        int slot = (int) (cursor >>> 32) & (HashSlot.COUNT - 1);
        long from = cursor & 0xffffffffL;
        ScanStep step = new ScanStep(now, visitor);
        while (true) {
            int next = nextOccupied(slot);
            if (next < 0) {
                return 0;
            }
            if (next != slot) {
                slot = next;
                from = 0; // The slot that the cursor was in became empty.
            }
            step.slot = slot;
            boolean entered = stripes.enter(slot);
            try {
                from = Table.scan(entry(slot), from, Math.max(1, count - step.seen), step);
                removeExpired(step);
            } finally {
                stripes.leave(slot, entered);
            }
            if (from < 0) {
                from = 0;
                slot++;
            }
            if (slot == HashSlot.COUNT) {
                return 0;
            }
            if (step.seen >= count) {
                return (long) slot << 32 | from;
            }
        }
    }

    /// Visits every key that has not expired by `now`. Takes stripes itself: what is written meanwhile may or
    /// may not be seen, what is there all along is seen once.
    public void forEachKey(long now, KeyVisitor visitor) {
        for (long cursor = scan(0, EXPIRY_WINDOW, now, visitor); cursor != 0; ) {
            cursor = scan(cursor, EXPIRY_WINDOW, now, visitor);
        }
    }

    /// Visits up to `limit` keys of one hash slot (CLUSTER GETKEYSINSLOT). Takes the stripe itself.
    public void forEachKeyOfSlot(int hashSlot, int limit, long now, KeyVisitor visitor) {
        if (directory == 0 || limit <= 0) {
            return;
        }
        ScanStep step = new ScanStep(now, visitor);
        step.slot = hashSlot;
        step.limit = limit;
        boolean entered = stripes.enter(hashSlot);
        try {
            Table.scan(entry(hashSlot), 0, limit, step);
        } finally {
            stripes.leave(hashSlot, entered);
        }
    }

    /// One of all keys, each as likely as any other but for those written meanwhile; null when there is none
    /// that has not expired by `now`. Takes stripes itself.
    public byte @Nullable [] randomKey(long now) {
        for (int tries = 0; tries < 100; tries++) {
            long size = size();
            if (size == 0) {
                return null;
            }
            long nth = Long.remainderUnsigned(keyspace.nextRandom(), size);
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                int here = Table.size(entry(slot));
                if (nth >= here) {
                    nth -= here;
                    continue;
                }
                byte[] key = keyAt(slot, (int) nth, now);
                if (key != null) {
                    return key;
                }
                break;
            }
        }
        byte[][] any = new byte[1][];
        for (long cursor = scan(0, 1, now, (key, record) -> any[0] = key.toBytes()); cursor != 0 && any[0] == null; ) {
            cursor = scan(cursor, 1, now, (key, record) -> any[0] = key.toBytes());
        }
        return any[0];
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
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                long entry = entry(slot);
                Table.forEach(entry, this::freeValue);
                Table.free(records, entry);
            }
            occupied = new AtomicLongArray(HashSlot.COUNT / 64);
            due = null;
        }
        KeyspaceListener listener = keyspace.listener();
        if (listener != null) {
            listener.onFlush(this);
        }
    }

    // ---- Expiry and eviction

    /// One step of active expiry: removes keys and hash fields that had expired by `now`. Exact: each hash
    /// slot knows a lower bound of its expiries, so only slots with something due are looked at. Stops after
    /// about `budget` records looked at and goes on there next time. Returns how many keys and fields went.
    /// Takes stripes itself; a second thread that calls at the same time returns 0 at once.
    public int activeExpire(long now, int budget) {
        accessSeconds = now / 1000;
        if (directory == 0 || !expiring.compareAndSet(false, true)) {
            return 0;
        }
        try {
            int removed = 0;
            int slot = expirySlot;
            long from = expiryFrom;
            ExpiryStep step = new ExpiryStep(now, false);
            for (int walked = 0; walked <= HashSlot.COUNT && budget > 0; walked++) {
                long entry = entry(slot);
                long next = Memory.getLong(entry + Table.NEXT_EXPIRY);
                while (next != 0 && next <= now && budget > 0) {
                    boolean entered = stripes.enter(slot);
                    try {
                        if (from == 0) {
                            Memory.putLong(entry + Table.NEXT_EXPIRY, 0);
                        }
                        step.begin();
                        from = Table.scan(entry, from, EXPIRY_WINDOW, step);
                        removed += step.remove(slot);
                        budget -= step.looked;
                        boolean through = from < 0;
                        lower(entry, through ? step.earliest : 1); // 1: due at once, since the slot is not through.
                        if (through) {
                            from = 0;
                        }
                    } finally {
                        stripes.leave(slot, entered);
                    }
                    if (from == 0) {
                        break;
                    }
                }
                if (from != 0) {
                    break; // Out of budget inside the slot.
                }
                slot = slot + 1 & HashSlot.COUNT - 1;
            }
            expirySlot = slot;
            expiryFrom = from;
            return removed;
        } finally {
            expiring.set(false);
        }
    }

    /// Removes every document that had expired by `now`, and every expired field of a document; no other key.
    /// A search calls it first, so that it never returns an expired document; it costs a look at 128 numbers
    /// when nothing is due. Returns how many keys and fields went. Takes stripes itself: the caller holds
    /// none, or all.
    public int expireDue(long now) {
        DueDocuments due = this.due;
        if (due == null) {
            return 0;
        }
        int removed = 0;
        ExpiryStep step = new ExpiryStep(now, true);
        for (int group = 0; group < DueDocuments.GROUPS; group++) {
            long bound = due.group(group);
            if (bound > now) {
                continue;
            }
            for (int slot = group * GROUP_SLOTS; slot < (group + 1) * GROUP_SLOTS; slot++) {
                if (due.slot(slot) > now) {
                    continue;
                }
                boolean entered = stripes.enter(slot);
                try {
                    removed += due.heap(slot) == null ? expireDueOf(slot, step, due) : expireTop(slot, step, due);
                } finally {
                    stripes.leave(slot, entered);
                }
            }
            due.tighten(group);
        }
        return removed;
    }

    /// Looks at every record of the slot; gives the slot a heap when that is too many to do it often.
    private int expireDueOf(int slot, ExpiryStep step, DueDocuments due) {
        long entry = entry(slot);
        step.begin();
        Table.scan(entry, 0, Integer.MAX_VALUE, step);
        int removed = step.remove(slot);
        due.setSlot(slot, step.earliest == 0 ? Long.MAX_VALUE : step.earliest);
        if (Table.size(entry) > CROWDED) {
            DueHeap heap = new DueHeap();
            Table.scan(entry, 0, Integer.MAX_VALUE, record -> {
                long at = Record.document(record) == 0 ? 0 : earliest(record);
                if (at != 0) {
                    heap.push(at, Table.smallTag(Record.hash(record)));
                }
            });
            due.setHeap(slot, heap);
        }
        return removed;
    }

    /// Removes what is due by the slot's heap.
    private int expireTop(int slot, ExpiryStep step, DueDocuments due) {
        DueHeap heap = Objects.requireNonNull(due.heap(slot), "only called for a slot with a heap");
        long entry = entry(slot);
        int removed = 0;
        while (heap.earliest() <= step.now) {
            int tag = heap.pop();
            step.begin();
            Table.scanTag(entry, tag, step);
            removed += step.remove(slot); // Fields that expire later register themselves.
            if (step.earliest != 0) {
                heap.push(step.earliest, tag); // Stands for all that stay under this tag.
            }
        }
        due.setSlot(slot, heap.earliest());
        if (Table.size(entry) < CROWDED / 2) {
            due.setHeap(slot, null); // The bound stands.
        }
        return removed;
    }

    /// See [Keyspace#defragment]. Goes on where it stopped; one thread at a time.
    int defragment(int budget) {
        if (directory == 0) {
            return 0;
        }
        int moved = 0;
        int looked = 0;
        for (int walked = 0; walked < HashSlot.COUNT && looked < budget; walked++) {
            int slot = defragmentSlot;
            defragmentSlot = slot + 1 & HashSlot.COUNT - 1;
            if (Table.size(entry(slot)) > 0) {
                boolean entered = stripes.enter(slot);
                try {
                    looked += Table.size(entry(slot));
                    moved += Table.defragment(records, records.shardOf(slot), entry(slot));
                } finally {
                    stripes.leave(slot, entered);
                }
            }
        }
        return moved;
    }

    /// See [Keyspace#evictOne].
    boolean evictOne(EvictionPolicy policy, long now) {
        if (directory == 0) {
            return false;
        }
        int samples = keyspace.evictionSamples;
        int start = (int) (keyspace.nextRandom() >>> 50);
        EvictionStep step = new EvictionStep(policy, now);
        int walked = 0; // Hash slots left behind since start, cyclically.
        while (step.sampled < samples && walked < HashSlot.COUNT) {
            int at = start + walked & HashSlot.COUNT - 1;
            int slot = nextOccupied(at);
            if (slot < 0) {
                walked += HashSlot.COUNT - at;
                continue;
            }
            walked += slot - at + 1;
            if (walked > HashSlot.COUNT) {
                break;
            }
            if (!policy.isVolatile() || Memory.getInt(entry(slot) + Table.EXPIRES) > 0) {
                boolean entered = stripes.enter(slot);
                try {
                    step.slot = slot;
                    long from = Table.size(entry(slot)) > 4 * samples ? keyspace.nextRandom() & 0xffffffffL : 0;
                    Table.scan(entry(slot), from, samples, step);
                } finally {
                    stripes.leave(slot, entered);
                }
            }
        }
        if (step.best == 0) {
            return false;
        }
        boolean entered = stripes.enter(step.bestSlot);
        try {
            long record = step.best;
            long entry = entry(step.bestSlot);
            if (!contains(entry, record)) {
                return true; // Somebody else removed it: memory was freed all the same.
            }
            Key key = keyOf(step.bestSlot, record);
            beforeRemove(key, record);
            unlink(step.bestSlot, entry, record);
            keyspace.evictedKeys.increment();
            signal(key, KeyEvent.EVICTED);
            freeValue(record);
            return true;
        } finally {
            stripes.leave(step.bestSlot, entered);
        }
    }

    /// Seconds since the last access (`OBJECT IDLETIME`); meaningless while the policy counts frequency.
    public long idleSeconds(long record, long now) {
        return now / 1000 - (Record.meta(record) & Record.ACCESS_MASK) & Record.ACCESS_MASK;
    }

    /// The logarithmic access counter, 0 to 255, decayed up to `now` (`OBJECT FREQ`); meaningless unless the
    /// policy counts frequency.
    public int frequency(long record, long now) {
        return decayed(Record.meta(record) & Record.ACCESS_MASK, now);
    }

    /// Counts an access of `record`; [#find] does so itself.
    public void access(long record, long now) {
        int meta = Record.meta(record);
        int bits;
        if (!keyspace.countsFrequency) {
            bits = (int) (now / 1000) & Record.ACCESS_MASK;
        } else {
            int counter = decayed(meta & Record.ACCESS_MASK, now);
            if (counter < 255) {
                double base = Math.max(0, counter - 5);
                double chance = 1.0 / (base * keyspace.lfuLogFactor + 1);
                if ((keyspace.nextRandom() >>> 11) * 0x1.0p-53 < chance) {
                    counter++;
                }
            }
            bits = (int) (now / 60_000 & 0xffff) << 8 | counter;
        }
        if ((meta & Record.ACCESS_MASK) != bits) {
            Memory.putInt(record + Record.META, meta & ~Record.ACCESS_MASK | bits);
        }
    }

    /// Sets the last access `idleSeconds` back (`RESTORE … IDLETIME`).
    public void setIdleSeconds(long record, long idleSeconds, long now) {
        int bits = (int) (now / 1000 - idleSeconds) & Record.ACCESS_MASK;
        Memory.putInt(record + Record.META, Record.meta(record) & ~Record.ACCESS_MASK | bits);
    }

    /// Sets the access counter, 0 to 255 (`RESTORE … FREQ`).
    public void setFrequency(long record, int counter, long now) {
        int bits = (int) (now / 60_000 & 0xffff) << 8 | counter;
        Memory.putInt(record + Record.META, Record.meta(record) & ~Record.ACCESS_MASK | bits);
    }

    /// Bytes that the key takes in memory: its block as allocated, what hangs on it, and its share of the
    /// table; 0 when absent. A row that a field refers to is not counted, as it belongs to its index.
    public long memoryUsage(Key key, long now) {
        long record = peek(key, now);
        return record == 0 ? 0 : Keyspace.bytesOf(record);
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
        lower(entry(key.hashSlot()), at);
        if (Record.document(record) != 0) {
            registerDue(key.hashSlot(), record);
        }
    }

    // ---- Inside

    void swapWith(Database other) {
        long directory = this.directory;
        this.directory = other.directory;
        other.directory = directory;
        AtomicLongArray occupied = this.occupied;
        this.occupied = other.occupied;
        other.occupied = occupied;
    }

    /// Makes every document an ordinary hash: fields hold their bytes again, and the index was told.
    void releaseDocuments() {
        if (directory == 0 || keyspace.documents() == null) {
            return;
        }
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            AddressList documents = new AddressList();
            Table.scan(entry(slot), 0, Integer.MAX_VALUE, record -> {
                if (Record.document(record) != 0) {
                    documents.visit(record);
                }
            });
            for (int i = 0; i < documents.size; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    Key key = ownedKeyOf(documents.addresses[i], arena);
                    long record = materialise(key, documents.addresses[i]);
                    beforeRemove(key, record);
                    Memory.putLong(record + Record.DOCUMENT, 0);
                }
            }
        }
        due = null;
    }

    void close() {
        if (directory == 0) {
            return;
        }
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            long entry = entry(slot);
            Table.forEach(entry, this::freeValue);
            Table.free(records, entry);
        }
        OffHeap.free(directory, DIRECTORY_BYTES, keyspace.fixed());
        directory = 0;
    }

    private long entry(int slot) {
        return directory + ((long) slot << 5);
    }

    private long entryForWrite(int slot) {
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
    private int freshMeta(int meta) {
        int bits = keyspace.countsFrequency
                ? (int) (accessSeconds / 60 & 0xffff) << 8 | 5
                : (int) accessSeconds & Record.ACCESS_MASK;
        return meta & ~Record.ACCESS_MASK | bits;
    }

    private int decayed(int access, long now) {
        int counter = access & 0xff;
        int decay = keyspace.lfuDecayMinutes;
        if (decay == 0) {
            return counter;
        }
        int elapsed = (int) (now / 60_000) - (access >>> 8) & 0xffff;
        return Math.max(0, counter - elapsed / decay);
    }

    private void insert(int slot, int shard, long entry, int hash, long record) {
        Table.insert(records, shard, entry, hash, record);
        if (Table.size(entry) == 1) {
            occupied.getAndUpdate(slot >>> 6, bits -> bits | 1L << slot);
        }
    }

    /// Takes the record out of table and counters; it can still be read.
    private void unlink(int slot, long entry, long record) {
        setExpireAt(slot, entry, record, 0);
        Table.remove(records, records.shardOf(slot), entry, Record.hash(record), record);
        if (Table.size(entry) == 0) {
            Memory.putLong(entry + Table.NEXT_EXPIRY, 0);
            occupied.getAndUpdate(slot >>> 6, bits -> bits & ~(1L << slot));
        }
    }

    private void setExpireAt(int slot, long entry, long record, long at) {
        long old = Record.expireAt(record);
        if (old == at) {
            return;
        }
        int count = Memory.getInt(entry + Table.EXPIRES) + (at != 0 ? 1 : 0) - (old != 0 ? 1 : 0);
        Memory.putInt(entry + Table.EXPIRES, count);
        Memory.putLong(entry + Table.EXPIRY_SUM, Memory.getLong(entry + Table.EXPIRY_SUM) + at - old);
        Memory.putLong(record + Record.EXPIRE_AT, at);
        if (at != 0) {
            lower(entry, at);
            if (Record.document(record) != 0) {
                registerDue(slot, record);
            }
        }
    }

    /// Lowers the slot's bound to `at`, unless that is 0.
    private static void lower(long entry, long at) {
        long next = Memory.getLong(entry + Table.NEXT_EXPIRY);
        if (at != 0 && (next == 0 || at < next)) {
            Memory.putLong(entry + Table.NEXT_EXPIRY, at);
        }
    }

    private void registerDue(int slot, long record) {
        long at = earliest(record);
        if (at != 0) {
            DueDocuments due = this.due;
            if (due == null) {
                synchronized (this) {
                    due = this.due;
                    if (due == null) {
                        due = new DueDocuments();
                        this.due = due;
                    }
                }
            }
            due.lower(slot, at);
            DueHeap heap = due.heap(slot);
            if (heap != null) {
                heap.push(at, Table.smallTag(Record.hash(record)));
                if (heap.size() > 2 * Table.size(entry(slot)) + CROWDED) {
                    due.setHeap(slot, null); // Mostly stale; it is built anew when something is due.
                }
            }
        }
    }

    /// When the record or a field of it expires first; 0 for never.
    private static long earliest(long record) {
        long at = Record.expireAt(record);
        if (Record.isHash(record)) {
            long fields = Memory.getLong(record + Record.FIELDS_EXPIRE_AT);
            return at == 0 || fields != 0 && fields < at ? fields : at;
        }
        return at;
    }

    private void beforeRemove(Key key, long record) {
        if (Record.document(record) != 0) {
            DocumentHooks documents = keyspace.documents();
            if (documents != null) {
                documents.beforeRemove(this, key, record);
            }
        }
    }

    private void expire(Key key, long record) {
        beforeRemove(key, record);
        unlink(key.hashSlot(), entry(key.hashSlot()), record);
        keyspace.expiredKeys.increment();
        signal(key, KeyEvent.EXPIRED);
        freeValue(record); // Only now: the key may point into the record.
    }

    /// Frees the record and all that hangs on it.
    void freeValue(long record) {
        if (Record.has(record, Record.TABLE) && Record.isHash(record)) {
            long entry = Record.valueAddress(record);
            Table.forEach(entry, records::free);
            Table.free(records, entry);
        }
        records.free(record);
    }

    /// Copies the record into a block with room for `capacity` bytes of value.
    private long move(int slot, long entry, long record, int capacity) {
        int meta = Record.meta(record);
        int length = Record.valueLength(record);
        int hash = Record.hash(record);
        long fresh = records.allocate(
                records.shardOf(slot), meta, hash, Record.keyAddress(record), Record.keyLength(record), capacity);
        Memory.copy(Record.valueAddress(record), Record.valueAddress(fresh), Math.min(length, capacity));
        Memory.putInt(fresh + Record.VALUE_LENGTH, length);
        Memory.putLong(fresh + Record.EXPIRE_AT, Record.expireAt(record));
        if (Record.isHash(record)) {
            Memory.copy(record + Record.DOCUMENT, fresh + Record.DOCUMENT, Record.HASH_HEADER_BYTES - Record.DOCUMENT);
        }
        Table.replace(entry, hash, record, fresh);
        records.free(record);
        return fresh;
    }

    private static void copyHashHeader(long record, long fresh) {
        if (Record.isHash(record)) {
            Memory.copy(
                    record + Record.FIELDS_EXPIRE_AT,
                    fresh + Record.FIELDS_EXPIRE_AT,
                    Record.HASH_HEADER_BYTES - Record.FIELDS_EXPIRE_AT);
        }
    }

    private void afterCopy(int slot, long entry, long record, long at) {
        setExpireAt(slot, entry, record, at);
        lower(entry, earliest(record));
    }

    /// Replaces references to rows by their bytes; returns the record, which may have moved.
    private long materialise(Key key, long record) {
        if (!Record.isHash(record)) {
            return record;
        }
        HashValue hash = new HashValue(this, key, record);
        hash.materialise();
        return hash.record();
    }

    private static Key keyOf(int slot, long record) {
        return new Key().set(Record.keyAddress(record), Record.keyLength(record), slot, Record.hash(record));
    }

    /// A key that survives the record's moves.
    private static Key ownedKeyOf(long record, Arena arena) {
        return Key.copyOf(Memory.toBytes(Record.keyAddress(record), Record.keyLength(record)), arena);
    }

    private byte @Nullable [] keyAt(int slot, int nth, long now) {
        boolean entered = stripes.enter(slot);
        try {
            long entry = entry(slot);
            long words = Table.words(entry);
            int capacity = Table.capacity(entry);
            for (int i = 0; i < capacity; i++) {
                long word = Memory.getLong(words + ((long) i << 3));
                if (word != 0 && nth-- == 0) {
                    long record = word & Table.ADDRESS;
                    long at = Record.expireAt(record);
                    return at != 0 && at <= now
                            ? null
                            : Memory.toBytes(Record.keyAddress(record), Record.keyLength(record));
                }
            }
            return null;
        } finally {
            stripes.leave(slot, entered);
        }
    }

    private static boolean contains(long entry, long record) {
        boolean[] found = {false};
        Table.scan(entry, 0, Integer.MAX_VALUE, other -> found[0] |= other == record);
        return found[0];
    }

    /// The first hash slot from `slot` on that has keys, -1 for none.
    private int nextOccupied(int slot) {
        AtomicLongArray occupied = this.occupied;
        for (int word = slot >>> 6; word < occupied.length(); word++) {
            long bits = occupied.get(word);
            if (word == slot >>> 6) {
                bits &= -1L << slot;
            }
            if (bits != 0) {
                return (word << 6) + Long.numberOfTrailingZeros(bits);
            }
        }
        return -1;
    }

    /// Removes the expired keys that the last step came upon; the caller holds their stripe since.
    private void removeExpired(ScanStep step) {
        AddressList expired = step.expired;
        if (expired != null && !keyspace.hidesExpired(step.now)) {
            for (int i = 0; i < expired.size; i++) {
                expire(keyOf(step.slot, expired.addresses[i]), expired.addresses[i]);
            }
        }
        step.expired = null;
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

    /// Hands the records of a scan to a visitor, but for expired ones, which it collects.
    private static final class ScanStep implements Table.AddressVisitor {
        private final long now;
        private final KeyVisitor visitor;
        private final Key key = new Key();
        private @Nullable AddressList expired;
        int slot;
        int seen;
        int limit = Integer.MAX_VALUE;

        ScanStep(long now, KeyVisitor visitor) {
            this.now = now;
            this.visitor = visitor;
        }

        @Override
        public void visit(long record) {
            long at = Record.expireAt(record);
            if (at != 0 && at <= now) {
                if (expired == null) {
                    expired = new AddressList();
                }
                expired.visit(record);
            } else if (seen < limit) {
                key.set(Record.keyAddress(record), Record.keyLength(record), slot, Record.hash(record));
                visitor.visit(key, record);
            }
            seen++;
        }
    }

    /// Collects what is due in a hash slot, then removes it.
    private final class ExpiryStep implements Table.AddressVisitor {
        private final long now;
        private final boolean documentsOnly;
        private final AddressList found = new AddressList();
        int looked;
        long earliest; // Of what stays; 0 for none.

        ExpiryStep(long now, boolean documentsOnly) {
            this.now = now;
            this.documentsOnly = documentsOnly;
        }

        void begin() {
            looked = 0;
            earliest = 0;
            found.size = 0;
        }

        @Override
        public void visit(long record) {
            looked++;
            if (documentsOnly && Record.document(record) == 0) {
                return;
            }
            long at = earliest(record);
            if (at != 0 && at <= now) {
                found.visit(record);
            } else {
                stays(at);
            }
        }

        int remove(int slot) {
            int removed = 0;
            for (int i = 0; i < found.size; i++) {
                long record = found.addresses[i];
                long at = Record.expireAt(record);
                if (at != 0 && at <= now) {
                    expire(keyOf(slot, record), record);
                    removed++;
                } else {
                    try (Arena arena = Arena.ofConfined()) {
                        HashValue hash = new HashValue(Database.this, ownedKeyOf(record, arena), record);
                        removed += hash.expireFields(now);
                        if (hash.record() != 0) {
                            stays(earliest(hash.record()));
                        }
                    }
                }
            }
            return removed;
        }

        private void stays(long at) {
            if (at != 0 && (earliest == 0 || at < earliest)) {
                earliest = at;
            }
        }
    }

    /// Remembers the record of a sample that should go first.
    private final class EvictionStep implements Table.AddressVisitor {
        private final EvictionPolicy policy;
        private final long now;
        int slot;
        int sampled;
        long best;
        int bestSlot;
        private double bestScore = Double.NEGATIVE_INFINITY;

        EvictionStep(EvictionPolicy policy, long now) {
            this.policy = policy;
            this.now = now;
        }

        @Override
        public void visit(long record) {
            long at = Record.expireAt(record);
            if (policy.isVolatile() && at == 0) {
                return;
            }
            sampled++;
            double score = switch (policy) {
                case ALLKEYS_LRU, VOLATILE_LRU -> idleSeconds(record, now);
                case ALLKEYS_LFU, VOLATILE_LFU -> 255 - frequency(record, now);
                case VOLATILE_TTL -> -(double) at;
                case ALLKEYS_RANDOM, VOLATILE_RANDOM, NOEVICTION -> keyspace.nextRandom() >>> 1;
            };
            if (score > bestScore) {
                bestScore = score;
                best = record;
                bestSlot = slot;
            }
        }
    }
}
