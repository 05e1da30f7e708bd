package io.nuthatch.bench;

import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.Knn;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/// Three times, 30 % of the live vectors go and as many others come; after each the index is held against one
/// built afresh from the same vectors: recall at equal `ef`, distances, memory.
final class Churn {
    private static final int K = 10;
    private static final int ROUNDS = 3;
    private static final double TURNED_OVER = 0.3;
    private static final double LIVE = 0.7;

    private Churn() {}

    /// Over the first `count` rows of the pack, of which 70 % are live at any time.
    static void run(VectorPack pack, HnswParameters parameters, int threads, int[] efs, int count, JsonLines out) {
        Random random = new Random(20261121);
        int[] rows = shuffled(IntStream.range(0, count).toArray(), random);
        int live = (int) (LIVE * count);
        int turned = (int) (TURNED_OVER * live);
        try (OurIndex churned = new OurIndex(pack, parameters, threads)) {
            Arrays.stream(rows, 0, live).forEach(churned::add);
            churned.settle();
            compare(pack, parameters, threads, efs, Arrays.copyOf(rows, live), churned, 0, out);
            for (int round = 1; round <= ROUNDS; round++) {
                int[] kept = shuffled(Arrays.copyOf(rows, live), random);
                int[] spare = Arrays.copyOfRange(rows, live, count);
                for (int i = 0; i < turned; i++) { // One goes, one comes.
                    churned.index.remove(kept[i]);
                    churned.add(spare[i]);
                    int gone = kept[i];
                    kept[i] = spare[i];
                    spare[i] = gone;
                }
                churned.settle();
                churned.index.consolidateNow(); // Frees the rows of the removed, which may come back in the next round.
                System.arraycopy(kept, 0, rows, 0, live);
                System.arraycopy(shuffled(spare, random), 0, rows, live, spare.length);
                compare(pack, parameters, threads, efs, kept, churned, round, out);
            }
        }
    }

    private static void compare(
            VectorPack pack,
            HnswParameters parameters,
            int threads,
            int[] efs,
            int[] live,
            OurIndex churned,
            int round,
            JsonLines out) {
        int queries = pack.queries().length;
        int[][] truth = new int[queries][];
        try (ExactSearch exact = new ExactSearch(pack, live)) {
            for (int query = 0; query < queries; query++) {
                truth[query] = exact.nearest(pack.queries()[query], K, null);
            }
        }
        try (OurIndex fresh = new OurIndex(pack, parameters, threads)) {
            Arrays.stream(live).forEach(fresh::add);
            fresh.settle();
            for (int ef : efs) {
                OurIndex.Found ours =
                        churned.search(queries, 1, query -> Knn.of(K).withEf(ef));
                OurIndex.Found other =
                        fresh.search(queries, 1, query -> Knn.of(K).withEf(ef));
                out.add(
                        "churn",
                        "round",
                        round,
                        "ef",
                        ef,
                        "recall",
                        VectorPack.recall(ours.ordinals(), truth, K),
                        "fresh_recall",
                        VectorPack.recall(other.ordinals(), truth, K),
                        "distances",
                        ours.distances(),
                        "fresh_distances",
                        other.distances(),
                        "bytes",
                        churned.account.total() / (double) live.length,
                        "fresh_bytes",
                        fresh.account.total() / (double) live.length);
            }
        }
    }

    private static int[] shuffled(int[] values, Random random) {
        for (int i = values.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int value = values[i];
            values[i] = values[other];
            values[other] = value;
        }
        return values;
    }
}
