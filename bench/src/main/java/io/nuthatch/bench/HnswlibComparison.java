package io.nuthatch.bench;

import com.sun.management.OperatingSystemMXBean;
import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.hnsw.HnswIndex;
import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Our HNSW and hnswlib on the same vectors, in one run and in turns: build rates, and QPS against recall.
///
/// `HnswlibComparison PACK [--python PYTHON] [--peer SCRIPT] [--metric COSINE|L2] [--ef 40,60,80] [--rounds
/// 5] [--threads 2] [--m 16] [--efc 200] [--nopeer true] [--once true]`. QPS is 1 / mean CPU time of a query
/// in the best round; each round takes both in turns, so that a noisy neighbour meets both. Huge pages: ours
/// asks with madvise unless `-Dnuthatch.nohugepages=true`; hnswlib gets them with
/// `GLIBC_TUNABLES=glibc.malloc.hugetlb=1` in the environment.
public final class HnswlibComparison {
    private static final int K = 10;
    private static final int WARMUP_QUERIES = 20_000;

    private final VectorPack pack;
    private final Process peer;
    private final PrintWriter toPeer;
    private final BufferedReader fromPeer;
    private final MemoryAccount account = new MemoryAccount();

    private HnswlibComparison(VectorPack pack, String python, String script, String folder, Metric metric)
            throws IOException {
        this.pack = pack;
        this.peer = new ProcessBuilder(python, script, folder, metric == Metric.L2 ? "l2" : "cosine")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        this.toPeer = new PrintWriter(peer.outputWriter(StandardCharsets.UTF_8), true);
        this.fromPeer = new BufferedReader(new InputStreamReader(peer.getInputStream(), StandardCharsets.UTF_8));
    }

    public static void main(String[] args) throws IOException {
        String folder = args[0];
        String python = option(args, "--python", "python3");
        String script = option(args, "--peer", "bench/src/main/python/hnswlib_peer.py");
        Metric metric = Metric.valueOf(option(args, "--metric", "COSINE"));
        int[] efs = Arrays.stream(option(args, "--ef", "40,60,80,100,120").split(","))
                .mapToInt(Integer::parseInt)
                .toArray();
        int rounds = Integer.parseInt(option(args, "--rounds", "5"));
        int threads = Integer.parseInt(option(args, "--threads", "2"));
        int m = Integer.parseInt(option(args, "--m", "16"));
        int efConstruction = Integer.parseInt(option(args, "--efc", "200"));
        boolean isPeerOff = option(args, "--nopeer", "false").equals("true");
        HnswlibComparison run = new HnswlibComparison(VectorPack.read(Path.of(folder)), python, script, folder, metric);
        try {
            run.compare(
                    metric,
                    efs,
                    rounds,
                    threads,
                    m,
                    efConstruction,
                    isPeerOff,
                    option(args, "--once", "false").equals("true"));
        } finally {
            run.peer.destroy();
        }
    }

    private static String option(String[] args, String name, String otherwise) {
        int at = Arrays.asList(args).indexOf(name);
        return at < 0 ? otherwise : args[at + 1];
    }

    private void compare(
            Metric metric,
            int[] efs,
            int rounds,
            int threads,
            int m,
            int efConstruction,
            boolean isPeerOff,
            boolean isOnce)
            throws IOException {
        int count = pack.base().length;
        System.out.printf(
                Locale.ROOT,
                "%d x %d %s, M=%d efConstruction=%d, huge pages: ours %s, glibc %s%n",
                count,
                pack.dim(),
                metric,
                m,
                efConstruction,
                OffHeap.asksForHugePages() ? "asked for" : "not asked for",
                System.getenv().getOrDefault("GLIBC_TUNABLES", "as it comes"));
        HnswParameters parameters = new HnswParameters(m, efConstruction, 10, 0.01);
        double peerSeconds = 1;
        double peerCpu = 1;
        if (!isPeerOff) {
            String answer = ask("build " + count + " " + m + " " + efConstruction + " 1");
            peerSeconds = number(answer, "seconds");
            peerCpu = number(answer, "cpu");
            System.out.printf(
                    Locale.ROOT,
                    "build hnswlib 1 thread %6.2f s, CPU %6.2f s, %8.0f vec/s%n",
                    peerSeconds,
                    peerCpu,
                    count / peerSeconds);
        }
        if (!isOnce) {
            try (Built cold = build(metric, parameters, threads)) { // The first one warms the JIT for the others.
                report("build ours, cold,", threads, cold, peerSeconds, peerCpu);
            }
            try (Built one = build(metric, parameters, 1)) {
                report("build ours,", 1, one, peerSeconds, peerCpu);
            }
        }
        try (Built built = build(metric, parameters, threads)) {
            report("build ours,", threads, built, peerSeconds, peerCpu);
            System.out.println("memory " + account.byPart() + " " + built.index.stats());
            search(built.index, efs, rounds, isPeerOff);
        }
    }

