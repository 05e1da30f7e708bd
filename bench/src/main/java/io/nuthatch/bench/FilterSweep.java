package io.nuthatch.bench;

import io.nuthatch.engine.hnsw.Filter;
import io.nuthatch.engine.hnsw.HybridPolicy;
import io.nuthatch.engine.hnsw.Knn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Filtered searches by kind and share of matches: ours as planned, ours as an exact scan of the matches, and
/// hnswlib with its filter functor, each at the least `ef` that reaches the recall (or the largest tried).
final class FilterSweep {
    /// Shares of matches that are measured unless others are said: at random, and of the other kinds.
    static final String RANDOM_SHARES = "0.0001,0.001,0.01,0.02,0.05,0.1,0.2,0.3,0.5,0.7,1";

    static final String OTHER_SHARES = "0.01,0.05,0.1,0.3";

    private static final int K = 10;
    private static final int QUERIES = 100;
    private static final double RECALL = 0.99;
    private static final double TURN_SECONDS = 0.15;
    private static final int REPEATS_MIN = 3;
    private static final int REPEATS_MAX = 500; // Few matches take a microsecond: the JIT must have seen them.
    private static final int[] EFS = {10, 20, 40, 80, 160, 320, 640};
    private static final double PEER_SHARE_LEAST = .001; // Below, hnswlib compares nearly every row.

    private final VectorPack pack;
    private final OurIndex ours;
    private final @Nullable HnswlibPeer peer;
    private final JsonLines out;
    private final int rounds;
    private final int queries;

    FilterSweep(VectorPack pack, OurIndex ours, @Nullable HnswlibPeer peer, JsonLines out, int rounds) {
        this.pack = pack;
        this.ours = ours;
        this.peer = peer;
        this.out = out;
        this.rounds = rounds;
        this.queries = Math.min(QUERIES, pack.queries().length);
    }

    void run(double[] randomShares, double[] otherShares) throws IOException {
        int[] everything = IntStream.range(0, pack.size()).toArray();
        Path bitmaps = Files.createTempFile("filters", ".bits");
        try (ExactSearch all = new ExactSearch(pack, everything)) {
            FilterSets sets = new FilterSets(pack, all, queries);
            for (FilterSets.Kind kind : FilterSets.Kind.values()) {
                for (double share : kind == FilterSets.Kind.RANDOM ? randomShares : otherShares) {
                    Filter[] filters = sets.make(kind, share);
                    int[][] truth = new int[queries][];
                    for (int query = 0; query < queries; query++) {
                        truth[query] = all.nearest(pack.queries()[query], K, filters[query]);
                    }
                    sets.write(filters, bitmaps);
                    measure(kind, share, filters, truth, bitmaps);
                }
            }
        } finally {
            Files.delete(bitmaps);
        }
    }

    private void measure(FilterSets.Kind kind, double share, Filter[] filters, int[][] truth, Path bitmaps)
            throws IOException {
        int ourEf = EFS[0];
        for (int ef : EFS) {
            ourEf = ef;
            if (VectorPack.recall(planned(filters, ef, 5).ordinals(), truth, K) >= RECALL) {
                break;
            }
        }
        HnswlibPeer other = share < PEER_SHARE_LEAST ? null : peer;
        int peerEf = EFS[0];
        if (other != null) {
            for (int ef : EFS) {
                peerEf = ef;
                if (VectorPack.recall(other.search(ef, K, 1, queries, bitmaps).ordinals(), truth, K) >= RECALL) {
                    break;
                }
            }
        }
        double once = planned(filters, ourEf, 1).seconds();
        int repeats = (int) Math.clamp(TURN_SECONDS / once, REPEATS_MIN, REPEATS_MAX);
        for (int round = 0; round < rounds; round++) {
            OurIndex.Found planned = planned(filters, ourEf, repeats);
            OurIndex.Found scanned = ours.search(
                    queries,
                    repeats,
                    query -> Knn.of(K).withFilter(filters[query]).withPolicy(HybridPolicy.ADHOC_BF));
            HnswlibPeer.Found theirs = other == null ? null : other.search(peerEf, K, 1, queries, bitmaps);
            out.add(
                    "filter",
                    "kind",
                    kind.name(),
                    "share",
                    share,
                    "round",
                    round,
                    "ours_ef",
                    ourEf,
                    "ours_qps",
                    queries / planned.seconds(),
                    "ours_recall",
                    VectorPack.recall(planned.ordinals(), truth, K),
                    "scan_qps",
                    queries / scanned.seconds(),
                    "scan_recall",
                    VectorPack.recall(scanned.ordinals(), truth, K),
                    "hnswlib_ef",
                    peerEf,
                    "hnswlib_qps",
                    theirs == null ? 0 : queries / theirs.seconds(),
                    "hnswlib_recall",
                    theirs == null ? 0 : VectorPack.recall(theirs.ordinals(), truth, K));
        }
    }

    private OurIndex.Found planned(Filter[] filters, int ef, int repeats) {
        return ours.search(queries, repeats, query -> Knn.of(K).withEf(ef).withFilter(filters[query]));
    }
}
