package io.nuthatch.engine.hnsw;

/// A distance and an ordinal as one long that sorts by both; bit 0 is free for the walk's "expanded".
final class Keys {
    /// Bit 0 of a key in a walk's pool: its node's links were looked at.
    static final long EXPANDED = 1;

    private Keys() {}

    static long of(float distance, int ordinal) {
        int bits = Float.floatToIntBits(distance);
        int sortable = bits ^ (bits >> 31 & 0x7FFF_FFFF);
        return (long) sortable << 32 | (ordinal & 0xFFFF_FFFFL) << 1;
    }

    static float distance(long key) {
        int sortable = (int) (key >> 32);
        return Float.intBitsToFloat(sortable ^ (sortable >> 31 & 0x7FFF_FFFF));
    }

    static int ordinal(long key) {
        return (int) key >>> 1;
    }

    /// Where `key` belongs in the sorted keys. The step is a conditional move, not a branch that is wrong
    /// half the time.
    static int place(long[] sorted, int size, long key) {
        if (size == 0) {
            return 0;
        }
        int low = 0;
        for (int left = size; left > 1; ) {
            int half = left >>> 1;
            low = sorted[low + half - 1] < key ? low + half : low;
            left -= half;
        }
        return sorted[low] < key ? low + 1 : low;
    }
}
