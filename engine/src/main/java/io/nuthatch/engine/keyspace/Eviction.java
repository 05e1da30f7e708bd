package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;

/// Makes room in a [Database]: removes the one record of a random sample that the policy likes least.
///
/// A sample starts at a random hash slot and takes what the next slots with keys hold, from a random place
/// in a slot that holds much more than it needs: no list of keys is kept in order for it. The victim is
/// looked up again before it goes, as its stripe was given away meanwhile.
///
/// Threads: any number at once; takes stripes itself, one at a time.
final class Eviction {
    private final Database database;
    private final Stripes stripes;

    Eviction(Database database) {
        this.database = database;
        this.stripes = database.keyspace().stripes();
    }

    /// See [Keyspace#evictOne].
    boolean evictOne(EvictionPolicy policy, long now) {
        if (database.directory() == 0) {
            return false;
        }
        Keyspace keyspace = database.keyspace();
        int samples = keyspace.evictionSamples;
        int start = (int) (keyspace.nextRandom() >>> 50);
        Sample sample = new Sample(keyspace, policy, now);
        int walked = 0; // Hash slots left behind since start, cyclically.
        while (sample.sampled < samples && walked < HashSlot.COUNT) {
            int at = start + walked & HashSlot.COUNT - 1;
            int slot = database.occupied().next(at);
            if (slot < 0) {
                walked += HashSlot.COUNT - at;
                continue;
            }
            walked += slot - at + 1;
            if (walked > HashSlot.COUNT) {
                break;
            }
            if (!policy.isVolatile() || Memory.getInt(database.entry(slot) + Table.EXPIRES) > 0) {
                boolean entered = stripes.enter(slot);
                try {
                    sample.slot = slot;
                    long from =
                            Table.size(database.entry(slot)) > 4 * samples ? keyspace.nextRandom() & 0xffffffffL : 0;
                    Table.scan(database.entry(slot), from, samples, sample);
                } finally {
                    stripes.leave(slot, entered);
                }
            }
        }
        if (sample.best == 0) {
            return false;
        }
        boolean entered = stripes.enter(sample.bestSlot);
        try {
            long record = sample.best;
            if (!contains(database.entry(sample.bestSlot), record)) {
                return true; // Somebody else removed it: memory was freed all the same.
            }
            database.drop(Key.of(sample.bestSlot, record), record, KeyEvent.EVICTED, keyspace.evictedKeys);
            return true;
        } finally {
            stripes.leave(sample.bestSlot, entered);
        }
    }

    private static boolean contains(long entry, long record) {
        boolean[] found = {false};
        Table.scan(entry, 0, Integer.MAX_VALUE, other -> found[0] |= other == record);
        return found[0];
    }

    /// Remembers the record of a sample that should go first.
    private static final class Sample implements Table.AddressVisitor {
        private final Keyspace keyspace;
        private final EvictionPolicy policy;
        private final long now;
        int slot;
        int sampled;
        long best;
        int bestSlot;
        private double bestScore = Double.NEGATIVE_INFINITY;

        Sample(Keyspace keyspace, EvictionPolicy policy, long now) {
            this.keyspace = keyspace;
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
                case ALLKEYS_LRU, VOLATILE_LRU -> AccessBits.idleSeconds(record, now);
                case ALLKEYS_LFU, VOLATILE_LFU -> 255 - AccessBits.frequency(keyspace, record, now);
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
