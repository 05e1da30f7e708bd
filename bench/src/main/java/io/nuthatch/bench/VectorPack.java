package io.nuthatch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// A folder of vectors, queries and exact neighbours: `base.fbin`, `query.fbin` (int32 rows, int32 columns,
/// float32 data, little endian) and `gt.ibin` (the same with int32).
record VectorPack(int dim, byte[][] base, float[][] queries, int[][] truth) {
    static VectorPack read(Path folder) {
        ByteBuffer base = buffer(folder.resolve("base.fbin"));
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
        int[][] truth = new int[neighbours.getInt()][neighbours.getInt()];
        for (int[] row : truth) {
            for (int i = 0; i < row.length; i++) {
                row[i] = neighbours.getInt();
            }
        }
        return new VectorPack(dim, rows, queries, truth);
    }

    private static ByteBuffer buffer(Path file) {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// How many of the first `k` true neighbours of query `query` are among `ordinals`.
    int hits(int query, int[] ordinals, int k) {
        Set<Integer> right = new HashSet<>();
        for (int i = 0; i < k; i++) {
            right.add(truth[query][i]);
        }
        int hits = 0;
        for (int ordinal : ordinals) {
            if (right.contains(ordinal)) {
                hits++;
            }
        }
        return hits;
    }
}
