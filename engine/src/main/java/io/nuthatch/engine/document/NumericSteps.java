package io.nuthatch.engine.document;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// For a few values across a NUMERIC field, the documents below each: whatever lies between two of them is
/// one difference of bitmaps, however many documents that is.
///
/// About [#STEPS] values, an equal share of the documents between each two, as bitmaps of two bytes a
/// document in all. A write changes those above its value. They are made anew, in one pass over the buckets,
/// when half of the field has changed or a share has grown to four.
///
/// Threads: the space's read-write lock.
final class NumericSteps {
    /// Shares into which the documents are cut.
    static final int STEPS = 16;

    /// Fewer documents are quick to gather bucket by bucket.
    static final int DOCUMENTS_MIN = 16_384;

    /// The buckets of a field in the order of their values.
    interface Buckets {
        /// Calls `visitor` for each with its lower bound.
        void forEach(Visitor visitor);
    }

    /// Takes one bucket.
    interface Visitor {
        void visit(double from, RoaringBitmap documents, int count);
    }

    private double[] values = new double[0]; // Ascending.
    private RoaringBitmap[] below = new RoaringBitmap[0];
    private int[] counts = new int[0]; // Of the documents below each.
    private int changes; // Since the steps were made.

    /// Notes that a document got `value`, one of now `total`, which `buckets` have already.
    void add(int ordinal, double value, int total, Buckets buckets) {
        int first = above(value);
        for (int i = first; i < values.length; i++) {
            below[i].add(ordinal);
            counts[i]++;
        }
        changes++;
        boolean isCrowded = changes > total / 8 && share(first, total) > 4 * (total / STEPS);
        if (total >= DOCUMENTS_MIN && (isCrowded || changes > total / 2)) {
            build(total, buckets);
        }
    }

    /// Notes that a document lost `value`, one of now `total`.
    void remove(int ordinal, double value, int total) {
        for (int i = above(value); i < values.length; i++) {
            below[i].remove(ordinal);
            counts[i]--;
        }
        changes++;
        if (total < DOCUMENTS_MIN / 2) {
            clear();
        }
    }

    /// Makes the steps anew over `buckets`, which hold `total` documents.
    void rebuild(int total, Buckets buckets) {
        clear();
        if (total >= DOCUMENTS_MIN) {
            build(total, buckets);
        }
    }

    void clear() {
        values = new double[0];
        below = new RoaringBitmap[0];
        counts = new int[0];
        changes = 0;
    }

    /// The first step above `value`.
    private int above(double value) {
        int at = Arrays.binarySearch(values, value);
        return at >= 0 ? at + 1 : -at - 1;
    }

    /// Documents between the step before `step` and it.
    private int share(int step, int total) {
        int end = step < counts.length ? counts[step] : total;
        return step == 0 ? end : end - counts[step - 1];
    }

    private void build(int total, Buckets buckets) {
        List<Double> newValues = new ArrayList<>();
        List<RoaringBitmap> newBelow = new ArrayList<>();
        List<Integer> newCounts = new ArrayList<>();
        RoaringBitmap gathered = new RoaringBitmap();
        int[] count = new int[1];
        buckets.forEach((from, documents, size) -> {
            if (count[0] >= (newValues.size() + 1L) * total / STEPS && newValues.size() < STEPS - 1) {
                newValues.add(from);
                newBelow.add(gathered.clone());
                newCounts.add(count[0]);
            }
            gathered.or(documents);
            count[0] += size;
        });
        values = newValues.stream().mapToDouble(Double::doubleValue).toArray();
        below = newBelow.toArray(new RoaringBitmap[0]);
        counts = newCounts.stream().mapToInt(Integer::intValue).toArray();
        changes = 0;
    }

    /// The part of a range that lies between two steps.
    ///
    /// @param documents those with `from <= value < to`
    record Span(double from, double to, RoaringBitmap documents) {}

    /// The longest span within `low..high`; null when no two steps lie there.
    @Nullable
    Span within(double low, double high) {
        int first = Arrays.binarySearch(values, low);
        first = first >= 0 ? first : -first - 1;
        int last = above(high) - 1;
        return first >= last
                ? null
                : new Span(values[first], values[last], RoaringBitmap.andNot(below[last], below[first]));
    }

    long bytes() {
        long bytes = 0;
        for (RoaringBitmap documents : below) {
            bytes += documents.getLongSizeInBytes();
        }
        return bytes;
    }
}
