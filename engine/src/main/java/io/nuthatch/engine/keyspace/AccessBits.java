package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;

/// The lower 24 bits of a record's [Record#META]: when it was last used, or how often.
///
/// ```
/// 23                    8 7      0
/// seconds of Unix time, modulo 2^24       a policy of recency, or none
/// minutes, modulo 2^16 |  counter         a policy of frequency, see Keyspace#countsFrequency
/// ```
/// The counter is logarithmic, as Redis has it: the higher it is, the less likely an access raises it, and
/// it falls by one in `lfu-decay-time` minutes without any. Static, as every access comes through here; the
/// caller holds the record's stripe.
final class AccessBits {
    private static final int NEW_COUNTER = 5; // As Redis: a new value is not at once the one used least.

    private AccessBits() {}

    /// `meta` with the access bits of a value just made, at `seconds` of Unix time.
    static int fresh(Keyspace keyspace, int meta, long seconds) {
        int bits = keyspace.countsFrequency
                ? (int) (seconds / 60 & 0xffff) << 8 | NEW_COUNTER
                : (int) seconds & Record.ACCESS_MASK;
        return meta & ~Record.ACCESS_MASK | bits;
    }

    /// Counts an access of `record`.
    static void count(Keyspace keyspace, long record, long now) {
        int meta = Record.meta(record);
        int bits;
        if (!keyspace.countsFrequency) {
            bits = (int) (now / 1000) & Record.ACCESS_MASK;
        } else {
            int counter = decayed(keyspace, meta & Record.ACCESS_MASK, now);
            if (counter < 255) {
                double base = Math.max(0, counter - NEW_COUNTER);
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

    /// See [Database#idleSeconds].
    static long idleSeconds(long record, long now) {
        return now / 1000 - (Record.meta(record) & Record.ACCESS_MASK) & Record.ACCESS_MASK;
    }

    /// See [Database#frequency].
    static int frequency(Keyspace keyspace, long record, long now) {
        return decayed(keyspace, Record.meta(record) & Record.ACCESS_MASK, now);
    }

    /// See [Database#setIdleSeconds].
    static void setIdleSeconds(long record, long idleSeconds, long now) {
        int bits = (int) (now / 1000 - idleSeconds) & Record.ACCESS_MASK;
        Memory.putInt(record + Record.META, Record.meta(record) & ~Record.ACCESS_MASK | bits);
    }

    /// See [Database#setFrequency].
    static void setFrequency(long record, int counter, long now) {
        int bits = (int) (now / 60_000 & 0xffff) << 8 | counter;
        Memory.putInt(record + Record.META, Record.meta(record) & ~Record.ACCESS_MASK | bits);
    }

    private static int decayed(Keyspace keyspace, int access, long now) {
        int counter = access & 0xff;
        int decay = keyspace.lfuDecayMinutes;
        if (decay == 0) {
            return counter;
        }
        int elapsed = (int) (now / 60_000) - (access >>> 8) & 0xffff;
        return Math.max(0, counter - elapsed / decay);
    }
}
