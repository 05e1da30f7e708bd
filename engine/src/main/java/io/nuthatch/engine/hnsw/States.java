package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.kernel.WalkBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import java.lang.invoke.VarHandle;

/// Where each ordinal of a graph is in its life: a byte an ordinal, off heap, counted as `states`.
///
/// ```
/// ABSENT -> BUFFERED -> LINKING -> LIVE -> TOMBSTONE -> DOOMED -> ABSENT
///              |           |                   ^
///              |           +- LINKING_REMOVED -+
///              +-> RELEASING -> ABSENT
/// ```
/// Threads: written under the index's bookkeeping lock (tombstones are doomed by the one consolidation),
/// released; read without a lock, acquired.
final class States implements AutoCloseable {
    static final int ABSENT = 0;
    static final int BUFFERED = 1;
    static final int LINKING = 2;
    static final int LIVE = 3;
    static final int LINKING_REMOVED = 4; // Removed while it was being linked.
    static final int TOMBSTONE = 5; // Removed and linked.
    static final int DOOMED = 6; // A tombstone that the running consolidation takes out: nothing may link to it.
    static final int RELEASING = 7; // Out of all lists, until the searches that may have seen it have left.

    private static final int MANY = 3; // Fewer are looked at one by one.

    private final RecordTable states;

    States(MemoryAccount.Counter counter) {
        this.states = new RecordTable(1, counter);
    }

    /// One more than the largest ordinal that can have a state.
    int limit() {
        return states.limit();
    }

    int of(int ordinal) {
        return states.has(ordinal) ? Memory.getByteAcquire(states.address(ordinal)) : ABSENT;
    }

    /// As [#of], for an ordinal that had a state before.
    int ofNode(int ordinal) {
        return Memory.getByteAcquire(states.address(ordinal));
    }

    void set(int ordinal, int state) {
        states.ensure(ordinal);
        Memory.putByteRelease(states.address(ordinal), (byte) state);
    }

    /// Those of the bits `candidates` of word `word` (ordinals from `64 * word` on) whose state is from `min`
    /// to `max`, LIVE among them. Nearly always all 64 are LIVE, which eight comparisons say.
    long within(int word, long candidates, int min, int max) {
        assert min <= LIVE && LIVE <= max : min + " to " + max;
        if (candidates == 0 || !states.has(word << 6)) {
            return 0;
        }
        long at = states.address(word << 6); // A granule holds a multiple of 64.
        if (Long.bitCount(candidates) >= MANY && areAllLive(at)) {
            return candidates;
        }
        long found = 0;
        for (long bits = candidates; bits != 0; bits &= bits - 1) {
            int bit = Long.numberOfTrailingZeros(bits);
            int state = Memory.getByteAcquire(at + bit);
            found |= state >= min && state <= max ? 1L << bit : 0;
        }
        return found;
    }

    /// Writes where the states are to a block of `WalkBlock`.
    void describe(long block) {
        states.describe(block + WalkBlock.STATES);
    }

    private static boolean areAllLive(long at) {
        long others = 0;
        for (int i = 0; i < 64; i += 8) {
            others |= Memory.getLong(at + i) ^ LIVE * 0x0101010101010101L;
        }
        VarHandle.acquireFence(); // With the release of each state: what a LIVE one implies is read behind it.
        return others == 0;
    }

    /// Whether a search may return it: buffered, being linked or live.
    static boolean isVisible(int state) {
        return state >= BUFFERED && state <= LIVE;
    }

    static boolean isLinked(int state) {
        return state >= LINKING && state <= DOOMED;
    }

    @Override
    public void close() {
        states.close();
    }
}
