package io.nuthatch.engine.hnsw;

import java.util.Arrays;

/// Gets a node named without taking anybody's last name away: the link `from -> next` becomes
/// `from -> node -> next`.
///
/// Threads: as [Insertion]; no two lists are locked at once. The node names `next` first, then `from` names
/// the node, if its list is still what was read; when others keep changing it, what the node has by then does
/// no harm.
final class Detour {
    static final int ATTEMPTS = 3;

    private final States states;
    private final Links links;

    Detour(States states, Links links) {
        this.states = states;
        this.links = links;
    }

    /// Makes `from` name the node, in the place of its last link when its list is full: the farthest, where
    /// the list was pruned. False when it is being removed, or its list kept changing.
    boolean lead(Searcher s, int from, int node, int layer) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int[] list = read(s, from, layer);
            if (Links.isAmong(list, list.length, node)) {
                return true;
            }
            int place = Math.min(list.length, links.capacity(layer) - 1);
            if (place < list.length) {
                adopt(node, new int[] {list[place]}, new int[0], layer);
            }
            if (name(s, from, node, place, list, layer)) {
                return true;
            }
        }
        return false;
    }

    int[] read(Searcher s, int node, int layer) {
        return Arrays.copyOf(s.others, links.copy(node, layer, s.others));
    }

    /// Whether a list may name the node: one that is being taken out may stand in lists that were not
    /// repaired yet, and must not get into one that was.
    boolean mayBeNamed(int node) {
        return states.ofNode(node) < States.DOOMED;
    }

    /// Makes the node's list `first` for certain, then what it had, then those of `others` that there is room
    /// for.
    void adopt(int node, int[] first, int[] others, int layer) {
        int[] list = new int[links.capacity(layer)];
        links.lock(node, layer);
        try {
            int[] present = new int[list.length];
            int count = links.copy(node, layer, present);
            int size = append(list, 0, first, first.length, node);
            size = append(list, size, present, count, node);
            size = append(list, size, others, others.length, node);
            links.write(node, layer, list, size);
        } finally {
            links.unlock(node, layer);
        }
    }

    private int append(int[] list, int size, int[] more, int count, int node) {
        int end = size;
        for (int i = 0; i < count && end < list.length; i++) {
            int link = more[i];
            if (link != node && mayBeNamed(link) && !Links.isAmong(list, end, link)) {
                list[end++] = link;
            }
        }
        return end;
    }

    /// Makes `from` name the node in `place`, if its list is still `list` and it stays in the graph.
    boolean name(Searcher s, int from, int node, int place, int[] list, int layer) {
        links.lock(from, layer);
        try {
            int count = links.copy(from, layer, s.others);
            if (!mayBeNamed(from) || !Arrays.equals(s.others, 0, count, list, 0, list.length)) {
                return false;
            }
            links.set(from, layer, place, node);
            return true;
        } finally {
            links.unlock(from, layer);
        }
    }
}
