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

    /// What rounding makes of an inner product, as a share of it: kernels for one row and for eight add in
    /// different orders. Squared differences of equal vectors are 0 in any order.
    private static final float NOISE = 5e-7f;

    private final States states;
    private final Links links;
    private final Detour detour;
    private final float noise;

    Twins(States states, Links links, Detour detour, Metric metric) {
        this.states = states;
        this.links = links;
        this.detour = detour;
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
    /// twin's list, or it is being removed.
    boolean join(Searcher s, int node, int twin, int layer) {
        for (int attempt = 0; attempt < Detour.ATTEMPTS; attempt++) {
            int[] list = detour.read(s, twin, layer);
            boolean isNamed =
                    Arrays.stream(list).anyMatch(link -> link == node); // Another thread's copy found it first.
            int place = isNamed ? NONE : placeOfNext(s, twin, list);
            int[] first = {twin}; // Two are a ring.
            if (place != NONE) {
                first = new int[] {list[place]};
            } else {
                place = Math.min(list.length, links.capacity(layer) - 1);
                if (place < list.length) {
                    first = new int[] {twin, list[place]};
                }
            }
            detour.adopt(node, first, list, layer);
            if (isNamed || detour.name(s, twin, node, place, list, layer)) {
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
            if (isSame(s.otherDistances[i], self) && detour.mayBeNamed(list[i])) {
                return i;
            }
        }
        return NONE;
    }
}
