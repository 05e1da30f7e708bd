package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.Metric;
import java.util.Arrays;

/// Nodes that the measure cannot tell apart: copies of one vector, by the thousand where data has a default
/// value, and by codes also vectors that differ by less than a code can say.
///
/// Pruning has nothing to choose by among equals: their lists would fill with each other, the same few would
/// be named by all and the rest by nobody, and a walk that met one would not come out again. So equals form a
/// ring: each names the next, and has the other links of the one that it was put behind. Every one of them
/// is named, their other neighbours are as many as anybody's, and one that is removed is mended like any
/// node.
///
/// Threads: as [Insertion].
final class Twins {
    static final int NONE = -1;

    private static final int LOOKED_AT = 16; // Of a pool's nearest.
    private static final int ATTEMPTS = 3;

    /// What rounding makes of an inner product, as a share of it: kernels for one row and for eight add in
    /// different orders. Squared differences of equal vectors are 0 in any order.
    private static final float NOISE = 5e-7f;

    private final States states;
    private final Links links;
    private final float noise;

    Twins(States states, Links links, Metric metric) {
        this.states = states;
        this.links = links;
        this.noise = metric == Metric.L2 ? 0 : NOISE;
    }

    /// A live node among the nearest in the searcher's pool that cannot be told from `node`, which is the
    /// query; [#NONE] if there is none.
    int find(Searcher s, int node) {
        float self = s.scorer.score(s.query(), s.factor, node);
        for (int i = 0; i < Math.min(s.poolSize, LOOKED_AT); i++) {
            float distance = Keys.distance(s.pool[i]);
            int other = Keys.ordinal(s.pool[i]);
            if (isSame(distance, self) && other != node && states.ofNode(other) == States.LIVE) {
                long query = s.scorer.prepareRow(other, s.otherQuery); // A vector of zeros is as near to all.
                float factor = s.scorer.rowFactor(other);
                if (isSame(s.scorer.score(query, factor, node), s.scorer.score(query, factor, other))) {
                    return other;
                }
            }
        }
        return NONE;
    }

    private boolean isSame(float one, float other) {
        return Math.abs(one - other) <= noise * Math.max(1, Math.abs(other));
    }

    /// Puts `node` behind `twin` in its ring, with the links of the twin; false when others kept changing the
    /// twin's list, or it is being removed. What the node has by then does no harm.
    boolean join(Searcher s, int node, int twin, int layer) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int count = links.copy(twin, layer, s.others);
            int[] list = Arrays.copyOf(s.others, count);
            boolean isNamed =
                    Arrays.stream(list).anyMatch(link -> link == node); // Another thread's copy found it first.
            int place = isNamed ? NONE : placeOfNext(s, twin, list);
            boolean isAlone = place == NONE;
            if (isAlone) {
                place = Math.min(count, links.capacity(layer) - 1);
            }
            adopt(node, isAlone ? twin : list[place], list, layer);
            if (isNamed || name(s, twin, node, place, list, layer)) {
                return true;
            }
        }
        return false;
    }

    /// Where in its list `twin` names the next of its ring.
    private int placeOfNext(Searcher s, int twin, int[] list) {
        long query = s.scorer.prepareRow(twin, s.rowQuery);
        float factor = s.scorer.rowFactor(twin);
        float self = s.scorer.score(query, factor, twin);
        s.scorer.score(query, factor, list, 0, list.length, s.addresses, s.otherDistances);
        for (int i = 0; i < list.length; i++) {
            if (isSame(s.otherDistances[i], self) && mayBeNamed(list[i])) {
                return i;
            }
        }
        return NONE;
    }

    /// Gives the node a link to `next` for certain, and to those of `others` that there is room for.
    private void adopt(int node, int next, int[] others, int layer) {
        int[] adopted = new int[others.length + 1];
        int size = 0;
        adopted[size++] = next;
        for (int other : others) {
            if (other != node && other != next && mayBeNamed(other)) {
                adopted[size++] = other;
            }
        }
        links.lock(node, layer);
        try {
            int[] present = new int[links.capacity(layer)];
            int count = links.copy(node, layer, present);
            if (count == present.length && Arrays.stream(present).noneMatch(link -> link == next)) {
                links.set(node, layer, count - 1, next);
            }
            links.merge(node, layer, adopted, size);
        } finally {
            links.unlock(node, layer);
        }
    }

    /// Whether a list may name the node: one that is being taken out may stand in lists that were not
    /// repaired yet, and must not get into one that was.
    private boolean mayBeNamed(int node) {
        return states.ofNode(node) < States.DOOMED;
    }

    /// Makes the twin name the node in `place`, if its list is still `list`.
    private boolean name(Searcher s, int twin, int node, int place, int[] list, int layer) {
        links.lock(twin, layer);
        try {
            int count = links.copy(twin, layer, s.others);
            if (states.ofNode(twin) > States.LIVE || !Arrays.equals(s.others, 0, count, list, 0, list.length)) {
                return false;
            }
            links.set(twin, layer, place, node);
            return true;
        } finally {
            links.unlock(twin, layer);
        }
    }
}
