package io.nuthatch.commands;

import io.nuthatch.engine.keyspace.EvictionPolicy;
import io.nuthatch.engine.keyspace.Keyspace;
import java.util.function.LongSupplier;

/// `maxmemory` and `maxmemory-policy`: keeps the data below the limit by evicting, or says that it cannot.
/// Any thread.
public final class MaxMemory {
    /// Keys evicted for one command at most, so that no client waits long; the next command goes on.
    private static final int MOST_EVICTIONS = 1_000;

    private final Keyspace keyspace;
    private final LongSupplier usedBytes;
    private volatile long limitBytes;
    private volatile EvictionPolicy policy = EvictionPolicy.NOEVICTION;

    /// A limit over `usedBytes`, not set yet.
    public MaxMemory(Keyspace keyspace, LongSupplier usedBytes) {
        this.keyspace = keyspace;
        this.usedBytes = usedBytes;
    }

    /// Bytes of data that count against the limit.
    public long usedBytes() {
        return usedBytes.getAsLong();
    }

    /// 0 for no limit.
    public long limitBytes() {
        return limitBytes;
    }

    public void setLimitBytes(long value) {
        limitBytes = value;
    }

    public EvictionPolicy policy() {
        return policy;
    }

    public void setPolicy(EvictionPolicy value) {
        policy = value;
        keyspace.setEvictionPolicy(value);
    }

    /// Evicts until the data fits. Returns false when it does not: a command that needs memory is to be
    /// refused. The caller holds no stripe.
    public boolean makeRoom(long nowMillis) {
        long limit = limitBytes;
        if (limit == 0 || usedBytes.getAsLong() <= limit) {
            return true;
        }
        EvictionPolicy how = policy;
        for (int i = 0; i < MOST_EVICTIONS; i++) {
            if (!keyspace.evictOne(how, nowMillis)) {
                return false;
            }
            if (usedBytes.getAsLong() <= limit) {
                return true;
            }
        }
        return true; // Falling; not this client's fault.
    }
}
