package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.kernel.NativeKernel;
import io.nuthatch.engine.kernel.WalkBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import org.jspecify.annotations.Nullable;

/// What a [Searcher] has the native kernel do of a [Walk]: the descent through the upper layers and the
/// expansions on layer 0, with the same answers.
///
/// [#begin] describes graph, query and marks in the searcher's block of memory, anew for each part of a walk:
/// some 50 stores, so that nothing in it is ever older than the operation. A call is brief, as the JVM waits
/// for it at a safepoint, and is repeated until the walk is at its end.
final class NativeWalk {
    /// What [#descend] returns when the kernel did not find its way.
    static final long NOTHING = -1;

    private static final int ROWS_BYTES = 256 * 4096; // That a call reads, about: some 100 us at worst.
    private static final int DISTANCES_MAX = 256;
    private static final int DISTANCES_MIN = 32;
    private static final long[] NO_FILTER = new long[0];

    private final MemoryAccount.Counter counter;
    private final long block;
    private int budget;
    private boolean areLanesFresh = true;

    /// The instructions to use, for tests to lower.
    int level = NativeKernel.level().number();

    NativeWalk(MemoryAccount.Counter counter) {
        this.counter = counter;
        this.block = OffHeap.allocate(WalkBlock.BYTES, counter);
    }

    /// The searcher has another query.
    void forgetLanes() {
        areLanesFresh = true;
    }

    /// Prepares for the next calls; false when the kernel has no code for what the searcher goes by.
    boolean begin(Searcher s, Links links, States states) {
        if (!s.describe(block)) {
            return false;
        }
        links.describe(block);
        states.describe(block);
        Memory.putInt(block + WalkBlock.LEVEL, level);
        Memory.putInt(block + WalkBlock.IS_FRESH, areLanesFresh ? 1 : 0);
        areLanesFresh = false;
        budget = (int)
                Math.clamp(ROWS_BYTES / Memory.getLong(block + WalkBlock.ROW_BYTES), DISTANCES_MIN, DISTANCES_MAX);
        return true;
    }

    /// As [Walk#descend], or [#NOTHING].
    long descend(Searcher s, long start, int layerMin) {
        long nearest = NativeKernel.descend(block, EntryPoint.ordinal(start), EntryPoint.layer(start), layerMin);
        s.distanceCount += Memory.getInt(block + WalkBlock.DISTANCES);
        return nearest;
    }

    void beginExpansion(Searcher s, int ef, int expansions) {
        Memory.putInt(block + WalkBlock.BUDGET, budget);
        Memory.putInt(block + WalkBlock.EF, ef);
        Memory.putInt(block + WalkBlock.SIZE, s.poolSize);
        Memory.putInt(block + WalkBlock.NEXT, 0);
        Memory.putInt(block + WalkBlock.EXPANSIONS, expansions);
    }

    /// Goes on with [Walk#expand]; returns whether it is at its end.
    boolean expand(Searcher s) {
        boolean isDone = NativeKernel.expand(block, s.pool);
        s.poolSize = Memory.getInt(block + WalkBlock.SIZE);
        s.distanceCount += Memory.getInt(block + WalkBlock.DISTANCES);
        return isDone;
    }

    /// Goes on with a filtered walk for at least `distances`; returns whether it is at its end.
    boolean expandFiltered(Searcher s, int ef, @Nullable Filter filter, int distances) {
        int batch = Math.min(budget, distances);
        Memory.putInt(block + WalkBlock.BUDGET, batch);
        Memory.putInt(block + WalkBlock.EF, ef);
        Memory.putInt(block + WalkBlock.FILTER_WORDS, filter == null ? -1 : filter.words().length);
        boolean isDone;
        int end = s.distanceCount + distances;
        do {
            long[] heap = s.heap.withRoomFor(batch + Searcher.BATCH_MAX);
            Memory.putInt(block + WalkBlock.SIZE, s.poolSize);
            Memory.putInt(block + WalkBlock.HEAP_SIZE, s.heap.size());
            isDone = NativeKernel.filtered(block, s.pool, heap, filter == null ? NO_FILTER : filter.words());
            s.poolSize = Memory.getInt(block + WalkBlock.SIZE);
            s.heap.resize(Memory.getInt(block + WalkBlock.HEAP_SIZE));
            s.matchCount += Memory.getInt(block + WalkBlock.SEEN);
            s.distanceCount += Memory.getInt(block + WalkBlock.DISTANCES);
        } while (!isDone && s.distanceCount < end);
        return isDone;
    }

    void close() {
        OffHeap.free(block, WalkBlock.BYTES, counter);
    }
}
