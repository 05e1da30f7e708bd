package io.nuthatch.engine.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A set of ordinals that is small while it is small: most words and tags have few documents.
///
/// Up to 8 ordinals live in a sorted array, more in a [RoaringBitmap]; the way back happens at 4, so that a
/// set on the border does not change its form with every write.
///
/// Threads: one writer, no readers meanwhile; the owner's lock sees to it.
public final class OrdinalSet {
    private static final int SMALL_MAX = 8;
    private static final int SMALL_AGAIN = 4;
    private static final int[] EMPTY = {};

    private int[] few = EMPTY; // Sorted; the first `count` are used, unless there is a bitmap.
    private @Nullable RoaringBitmap many;
    private int count;

    /// Returns whether the ordinal was not in the set.
    public boolean add(int ordinal) {
        if (many != null) {
            if (!many.checkedAdd(ordinal)) {
                return false;
            }
            count++;
            return true;
        }
        int at = Arrays.binarySearch(few, 0, count, ordinal);
        if (at >= 0) {
            return false;
        }
        if (count == SMALL_MAX) {
            RoaringBitmap bitmap = RoaringBitmap.bitmapOf(few);
            bitmap.add(ordinal);
            many = bitmap;
            few = EMPTY;
            count++;
            return true;
        }
        if (count == few.length) {
            few = Arrays.copyOf(few, count == 0 ? 1 : Math.min(SMALL_MAX, 2 * count));
        }
        int insertion = -at - 1;
        System.arraycopy(few, insertion, few, insertion + 1, count - insertion);
        few[insertion] = ordinal;
        count++;
        return true;
    }

    /// Returns whether the ordinal was in the set.
    public boolean remove(int ordinal) {
        if (many != null) {
            if (!many.checkedRemove(ordinal)) {
                return false;
            }
            count--;
            if (count <= SMALL_AGAIN) {
                few = many.toArray();
                many = null;
            }
            return true;
        }
        int at = Arrays.binarySearch(few, 0, count, ordinal);
        if (at < 0) {
            return false;
        }
        System.arraycopy(few, at + 1, few, at, count - at - 1);
        count--;
        return true;
    }

    public boolean contains(int ordinal) {
        return many == null ? Arrays.binarySearch(few, 0, count, ordinal) >= 0 : many.contains(ordinal);
    }

    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /// The set as a bitmap that the caller only reads: the set's own where it has one.
    public RoaringBitmap bitmap() {
        return many == null ? RoaringBitmap.bitmapOf(Arrays.copyOf(few, count)) : many;
    }

    /// Whether there is no bitmap of its own, and [#bitmap] would make one.
    public boolean isSmall() {
        return many == null;
    }

    /// Copies the ordinals of a small set to `target` from `at` on; returns the place behind them.
    public int copyTo(int[] target, int at) {
        assert many == null : "a set of " + count;
        System.arraycopy(few, 0, target, at, count);
        return at + count;
    }

    /// Bytes on the heap, about.
    public long bytes() {
        return 32 + (many == null ? 16 + 4L * few.length : many.getLongSizeInBytes() + 64);
    }
}
