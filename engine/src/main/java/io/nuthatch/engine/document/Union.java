package io.nuthatch.engine.document;

import io.nuthatch.engine.text.OrdinalSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.roaringbitmap.FastAggregation;
import org.roaringbitmap.RoaringBitmap;

/// Gathers sets of ordinals into one: thousands of small ones as fast as a few large ones.
///
/// Bitmaps are merged at the end, all at once, container by container; ordinals of small sets wait in an
/// array and are sorted once. Threads: one.
final class Union {
    private final List<RoaringBitmap> bitmaps = new ArrayList<>();
    private int[] few = new int[16];
    private int count;

    /// Adds a bitmap, which must stay as it is until [#result].
    void add(RoaringBitmap bitmap) {
        if (!bitmap.isEmpty()) {
            bitmaps.add(bitmap);
        }
    }

    /// Adds a set, which must stay as it is until [#result].
    void add(OrdinalSet set) {
        if (set.isSmall()) {
            reserve(set.count());
            count = set.copyTo(few, count);
        } else {
            bitmaps.add(set.bitmap());
        }
    }

    private void reserve(int more) {
        if (count + more > few.length) {
            few = Arrays.copyOf(few, Math.max(count + more, 2 * few.length));
        }
    }

    /// All of it; may be one of the bitmaps that were added, so nobody may write to it.
    RoaringBitmap result() {
        if (count > 0) {
            int[] ordinals = Arrays.copyOf(few, count);
            Arrays.sort(ordinals);
            bitmaps.add(RoaringBitmap.bitmapOf(ordinals));
            count = 0;
        }
        return switch (bitmaps.size()) {
            case 0 -> new RoaringBitmap();
            case 1 -> bitmaps.getFirst();
            default -> FastAggregation.or(bitmaps.iterator());
        };
    }
}
