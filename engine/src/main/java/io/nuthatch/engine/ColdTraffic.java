package io.nuthatch.engine;

/// What a [ColdStore] has read and written of one kind of values since it was opened.
public record ColdTraffic(Side reads, Side writes) {
    /// Rounds are counted in buckets of an eighth of a power of two by what they took: an error below 12.5 %.
    private static final int SUB_BUCKETS = 8;

    /// Buckets of a histogram.
    public static final int BUCKETS = 64 * SUB_BUCKETS;

    /// One direction.
    ///
    /// @param values that were delivered, or stored
    /// @param bytes of those values
    /// @param rounds waits for the disk, each for as many values as were asked for at once and fit a batch
    /// @param failures calls that threw an [java.io.IOException]
    /// @param histogram rounds by [#bucket] of their duration
    public record Side(long values, long bytes, long rounds, long failures, long[] histogram) {
        /// The duration that `share` (0 to 1) of the rounds did not exceed, in nanoseconds; 0 when there were
        /// none.
        public long percentileNanos(double share) {
            long total = 0;
            for (long count : histogram) {
                total += count;
            }
            long rank = (long) Math.ceil(total * share);
            long seen = 0;
            for (int i = 0; i < histogram.length; i++) {
                seen += histogram[i];
                if (seen >= rank && seen > 0) {
                    return bucketNanos(i);
                }
            }
            return 0;
        }
    }

    /// The bucket of a duration, below [#BUCKETS].
    public static int bucket(long nanos) {
        if (nanos < SUB_BUCKETS) {
            return (int) Math.max(0, nanos);
        }
        int shift = 60 - Long.numberOfLeadingZeros(nanos); // Three bits behind the first one stay.
        return shift * SUB_BUCKETS + (int) (nanos >>> shift);
    }

    /// The longest duration that falls into a bucket.
    public static long bucketNanos(int bucket) {
        if (bucket < 2 * SUB_BUCKETS) {
            return bucket;
        }
        int shift = bucket / SUB_BUCKETS - 1;
        return ((bucket % SUB_BUCKETS + SUB_BUCKETS + 1L) << shift) - 1;
    }
}
