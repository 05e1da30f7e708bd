package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.image.ChangeMarks;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.image.ItemSet;
import io.nuthatch.engine.vector.CodeScorer;

/// Writes an index's graph as an image, some nodes at a time, while searches and writers go on.
///
/// ```
/// start   long: where walks begin, layer << 32 | ordinal, negative for nowhere
///         byte: 1 when walks go by codes, then what their quantizer has learnt; 0 when not
/// node    int ordinal | byte highest layer | for each layer from 0 up: u16 links, and that many ints
/// ```
/// Each list is copied under its lock, so it is one that the graph really had. Lists of different nodes are
/// of different moments, and may name nodes that are in no image or not on that layer of it; [GraphRestore]
/// takes such names out. Codes are not written: they follow from the rows and the quantizer.
///
/// The caller sees to it that no ordinal is given to another vector before it has written all it wants.
/// One thread. Throws [IndexClosedException] when the index is dropped meanwhile.
public final class GraphExport {
    private static final int ORDINALS_A_STEP = 8192;

    private final HnswIndex index;
    private int[] links = new int[0];

    public GraphExport(HnswIndex index) {
        this.index = index;
    }

    /// Writes where walks begin, and what codes go by.
    public void start(ImageWriter out) {
        Searcher s = index.readers().enter();
        try {
            Graph graph = index.graph();
            out.putLong(graph.entry.get());
            CodeScorer walked = graph.compressor.coding().walked();
            out.putByte(walked == null ? 0 : 1);
            if (walked != null) {
                walked.codes().quantizer().write(out);
            }
        } finally {
            index.readers().leave(s);
        }
    }

    /// The nodes of an image. Those of `known`, which an older image has, stay there unless they have
    /// changed.
    ///
    /// @param known what older images have
    /// @param kept gets those that are left where they are
    /// @param written gets the others
    public record Nodes(ItemSet known, ItemSet kept, ItemSet written) {
        public Nodes(ItemSet known) {
            this(known, new ItemSet(), new ItemSet());
        }
    }

    /// Writes the nodes of the ordinals from `from` on until `out` has `bytes` bytes, or some thousand
    /// ordinals were looked at. Returns the ordinal to go on from, -1 at the end.
    public int nodes(int from, long bytes, ImageWriter out, Nodes nodes) {
        Searcher s = index.readers().enter(); // Towers that are seen stay as they are until it leaves.
        try {
            Graph graph = index.graph();
            int limit = graph.states.limit();
            int end = (int) Math.min(limit, (long) from + ORDINALS_A_STEP);
            for (int ordinal = from; ordinal < end; ordinal++) {
                int state = graph.states.of(ordinal);
                boolean isNode = state == States.LIVE || state == States.TOMBSTONE || state == States.DOOMED;
                if (!isNode) {
                    continue;
                }
                if (nodes.known.contains(ordinal) && !graph.links.changes().isMarked(ordinal)) {
                    nodes.kept.add(ordinal);
                    continue;
                }
                nodes.written.add(ordinal);
                graph.links.changes().clear(ordinal); // Before its lists are locked.
                // A doomed node may be losing its tower at this moment; nobody goes through it any more.
                node(graph.links, ordinal, state == States.DOOMED ? 0 : graph.links.layerOf(ordinal), out);
                if (out.size() >= bytes) {
                    return ordinal + 1;
                }
            }
            return end < limit ? end : -1;
        } finally {
            index.readers().leave(s);
        }
    }

    /// Those of `known` that are as they were.
    public ItemSet unchanged(ItemSet known) {
        Searcher s = index.readers().enter();
        try {
            ChangeMarks changes = index.graph().links.changes();
            return known.where(ordinal -> !changes.isMarked(ordinal));
        } finally {
            index.readers().leave(s);
        }
    }

    /// What was written is lost: it counts as changed again. Nothing happens when the index was dropped.
    public void forget(ItemSet written) {
        try {
            Searcher s = index.readers().enter();
            try {
                written.forEach(index.graph().links.changes()::mark);
            } finally {
                index.readers().leave(s);
            }
        } catch (IndexClosedException dropped) {
            // Nobody will write it again.
        }
    }

    private void node(Links graph, int ordinal, int layer, ImageWriter out) {
        out.putInt(ordinal);
        out.putByte(layer);
        for (int i = 0; i <= layer; i++) {
            if (links.length < graph.capacity(i)) {
                links = new int[graph.capacity(i)];
            }
            int count;
            graph.lock(ordinal, i);
            try {
                count = graph.copy(ordinal, i, links);
            } finally {
                graph.unlock(ordinal, i);
            }
            out.putShort(count);
            for (int j = 0; j < count; j++) {
                out.putInt(links[j]);
            }
        }
    }
}
