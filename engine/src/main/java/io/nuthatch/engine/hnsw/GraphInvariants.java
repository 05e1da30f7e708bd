package io.nuthatch.engine.hnsw;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What must hold of a graph at rest.
final class GraphInvariants {
    private static final int FAULTS_MAX = 20;

    private GraphInvariants() {}

    /// Adds a sentence for each fault, up to twenty.
    static void check(Graph graph, Searcher s, List<String> faults) {
        int limit = graph.states.limit();
        int highest = -1;
        int nodes = 0;
        for (int ordinal = 0; ordinal < limit && faults.size() < FAULTS_MAX; ordinal++) {
            int state = graph.states.of(ordinal);
            if (!States.isLinked(state)) {
                continue;
            }
            nodes++;
            int layers = graph.links.layerOf(ordinal);
            highest = Math.max(highest, layers);
            for (int layer = 0; layer <= layers; layer++) {
                checkList(graph, s, ordinal, layer, faults);
            }
        }
        long entry = graph.entry.get();
        if (nodes == 0) {
            if (entry >= 0) {
                faults.add("an empty graph has the entry point " + EntryPoint.ordinal(entry));
            }
            return;
        }
        if (entry < 0) {
            faults.add(nodes + " nodes and no entry point");
            return;
        }
        int entryState = graph.states.of(EntryPoint.ordinal(entry));
        if (!States.isLinked(entryState)) {
            faults.add("the entry point " + EntryPoint.ordinal(entry) + " is in state " + entryState);
        }
        if (EntryPoint.layer(entry) != graph.links.layerOf(EntryPoint.ordinal(entry))) {
            faults.add("the entry point is on layer " + graph.links.layerOf(EntryPoint.ordinal(entry)) + ", not "
                    + EntryPoint.layer(entry));
        }
        if (EntryPoint.layer(entry) < highest) {
            faults.add("the entry point is on layer " + EntryPoint.layer(entry) + ", a node on " + highest);
        }
    }

    private static void checkList(Graph graph, Searcher s, int ordinal, int layer, List<String> faults) {
        int count = graph.links.copy(ordinal, layer, s.others);
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < count; i++) {
            int link = s.others[i];
            String name = "link " + ordinal + " -> " + link + " on layer " + layer;
            if (link == ordinal) {
                faults.add(name + " is a self link");
            } else if (!seen.add(link)) {
                faults.add(name + " is there twice");
            } else if (!States.isLinked(graph.states.of(link))) {
                faults.add(name + " names an ordinal in state " + graph.states.of(link));
            } else if (graph.links.layerOf(link) < layer) {
                faults.add(name + " names a node that is not on it");
            }
        }
    }

    /// Live nodes that no walk from the entry point can reach.
    static int unreachable(Graph graph, Searcher s) {
        Reachability reachable = new Reachability(graph);
        while (reachable.step(s, Integer.MAX_VALUE)) {}
        int lost = 0;
        for (int ordinal = 0; ordinal < reachable.limit(); ordinal++) {
            if (graph.states.of(ordinal) == States.LIVE && !reachable.has(ordinal)) {
                lost++;
            }
        }
        return lost;
    }
}
