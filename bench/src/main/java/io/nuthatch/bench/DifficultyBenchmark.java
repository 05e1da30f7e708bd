package io.nuthatch.bench;

import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.vector.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// What it would save to give hard queries a wider walk than easy ones, at equal recall.
///
/// `DifficultyBenchmark PACK OUT.jsonl [QUERIES]`. The last rows of the pack are the queries. A narrow walk
/// gives each some signals; by each signal they are parted into four equal classes, every class gets the
/// width that is best for all of them together (a Lagrangian over the rungs), learnt on one half of the
/// queries and applied to the other. `saved` is the share of distances that this spares against one width
/// for all at the recall it reached, if going on from the narrow walk cost nothing.
public final class DifficultyBenchmark {
    private static final int K = 10;
    private static final int NARROW = 20;
    private static final int CLASSES = 4;
    private static final int RUNGS = 16;
    private static final double[] ASKED = {0.90, 0.95, 0.99};

    private final int queries;
    private final int[] efs = new int[RUNGS];
    private final double[][] recalls;
    private final double[][] costs;
    private final Map<String, double[]> signals = new LinkedHashMap<>();

    private DifficultyBenchmark(VectorPack pack, int queries) {
        this.queries = queries;
        this.recalls = new double[queries][RUNGS];
        this.costs = new double[queries][RUNGS];
        Arrays.setAll(efs, i -> (int) Math.rint(K * Math.pow(2, 0.5 * i)));
        measure(pack);
    }

    /// See the class.
    public static void main(String[] args) throws IOException {
        Map<String, Object> common = new LinkedHashMap<>();
        common.put("set", Path.of(args[0]).getFileName().toString());
        int queries = args.length > 2 ? Integer.parseInt(args[2]) : 2000;
        DifficultyBenchmark benchmark = new DifficultyBenchmark(VectorPack.read(Path.of(args[0])), queries);
        try (JsonLines out = new JsonLines(Path.of(args[1]), common)) {
            benchmark.report(out);
        }
    }

    private void measure(VectorPack pack) {
        int documents = pack.size() - queries;
        HnswParameters parameters = new HnswParameters(16, 200, 10, 0.01, Compression.NONE);
        int[] ordinals = new int[documents];
        Arrays.setAll(ordinals, i -> i);
        try (OurIndex ours = OurIndex.of(pack, parameters, 2, documents);
                ExactSearch exact = new ExactSearch(pack, ordinals)) {
            for (int query = 0; query < queries; query++) {
                float[] vector = pack.row(documents + query);
                Set<Integer> truth = new HashSet<>();
                for (int ordinal : exact.nearest(vector, K, null)) {
                    truth.add(ordinal);
                }
                signal(query, ours.index.search(vector, Knn.of(NARROW).withEf(NARROW)));
                for (int rung = 0; rung < RUNGS; rung++) {
                    Hits hits = ours.index.search(vector, Knn.of(K).withEf(efs[rung]));
                    long right = Arrays.stream(hits.ordinals())
                            .filter(truth::contains)
                            .count();
                    recalls[query][rung] = right / (double) K;
                    costs[query][rung] = hits.distanceCount();
                }
            }
        }
    }

    private void signal(int query, Hits narrow) {
        double[] distances = narrow.distances();
        set("kth distance", query, distances[K - 1]);
        set("kth / first", query, distances[K - 1] / Math.max(distances[0], 1e-9));
        set("last / kth", query, distances[NARROW - 1] / Math.max(distances[K - 1], 1e-9));
        set("distances taken", query, narrow.distanceCount());
    }

    private void set(String signal, int query, double value) {
        signals.computeIfAbsent(signal, name -> new double[queries])[query] = value;
    }

    private void report(JsonLines out) {
        signals.forEach((name, values) -> {
            int half = queries / 2;
            double[] sorted = Arrays.copyOf(values, half);
            Arrays.sort(sorted);
            int[] classes = new int[queries];
            for (int query = 0; query < queries; query++) {
                while (classes[query] < CLASSES - 1 && values[query] > sorted[(classes[query] + 1) * half / CLASSES]) {
                    classes[query]++;
                }
            }
            for (double asked : ASKED) {
                int[] rungs = learn(classes, half, asked);
                double recall = 0;
                double cost = 0;
                for (int query = half; query < queries; query++) {
                    recall += recalls[query][rungs[classes[query]]] / (queries - half);
                    cost += costs[query][rungs[classes[query]]] / (queries - half);
                }
                StringBuilder widths = new StringBuilder();
                for (int rung : rungs) {
                    widths.append(widths.isEmpty() ? "" : " ").append(efs[rung]);
                }
                double single = singleCost(half, recall);
                out.add(
                        "difficulty",
                        "signal",
                        name,
                        "asked",
                        asked,
                        "widths",
                        widths.toString(),
                        "reached",
                        recall,
                        "distances",
                        cost,
                        "distances_of_one_width",
                        single,
                        "saved",
                        1 - cost / single);
            }
        });
    }

    /// For the first `half` queries: the rung of each class, by the least price of recall that reaches
    /// `asked`.
    private int[] learn(int[] classes, int half, double asked) {
        double[][] recallSums = new double[CLASSES][RUNGS];
        double[][] costSums = new double[CLASSES][RUNGS];
        for (int query = 0; query < half; query++) {
            for (int rung = 0; rung < RUNGS; rung++) {
                recallSums[classes[query]][rung] += recalls[query][rung];
                costSums[classes[query]][rung] += costs[query][rung];
            }
        }
        int[] rungs = new int[CLASSES];
        double reached = 0;
        for (double price = 1; price < 1e7 && reached < asked; price *= 1.02) {
            reached = 0;
            for (int of = 0; of < CLASSES; of++) {
                int best = 0;
                for (int rung = 1; rung < RUNGS; rung++) {
                    double gain = price * (recallSums[of][rung] - recallSums[of][best]);
                    if (gain > costSums[of][rung] - costSums[of][best]) {
                        best = rung;
                    }
                }
                rungs[of] = best;
                reached += recallSums[of][best] / half;
            }
        }
        return rungs;
    }

    /// The distances of one width for all queries from `half` on that reaches `recall`, between rungs.
    private double singleCost(int half, double recall) {
        double lastRecall = 0;
        double lastCost = 0;
        for (int rung = 0; rung < RUNGS; rung++) {
            double reached = 0;
            double cost = 0;
            for (int query = half; query < queries; query++) {
                reached += recalls[query][rung] / (queries - half);
                cost += costs[query][rung] / (queries - half);
            }
            if (reached >= recall) {
                double part = rung == 0 ? 1 : (recall - lastRecall) / (reached - lastRecall);
                return lastCost + part * (cost - lastCost);
            }
            lastRecall = reached;
            lastCost = cost;
        }
        return lastCost;
    }
}
