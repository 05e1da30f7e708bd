package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.VectorType;
import org.jspecify.annotations.Nullable;

/// Compares every match, in the order of ordinals, so that the hardware sees the next row coming.
final class Scan {
    private static final int BATCH = 256;

    /// Which ordinals there are, 64 at a time.
    interface Presence {
        /// Words to ask for: one more than the last that may have a bit.
        int words();

        /// Those of the bits `candidates` of word `word` that a search may return.
        long visible(int word, long candidates);
    }

    /// Says whether to stop, every few hundred distances.
    interface Watch {
        boolean isOverdue(Searcher s);
    }

    private Scan() {}

    /// Offers every match to `s.top`.
    static void nearest(Searcher s, Presence presence, @Nullable Filter filter, Watch watch) {
        run(s, presence, filter, watch, Double.NaN);
    }

    /// Offers every match within `radius` to `s.top`.
    static void within(Searcher s, Presence presence, @Nullable Filter filter, double radius, Watch watch) {
        run(s, presence, filter, watch, radius);
    }

    private static void run(Searcher s, Presence presence, @Nullable Filter filter, Watch watch, double radius) {
        int words = presence.words();
        if (filter != null) {
            words = Math.min(words, filter.words().length);
        }
        int count = 0;
        for (int word = 0; word < words; word++) {
            long bits = filter == null ? -1L : filter.words()[word];
            bits = bits == 0 ? 0 : presence.visible(word, bits);
            while (bits != 0) {
                s.batch[count++] = (word << 6) + Long.numberOfTrailingZeros(bits);
                bits &= bits - 1;
            }
            if (count > BATCH - 64) {
                offer(s, count, radius);
                count = 0;
                if (watch.isOverdue(s)) {
                    return;
                }
            }
        }
        offer(s, count, radius);
    }

    /// Offers those of the `count` ordinals in `s.batch` to `s.top` that are within `radius`, NaN for all.
    static void offer(Searcher s, int count, double radius) {
        boolean isDouble = s.exact.rows().type() == VectorType.FLOAT64;
        if (isDouble) {
            s.distanceCount += count;
        } else {
            s.scoreExactly(count);
        }
        for (int i = 0; i < count; i++) {
            double distance = isDouble ? s.precise(s.batch[i]) : s.distances[i];
            if (!(distance > radius)) {
                s.top.offer(distance, s.batch[i]);
            }
        }
    }
}
