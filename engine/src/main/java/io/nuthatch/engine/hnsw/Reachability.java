package io.nuthatch.engine.hnsw;

import java.util.Arrays;

/// Which nodes a walk can reach from the entry point, through all layers: found out some lists at a time, in
/// the order of ordinals, again and again until a pass over them finds nothing new.
///
/// Beside writers it is a guess: a node may have been named by a list that was read before. Ordinals that
/// came after the beginning are not looked at.
///
/// Threads: one at a time, each step inside the reclaim epoch; the graph may change between and beside them.
final class Reachability {
    private final Graph graph;
    private final int limit;
    private final long[] reached; // A bit an ordinal.
    private final long[] expanded; // On this layer.
    private int layer;
    private int word;
    private boolean isAnotherPassNeeded;

    /// Nothing is reached yet but the entry point, if there is one.
    Reachability(Graph graph) {
        this.graph = graph;
        this.limit = graph.states.limit();
        this.reached = new long[(limit + 63) >>> 6];
        this.expanded = new long[reached.length];
        long start = graph.entry.get();
        this.layer = start < 0 ? -1 : EntryPoint.layer(start);
        if (start >= 0) {
            reach(EntryPoint.ordinal(start));
        }
    }

    Graph graph() {
        return graph;
    }

    /// One more than the largest ordinal looked at.
    int limit() {
        return limit;
    }

    boolean has(int ordinal) {
        return ordinal < limit && (reached[ordinal >> 6] >>> ordinal & 1) != 0;
    }

    /// Reads up to `lists` lists; returns whether there are more.
    boolean step(Searcher s, int lists) {
        int left = lists;
        for (; layer >= 0; layer--) { // What a layer reached is where the next one starts.
            do {
                if (word == 0) {
                    isAnotherPassNeeded = false;
                }
                for (; word < reached.length; word++) {
                    for (long open = open(); open != 0; open = open()) {
                        if (left-- == 0) {
                            return true;
                        }
                        expand(s, (word << 6) + Long.numberOfTrailingZeros(open));
                    }
                }
                word = 0;
            } while (isAnotherPassNeeded);
            Arrays.fill(expanded, 0);
        }
        return false;
    }

    private long open() {
        return reached[word] & ~expanded[word];
    }

    private void expand(Searcher s, int ordinal) {
        expanded[word] |= 1L << ordinal;
        int count = graph.links.copy(ordinal, layer, s.others);
        for (int i = 0; i < count; i++) {
            reach(s.others[i]);
        }
    }

    private void reach(int ordinal) {
        if (ordinal < limit) {
            int at = ordinal >> 6;
            isAnotherPassNeeded |= at < word && (reached[at] >>> ordinal & 1) == 0;
            reached[at] |= 1L << ordinal;
        }
    }
}
