package io.nuthatch.engine.hnsw;

import org.jspecify.annotations.Nullable;

/// Finds the nearest of many matches by their codes, in the order of ordinals, and compares exactly only what
/// the codes leave open.
///
/// A match is out when its distance is at least so much that `k` others are nearer even at most. A fixed
/// number of the nearest by estimate would do near the query and fails far from it, where thousands of
/// distances are all but equal (ENGINE: .29 of recall).
final class CodeScan {
    private static final int BATCH = 256;
    private static final int RESCORED_AT_ONCE = 1024;
    private static final int SIFTED_FROM = 4096; // Candidates kept before those that are out by now are dropped.

    /// Which of the ordinals have codes.
    interface Presence extends Scan.Presence {
        /// Those of the bits `candidates` of word `word` that a search may return and that have codes.
        long coded(int word, long candidates);
    }

    private CodeScan() {}

    /// Leaves the `k` nearest in `s.top`.
    static void nearest(Searcher s, Presence presence, @Nullable Filter filter, int k, Scan.Watch watch) {
        s.top.reset(k);
        s.candidateCount = 0;
        s.foundCount = 0;
        int words = presence.words();
        if (filter != null) {
            words = Math.min(words, filter.words().length);
        }
        int[] batch = s.batch;
        int count = 0;
        for (int word = 0; word < words && !s.isCut; word++) {
            long bits = filter == null ? -1L : filter.words()[word];
            long coded = bits == 0 ? 0 : presence.coded(word, bits);
            long others = bits == coded ? 0 : presence.visible(word, bits & ~coded);
            for (long left = others; left != 0; left &= left - 1) {
                s.addFound((word << 6) + Long.numberOfTrailingZeros(left));
            }
            for (; coded != 0; coded &= coded - 1) {
                batch[count++] = (word << 6) + Long.numberOfTrailingZeros(coded);
            }
            if (count > BATCH - 64) {
                estimate(s, count);
                count = 0;
                watch.isOverdue(s);
            }
        }
        estimate(s, count);
        sift(s);
        rescore(s, k);
    }

    private static void estimate(Searcher s, int count) {
        s.scoreAtLeast(count);
        double bound = bound(s);
        int near = s.within(count, (float) bound);
        for (int i = 0; i < near; i++) {
            int at = s.selected[i];
            float least = s.distances[at];
            if (least <= bound) {
                int ordinal = s.batch[at];
                s.addCandidate(Keys.of(least, ordinal));
                s.top.offer(s.atMost(least, ordinal), ordinal);
                bound = bound(s);
            }
        }
        if (s.candidateCount > SIFTED_FROM) {
            sift(s);
        }
    }

    /// Nothing that is at least this far is among the nearest.
    private static double bound(Searcher s) {
        return s.top.isFull() ? s.top.worst() : Double.POSITIVE_INFINITY;
    }

    private static void sift(Searcher s) {
        double bound = bound(s);
        int kept = 0;
        for (int i = 0; i < s.candidateCount; i++) {
            if (Keys.distance(s.candidates[i]) <= bound) {
                s.candidates[kept++] = s.candidates[i];
            }
        }
        s.candidateCount = kept;
    }

    private static void rescore(Searcher s, int k) {
        s.top.reset(k);
        int count = 0;
        for (int i = 0; i < s.candidateCount + s.foundCount; i++) {
            s.batch[count++] = i < s.candidateCount ? Keys.ordinal(s.candidates[i]) : s.found[i - s.candidateCount];
            if (count == RESCORED_AT_ONCE) {
                Scan.offer(s, count, Double.NaN);
                count = 0;
            }
        }
        Scan.offer(s, count, Double.NaN);
    }
}
