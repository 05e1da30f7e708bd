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
    /// the graph in one piece until the consolidation comes by. What `others` held is lost.
    int select(Searcher s, int node, long[] keys, int size, int count) {
        int chosen = selectAmong(s, node, keys, size, count, States.LIVE);
        return chosen > 0 ? chosen : selectAmong(s, node, keys, size, count, States.TOMBSTONE);
    }

    private int selectAmong(Searcher s, int node, long[] keys, int size, int count, int stateMax) {
        long[] open = s.openKeys(size);
        int left = 0;
        for (int i = 0; i < size; i++) {
            int candidate = Keys.ordinal(keys[i]);
            if (candidate != node && states.ofNode(candidate) <= stateMax) {
                open[left++] = keys[i];
            }
        }
        int chosen = 0;
        while (left > 0 && chosen < count) {
            long nearest = open[0];
            s.selectedKeys[chosen] = nearest;
            s.selected[chosen++] = Keys.ordinal(nearest);
            if (chosen < count) {
                left = keepUnoccluded(s, Keys.ordinal(nearest), open, left);
            }
        }
        return chosen;
    }

    /// Takes out of the sorted keys the first, which was chosen, and all that it occludes; returns how many
    /// are left. All at once, as many candidates against one query go eight at a time, and only what is
    /// chosen needs to be made a query.
    private int keepUnoccluded(Searcher s, int chosen, long[] open, int size) {
        long query = s.scorer.prepareRow(chosen, s.otherQuery);
        float factor = s.scorer.rowFactor(chosen);
        int left = 0;
        for (int from = 1; from < size; from += Searcher.BATCH_MAX) {
            int some = Math.min(Searcher.BATCH_MAX, size - from);
            for (int i = 0; i < some; i++) {
                s.others[i] = Keys.ordinal(open[from + i]);
            }
            s.scorer.score(query, factor, s.others, 0, some, s.addresses, s.otherDistances);
            for (int i = 0; i < some; i++) {
                long key = open[from + i];
                open[left] = key;
                left += alphaSquared * s.otherDistances[i] < Keys.distance(key) ? 0 : 1;
            }
        }
        return left;
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
