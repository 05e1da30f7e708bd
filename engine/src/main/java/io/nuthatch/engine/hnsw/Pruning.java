package io.nuthatch.engine.hnsw;

/// Which of the nodes near a node it should link to: a node that is nearer to a chosen one than to it is
/// occluded, as a walk gets there through the chosen one ([1] Malkov & Yashunin 2018, algorithm 4).
///
/// `alpha` relaxes the rule as in DiskANN: `y` is dropped for `s` when `alpha^2 * d(s, y) < d(x, y)`.
final class Pruning {
    private final States states;
    private final float alphaSquared;

    Pruning(States states, double alpha) {
        this.states = states;
        this.alphaSquared = (float) (alpha * alpha);
    }

    /// Puts into `selected` (and `selectedKeys`) up to `count` of the sorted keys around `node`: those that
    /// no nearer chosen one occludes. Removed nodes are passed over, unless all are removed: then they keep
    /// the graph in one piece until the consolidation comes by.
    int select(Searcher s, int node, long[] keys, int size, int count) {
        int chosen = selectAmong(s, node, keys, size, count, States.LIVE);
        return chosen > 0 ? chosen : selectAmong(s, node, keys, size, count, States.TOMBSTONE);
    }

    private int selectAmong(Searcher s, int node, long[] keys, int size, int count, int stateMax) {
        int chosen = 0;
        for (int i = 0; i < size && chosen < count; i++) {
            int candidate = Keys.ordinal(keys[i]);
            if (candidate == node || states.ofNode(candidate) > stateMax) {
                continue;
            }
            if (!isOccluded(s, candidate, Keys.distance(keys[i]), s.selected, chosen)) {
                s.selectedKeys[chosen] = keys[i];
                s.selected[chosen++] = candidate;
            }
        }
        return chosen;
    }

    /// Whether one of the first `count` of `chosen` is nearer to the candidate than the node is, by the
    /// factor `alpha`.
    boolean isOccluded(Searcher s, int candidate, float distance, int[] chosen, int count) {
        if (count == 0) {
            return false;
        }
        long query = s.scorer.prepareRow(candidate, s.otherQuery);
        float factor = s.scorer.rowFactor(candidate);
        for (int i = 0; i < count; i += 4) {
            int some = Math.min(4, count - i);
            s.scorer.score(query, factor, chosen, i, some, s.addresses, s.otherDistances);
            for (int j = 0; j < some; j++) {
                if (alphaSquared * s.otherDistances[j] < distance) {
                    return true;
                }
            }
        }
        return false;
    }
}
