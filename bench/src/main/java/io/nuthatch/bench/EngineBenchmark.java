package io.nuthatch.bench;

import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.kernel.NativeKernel;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.vector.Compression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The engine alone, beside hnswlib in turns: build rates, bytes a vector, QPS against recall, filters,
/// churn.
///
/// `EngineBenchmark PACK OUT.jsonl [--what build,search,filters,churn] [--peer HNSWLIB_PEER] [--compression
/// NONE] [--ef 10,20,…] [--rounds 3] [--threads 2] [--m 16] [--efc 200] [--build-rows N] [--churn-rows N]
/// [--random-shares 0.01,…] [--other-shares …] [--kernel java|native] [--cache FOLDER]`. QPS is 1 / mean
/// processor time of a query on one thread; a round takes both sides in turns, so that a noisy neighbour
/// meets both. Both ask for huge pages. The cache keeps hnswlib's graphs between runs. Parts that OUT has
/// already are left out. `--kernel` only insists: `-Dnuthatch.native=off` is what makes walks go by Java.
public final class EngineBenchmark {
    private static final int K = 10;
    private static final int WARMUP_QUERIES = 10_000;
    private static final double TURN_SECONDS = 0.15; // Of a side; a round has some turns, and its best repeat counts.
    private static final int TURNS = 3;
    private static final int REPEATS_MAX = 30;
    private static final double RECALL_ENOUGH = 0.9965;

    private final VectorPack pack;
    private final Map<String, String> options;
    private final HnswParameters parameters;
    private final @Nullable HnswlibPeer peer;
    private final JsonLines out;
    private final int[] efs;
    private final int rounds;
    private final int threads;

    private EngineBenchmark(VectorPack pack, Map<String, String> options, @Nullable HnswlibPeer peer, JsonLines out) {
        this.pack = pack;
        this.options = options;
        this.peer = peer;
        this.out = out;
        this.efs = Arrays.stream(
                        option("ef", "10,15,20,25,30,40,60,80,120,160,240").split(","))
                .mapToInt(Integer::parseInt)
                .toArray();
        this.rounds = number("rounds", 3);
        this.threads = number("threads", 2);
        this.parameters = new HnswParameters(
                number("m", 16), number("efc", 200), 10, 0.01, Compression.valueOf(option("compression", "NONE")));
    }

