package io.nuthatch.engine.hnsw;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Takes tombstones out of the graph, a slice at a time.
///
/// 1. The tombstones there are become doomed: from now on nothing links to them.
/// 2. Insertions that may have chosen one before are waited for (an insertion is a reader).
/// 3. The entry point moves off them, and every list that names one is repaired.
/// 4. Live nodes that lost their last incoming link are linked again.
/// 5. Readers that may stand on a doomed node are waited for; its own lists have been left as they are until
///    now.
/// 6. Lists are emptied and ordinals released.
///
/// Called under the index's `consolidating` lock; no step waits.
final class Consolidation {
    private static final int ORDINALS_A_LOOK = 4096;
    private static final int REPAIRS_A_SLICE = 16;
    private static final int ERASED_A_SLICE = 512;
    private static final int LISTS_A_SLICE = 4096; // Read to see what can be reached, half a millisecond.
    private static final int RECONNECTED_A_SLICE = 8;
    private static final int RECONNECT_ROUNDS = 3;

    private enum Phase {
        IDLE,
        AWAIT_INSERTIONS,
        REPAIR,
        REACH,
        RECONNECT,
        AWAIT_READERS,
        ERASE
    }

    private final HnswIndex index;
    private final Readers readers;
    private volatile Phase phase = Phase.IDLE;
    private int[] doomed = new int[0];
    private int doomedCount;
    private int cursor;
    private @Nullable Reachability reachable; // While reaching and reconnecting.
    private int rounds; // Of reaching and reconnecting that have ended.
    private int reconnected; // In this round.
    private long epoch;
    private long workNanos;
    private volatile long completed;
    private volatile long checkedInsertions;
    private volatile boolean isRequested;

    Consolidation(HnswIndex index, Readers readers) {
        this.index = index;
        this.readers = readers;
    }

    /// Asks the next step for a look at unreachable nodes even when there is no tombstone.
    void request() {
        isRequested = true;
    }

    /// How many insertions there had been when the last run began.
    long checkedInsertions() {
        return checkedInsertions;
    }

    boolean isRunning() {
        return phase != Phase.IDLE;
    }

    long completed() {
        return completed;
    }

    /// Does a slice; returns whether there is more. Starts anew when idle and there is a tombstone.
    boolean step() {
        long start = index.clock().nanoTime();
        switch (phase) {
            case IDLE -> doom();
            case AWAIT_INSERTIONS -> {
                if (hasPassed()) {
                    Graph graph = index.graph();
                    graph.entry.leaveDoomed(graph.states, graph.links);
                    cursor = 0;
                    phase = Phase.REPAIR;
                }
            }
            case REPAIR -> repairSome();
            case REACH -> reachSome();
            case RECONNECT -> reconnectSome();
            case AWAIT_READERS -> {
                if (hasPassed()) {
                    cursor = 0;
                    phase = Phase.ERASE;
                }
            }
            case ERASE -> eraseSome();
        }
        workNanos += index.clock().nanoTime() - start;
        return phase != Phase.IDLE;
    }

    private boolean hasPassed() {
        if (readers.hasPassed(epoch)) {
            return true;
        }
        LockSupport.parkNanos(20_000);
        return false;
    }

    private void doom() {
        Graph graph = index.graph();
        doomedCount = 0;
        workNanos = 0;
        if (index.tombstones() == 0) {
            if (isRequested && index.size() > 0) { // Nothing to take out: only look for nodes that nobody names.
                checkedInsertions = index.insertions();
                rounds = 0;
                phase = Phase.REACH;
            } else {
                index.dropEmptyGraph();
            }
            isRequested = false;
            return;
        }
        isRequested = false;
        int limit = graph.states.limit();
        for (int ordinal = 0; ordinal < limit; ordinal++) {
            if (graph.states.of(ordinal) == States.TOMBSTONE) { // Nobody else moves a tombstone on, hence no lock.
                graph.states.set(ordinal, States.DOOMED);
                if (doomedCount == doomed.length) {
                    doomed = Arrays.copyOf(doomed, Math.max(64, 2 * doomedCount));
                }
                doomed[doomedCount++] = ordinal;
            }
        }
        checkedInsertions = index.insertions();
        if (doomedCount > 0) {
            epoch = readers.advance();
            phase = Phase.AWAIT_INSERTIONS;
        }
    }

    private void repairSome() {
        Searcher s = readers.enter();
        try {
            Graph graph = index.graph();
            s.begin(Knn.NO_DEADLINE);
            s.bind(graph.compressor.coding());
            int limit = graph.states.limit();
            int end = (int) Math.min(limit, (long) cursor + ORDINALS_A_LOOK);
            int budget = REPAIRS_A_SLICE;
            while (cursor < end && budget > 0) {
                int state = graph.states.of(cursor);
                if (States.isLinked(state) && state != States.DOOMED && graph.repair.repair(s, cursor)) {
                    budget--;
                }
                cursor++;
            }
            if (cursor >= limit) {
                rounds = 0;
                phase = Phase.REACH;
            }
        } finally {
            readers.leave(s);
        }
    }

    private void reachSome() {
        Searcher s = readers.enter();
        try {
            Graph graph = index.graph();
            Reachability found = reachable;
            if (found == null || found.graph() != graph) { // An emptied graph is replaced.
                found = new Reachability(graph);
                reachable = found;
            }
            if (!found.step(s, LISTS_A_SLICE)) {
                cursor = 0;
                reconnected = 0;
                phase = Phase.RECONNECT;
            }
        } finally {
            readers.leave(s);
        }
    }

    private void reconnectSome() {
        Searcher s = readers.enter();
        try {
            Graph graph = index.graph();
            s.begin(Knn.NO_DEADLINE);
            s.bind(graph.compressor.coding());
            Reachability found = Objects.requireNonNull(reachable);
            int limit = Math.min(found.limit(), graph.states.limit());
            int end = (int) Math.min(limit, (long) cursor + ORDINALS_A_LOOK);
            int budget = RECONNECTED_A_SLICE;
            for (; cursor < end && budget > 0; cursor++) {
                if (graph.states.of(cursor) == States.LIVE && !found.has(cursor)) {
                    budget--;
                    reconnected += graph.repair.reconnect(s, cursor) ? 1 : 0;
                }
            }
            if (cursor >= limit) {
                endRound();
            }
        } finally {
            readers.leave(s);
        }
    }

    private void endRound() {
        reachable = null;
        if (reconnected > 0 && ++rounds < RECONNECT_ROUNDS) {
            phase = Phase.REACH;
        } else if (doomedCount == 0) {
            phase = Phase.IDLE;
            index.consolidated(workNanos);
        } else {
            epoch = readers.advance();
            phase = Phase.AWAIT_READERS;
        }
    }

    private void eraseSome() {
        Graph graph = index.graph();
        int end = Math.min(doomedCount, cursor + ERASED_A_SLICE);
        for (; cursor < end; cursor++) {
            graph.links.erase(doomed[cursor]);
            index.release(doomed[cursor]);
        }
        if (cursor == doomedCount) {
            phase = Phase.IDLE;
            doomed = new int[0];
            completed++;
            index.consolidated(workNanos);
            index.dropEmptyGraph();
        }
    }
}
