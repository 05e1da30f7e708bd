package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.kernel.WalkBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import java.util.Arrays;

/// The lists of the layers above 0, for the few nodes that have them.
///
/// Layout (off heap, counted as `upper`):
/// ```
/// towers  record ordinal:  int, 1 + first unit of the node's tower, 0 for a node on layer 0 only
/// units   record unit:     int ordinal + 1 | int layers above 0 | M ints, the links on one layer
///         a tower of l layers is l units next to each other, layer 1 first
/// ```
/// Threads: a tower is complete before its number is published (release in [#raise], acquire in [#layerOf]).
final class Towers implements AutoCloseable {
    static final int LAYER_MAX = 15;
    private static final int UNIT_HEADER_BYTES = 8;

    private final RecordTable towers;
    private final RecordTable units;

    // Guarded by `units`.
    private int nextUnit;
    private final int[][] freeTowers = new int[LAYER_MAX + 1][];
    private final int[] freeTowerCounts = new int[LAYER_MAX + 1];

    Towers(int maxConnections, MemoryAccount.Counter counter) {
        this.towers = new RecordTable(Integer.BYTES, counter);
        this.units = new RecordTable(UNIT_HEADER_BYTES + 4L * maxConnections, counter);
    }

    /// The highest layer the node is on.
    int layerOf(int ordinal) {
        int tower = towerOf(ordinal);
        return tower < 0 ? 0 : Memory.getInt(units.address(tower) + 4);
    }

    private int towerOf(int ordinal) {
        return towers.has(ordinal) ? Memory.getIntAcquire(towers.address(ordinal)) - 1 : -1;
    }

    /// Where the node's list on layer `layer` begins, for a layer above 0 that it is on.
    long list(int ordinal, int layer) {
        return units.address(towerOf(ordinal) + layer - 1) + UNIT_HEADER_BYTES;
    }

    /// Writes where the lists are to a block of `WalkBlock`.
    void describe(long block) {
        towers.describe(block + WalkBlock.TOWERS);
        units.describe(block + WalkBlock.UNITS);
    }

    /// Gives the node empty lists on the layers 1 to `layers`.
    void raise(int ordinal, int layers) {
        towers.ensure(ordinal);
        if (layers == 0) {
            return;
        }
        int tower = take(layers);
        for (int i = 0; i < layers; i++) {
            long unit = units.address(tower + i);
            Memory.fill(unit, units.recordBytes(), (byte) 0);
            Memory.putInt(unit, ordinal + 1);
            Memory.putInt(unit + 4, layers);
        }
        Memory.putIntRelease(towers.address(ordinal), tower + 1);
    }

    /// Takes the lists of a node that nobody can reach any more.
    void erase(int ordinal) {
        int tower = towerOf(ordinal);
        if (tower >= 0) {
            int layers = Memory.getInt(units.address(tower) + 4);
            for (int i = 0; i < layers; i++) {
                Memory.putInt(units.address(tower + i), 0);
            }
            Memory.putIntRelease(towers.address(ordinal), 0);
            free(tower, layers);
        }
    }

    /// One more than the last unit in use.
    int unitLimit() {
        synchronized (units) {
            return nextUnit;
        }
    }

    /// The node whose list is in this unit; -1 for none.
    int ordinalOfUnit(int unit) {
        return units.has(unit) ? Memory.getInt(units.address(unit)) - 1 : -1;
    }

    /// `layers` units next to each other.
    private int take(int layers) {
        synchronized (units) {
            if (freeTowerCounts[layers] > 0) {
                return freeTowers[layers][--freeTowerCounts[layers]];
            }
            int inGranule = units.granuleRecords();
            int room = inGranule - nextUnit % inGranule;
            if (room < layers) {
                assert inGranule >= LAYER_MAX : "a tower must fit a granule";
                free(nextUnit, room);
                nextUnit += room;
            }
            int tower = nextUnit;
            units.ensure(tower);
            nextUnit += layers;
            return tower;
        }
    }

    private void free(int tower, int layers) {
        synchronized (units) {
            int[] free = freeTowers[layers];
            int count = freeTowerCounts[layers];
            if (free == null || count == free.length) {
                free = free == null ? new int[8] : Arrays.copyOf(free, 2 * count);
                freeTowers[layers] = free;
            }
            free[count] = tower;
            freeTowerCounts[layers] = count + 1;
        }
    }

    @Override
    public void close() {
        towers.close();
        units.close();
    }
}
