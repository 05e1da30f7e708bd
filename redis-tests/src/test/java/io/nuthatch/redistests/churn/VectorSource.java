package io.nuthatch.redistests.churn;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/// Vectors to make documents of, and queries for them: of a folder with `base.fbin`, `query.fbin` (int32
/// rows, int32 columns, float32 data, little endian) and `meta.json`, or drawn around centres.
///
/// What drifts is drawn from a window of the rows in the order of their projection on one direction, and the
/// window moves: once around in a cycle, so that a run of whole cycles ends where it began.
///
/// Threads: any, it never changes.
final class VectorSource {
    private static final double WINDOW = 0.3; // Of the rows.
    private static final int CENTRES = 60;
    private static final float OTHER_SHARE = 0.2f;

    final String name;
    final boolean isCosine;
    final int dim;
    final float[][] queries;
    private final float[][] rows; // Of length 1 when cosine.
    private final int[] order;

    private VectorSource(String name, boolean isCosine, float[][] rows, float[][] queries, Random random) {
        this.name = name;
        this.isCosine = isCosine;
        this.dim = rows[0].length;
        this.rows = rows;
        this.queries = queries;
        if (isCosine) {
            for (float[] row : rows) {
                normalize(row);
            }
            for (float[] query : queries) {
                normalize(query);
            }
        }
        float[] direction = gaussian(dim, random);
        double[] projections = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            projections[i] = dot(rows[i], direction);
        }
        this.order = IntStream.range(0, rows.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> projections[i]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /// Reads a folder; at most `queriesMax` of its queries.
    static VectorSource read(Path folder, int queriesMax, Random random) throws IOException {
        boolean isCosine = Files.readString(folder.resolve("meta.json")).matches("(?s).*\"metric\": *\"cosine\".*");
        float[][] rows = read(folder.resolve("base.fbin"), Integer.MAX_VALUE);
        float[][] queries = read(folder.resolve("query.fbin"), queriesMax);
        return new VectorSource(folder.getFileName().toString(), isCosine, rows, queries, random);
    }

    private static float[][] read(Path file, int countMax) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                    .order(ByteOrder.LITTLE_ENDIAN);
            float[][] rows = new float[Math.min(bytes.getInt(), countMax)][bytes.getInt()];
            for (float[] row : rows) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = bytes.getFloat();
                }
            }
            return rows;
        }
    }

    /// Makes clusters, as embeddings have them.
    static VectorSource generate(int count, int queryCount, int dim, Random random) {
        float[][] centres = new float[CENTRES][];
        for (int i = 0; i < CENTRES; i++) {
            centres[i] = gaussian(dim, random);
        }
        float[][] all = new float[count + queryCount][];
        for (int i = 0; i < all.length; i++) {
            float[] centre = centres[random.nextInt(CENTRES)];
            all[i] = gaussian(dim, random);
            for (int j = 0; j < dim; j++) {
                all[i][j] += centre[j];
            }
        }
        float[][] rows = Arrays.copyOf(all, count);
        float[][] queries = Arrays.copyOfRange(all, count, all.length);
        return new VectorSource("generated-" + dim, false, rows, queries, random);
    }

    int size() {
        return rows.length;
    }

    /// A new vector like any of them.
    float[] any(Random random) {
        return mixed(random.nextInt(rows.length), random);
    }

    /// A new vector like those of the window at `phase` (0 inclusive to 1 exclusive) of a cycle.
    float[] drifting(Random random, double phase) {
        int start = (int) (phase * rows.length);
        int inside = random.nextInt((int) (WINDOW * rows.length));
        return mixed(order[(start + inside) % rows.length], random);
    }

    /// A row with a little of another one: so no two documents are equal, as they would be if rows came
    /// twice.
    private float[] mixed(int row, Random random) {
        float[] other = rows[random.nextInt(rows.length)];
        float[] vector = new float[dim];
        for (int i = 0; i < dim; i++) {
            vector[i] = (1 - OTHER_SHARE) * rows[row][i] + OTHER_SHARE * other[i];
        }
        if (isCosine) {
            normalize(vector);
        }
        return vector;
    }

    /// As the server has it: smaller is nearer.
    float distance(float[] query, float[] row) {
        if (isCosine) {
            return 1 - dot(query, row);
        }
        float sum = 0;
        for (int i = 0; i < dim; i++) {
            float difference = query[i] - row[i];
            sum += difference * difference;
        }
        return sum;
    }

    private static float[] gaussian(int dim, Random random) {
        float[] vector = new float[dim];
        for (int i = 0; i < dim; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static float dot(float[] a, float[] b) {
        float sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void normalize(float[] vector) {
        float length = (float) Math.sqrt(dot(vector, vector));
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= length;
        }
    }
}
