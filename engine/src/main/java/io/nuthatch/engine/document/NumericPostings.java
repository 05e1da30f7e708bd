package io.nuthatch.engine.document;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.roaringbitmap.RoaringBitmap;

/// The postings of one NUMERIC field: a column of values by ordinal, and buckets of ordinals by value.
///
/// A bucket holds the documents whose values lie from its lower bound up to the next bucket's. A range takes
/// its middle from [NumericSteps], whole buckets on both sides of it, and looks at the column for the two at
/// its ends; so its count is exact. All costs some five bytes a document beside the column. A bucket of more
/// than [#BUCKET_MAX] documents splits at its median, unless all have one value. The ends cost ten times as
/// much a document as the rest, hence the small buckets.
///
/// Threads: the space's read-write lock.
final class NumericPostings implements AutoCloseable {
    static final int BUCKET_MAX = 512;

    private static final int BUCKET_FILL = 384; // Of buckets that are made all at once.

    private static final class Bucket {
        final RoaringBitmap documents = new RoaringBitmap();
        int count;
        int splitAt = BUCKET_MAX; // Doubles when the values cannot be parted.
    }

    private final TreeMap<Double, Bucket> buckets = new TreeMap<>();
    private final RecordTable column; // NaN where the document has no number; memory starts as 0.0, hence the bitmap.
    private final RoaringBitmap present = new RoaringBitmap();
    private final NumericSteps steps = new NumericSteps();
    private int count;

    NumericPostings(MemoryAccount.Counter counter) {
        this.column = new RecordTable(Double.BYTES, counter);
        buckets.put(Double.NEGATIVE_INFINITY, new Bucket());
    }

    /// Makes `value` the document's; NaN takes it out.
    void put(int ordinal, double value) {
        double number = value == 0 ? 0.0 : value; // -0.0 and 0.0 are one number, but not to a TreeMap.
        boolean had = present.contains(ordinal);
        if (had) {
            double old = value(ordinal);
            if (old == number) {
                return;
            }
            Bucket bucket = bucket(old);
            bucket.documents.remove(ordinal);
            bucket.count--;
            dropIfEmpty(old);
            count--;
            steps.remove(ordinal, old, count);
        }
        if (Double.isNaN(number)) {
            present.remove(ordinal);
            return;
        }
        column.ensure(ordinal);
        Memory.putDouble(column.address(ordinal), number);
        present.add(ordinal);
        count++;
        Bucket bucket = bucket(number);
        bucket.documents.add(ordinal);
        bucket.count++;
        if (bucket.count > bucket.splitAt) {
            split(bucket);
        }
        steps.add(ordinal, number, count, this::forEachBucket);
    }

    /// Notes the numbers of documents that had none; nobody asks for them, and nothing else changes, before
    /// [#settle].
    void restore(FieldBatch batch) {
        for (int i = 0; i < batch.count(); i++) {
            double value = batch.number(i);
            column.ensure(batch.ordinal(i));
            Memory.putDouble(column.address(batch.ordinal(i)), value == 0 ? 0.0 : value);
        }
        present.or(batch.documents());
    }

    /// Makes buckets and steps of what [#restore] noted, all at once: the bounds from the sorted numbers, and
    /// then every document into its bucket in the order of ordinals, where bitmaps only grow at their end.
    void settle() {
        int total = present.getCardinality();
        if (total == count) {
            return;
        }
        double[] sorted = new double[total];
        int[] at = {0};
        present.forEach((int ordinal) -> sorted[at[0]++] = value(ordinal));
        Arrays.sort(sorted);
        double[] bounds = new double[total / BUCKET_FILL + 1];
        bounds[0] = Double.NEGATIVE_INFINITY;
        int boundCount = 1;
        for (int i = BUCKET_FILL; i < total; i += BUCKET_FILL) {
            double bound = sorted[i];
            if (bound > bounds[boundCount - 1] && bound > sorted[0]) {
                bounds[boundCount++] = bound;
            }
        }
        Bucket[] filled = new Bucket[boundCount];
        Arrays.setAll(filled, i -> new Bucket());
        double[] known = Arrays.copyOf(bounds, boundCount);
        present.forEach((int ordinal) -> {
            int found = Arrays.binarySearch(known, value(ordinal));
            Bucket bucket = filled[found >= 0 ? found : -found - 2];
            bucket.documents.add(ordinal);
            bucket.count++;
        });
        buckets.clear();
        for (int i = 0; i < boundCount; i++) {
            buckets.put(known[i], filled[i]);
            if (filled[i].count > BUCKET_MAX) { // Many of one value.
                split(filled[i]);
            }
        }
        count = total;
        steps.rebuild(count, this::forEachBucket);
    }

