package io.nuthatch.redistests.search;

import static io.nuthatch.redistests.Floats.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.ServerProcess;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every optimisation of `docs/ARCHITECTURE.md` switched off alone, and all of them, which leaves plain HNSW
/// over float32 rows with scalar distances: what is found is the same up to recall.
class SwitchesTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int ROWS = 2_000;
    private static final int DIM = 48;
    private static final int QUERIES = 20;
    private static final int K = 10;
    private static final int TAGS = 4;

    private static final List<List<String>> SWITCHES = List.of(
            List.of("--simd", "no"),
            List.of("--native-kernel", "no"),
            List.of("--huge-pages", "no"),
            List.of("--paired-walks", "no"),
            List.of("--short-build-walks", "no"),
            List.of("--search-use-codes", "no"),
            List.of("--search-default-compression", "NONE"),
            List.of("--search-query-cache", "no"),
            List.of("--search-short-on-event-loop", "no"),
            List.of("--search-recall-every", "0"));

    static Stream<List<String>> cases() {
        List<String> all = SWITCHES.stream().flatMap(List::stream).toList();
        List<String> none = List.of();
        List<String> noKernelAndNoPairs = List.of("--native-kernel", "no", "--paired-walks", "no"); // Pairs are Java's.
        return Stream.concat(Stream.of(none, all, noKernelAndNoPairs), SWITCHES.stream());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsFoundIsTheSameUpToRecall(List<String> off) {
        Random random = new Random(SEED);
        float[][] centers = Stream.generate(() -> gaussian(random)).limit(25).toArray(float[][]::new);
        float[][] rows =
                Stream.generate(() -> near(centers, random)).limit(ROWS).toArray(float[][]::new);
        float[][] queries =
                Stream.generate(() -> near(centers, random)).limit(QUERIES).toArray(float[][]::new);
        List<String> settings = new ArrayList<>(List.of("--search-default-compression", "SQ8"));
        settings.addAll(off);
        try (ServerProcess server = ServerProcess.start(settings.toArray(String[]::new));
                RespClient client = server.connect()) {
            for (int i = 0; i < off.size(); i += 2) {
                String name = off.get(i).substring(2);
                assertThat(client.call("CONFIG", "GET", name)).isEqualTo(List.of(name, off.get(i + 1)));
            }
            Object created = client.call(
                    "FT.CREATE",
                    "idx",
                    "SCHEMA",
                    "g",
                    "TAG",
                    "v",
                    "VECTOR",
                    "HNSW",
                    6,
                    "TYPE",
                    "FLOAT32",
                    "DIM",
                    DIM,
                    "DISTANCE_METRIC",
                    "L2");
            assertThat(created).isEqualTo("OK");
            load(client, rows);
            for (String knn : List.of("KNN 10 @v $b EF_RUNTIME 100", "KNN 10 @v $b RECALL 0.99")) {
                assertThat(recall(client, "*=>[" + knn + "]", rows, queries, 1))
                        .as("%s, %s, seed %d", off, knn, SEED)
                        .isGreaterThan(0.97);
                assertThat(recall(client, "@g:{t1}=>[" + knn + "]", rows, queries, TAGS))
                        .as("%s, %s, filtered, seed %d", off, knn, SEED)
                        .isGreaterThan(0.97);
            }
        }
    }

    private static void load(RespClient client, float[][] rows) {
        for (int from = 0; from < rows.length; from += 100) {
            int end = Math.min(rows.length, from + 100);
            ByteArrayOutputStream pipeline = new ByteArrayOutputStream();
            for (int i = from; i < end; i++) {
                pipeline.writeBytes(RespClient.request("HSET", "" + i, "g", "t" + i % TAGS, "v", bytes(rows[i])));
            }
            client.sendRaw(pipeline.toByteArray());
            for (int i = from; i < end; i++) {
                assertThat(client.read()).isEqualTo(2L);
            }
        }
    }

    /// The share of the nearest ten that are found, of all rows or, for `every` of 4, of those with tag `t1`.
    /// Each query is asked twice: the second time by what was kept of the first.
    private static double recall(RespClient client, String query, float[][] rows, float[][] queries, int every) {
        int found = 0;
        for (float[] vector : queries) {
            List<String> truth = IntStream.range(0, rows.length)
                    .filter(i -> i % every == (every == 1 ? 0 : 1))
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> distance(vector, rows[i])))
                    .limit(K)
                    .map(String::valueOf)
                    .toList();
            for (int time = 0; time < 2; time++) {
                Object reply = client.call("FT.SEARCH", "idx", query, "NOCONTENT", "PARAMS", 2, "b", bytes(vector));
                assertThat(reply).isInstanceOf(List.class);
                List<?> hits = (List<?>) Objects.requireNonNull(reply);
                assertThat(hits).hasSize(K + 1);
                Set<Object> keys = new HashSet<>(hits.subList(1, hits.size()));
                keys.retainAll(truth);
                found += keys.size();
            }
        }
        return found / (2.0 * K * queries.length);
    }

    private static double distance(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < DIM; i++) {
            sum += ((double) one[i] - other[i]) * ((double) one[i] - other[i]);
        }
        return sum;
    }

    private static float[] gaussian(Random random) {
        float[] vector = new float[DIM];
        for (int i = 0; i < DIM; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static float[] near(float[][] centers, Random random) {
        float[] vector = Arrays.copyOf(centers[random.nextInt(centers.length)], DIM);
        for (int i = 0; i < DIM; i++) {
            vector[i] += 0.5f * (float) random.nextGaussian();
        }
        return vector;
    }
}
