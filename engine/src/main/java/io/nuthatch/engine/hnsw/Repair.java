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
    private final Insertion insertion;
    private final int maxConnections;
    private final int efConstruction;

    Repair(
            EntryPoint entry,
            States states,
            Links links,
            Walk walk,
            Pruning pruning,
            Insertion insertion,
            HnswParameters parameters) {
        this.entry = entry;
        this.states = states;
        this.links = links;
        this.walk = walk;
        this.pruning = pruning;
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

    /// Marks every node that can be reached from the entry point, through all layers.
    void markReachable(Searcher s) {
        s.newMarks(states.limit());
        s.foundCount = 0;
        long start = entry.get();
        if (start < 0) {
            return;
        }
        s.mark(EntryPoint.ordinal(start));
        s.addFound(EntryPoint.ordinal(start));
        for (int layer = EntryPoint.layer(start); layer >= 0; layer--) {
            for (int i = 0; i < s.foundCount; i++) { // What a layer reached is where the next one starts.
                int count = links.copy(s.found[i], layer, s.others);
                for (int j = 0; j < count; j++) {
                    if (s.mark(s.others[j])) {
                        s.addFound(s.others[j]);
                    }
                }
            }
        }
    }

    /// Links live nodes that no walk can reach (their last neighbours were removed, or pruned the link) from
    /// near ones. Returns how many there were.
    int reconnect(Searcher s) {
        markReachable(s);
        int limit = states.limit();
        int[] lost = new int[16];
        int count = 0;
        for (int ordinal = 0; ordinal < limit; ordinal++) {
            if (states.of(ordinal) == States.LIVE && !s.isMarked(ordinal)) {
                if (count == lost.length) {
                    lost = Arrays.copyOf(lost, 2 * count);
                }
                lost[count++] = ordinal;
            }
        }
        for (int i = 0; i < count; i++) {
            reconnect(s, lost[i]);
        }
        return count;
    }

    private void reconnect(Searcher s, int node) {
        if (entry.get() < 0) {
            entry.raise(node, links.layerOf(node));
            if (EntryPoint.ordinal(entry.get()) == node) {
                return;
            }
        }
        s.useRowAsQuery(node);
        walk.search(s, Math.min(efConstruction, states.limit() + 1));
        for (int i = 0; i < s.poolSize; i++) {
            if (Keys.ordinal(s.pool[i]) == node) {
                return; // It was linked while the graph was being read.
            }
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
        if (!isNamed && owned > 0) {
            insertion.replaceLast(s, own[0], node, 0);
        }
        links.lock(node, 0);
        try {
            links.merge(node, 0, own, owned);
        } finally {
            links.unlock(node, 0);
        }
    }
}
