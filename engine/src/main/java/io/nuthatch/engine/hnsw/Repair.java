package io.nuthatch.engine.hnsw;

import java.util.Arrays;

/// Mends a graph around removed nodes, and finds nodes that nobody names any more: the steps of a
/// [Consolidation].
///
/// Threads: one consolidation at a time, beside any number of walks and insertions.
final class Repair {
    private static final int REPAIR_CANDIDATES_MAX = 256;
    private static final long TAKEN = 1; // Bit 0 of a candidate's key.

    private final EntryPoint entry;
    private final States states;
    private final Links links;
    private final Walk walk;
    private final Pruning pruning;
    private final Twins twins;
    private final Detour detour;
    private final Insertion insertion;
    private final int maxConnections;
    private final int efConstruction;

    Repair(
            EntryPoint entry,
            States states,
            Links links,
            Walk walk,
            Pruning pruning,
            Twins twins,
            Detour detour,
            Insertion insertion,
            HnswParameters parameters) {
        this.entry = entry;
        this.states = states;
        this.links = links;
        this.walk = walk;
        this.pruning = pruning;
        this.twins = twins;
        this.detour = detour;
        this.insertion = insertion;
        this.maxConnections = parameters.maxConnections();
        this.efConstruction = Math.max(parameters.efConstruction(), 1);
    }

    /// Rewrites the node's lists that name a doomed node: live links stay, each vacated place goes to a node
    /// behind the doomed ones, first to those nobody in the list occludes, then to the nearest. Pruning the
    /// live links again as well loses recall (measured).
    /// Returns whether there was something to do.
    boolean repair(Searcher s, int node) {
        int layers = links.layerOf(node);
        boolean isRepaired = false;
        for (int layer = 0; layer <= layers; layer++) {
            if (namesDoomed(s, node, layer)) {
                repair(s, node, layer);
                isRepaired = true;
            }
        }
        return isRepaired;
    }

    private boolean namesDoomed(Searcher s, int node, int layer) {
        int count = links.copy(node, layer, s.others);
        for (int i = 0; i < count; i++) {
            if (states.ofNode(s.others[i]) == States.DOOMED) {
                return true;
            }
        }
        return false;
    }

    private void repair(Searcher s, int node, int layer) {
        s.newMarks(states.limit());
        s.mark(node);
        links.lock(node, layer);
        try {
            int count = links.copy(node, layer, s.others);
            int kept = 0;
            s.foundCount = 0;
            for (int i = 0; i < count; i++) {
                int link = s.others[i];
                if (!s.mark(link)) {
                    continue;
                }
                if (states.ofNode(link) == States.DOOMED) {
                    s.addFound(link);
                } else {
                    s.kept[kept++] = link;
                }
            }
            int places = count - kept;
            int candidates = behind(s, layer);
            long query = s.scorer.prepareRow(node, s.rowQuery);
            s.scorer.score(query, s.scorer.rowFactor(node), s.batch, 0, candidates, s.addresses, s.distances);
            s.distanceCount += candidates;
            long[] keys = s.sorted(candidates);
            for (int i = 0; i < candidates; i++) {
                keys[i] = Keys.of(s.distances[i], s.batch[i]);
            }
            Arrays.sort(keys, 0, candidates);
            int size = kept;
            for (int i = 0; i < candidates && size < kept + places; i++) {
                int candidate = Keys.ordinal(keys[i]);
                if (!pruning.isOccluded(s, candidate, Keys.distance(keys[i]), s.kept, size)) {
                    s.kept[size++] = candidate;
                    keys[i] |= TAKEN;
                }
            }
            for (int i = 0; i < candidates && size < kept + places; i++) {
                if ((keys[i] & TAKEN) == 0) {
                    s.kept[size++] = Keys.ordinal(keys[i]);
                }
            }
            links.write(node, layer, s.kept, size);
        } finally {
            links.unlock(node, layer);
        }
    }

    /// Collects in `batch` the live nodes behind the doomed ones in `found`, going through doomed ones.
    private int behind(Searcher s, int layer) {
        int candidates = 0;
        for (int i = 0; i < s.foundCount && candidates < REPAIR_CANDIDATES_MAX; i++) {
            int count = links.copy(s.found[i], layer, s.others);
            for (int j = 0; j < count && candidates < REPAIR_CANDIDATES_MAX; j++) {
                int link = s.others[j];
                if (!s.mark(link)) {
                    continue;
                }
                int state = states.ofNode(link);
                if (state == States.DOOMED) {
                    s.addFound(link);
                } else if (state == States.LIVE) {
                    s.batch[candidates++] = link;
                }
            }
        }
        return candidates;
    }

    /// Links a live node that no walk could reach (its last neighbours were removed, or pruned the link) from
    /// near ones. Returns whether it had to: it may have been linked since.
    boolean reconnect(Searcher s, int node) {
        if (entry.get() < 0) {
            entry.raise(node, links.layerOf(node));
            if (EntryPoint.ordinal(entry.get()) == node) {
                return true;
            }
        }
        s.useRowAsQuery(node);
        walk.search(s, Math.min(efConstruction, states.limit() + 1));
        for (int i = 0; i < s.poolSize; i++) {
            if (Keys.ordinal(s.pool[i]) == node) {
                return false; // It was linked while the graph was being read.
            }
        }
        int twin = twins.find(s, node);
        if (twin != Twins.NONE && twins.join(s, node, twin, 0)) {
            return true;
        }
        int[] own = new int[maxConnections];
        int owned = 0;
        boolean isNamed = false;
        for (int i = 0; i < s.poolSize; i++) {
            int near = Keys.ordinal(s.pool[i]);
            if (near == node || states.ofNode(near) != States.LIVE) {
                continue;
            }
            if (owned < own.length) {
                own[owned++] = near;
            }
            if (!isNamed) {
                isNamed = insertion.appendIfRoom(s, near, node);
            }
        }
        links.lock(node, 0);
        try {
            links.merge(node, 0, own, owned);
        } finally {
            links.unlock(node, 0);
        }
        for (int i = 0; i < owned && !isNamed; i++) {
            isNamed = detour.lead(s, own[i], node, 0);
        }
        return true;
    }
}
