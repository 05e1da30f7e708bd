package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.Ranges;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.vector.Codes;
import io.nuthatch.engine.vector.Quantizer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Gives an empty index the graph of an image that [GraphExport] wrote, without comparing a vector.
///
/// The graph is put together beside the index and installed when it is whole. Nodes whose vector is no longer
/// anybody's become tombstones, which consolidation takes out as usual.
///
/// Threads: [#nodes] by any number at once, with the rows of their ordinals in place; then [#finish] by one.
public final class GraphRestore {
    private final HnswIndex index;
    private final Graph graph;
    private final MemoryAccount.Counter scratchCounter;
    private final AtomicLong highest = new AtomicLong(-1); // A node of the highest layer, as EntryPoint packs it.
    private long wantedEntry = -1;
    private boolean isInstalled;
    private @Nullable Quantizer quantizer;

    /// For an index that has never held a vector; scratch memory is counted in `scratchCounter`.
    public GraphRestore(HnswIndex index, MemoryAccount.Counter scratchCounter) {
        this.index = index;
        this.graph = index.newGraph();
        this.scratchCounter = scratchCounter;
    }

    /// Whose graph it is.
    public HnswIndex index() {
        return index;
    }

    /// Reads what [GraphExport#start] wrote.
    public void start(ImageReader in) {
        wantedEntry = in.getLong();
        if (in.getByte() != 0) {
            quantizer = Quantizer.read(
                    index.parameters().compression(),
                    index.metric(),
                    index.rows().dim(),
                    in);
        }
    }

    /// Reads nodes to the end of `in`, and leaves out those that are not `wanted`; `hasRow` says for which
    /// ordinals there is a row.
    public void nodes(ImageReader in, IntPredicate wanted, IntPredicate hasRow) {
        int[] links = new int[graph.links.capacity(0)];
        while (in.hasMore()) {
            int ordinal = in.getInt();
            int layer = in.getByte();
            if (ordinal >= 0 && !wanted.test(ordinal)) {
                pass(in, layer);
                continue;
            }
            if (ordinal < 0 || !hasRow.test(ordinal)) {
                throw in.malformed("a node " + ordinal + " without a row");
            }
            if (layer > Towers.LAYER_MAX || graph.states.of(ordinal) != States.ABSENT) {
                throw in.malformed("node " + ordinal + " on layer " + layer + ", or twice");
            }
            graph.links.prepare(ordinal, layer);
            for (int i = 0; i <= layer; i++) {
                int count = in.getShort();
                if (count > graph.links.capacity(i)) {
                    throw in.malformed(count + " links of node " + ordinal);
                }
                for (int j = 0; j < count; j++) {
                    links[j] = in.getInt();
                }
                graph.links.write(ordinal, i, links, count);
            }
            graph.states.set(ordinal, States.LIVE);
            highest.accumulateAndGet((long) layer << 32 | ordinal, Math::max);
        }
    }

    private static void pass(ImageReader in, int layer) {
        for (int i = 0; i <= layer; i++) {
            in.take((long) Integer.BYTES * in.getShort());
        }
    }

    /// Whether the image had a node of that ordinal; when all of it was read.
    public boolean contains(int ordinal) {
        return graph.states.of(ordinal) != States.ABSENT;
    }

    /// One more than the largest ordinal that may be a node.
    public int limit() {
        return graph.states.limit();
    }

    /// Installs the graph; `isLive` says whose vector is still somebody's, and is asked by several threads.
    public void finish(IntPredicate isLive, Ranges ranges) {
        int limit = limit();
        graph.links.changes().clearAll(); // All is as the image has it, but for what is mended now.
        ranges.run(limit, this::mend);
        AtomicInteger live = new AtomicInteger();
        AtomicInteger dead = new AtomicInteger();
        ranges.run(limit, (from, to) -> settle(from, to, isLive, live, dead));
        Quantizer learnt = quantizer;
        if (learnt != null) {
            Codes codes = graph.compressor.restore(learnt);
            ranges.run(limit, (from, to) -> code(codes, from, to));
        }
        long start =
                isHighest(wantedEntry) ? wantedEntry : highest.get(); // The node may be missing, or a higher one there.
        if (start >= 0) {
            synchronized (graph.entry) {
                graph.entry.set(EntryPoint.ordinal(start), EntryPoint.layer(start));
            }
        }
        index.install(graph, live.get(), dead.get());
        isInstalled = true;
    }

    private boolean isHighest(long packed) {
        int ordinal = EntryPoint.ordinal(packed);
        return packed >= 0
                && contains(ordinal)
                && graph.links.layerOf(ordinal) == EntryPoint.layer(packed)
                && EntryPoint.layer(packed) == EntryPoint.layer(highest.get());
    }

    /// Takes out the names of nodes that are not in the image, or not on that layer.
    private void mend(int from, int to) {
        int[] links = new int[graph.links.capacity(0)];
        for (int ordinal = from; ordinal < to; ordinal++) {
            if (graph.states.of(ordinal) == States.ABSENT) {
                continue;
            }
            for (int layer = graph.links.layerOf(ordinal); layer >= 0; layer--) {
                int count = graph.links.copy(ordinal, layer, links);
                int kept = 0;
                for (int i = 0; i < count; i++) {
                    int link = links[i];
                    boolean isThere = link != ordinal && graph.states.of(link) != States.ABSENT;
                    if (isThere && (layer == 0 || graph.links.layerOf(link) >= layer)) {
                        links[kept++] = link;
                    }
                }
                if (kept < count) {
                    graph.links.write(ordinal, layer, links, kept);
                }
            }
        }
    }

    private void settle(int from, int to, IntPredicate isLive, AtomicInteger live, AtomicInteger dead) {
        for (int ordinal = from; ordinal < to; ordinal++) {
            if (graph.states.of(ordinal) != States.ABSENT) {
                boolean lives = isLive.test(ordinal);
                graph.states.set(ordinal, lives ? States.LIVE : States.TOMBSTONE);
                (lives ? live : dead).incrementAndGet();
            }
        }
    }

    private void code(Codes codes, int from, int to) {
        long scratch = OffHeap.allocate(codes.scratchBytes(), scratchCounter);
        try {
            for (int ordinal = from; ordinal < to; ordinal++) {
                if (graph.states.of(ordinal) != States.ABSENT) {
                    codes.put(ordinal, scratch);
                }
            }
        } finally {
            OffHeap.free(scratch, codes.scratchBytes(), scratchCounter);
        }
    }

    /// Gives its memory back unless it was installed.
    public void discard() {
        if (!isInstalled) {
            graph.close();
        }
    }
}
