package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import java.lang.foreign.Arena;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// What is due in a [Database] and goes although nobody asks for it by name: keys and hash fields, step by
/// step, and documents before a search.
///
/// Two lower bounds per hash slot say where to look, so that nothing is looked at in vain. That of all keys
/// is [Table#NEXT_EXPIRY], lowered under the stripe and found anew by each walk over the slot. That of
/// documents is in [DueDocuments], which a search reads without a lock; a crowded slot has a [DueHeap] too.
/// Bounds may be too early, never too late.
///
/// Owns no memory off the heap. Takes stripes where a method says so; the rest is called under the slot's.
final class Expiry {
    private static final int GROUP_SLOTS = HashSlot.COUNT / DueDocuments.GROUPS;
    private static final int CROWDED = 1024; // Records of a hash slot above which expiries of documents get a heap.
    private static final int WINDOW = 1024; // Records looked at under one hold of a stripe.

    private final Database database;
    private final Stripes stripes;
    private @Nullable DueDocuments due; // Set with the first document that can expire.
    private final AtomicBoolean isActive = new AtomicBoolean(); // Guards activeSlot and activeFrom.
    private int activeSlot;
    private long activeFrom;

    Expiry(Database database) {
        this.database = database;
        this.stripes = database.keyspace().stripes();
    }

    /// See [Database#activeExpire].
    int removeSome(long now, int budget) {
        if (database.directory() == 0 || !isActive.compareAndSet(false, true)) {
            return 0;
        }
        try {
            int removed = 0;
            int slot = activeSlot;
            long from = activeFrom;
            Step step = new Step(now, false);
            for (int walked = 0; walked <= HashSlot.COUNT && budget > 0; walked++) {
                long entry = database.entry(slot);
                long next = Memory.getLong(entry + Table.NEXT_EXPIRY);
                while (next != 0 && next <= now && budget > 0) {
                    boolean entered = stripes.enter(slot);
                    try {
                        entry = database.entry(slot); // Another one if SWAPDB came before the stripe.
                        if (from == 0) {
                            Memory.putLong(entry + Table.NEXT_EXPIRY, 0);
                        }
                        step.begin();
                        from = Table.scan(entry, from, WINDOW, step);
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
            activeSlot = slot;
            activeFrom = from;
            return removed;
        } finally {
            isActive.set(false);
        }
    }

    /// See [Database#expireDue].
    int removeDueDocuments(long now) {
        DueDocuments due = this.due;
        if (due == null) {
            return 0;
        }
        int removed = 0;
        Step step = new Step(now, true);
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
                    removed += due.heap(slot) == null ? removeDueOf(slot, step, due) : removeTop(slot, step, due);
                } finally {
                    stripes.leave(slot, entered);
                }
            }
            due.tighten(group);
        }
        return removed;
    }

    /// Looks at every record of the slot; gives the slot a heap when that is too many to do it often.
    private int removeDueOf(int slot, Step step, DueDocuments due) {
        long entry = database.entry(slot);
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
    private int removeTop(int slot, Step step, DueDocuments due) {
        DueHeap heap = Objects.requireNonNull(due.heap(slot), "only called for a slot with a heap");
        long entry = database.entry(slot);
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

    /// The document of `record` or a field of it got an expiry, or the record became a document.
    void registerDocument(int slot, long record) {
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
                if (heap.size() > 2 * Table.size(database.entry(slot)) + CROWDED) {
                    due.setHeap(slot, null); // Mostly stale; it is built anew when something is due.
                }
            }
        }
    }

    /// There are no documents any more. The caller holds all stripes.
    void forgetDocuments() {
        due = null;
    }

    /// Lowers the slot's bound to `at`, unless that is 0.
    static void lower(long entry, long at) {
        long next = Memory.getLong(entry + Table.NEXT_EXPIRY);
        if (at != 0 && (next == 0 || at < next)) {
            Memory.putLong(entry + Table.NEXT_EXPIRY, at);
        }
    }

    /// When the record or a field of it expires first; 0 for never.
    static long earliest(long record) {
        long at = Record.expireAt(record);
        if (Record.isHash(record)) {
            long fields = Memory.getLong(record + Record.FIELDS_EXPIRE_AT);
            return at == 0 || fields != 0 && fields < at ? fields : at;
        }
        return at;
    }

    /// Collects what is due in a hash slot, then removes it.
    private final class Step implements Table.AddressVisitor {
        private final long now;
        private final boolean documentsOnly;
        private final AddressList found = new AddressList();
        int looked;
        long earliest; // Of what stays; 0 for none.

        Step(long now, boolean documentsOnly) {
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
                    database.expire(Key.of(slot, record), record);
                    removed++;
                } else {
                    try (Arena arena = Arena.ofConfined()) {
                        HashValue hash = new HashValue(database, Key.copyOf(record, arena), record);
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
}