    private void forEachBucket(NumericSteps.Visitor visitor) {
        buckets.forEach((from, bucket) -> visitor.visit(from, bucket.documents, bucket.count));
    }

    void move(int from, int to) {
        if (present.contains(from)) {
            double value = value(from);
            put(from, Double.NaN);
            put(to, value);
        }
    }

    boolean has(int ordinal) {
        return present.contains(ordinal);
    }

    /// The document's number; NaN when it has none.
    double get(int ordinal) {
        return present.contains(ordinal) ? value(ordinal) : Double.NaN;
    }

    /// Documents with a number in the range; not to be changed.
    RoaringBitmap range(double min, boolean minInclusive, double max, boolean maxInclusive) {
        double low = min == 0 ? 0.0 : min;
        double high = max == 0 ? 0.0 : max;
        if (!(low <= high)) {
            return new RoaringBitmap();
        }
        Union union = new Union();
        NumericSteps.Span span = steps.within(low, high);
        if (span == null) {
            gather(low, minInclusive, high, maxInclusive, union);
        } else if (span.from() == low && !minInclusive) { // The span has the bound itself.
            gather(low, false, high, maxInclusive, union);
        } else {
            gather(low, minInclusive, span.from(), false, union);
            union.add(span.documents());
            gather(span.to(), true, high, maxInclusive, union);
        }
        return union.result();
    }

    private void gather(double low, boolean minInclusive, double high, boolean maxInclusive, Union union) {
        Map.Entry<Double, Bucket> bucket = buckets.floorEntry(low);
        while (bucket != null && bucket.getKey() <= high) {
            Map.Entry<Double, Bucket> next = buckets.higherEntry(bucket.getKey());
            boolean isAboveMin = minInclusive ? bucket.getKey() >= low : bucket.getKey() > low;
            if (isAboveMin && next != null && next.getKey() <= high) {
                union.add(bucket.getValue().documents);
            } else {
                union.add(matches(bucket.getValue(), low, minInclusive, high, maxInclusive));
            }
            bucket = next;
        }
    }

    private RoaringBitmap matches(Bucket bucket, double low, boolean minInclusive, double high, boolean maxInclusive) {
        int[] ordinals = bucket.documents.toArray();
        int found = 0;
        for (int ordinal : ordinals) {
            double value = value(ordinal);
            if ((minInclusive ? value >= low : value > low) && (maxInclusive ? value <= high : value < high)) {
                ordinals[found++] = ordinal;
            }
        }
        return RoaringBitmap.bitmapOf(found == ordinals.length ? ordinals : Arrays.copyOf(ordinals, found));
    }

    int count() {
        return count;
    }

    long setBytes() {
        long bytes = present.getLongSizeInBytes() + steps.bytes();
        for (Bucket bucket : buckets.values()) {
            bytes += 100 + bucket.documents.getLongSizeInBytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        buckets.clear();
        buckets.put(Double.NEGATIVE_INFINITY, new Bucket());
        present.clear();
        steps.clear();
        count = 0;
        column.close();
    }

    private double value(int ordinal) {
        return Memory.getDouble(column.address(ordinal));
    }

    private Bucket bucket(double value) {
        return buckets.floorEntry(value).getValue();
    }

    private void dropIfEmpty(double value) {
        Map.Entry<Double, Bucket> entry = buckets.floorEntry(value);
        if (entry.getValue().count == 0 && entry.getKey() != Double.NEGATIVE_INFINITY) {
            buckets.remove(entry.getKey()); // The bucket below takes over its range, and its documents: none.
        }
    }

    private void split(Bucket bucket) {
        int[] ordinals = bucket.documents.toArray();
        double[] values = new double[ordinals.length];
        for (int i = 0; i < ordinals.length; i++) {
            values[i] = value(ordinals[i]);
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double pivot = sorted[sorted.length / 2];
        if (pivot == sorted[0]) {
            int above = sorted.length / 2;
            while (above < sorted.length && sorted[above] == pivot) {
                above++;
            }
            if (above == sorted.length) {
                bucket.splitAt = 2 * bucket.count;
                return;
            }
            pivot = sorted[above];
        }
        Bucket upper = new Bucket();
        for (int i = 0; i < ordinals.length; i++) {
            if (values[i] >= pivot) {
                upper.documents.add(ordinals[i]);
                upper.count++;
            }
        }
        bucket.documents.andNot(upper.documents);
        bucket.count -= upper.count;
        bucket.splitAt = Math.max(BUCKET_MAX, 2 * bucket.count);
        upper.splitAt = Math.max(BUCKET_MAX, 2 * upper.count);
        buckets.put(pivot, upper);
    }
}
