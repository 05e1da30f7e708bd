package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.image.ChangeMarks;
import io.nuthatch.engine.kernel.WalkBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/// The lists of a graph's nodes: who names whom, on which layer.
///
/// Layout (off heap, little endian): a list is up to [#capacity] ints, `ordinal + 1` each and ended by 0, so
/// that zeroed memory is an empty list. Layer 0 is one table by ordinal, counted as `links`; the layers above
/// are [Towers].
///
/// Threads: readers take no lock. They may see a list half rewritten, which is harmless: every int of it is a
/// valid ordinal or the end. Writers lock one node's list at a time (striped spin locks) and write ints with
/// release, the partner of the acquire in [#copy] and of the fence in `Searcher#unmarkedLinks`: what a node
/// needs is written before a neighbour names it.
final class Links implements AutoCloseable {
    private static final int STRIPES = 1 << 14;

    /// Shared by all graphs: a holder takes no second stripe, so there is no order to keep.
    private static final AtomicIntegerArray LOCKS = new AtomicIntegerArray(STRIPES);

    private static final AtomicLong SALTS = new AtomicLong(1); // Not 0: the mixing below maps 0 to 0, the top layer.

    private final int maxConnections;
    private final double layerScale;
    private final RecordTable base;
    private final Towers towers;
    private final ChangeMarks changes = new ChangeMarks();
    private final long salt = SALTS.getAndIncrement() * 0x9E37_79B9_7F4A_7C15L;
    private final AtomicLong layerSeed = new AtomicLong();

    Links(int maxConnections, MemoryAccount account, String owner) {
        this.maxConnections = maxConnections;
        this.layerScale = 1 / Math.log(maxConnections);
        this.base = new RecordTable(8L * maxConnections, account.counter(owner, "links"));
        this.towers = new Towers(maxConnections, account.counter(owner, "upper"));
    }

    /// Makes room for the ordinal's lists, empty; returns the highest layer it is on, drawn at random.
    int prepare(int ordinal) {
        int layer = randomLayer();
        prepare(ordinal, layer);
        return layer;
    }

    /// Makes room for the lists of an ordinal whose highest layer is `layer`, empty.
    void prepare(int ordinal, int layer) {
        base.ensure(ordinal);
        assert Memory.getInt(base.address(ordinal)) == 0 : "links left at ordinal " + ordinal;
        towers.raise(ordinal, layer);
        changes.mark(ordinal); // Before its state says that it is a node.
    }

    private int randomLayer() {
        long z = salt + layerSeed.getAndIncrement() * 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        z ^= z >>> 31;
        double uniform = ((z >>> 11) + 0.5) * 0x1p-53;
        return (int) Math.min(Towers.LAYER_MAX, -Math.log(uniform) * layerScale);
    }

    int capacity(int layer) {
        return layer == 0 ? 2 * maxConnections : maxConnections;
    }

    /// The highest layer the node is on.
    int layerOf(int ordinal) {
        return towers.layerOf(ordinal);
    }

    Towers towers() {
        return towers;
    }

    /// Where the node's list on a layer it is on begins.
    long list(int ordinal, int layer) {
        return layer == 0 ? base.address(ordinal) : towers.list(ordinal, layer);
    }

    /// Begins to read a list: its first line and its last, two of two with the usual M. What comes back has
    /// to be used, or the JIT leaves it out.
    static int touch(long list, int capacity) {
        return Memory.getInt(list) + Memory.getInt(list + 4L * (capacity - 1));
    }

    /// Copies the node's links on a layer it is on to `out`; returns how many.
    int copy(int ordinal, int layer, int[] out) {
        long list = list(ordinal, layer);
        int capacity = capacity(layer);
        int count = 0;
        while (count < capacity) {
            int link = Memory.getIntAcquire(list + 4L * count) - 1;
            if (link < 0) {
                break;
            }
            out[count++] = link;
        }
        return count;
    }

    /// Writes where the lists are to a block of `WalkBlock`.
    void describe(long block) {
        base.describe(block + WalkBlock.LINKS);
        towers.describe(block);
        Memory.putInt(block + WalkBlock.CAPACITY, capacity(0));
        Memory.putInt(block + WalkBlock.UPPER_CAPACITY, capacity(1));
    }

    /// Whose lists have changed since an image took them.
    ChangeMarks changes() {
        return changes;
    }

    /// Whether `wanted` is one of the first `count` of `ordinals`.
    static boolean isAmong(int[] ordinals, int count, int wanted) {
        for (int i = 0; i < count; i++) {
            if (ordinals[i] == wanted) {
                return true;
            }
        }
        return false;
    }

    // ---- For the holder of the list's lock ----

    /// Replaces the list.
    void write(int ordinal, int layer, int[] links, int count) {
        long list = list(ordinal, layer);
        int capacity = capacity(layer);
        for (int i = 0; i < count; i++) {
            Memory.putIntRelease(list + 4L * i, links[i] + 1);
        }
        for (int i = count; i < capacity && Memory.getInt(list + 4L * i) != 0; i++) {
            Memory.putIntRelease(list + 4L * i, 0);
        }
        changes.mark(ordinal);
    }

    /// Makes `link` the one at place `at`, which is in use or the first that is not.
    void set(int ordinal, int layer, int at, int link) {
        Memory.putIntRelease(list(ordinal, layer) + 4L * at, link + 1);
        changes.mark(ordinal);
    }

    /// Writes `links` behind what the list holds already, leaving out what is there.
    void merge(int ordinal, int layer, int[] links, int count) {
        long list = list(ordinal, layer);
        int capacity = capacity(layer);
        int size = 0;
        while (size < capacity && Memory.getInt(list + 4L * size) != 0) {
            size++;
        }
        int present = size;
        for (int i = 0; i < count && size < capacity; i++) {
            boolean isThere = false;
            for (int j = 0; j < present; j++) {
                isThere |= Memory.getInt(list + 4L * j) == links[i] + 1;
            }
            if (!isThere) {
                Memory.putIntRelease(list + 4L * size++, links[i] + 1);
            }
        }
        changes.mark(ordinal);
    }

    void lock(int ordinal, int layer) {
        int stripe = stripe(ordinal, layer);
        int spins = 0;
        while (!LOCKS.compareAndSet(stripe, 0, 1)) {
            if (++spins % 128 == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    void unlock(int ordinal, int layer) {
        LOCKS.setRelease(stripe(ordinal, layer), 0);
    }

    private int stripe(int ordinal, int layer) {
        long mixed = (salt ^ ((long) ordinal << 4 | layer)) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 50) & STRIPES - 1;
    }

    /// Empties the lists of a node that nobody can reach any more.
    void erase(int ordinal) {
        towers.erase(ordinal);
        if (base.has(ordinal)) {
            Memory.fill(base.address(ordinal), base.recordBytes(), (byte) 0);
        }
    }

    @Override
    public void close() {
        base.close();
        towers.close();
    }
}
