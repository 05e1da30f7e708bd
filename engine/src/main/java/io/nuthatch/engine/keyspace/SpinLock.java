package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import java.util.concurrent.locks.LockSupport;

/// A lock in four bytes off the heap: 0 when free, else the number of the thread that holds it.
///
/// Spins a little, then yields, then sleeps for moments, as a holder may have lost its core. Not fair, not
/// reentrant; the holder's number lets code that walks all stripes see which ones its own caller holds.
final class SpinLock {
    private static final int SPINS = 100;
    private static final int YIELDS = 200;
    private static final long NAP_NANOS = 20_000;

    private SpinLock() {}

    /// Bytes between two locks: a cache line, so that neighbours do not disturb each other.
    static final int STRIDE = 64;

    static void lock(long address) {
        int me = self();
        if (!Memory.compareAndSetInt(address, 0, me)) {
            await(address, me);
        }
    }

    /// Takes the lock unless this thread holds it; returns whether it was taken and so is to be released.
    static boolean enter(long address) {
        if (Memory.getIntAcquire(address) == self()) {
            return false;
        }
        lock(address);
        return true;
    }

    static void unlock(long address) {
        assert Memory.getIntAcquire(address) == self() : "unlocked by a thread that does not hold it";
        Memory.putIntRelease(address, 0);
    }

    static boolean isHeldByMe(long address) {
        return Memory.getIntAcquire(address) == self();
    }

    private static int self() {
        return (int) Thread.currentThread().threadId();
    }

    private static void await(long address, int me) {
        assert Memory.getIntAcquire(address) != me : "this thread holds the lock already";
        int tries = 0;
        do {
            while (Memory.getIntAcquire(address) != 0) {
                tries++;
                if (tries < SPINS) {
                    Thread.onSpinWait();
                } else if (tries < SPINS + YIELDS) {
                    Thread.yield();
                } else {
                    LockSupport.parkNanos(NAP_NANOS);
                }
            }
        } while (!Memory.compareAndSetInt(address, 0, me));
    }
}