    public static void main(String[] args) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (int i = 2; i < args.length; i += 2) {
            options.put(args[i].substring(2), args[i + 1]);
        }
        Map<String, Object> common = new LinkedHashMap<>();
        common.put("set", Path.of(args[0]).getFileName().toString());
        String compression = options.getOrDefault("compression", "NONE");
        common.put("compression", compression);
        String kernel = NativeKernel.isOn() ? "native" : "java";
        if (!options.getOrDefault("kernel", kernel).equals(kernel)) {
            throw new IllegalStateException("walks go by " + NativeKernel.name() + ": " + NativeKernel.whyNot());
        }
        common.put("kernel", kernel);
        if (!OffHeap.asksForHugePages()) {
            throw new IllegalStateException("hnswlib gets huge pages, so ours must ask for them too");
        }
        VectorPack pack = VectorPack.read(Path.of(args[0]));
        String executable = options.get("peer");
        try (JsonLines out = new JsonLines(Path.of(args[1]), common);
                HnswlibPeer peer = executable == null ? null : new HnswlibPeer(executable, pack)) {
            new EngineBenchmark(pack, options, peer, out).run();
        }
    }

    private String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    private int number(String name, int otherwise) {
        return Integer.parseInt(option(name, Integer.toString(otherwise)));
    }

    private void run() throws IOException {
        List<String> parts = Arrays.stream(
                        option("what", "build,search,filters,churn").split(","))
                .filter(part -> !out.isDone(part))
                .toList();
        if (parts.contains("build")) {
            out.begin("build");
            build();
            out.end();
        }
        if (parts.contains("search") || parts.contains("filters")) {
            preparePeer();
            try (OurIndex ours = OurIndex.of(pack, parameters, threads, pack.size())) {
                warmUp(ours);
                if (parts.contains("search")) {
                    out.begin("search");
                    ours.account
                            .byPart()
                            .forEach((part, bytes) ->
                                    out.add("memory", "of", part, "bytes", bytes / (double) pack.size()));
                    search(ours);
                    out.end();
                }
                if (parts.contains("filters")) {
                    out.begin("filters");
                    new FilterSweep(pack, ours, peer, out, rounds)
                            .run(
                                    shares("random-shares", FilterSweep.RANDOM_SHARES),
                                    shares("other-shares", FilterSweep.OTHER_SHARES));
                    out.end();
                }
            }
        }
        if (parts.contains("churn")) {
            out.begin("churn");
            Churn.run(pack, parameters, threads, efs, Math.min(number("churn-rows", 50_000), pack.size()), out);
            out.end();
        }
    }

    private double[] shares(String name, String otherwise) {
        return Arrays.stream(option(name, otherwise).split(","))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private void build() throws IOException {
        int count = Math.min(number("build-rows", 50_000), pack.size());
        OurIndex.of(pack, parameters, threads, Math.min(count, 20_000)).close(); // Warms the JIT.
        for (int round = 0; round < rounds; round++) {
            if (peer != null) {
                HnswlibPeer.Built built =
                        peer.build(count, parameters.maxConnections(), parameters.efConstruction(), 1);
                out.add(
                        "build",
                        "who",
                        "hnswlib",
                        "threads",
                        1,
                        "round",
                        round,
                        "rows",
                        count,
                        "seconds",
                        built.seconds(),
                        "cpu",
                        built.cpuSeconds(),
                        "resident",
                        built.residentBytes() / (double) count);
            }
            for (int writers = 1; writers <= threads; writers *= 2) {
                try (OurIndex built = OurIndex.of(pack, parameters, writers, count)) {
                    out.add(
                            "build",
                            "who",
                            "ours",
                            "threads",
                            writers,
                            "round",
                            round,
                            "rows",
                            count,
                            "seconds",
                            built.seconds,
                            "cpu",
                            built.cpuSeconds);
                }
            }
        }
    }

    private void preparePeer() throws IOException {
        if (peer == null) {
            return;
        }
        String name = pack.folder().getFileName() + "-" + parameters.maxConnections() + "-"
                + parameters.efConstruction() + ".hnswlib";
        Path kept = options.containsKey("cache") ? Path.of(option("cache", "")).resolve(name) : null;
        if (kept != null && Files.exists(kept)) {
            peer.load(kept);
            return;
        }
        peer.build(pack.size(), parameters.maxConnections(), parameters.efConstruction(), threads);
        if (kept != null) {
            peer.save(kept);
        }
    }

    private void warmUp(OurIndex ours) {
        int repeats = Math.max(1, WARMUP_QUERIES / pack.queries().length);
        ours.search(pack.queries().length, repeats, query -> Knn.of(K).withEf(efs[query % Math.min(5, efs.length)]));
    }

    private void search(OurIndex ours) throws IOException {
        int queries = pack.queries().length;
        for (int ef : efs) {
            double once = ours.search(queries, 1, query -> Knn.of(K).withEf(ef)).seconds();
            int repeats = (int) Math.clamp(TURN_SECONDS / once, 1, REPEATS_MAX);
            double least = 1;
            for (int round = 0; round < rounds; round++) {
                HnswlibPeer.Found theirs = peer == null ? null : peer.search(ef, K, repeats);
                OurIndex.Found found =
                        ours.search(queries, repeats, query -> Knn.of(K).withEf(ef));
                for (int turn = 1; turn < TURNS; turn++) {
                    if (peer != null && theirs != null) {
                        theirs = theirs.better(peer.search(ef, K, repeats));
                    }
                    found = found.better(
                            ours.search(queries, repeats, query -> Knn.of(K).withEf(ef)));
                }
                double recall = pack.recall(found.ordinals(), K);
                double peerRecall = theirs == null ? 1 : pack.recall(theirs.ordinals(), K);
                least = Math.min(recall, peerRecall);
                out.add(
                        "search",
                        "ef",
                        ef,
                        "round",
                        round,
                        "ours_qps",
                        queries / found.seconds(),
                        "ours_recall",
                        recall,
                        "distances",
                        found.distances(),
                        "hnswlib_qps",
                        theirs == null ? 0 : queries / theirs.seconds(),
                        "hnswlib_recall",
                        peerRecall);
            }
            if (least >= RECALL_ENOUGH) {
                return;
            }
        }
    }
}
