package io.nuthatch.commands;

import io.nuthatch.engine.keyspace.EvictionPolicy;
import io.nuthatch.engine.keyspace.Keyspace;
import java.util.function.LongSupplier;

/// `maxmemory` and `maxmemory-policy`: keeps memory below the limit by evicting, or says that it cannot.
///
/// Evicting goes in slices, so that nobody waits long when the limit was lowered to a tenth: a command evicts
/// a few keys more than it brings, and the server's tick most of them. Any thread.
public final class MaxMemory {
    private static final int MOST_FOR_A_COMMAND = 64;
    private static final int MOST_FOR_A_TICK = 4_000;

    private final Keyspace keyspace;
    private final LongSupplier usedBytes;
    private volatile long limitBytes;
    private volatile EvictionPolicy policy = EvictionPolicy.NOEVICTION;

    /// A limit over `usedBytes`, not set yet.
    public MaxMemory(Keyspace keyspace, LongSupplier usedBytes) {
        this.keyspace = keyspace;
        this.usedBytes = usedBytes;
    }

    /// Bytes that count against the limit.
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

    /// Evicts until the data fits, or a command's share. Returns false when there is nothing to evict: a
    /// command that needs memory is to be refused. The caller holds no stripe.
    public boolean makeRoom(long nowMillis) {
        return makeRoom(nowMillis, MOST_FOR_A_COMMAND);
    }

    /// As [#makeRoom], a tick's share, for the server's own thread.
    public void tick(long nowMillis) {
        makeRoom(nowMillis, MOST_FOR_A_TICK);
    }

    private boolean makeRoom(long nowMillis, int most) {
        long limit = limitBytes;
        if (limit == 0 || usedBytes.getAsLong() <= limit) {
            return true;
        }
        EvictionPolicy how = policy;
        for (int i = 0; i < most; i++) {
            if (!keyspace.evictOne(how, nowMillis)) {
                return false;
            }
            if (usedBytes.getAsLong() <= limit) {
                return true;
            }
        }
        return true; // Falling; the next slice goes on.
    }
}
