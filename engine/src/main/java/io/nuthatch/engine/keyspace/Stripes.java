package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import org.jspecify.annotations.Nullable;

/// 1024 locks, each for the hash slots that are equal modulo 1024, in all databases.
///
/// Who holds several takes them in ascending order. They are not reentrant: a command locks the union of its
/// keys' stripes once. What is done under a stripe is short and never blocks. The methods of [Database] that
/// "take stripes themselves" leave alone what their thread holds already; to be called by a thread that holds
/// some, it must hold all ([#lockAll]), or the ascending order breaks.
public final class Stripes {
    /// Number of stripes.
    public static final int COUNT = 1024;

    private final MemoryAccount.Counter counter;
    private final long locks;
    private @Nullable EffectLog effects; // Written under all stripes.

    Stripes(MemoryAccount.Counter counter) {
        this.counter = counter;
        this.locks = OffHeap.allocate((long) COUNT * SpinLock.STRIDE, counter);
    }

    /// The stripe, 0 to 1023, that guards `hashSlot`.
    public int stripeOf(int hashSlot) {
        return hashSlot & (COUNT - 1);
    }

    public void lock(int stripe) {
        SpinLock.lock(address(stripe));
    }

    public void unlock(int stripe) {
        try {
            commit();
        } finally {
            SpinLock.unlock(address(stripe));
        }
    }

    /// What the thread changed goes to the journal before anybody else can change it again.
    private void commit() {
        EffectLog log = effects;
        if (log != null) {
            log.commit();
        }
    }

    /// See [Keyspace#setEffects].
    void setEffects(@Nullable EffectLog log) {
        effects = log;
    }

    public void lockAll() {
        for (int stripe = 0; stripe < COUNT; stripe++) {
            lock(stripe);
        }
    }

    public void unlockAll() {
        try {
            commit();
        } finally {
            for (int stripe = COUNT - 1; stripe >= 0; stripe--) {
                SpinLock.unlock(address(stripe));
            }
        }
    }

    /// Locks the first `count` of `stripes`, which ascend; a stripe named twice in a row is locked once.
    public void lockSorted(int[] stripes, int count) {
        int previous = -1;
        for (int i = 0; i < count; i++) {
            assert stripes[i] >= previous : "stripes must ascend";
            if (stripes[i] != previous) {
                previous = stripes[i];
                lock(previous);
            }
        }
    }

    /// Undoes [#lockSorted] with the same arguments.
    public void unlockSorted(int[] stripes, int count) {
        try {
            commit();
        } finally {
            int previous = -1;
            for (int i = 0; i < count; i++) {
                if (stripes[i] != previous) {
                    previous = stripes[i];
                    SpinLock.unlock(address(previous));
                }
            }
        }
    }

    /// Whether the calling thread holds the stripe; for assertions.
    public boolean isHeldByMe(int stripe) {
        return SpinLock.isHeldByMe(address(stripe));
    }

    /// Takes the stripe of `hashSlot` unless this thread holds it; returns whether [#leave] is due.
    boolean enter(int hashSlot) {
        return SpinLock.enter(address(stripeOf(hashSlot)));
    }

    void leave(int hashSlot, boolean entered) {
        if (entered) {
            unlock(stripeOf(hashSlot));
        }
    }

    void close() {
        OffHeap.free(locks, (long) COUNT * SpinLock.STRIDE, counter);
    }

    private long address(int stripe) {
        return locks + (long) stripe * SpinLock.STRIDE;
    }
}
