package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import org.jspecify.annotations.Nullable;

/// Ways over the keys of a [Database] that nobody names: all of them by a cursor, those of a hash slot, one
/// by chance.
///
/// Hash slots come in order, and within one the order of [Table#scan], which holds while the table grows and
/// shrinks: a cursor is the hash slot in the upper half and the place inside it in the lower, and the server
/// keeps nothing between two calls.
///
/// Threads: any number at once; takes stripes itself, one at a time.
final class KeyWalk {
    private static final int WINDOW = 1024; // Keys visited under one hold of a stripe.

    private final Database database;
    private final Stripes stripes;

    KeyWalk(Database database) {
        this.database = database;
        this.stripes = database.keyspace().stripes();
    }

    /// See [Database#scan].
    long scan(long cursor, int count, long now, KeyVisitor visitor) {
        if (database.directory() == 0) {
            return 0;
        }
        int slot = (int) (cursor >>> 32) & (HashSlot.COUNT - 1);
        long from = cursor & 0xffffffffL;
        Step step = new Step(now, visitor);
        while (true) {
            int next = database.occupied().next(slot);
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
                from = Table.scan(database.entry(slot), from, Math.max(1, count - step.seen), step);
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

    /// See [Database#forEachKey].
    void forEachKey(long now, KeyVisitor visitor) {
        for (long cursor = scan(0, WINDOW, now, visitor); cursor != 0; ) {
            cursor = scan(cursor, WINDOW, now, visitor);
        }
    }

    /// See [Database#forEachKeyOfSlot].
    void forEachKeyOfSlot(int hashSlot, int limit, long now, KeyVisitor visitor) {
        if (database.directory() == 0 || limit <= 0) {
            return;
        }
        Step step = new Step(now, visitor);
        step.slot = hashSlot;
        step.limit = limit;
        boolean entered = stripes.enter(hashSlot);
        try {
            Table.scan(database.entry(hashSlot), 0, limit, step);
        } finally {
            stripes.leave(hashSlot, entered);
        }
    }

    /// See [Database#randomKey].
    byte @Nullable [] randomKey(long now) {
        for (int tries = 0; tries < 100; tries++) {
            long size = database.size();
            if (size == 0) {
                return null;
            }
            long nth = Long.remainderUnsigned(database.keyspace().nextRandom(), size);
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                int here = Table.size(database.entry(slot));
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

    /// The slot's key at place `nth` of those its table holds; null when it is gone or has expired by `now`.
    private byte @Nullable [] keyAt(int slot, int nth, long now) {
        boolean entered = stripes.enter(slot);
        try {
            long entry = database.entry(slot);
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

    /// Removes the expired keys that the last step came upon; the caller holds their stripe since.
    private void removeExpired(Step step) {
        AddressList expired = step.expired;
        if (expired != null && !database.keyspace().hidesExpired(step.now)) {
            for (int i = 0; i < expired.size; i++) {
                database.expire(Key.of(step.slot, expired.addresses[i]), expired.addresses[i]);
            }
        }
        step.expired = null;
    }

    /// Hands the records of a scan to a visitor, but for expired ones, which it collects.
    private static final class Step implements Table.AddressVisitor {
        private final long now;
        private final KeyVisitor visitor;
        private final Key key = new Key();
        private @Nullable AddressList expired;
        int slot;
        int seen;
        int limit = Integer.MAX_VALUE;

        Step(long now, KeyVisitor visitor) {
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
}
