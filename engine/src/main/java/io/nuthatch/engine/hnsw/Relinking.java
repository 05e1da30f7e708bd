package io.nuthatch.engine.hnsw;

/// Links the nodes of a graph anew, some at a time, when what they were linked by turned out to tell them
/// apart too badly ([Resolution]). Nodes that come meanwhile are linked by what is better.
///
/// Threads: under the index's `consolidating` lock; [#isWanted] by any.
final class Relinking {
    private static final int NODES_A_SLICE = 4; // A millisecond each, with long rows.
    private static final int ORDINALS_A_LOOK = 4096;

    private final Graph graph;
    private int cursor;
    private volatile int end; // One more than the last to be linked anew.

    Relinking(Graph graph) {
        this.graph = graph;
    }

    /// Asks for all nodes that there are now.
    void request() {
        cursor = 0;
        end = graph.states.limit();
    }

    boolean isWanted() {
        return end > 0;
    }

    /// Does a slice; the searcher is inside the epoch.
    void step(Searcher s) {
        s.begin(Knn.NO_DEADLINE);
        s.bind(graph.compressor.coding());
        int last = Math.min(Math.min(end, graph.states.limit()), cursor + ORDINALS_A_LOOK);
        for (int left = NODES_A_SLICE; cursor < last && left > 0; cursor++) {
            if (graph.states.of(cursor) == States.LIVE) {
                graph.insertion.relink(s, cursor);
                left--;
            }
        }
        if (cursor >= Math.min(end, graph.states.limit())) {
            end = 0;
        }
    }
}
