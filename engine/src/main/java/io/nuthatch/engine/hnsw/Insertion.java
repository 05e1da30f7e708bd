package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.Metric;
import java.util.Arrays;

/// Links new nodes into a graph.
///
/// On each of its layers a node looks for its `efConstruction` nearest and links to at most `M` of them that
/// do not occlude each other ([Pruning]); each of those links back, and prunes its list by the same rule when
/// it is full. One that equals another joins its ring ([Twins]).
///
/// Threads: any number. A node's row, state and own links are written before any neighbour names it.
final class Insertion {
    /// The share of its nearest that a new node's walk looks behind. All of them are candidates for links,
    /// but what is behind the farthest seldom is. At 0.7 glove needs 2 to 12 % more distances for a recall
    /// than after whole walks, at 0.85 up to 4 %, and fashion-mnist and MiniLM none.
    private static final double EXPANDED_SHARE = 0.85;

    /// Decided once, by `-Dnuthatch.shortbuildwalks=off` (the setting `short-build-walks`).
    private static final boolean ARE_WALKS_SHORT = !"off".equals(System.getProperty("nuthatch.shortbuildwalks"));

    private final EntryPoint entry;
    private final States states;
    private final Links links;
    private final Walk walk;
    private final int maxConnections;
    private final int efConstruction;
    private final boolean isWalkShort;
    private final Pruning pruning;
    private final Twins twins;
    private final Detour detour;

    Insertion(
            EntryPoint entry,
            States states,
            Links links,
            Walk walk,
            Pruning pruning,
            Twins twins,
            Detour detour,
            HnswParameters parameters,
            Metric metric) {
        this.entry = entry;
        this.states = states;
        this.links = links;
        this.walk = walk;
        this.maxConnections = parameters.maxConnections();
        this.efConstruction = Math.max(parameters.efConstruction(), 1);
        this.pruning = pruning;
        this.twins = twins;
        this.detour = detour;
        this.isWalkShort = ARE_WALKS_SHORT && metric != Metric.IP;
    }

    /// Links a node whose row is complete and whose state is `LINKING`. The caller is inside the reclaim
    /// epoch.
    void insert(Searcher s, int ordinal) {
        int layer = links.prepare(ordinal);
        s.useRowAsQuery(ordinal);
        long start = entry.get();
        if (layer > EntryPoint.layer(start)) {
            synchronized (entry) {
                start = entry.get();
                if (layer > EntryPoint.layer(start)) {
                    if (start >= 0) {
                        link(s, ordinal, layer, start, false);
                    }
                    entry.set(ordinal, layer);
                    return;
                }
            }
        }
        link(s, ordinal, layer, start, false);
        entry.raise(ordinal, layer); // It may have been removed meanwhile, and a lower one took its place.
    }

    /// Gives a node of the graph the links that it would get today, in the place of those it has. Who was
    /// named by it alone is for upkeep to find.
    void relink(Searcher s, int ordinal) {
        s.useRowAsQuery(ordinal);
        long start = entry.get();
        if (start >= 0) {
            link(s, ordinal, links.layerOf(ordinal), start, true);
        }
    }

    private void link(Searcher s, int ordinal, int layerMax, long start, boolean isAnew) {
        long nearest = walk.descend(s, start, layerMax + 1);
        for (int layer = Math.min(layerMax, EntryPoint.layer(start)); layer >= 0; layer--) {
            s.newMarks(states.limit());
            int ef = Math.min(efConstruction, states.limit() + 1);
            walk.seed(s, nearest, ef);
            walk.expand(s, layer, ef, expansions(ef));
            nearest = s.pool[0] & ~Keys.EXPANDED;
            int twin = twins.find(s, ordinal);
            if (twin != Twins.NONE && twins.join(s, ordinal, twin, layer)) {
                continue;
            }
            int count = pruning.select(s, ordinal, s.pool, s.poolSize, maxConnections);
            int[] neighbours = Arrays.copyOf(s.selected, count);
            long[] keys = Arrays.copyOf(s.selectedKeys, count);
            links.lock(ordinal, layer);
            try {
                if (isAnew && count > 0) {
                    links.write(ordinal, layer, neighbours, count);
                } else {
                    links.merge(ordinal, layer, neighbours, count);
                }
            } finally {
                links.unlock(ordinal, layer);
            }
            boolean isNamed = count == 0;
            for (int i = 0; i < count; i++) {
                isNamed |= connect(s, neighbours[i], ordinal, Keys.distance(keys[i]), layer);
            }
            if (!isNamed) { // Every neighbour pruned it away again: it would be on its own from the start.
                detour.lead(s, neighbours[0], ordinal, layer);
            }
        }
    }

    private int expansions(int ef) {
        return isWalkShort ? Math.max(2 * maxConnections, (int) (EXPANDED_SHARE * ef)) : Integer.MAX_VALUE;
    }

    /// Adds the link `node -> added`, pruning the list when it is full; returns whether it stayed.
    private boolean connect(Searcher s, int node, int added, float distance, int layer) {
        int capacity = links.capacity(layer);
        links.lock(node, layer);
        try {
            if (states.ofNode(node) >= States.DOOMED) {
                return false;
            }
            int count = links.copy(node, layer, s.others);
            if (Links.isAmong(s.others, count, added)) {
                return true;
            }
            if (count < capacity) {
                links.set(node, layer, count, added);
                return true;
            }
            long query = s.scorer.prepareRow(node, s.rowQuery);
            float factor = s.scorer.rowFactor(node);
            s.scorer.score(query, factor, s.others, 0, count, s.addresses, s.otherDistances);
            long[] keys = s.sorted(count + 1);
            for (int i = 0; i < count; i++) {
                keys[i] = Keys.of(s.otherDistances[i], s.others[i]);
            }
            keys[count] = Keys.of(distance, added);
            Arrays.sort(keys, 0, count + 1);
            int chosen = pruning.select(s, node, keys, count + 1, capacity);
            links.write(node, layer, s.selected, chosen);
            return Links.isAmong(s.selected, chosen, added);
        } finally {
            links.unlock(node, layer);
        }
    }

    /// Adds the link on layer 0 if there is room; returns whether it is there now.
    boolean appendIfRoom(Searcher s, int node, int added) {
        links.lock(node, 0);
        try {
            int count = links.copy(node, 0, s.others);
            if (Links.isAmong(s.others, count, added)) {
                return true;
            }
            if (count == links.capacity(0)) {
                return false;
            }
            links.set(node, 0, count, added);
            return true;
        } finally {
            links.unlock(node, 0);
        }
    }
}
