package io.nuthatch.redistests.search;

import static io.nuthatch.redistests.Floats.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.RespClient.ErrorReply;
import io.nuthatch.redistests.TestServer;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Vectors that break codes, kernels or graphs, over sockets, by every compression and metric. Each answer is
/// held against distances in double precision that the test computes itself.
class HardVectorsTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int K = 10;
    private static final int ROWS = 2_600; // Enough that walks are planned and codes are trained and judged again.
    private static final int DIM = 40;
    private static final int QUERIES = 12;

    private enum Metric {
        L2,
        IP,
        COSINE
    }

    /// What the vectors are like, as many as there are and the `i`th of them.
    private enum Kind {
        ALL_EQUAL(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return filled(DIM, 3.25f);
            }
        },
        ALL_ZERO(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return new float[DIM];
            }
        },
        OUTLIER_OF_A_MILLION(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return with(gaussian(random, DIM), 5, 1e6f * (1 + i % 7));
            }
        },
        OUTLIER_OF_1E30(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return with(gaussian(random, DIM), 5, 1e30f);
            }
        },
        SUBNORMAL(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return scaled(gaussian(random, DIM), 1e-40f);
            }
        },
        ENDS_OF_FLOAT(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return with(gaussian(random, DIM), i % DIM, i % 2 == 0 ? Float.MAX_VALUE : -Float.MAX_VALUE);
            }
        },
        NEAR_DUPLICATES(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return with(filled(DIM, 1), i % DIM, 1 + 1e-6f * (i % 11));
            }
        },
        ONE_DIMENSION(1, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return gaussian(random, 1);
            }
        },
        TWO_DIMENSIONS(2, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return gaussian(random, 2);
            }
        },
        MOST_DIMENSIONS(32_768, 60) {
            @Override
            float[] vector(Random random, int i) {
                return gaussian(random, 32_768);
            }
        },
        /// What is trained on has little to do with what comes: the first thousand are copies of one vector.
        MOVED_AFTER_TRAINING(DIM, ROWS) {
            @Override
            float[] vector(Random random, int i) {
                return i < 1_010 ? filled(DIM, -50) : plus(gaussian(random, DIM), 20);
            }
        };

        final int dim;
        final int rows;

        Kind(int dim, int rows) {
            this.dim = dim;
            this.rows = rows;
        }

        abstract float[] vector(Random random, int i);
    }

    static Stream<Arguments> cases() {
        return Arrays.stream(Kind.values())
                .flatMap(kind -> Stream.of("NONE", "SQ8", "SQ4")
                        .flatMap(compression ->
                                Arrays.stream(Metric.values()).map(metric -> Arguments.of(kind, compression, metric))));
    }

    /// RECALL 1 is exact but for what float32 rounds; walks find what there is to be told apart. `k` come
    /// back in order, nobody twice, each with its own distance.
    @ParameterizedTest
    @MethodSource("cases")
    void answersAreThoseOfDoublePrecision(Kind kind, String compression, Metric metric) {
        String what = kind + " " + compression + " " + metric + ", reproduce with -Dnuthatch.seed=" + SEED;
        Random random = new Random(SEED);
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            create(client, kind.dim, compression, metric);
            List<float[]> rows = new ArrayList<>();
            for (int i = 0; i < kind.rows; i++) {
                rows.add(kind.vector(random, i));
            }
            load(client, rows);
            int found = 0;
            int wanted = 0;
            for (int q = 0; q < QUERIES; q++) {
                float[] query = q % 2 == 0 ? rows.get(random.nextInt(kind.rows)) : kind.vector(random, kind.rows - 1);
                Answer exact = search(client, "*=>[KNN 10 @v $b AS d RECALL 1.0]", query);
                assertIsRight(exact, rows, query, metric, what);
                assertThat(near(exact, rows, query, metric)).as(what).isEqualTo(K);
                Answer walked = search(client, "*=>[KNN 10 @v $b AS d EF_RUNTIME 200]", query);
                assertIsRight(walked, rows, query, metric, what);
                found += near(walked, rows, query, metric);
                wanted += K;
                Answer none = search(client, "@g:{nothing}=>[KNN 10 @v $b AS d]", query);
                assertThat(none.ordinals()).as(what).isEmpty();
                Answer some = search(client, "@g:{t3}=>[KNN 10 @v $b AS d]", query);
                assertIsRight(some, rows, query, metric, what);
                assertThat(some.ordinals()).as(what).allMatch(i -> i % 10 == 3);
            }
            assertThat(found / (double) wanted).as(what).isGreaterThanOrEqualTo(0.9);
        }
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void whatIsNoNumberIsNoVector(Metric metric) {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            create(client, 3, "SQ8", metric);
            while (!info(client, "indexing").equals(0L)) { // The scan of a new index would refuse them a second time.
                Thread.onSpinWait();
            }
            load(client, List.of(new float[] {1, 2, 3}));
            int failures = 0;
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                float[] vector = {1, bad, 3};
                client.call("HSET", "d:bad", "v", bytes(vector)); // A hash all the same, as in RediSearch.
                Object reply = client.call("FT.SEARCH", "idx", "*=>[KNN 1 @v $b]", "PARAMS", 2, "b", bytes(vector));
                assertThat(reply)
                        .isEqualTo(new ErrorReply("ERR Error parsing vector similarity query: query vector has NaN or"
                                + " infinite components"));
                failures++;
                assertThat(info(client, "hash_indexing_failures")).isEqualTo((long) failures);
            }
            assertThat(search(client, "*=>[KNN 5 @v $b AS d]", new float[] {1, 2, 3})
                            .ordinals())
                    .containsExactly(0);
        }
    }

    @Test
    void optionsOutOfRangeAreRefusedByName() {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            create(client, 2, "SQ8", Metric.L2);
            load(client, List.of(new float[] {1, 2}));
            String invalid = "ERR Error parsing vector similarity parameters: Invalid value was given";
            for (String value : List.of("2", "0", "-1", "nan", "inf", "1.0000001")) {
                String error = invalid + ": RECALL " + value + ", must be above 0 and up to 1";
                assertThat(error(client, "*=>[KNN 1 @v $b RECALL $p]", value)).isEqualTo(error);
            }
            for (String value : List.of("0", "-5", "1000001", "99999999999999999999", "1.5", "nan", "")) {
                assertThat(error(client, "*=>[KNN 1 @v $b EF_RUNTIME $p]", value))
                        .as(value)
                        .startsWith(invalid);
            }
            for (String value : List.of("0", "0.5", "-1", "1001", "nan", "inf")) {
                assertThat(error(client, "*=>[KNN 1 @v $b RESCORE $p]", value))
                        .as(value)
                        .startsWith(invalid);
            }
            for (String taken : List.of("RECALL 1.0", "RECALL 1e-9", "EF_RUNTIME 1000000", "RESCORE 1000")) {
                assertThat(search(client, "*=>[KNN 1 @v $b AS d " + taken + "]", new float[] {1, 2})
                                .distances())
                        .as(taken)
                        .containsExactly(0.0);
            }
        }
    }

    private static String error(RespClient client, String query, String parameter) {
        return client.error("FT.SEARCH", "idx", query, "PARAMS", 4, "b", bytes(new float[] {1, 2}), "p", parameter);
    }

    // ---- The server ----

    private static void create(RespClient client, int dim, String compression, Metric metric) {
        Object reply = client.call(
                "FT.CREATE",
                "idx",
                "PREFIX",
                1,
                "d:",
                "SCHEMA",
                "g",
                "TAG",
                "v",
                "VECTOR",
                "HNSW",
                8,
                "TYPE",
                "FLOAT32",
                "DIM",
                dim,
                "DISTANCE_METRIC",
                metric,
                "COMPRESSION",
                compression);
        assertThat(reply).isEqualTo("OK");
    }

    /// In pipelines; a write is searchable once it is answered.
    private static void load(RespClient client, List<float[]> rows) {
        int sent = 0;
        while (sent < rows.size()) {
            ByteArrayOutputStream pipeline = new ByteArrayOutputStream();
            int end = Math.min(rows.size(), sent + 100);
            for (int i = sent; i < end; i++) {
                pipeline.writeBytes(RespClient.request("HSET", "d:" + i, "g", "t" + i % 10, "v", bytes(rows.get(i))));
            }
            client.sendRaw(pipeline.toByteArray());
            for (int i = sent; i < end; i++) {
                assertThat(client.read()).isEqualTo(2L);
            }
            sent = end;
        }
    }

    private static Object info(RespClient client, String name) {
        List<?> info = (List<?>) Objects.requireNonNull(client.call("FT.INFO", "idx"));
        return Objects.requireNonNull(info.get(info.indexOf(name) + 1));
    }

    /// Row numbers and distances as they came.
    private record Answer(List<Integer> ordinals, List<Double> distances) {}

    private static Answer search(RespClient client, String query, float[] vector) {
        Object reply = client.call(
                "FT.SEARCH", "idx", query, "RETURN", 1, "d", "SORTBY", "d", "PARAMS", 2, "b", bytes(vector));
        assertThat(reply).as(query).isInstanceOf(List.class);
        List<?> list = (List<?>) Objects.requireNonNull(reply);
        List<Integer> ordinals = new ArrayList<>();
        List<Double> distances = new ArrayList<>();
        for (int i = 1; i < list.size(); i += 2) {
            ordinals.add(Integer.parseInt(((String) Objects.requireNonNull(list.get(i))).substring(2)));
            distances.add(number(
                    (String) Objects.requireNonNull(((List<?>) Objects.requireNonNull(list.get(i + 1))).get(1))));
        }
        return new Answer(ordinals, distances);
    }

    private static double number(String text) {
        return switch (text) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text); // "nan" fails.
        };
    }

    // ---- The truth ----

    private static void assertIsRight(Answer answer, List<float[]> rows, float[] query, Metric metric, String what) {
        assertThat(answer.ordinals())
                .as(what)
                .hasSize(Math.min(K, answer.ordinals().size()));
        Set<Integer> seen = new HashSet<>(answer.ordinals());
        assertThat(seen).as(what).hasSameSizeAs(answer.ordinals());
        double before = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < answer.ordinals().size(); i++) {
            float[] row = rows.get(answer.ordinals().get(i));
            double got = answer.distances().get(i);
            double expected = distance(metric, query, row);
            if (Double.isInfinite(expected)) {
                assertThat(got).as(what).isEqualTo(expected);
            } else {
                assertThat(Math.abs(got - expected))
                        .as("%s: got %s, expected %s", what, got, expected)
                        .isLessThanOrEqualTo(tolerance(metric, query, row));
            }
            assertThat(got).as(what).isGreaterThanOrEqualTo(before);
            before = got;
        }
    }

    /// How many of an answer are as near as the `K` nearest, up to what float32 rounds.
    private static int near(Answer answer, List<float[]> rows, float[] query, Metric metric) {
        double[] sorted = rows.stream()
                .mapToDouble(row -> distance(metric, query, row))
                .sorted()
                .toArray();
        double worst = sorted[Math.min(K, sorted.length) - 1];
        int near = 0;
        for (int ordinal : answer.ordinals()) {
            float[] row = rows.get(ordinal);
            double distance = distance(metric, query, row);
            near += distance <= worst || distance - worst <= 2 * tolerance(metric, query, row) ? 1 : 0;
        }
        return near;
    }

    /// In double precision, infinite beyond float32; the zero vector has cosine distance 1 from all.
    private static double distance(Metric metric, float[] query, float[] row) {
        double squares = 0;
        double dot = 0;
        double queryLength = length(query);
        double rowLength = length(row);
        for (int i = 0; i < row.length; i++) {
            squares += ((double) query[i] - row[i]) * ((double) query[i] - row[i]);
            dot += (double) query[i] * row[i];
        }
        double distance = switch (metric) {
            case L2 -> squares;
            case IP -> 1 - dot;
            case COSINE -> queryLength * rowLength == 0 ? 1 : 1 - dot / queryLength / rowLength;
        };
        return Math.abs(distance) > Float.MAX_VALUE ? Math.signum(distance) * Double.POSITIVE_INFINITY : distance;
    }

    /// A part in 100,000 of the terms' size, which is what float32 keeps of sums that cancel.
    private static double tolerance(Metric metric, float[] query, float[] row) {
        double size = switch (metric) {
            case L2 -> distance(Metric.L2, query, row);
            case IP -> 1 + length(query) * length(row);
            case COSINE -> 1;
        };
        return 1e-30 + 1e-5 * size;
    }

    private static double length(float[] vector) {
        double squares = 0;
        for (float component : vector) {
            squares += (double) component * component;
        }
        return Math.sqrt(squares);
    }

    // ---- Vectors ----

    private static float[] gaussian(Random random, int dim) {
        float[] vector = new float[dim];
        for (int i = 0; i < dim; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static float[] filled(int dim, float component) {
        float[] vector = new float[dim];
        Arrays.fill(vector, component);
        return vector;
    }

    private static float[] with(float[] vector, int at, float component) {
        vector[at] = component;
        return vector;
    }

    private static float[] plus(float[] vector, float by) {
        for (int i = 0; i < vector.length; i++) {
            vector[i] += by;
        }
        return vector;
    }

    private static float[] scaled(float[] vector, float by) {
        for (int i = 0; i < vector.length; i++) {
            vector[i] *= by;
        }
        return vector;
    }
}