    /// CPU is the whole process's, the JIT's and the collector's too.
    private void report(String what, int threads, Built built, double peerSeconds, double peerCpu) {
        System.out.printf(
                Locale.ROOT,
                "%s %d threads %6.2f s, CPU %6.2f s, %8.0f vec/s; x hnswlib: wall %.2f, CPU %.2f%n",
                what,
                threads,
                built.seconds,
                built.cpuSeconds,
                pack.base().length / built.seconds,
                peerSeconds / built.seconds,
                peerCpu / built.cpuSeconds);
    }

    private record Built(HnswIndex index, Rows rows, IndexThreads threads, double seconds, double cpuSeconds)
            implements AutoCloseable {
        @Override
        public void close() {
            index.close();
            threads.close();
            rows.close();
        }
    }

    /// `threads` index threads and one writer that mostly waits for them; with one thread the writer does the
    /// linking.
    private Built build(Metric metric, HnswParameters parameters, int threads) {
        IndexThreads pool = new IndexThreads(threads - 1);
        Rows rows = new Rows(VectorType.FLOAT32, pack.dim(), metric == Metric.COSINE, account, "idx");
        HnswIndex index =
                new HnswIndex(rows, metric, parameters, pool, System::nanoTime, account, "idx", ordinal -> {});
        long cpu = processCpuNanos();
        long start = System.nanoTime();
        for (int i = 0; i < pack.base().length; i++) {
            rows.put(i, pack.base()[i], 0);
            index.add(i);
        }
        if (threads == 1) {
            pool.runPending();
        }
        while (index.lag() > 0) {
            LockSupport.parkNanos(100_000);
        }
        return new Built(index, rows, pool, (System.nanoTime() - start) / 1e9, (processCpuNanos() - cpu) / 1e9);
    }

    private static long processCpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private void search(HnswIndex index, int[] efs, int rounds, boolean isPeerOff) throws IOException {
        for (int i = 0; i < WARMUP_QUERIES; i++) {
            index.search(pack.queries()[i % pack.queries().length], Knn.of(K).withEf(efs[i % efs.length]));
        }
        for (int ef : efs) {
            double peerBest = Double.MAX_VALUE;
            double peerWorst = 0;
            double ourBest = Double.MAX_VALUE;
            double ourWorst = 0;
            double peerRecall = 0;
            double ourRecall = 0;
            long distances = 0;
            for (int round = 0; round < rounds; round++) {
                if (!isPeerOff) {
                    String answer = ask("search " + ef + " " + K + " 10");
                    peerRecall = number(answer, "recall");
                    double peerSeconds = number(answer, "best");
                    peerBest = Math.min(peerBest, peerSeconds);
                    peerWorst = Math.max(peerWorst, peerSeconds);
                }
                double seconds = Double.MAX_VALUE;
                Knn knn = Knn.of(K).withEf(ef);
                for (int repeat = 0; repeat < 10; repeat++) {
                    long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                    distances = 0;
                    for (float[] query : pack.queries()) {
                        distances += index.search(query, knn).distanceCount();
                    }
                    seconds = Math.min(
                            seconds, (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e9);
                }
                ourBest = Math.min(ourBest, seconds);
                ourWorst = Math.max(ourWorst, seconds);
                ourRecall = recall(index, knn);
            }
            int queries = pack.queries().length;
            System.out.printf(
                    Locale.ROOT,
                    "ef %4d  hnswlib %6.0f..%6.0f QPS at %.4f   ours %6.0f..%6.0f QPS at %.4f (%d distances)  %.2f x%n",
                    ef,
                    queries / peerWorst,
                    queries / peerBest,
                    peerRecall,
                    queries / ourWorst,
                    queries / ourBest,
                    ourRecall,
                    distances / queries,
                    peerBest / ourBest);
        }
    }

    private double recall(HnswIndex index, Knn knn) {
        int hits = 0;
        for (int i = 0; i < pack.queries().length; i++) {
            Hits found = index.search(pack.queries()[i], knn);
            hits += pack.hits(i, found.ordinals(), K);
        }
        return hits / (double) (K * pack.queries().length);
    }

    private String ask(String command) throws IOException {
        toPeer.println(command);
        String answer = fromPeer.readLine();
        if (answer == null) {
            throw new IOException("the peer ended at: " + command);
        }
        return answer;
    }

    private static double number(String json, String name) {
        Matcher matcher = Pattern.compile('"' + name + "\": ([-+.0-9eE]+)").matcher(json);
        if (!matcher.find()) {
            throw new IllegalArgumentException(name + " in " + json);
        }
        return Double.parseDouble(matcher.group(1));
    }
}
