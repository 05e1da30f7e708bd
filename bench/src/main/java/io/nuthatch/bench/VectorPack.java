package io.nuthatch.bench;

import io.nuthatch.engine.vector.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// A folder of vectors, queries and exact neighbours: `base.fbin`, `query.fbin` (int32 rows, int32 columns,
/// float32 data, little endian), `gt.ibin` (the same with int32), and `meta.json`, whose `metric` is `l2` or
/// `cosine`.
record VectorPack(Path folder, Metric metric, int dim, byte[][] base, float[][] queries, int[][] truth) {
    static VectorPack read(Path folder) {
        String meta;
        ByteBuffer base;
        try (FileChannel file = FileChannel.open(folder.resolve("base.fbin"))) {
            meta = Files.readString(folder.resolve("meta.json"));
            base = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        int count = base.getInt();
        int dim = base.getInt();
        byte[][] rows = new byte[count][dim * Float.BYTES];
        for (byte[] row : rows) {
            base.get(row);
        }
        ByteBuffer query = buffer(folder.resolve("query.fbin"));
        float[][] queries = new float[query.getInt()][query.getInt()];
        for (float[] row : queries) {
            for (int i = 0; i < row.length; i++) {
                row[i] = query.getFloat();
            }
        }
        ByteBuffer neighbours = buffer(folder.resolve("gt.ibin"));
        int[][] truth = rows(neighbours, neighbours.getInt(), neighbours.getInt());
        Metric metric = meta.matches("(?s).*\"metric\": *\"cosine\".*") ? Metric.COSINE : Metric.L2;
        return new VectorPack(folder, metric, dim, rows, queries, truth);
    }

    /// Rows of `k` int32 without a header.
    static int[][] ids(Path file, int k) {
        ByteBuffer ids = buffer(file);
        return rows(ids, ids.remaining() / Integer.BYTES / k, k);
    }

    private static int[][] rows(ByteBuffer buffer, int count, int width) {
        int[][] rows = new int[count][width];
        for (int[] row : rows) {
            for (int i = 0; i < width; i++) {
                row[i] = buffer.getInt();
            }
        }
        return rows;
    }

    private static ByteBuffer buffer(Path file) {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    int size() {
        return base.length;
    }

    /// Row `ordinal` as floats.
    float[] row(int ordinal) {
        float[] row = new float[dim];
        ByteBuffer.wrap(base[ordinal])
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(row);
        return row;
    }

    /// The share of the first `k` true neighbours of the queries that were found.
    double recall(int[][] found, int k) {
        return recall(found, truth, k);
    }

    /// As above, for another truth: of each query as many as it has, at most `k`.
    static double recall(int[][] found, int[][] truth, int k) {
        long hits = 0;
        long wanted = 0;
        for (int query = 0; query < found.length; query++) {
            Set<Integer> right = new HashSet<>();
            for (int i = 0; i < Math.min(k, truth[query].length); i++) {
                right.add(truth[query][i]);
            }
            wanted += right.size();
            for (int ordinal : found[query]) {
                if (right.contains(ordinal)) {
                    hits++;
                }
            }
        }
        return wanted == 0 ? 1 : hits / (double) wanted;
    }
}
