package io.nuthatch.engine.hnsw;

/// Where walks begin: a node of the highest layer there is.
///
/// Threads: read without a lock; replaced under this object's monitor, which is taken before a node's stripe
/// and never after.
final class EntryPoint {
    /// `layer << 32 | ordinal`, negative for an empty graph.
    private volatile long packed = -1;

    /// One moment's entry point, for [#ordinal] and [#layer]; negative when there is none.
    long get() {
        return packed;
    }

    static int ordinal(long packed) {
        return (int) packed;
    }

    /// -1 for no entry point.
    static int layer(long packed) {
        return (int) (packed >> 32);
    }

    /// The caller holds the monitor.
    void set(int ordinal, int layer) {
        assert Thread.holdsLock(this);
        packed = (long) layer << 32 | ordinal;
    }

    /// Makes the node the entry point if it is on a higher layer than the present one.
    void raise(int ordinal, int layer) {
        if (layer > layer(packed)) {
            synchronized (this) {
                if (layer > layer(packed)) {
                    set(ordinal, layer);
                }
            }
        }
    }

    /// Moves it off a doomed node: to the highest one left, or nowhere when there is none.
    synchronized void leaveDoomed(States states, Links links) {
        if (packed < 0 || states.ofNode(ordinal(packed)) < States.DOOMED) {
            return;
        }
        Towers towers = links.towers();
        int best = -1;
        int bestLayer = -1;
        int end = towers.unitLimit();
        for (int unit = 0; unit < end; unit++) {
            int ordinal = towers.ordinalOfUnit(unit);
            if (ordinal >= 0 && mayBeEntry(states, ordinal) && towers.layerOf(ordinal) > bestLayer) {
                best = ordinal;
                bestLayer = towers.layerOf(ordinal);
            }
        }
        for (int ordinal = 0; best < 0 && ordinal < states.limit(); ordinal++) {
            if (mayBeEntry(states, ordinal)) {
                best = ordinal;
                bestLayer = towers.layerOf(ordinal);
            }
        }
        if (best < 0) {
            clear();
        } else {
            set(best, bestLayer);
        }
    }

    private static boolean mayBeEntry(States states, int ordinal) {
        int state = states.of(ordinal);
        return state == States.LIVE || state == States.TOMBSTONE;
    }

    synchronized void clear() {
        packed = -1;
    }
}
