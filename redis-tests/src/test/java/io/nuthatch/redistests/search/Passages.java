package io.nuthatch.redistests.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The 256 sentence embeddings of `clients/data`, the documents made of them, and what a search must find.
final class Passages {
    static final int K = 10;
    private static final int CATEGORIES = 4;
    private static final Path DATA = Path.of("clients", "data");

    private static final List<byte[]> ROWS = read("rows.fbin");
    private static final List<byte[]> QUERIES = read("queries.fbin");
    private static final List<byte[]> TRUTH = read("truth.ibin");

    private Passages() {}

    static int count() {
        return ROWS.size();
    }

    static int queries() {
        return QUERIES.size();
    }

    static int dim() {
        return ROWS.getFirst().length / Float.BYTES;
    }

    static byte[] row(int i) {
        return ROWS.get(i);
    }

    static byte[] query(int q) {
        return QUERIES.get(q);
    }

    /// The row that is `rank`-nearest to query `q`, from 0.
    static int truth(int q, int rank) {
        return buffer(TRUTH.get(q)).getInt(rank * Integer.BYTES);
    }

    /// The fields of document `i`, but for its vector.
    static Map<String, String> fields(int i) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("text", "passage number " + i);
        fields.put("cat", "c" + i % CATEGORIES);
        fields.put("num", Integer.toString(i));
        return fields;
    }

    /// Cosine distance of two rows; they have unit length.
    static double distance(byte[] a, byte[] b) {
        ByteBuffer left = buffer(a);
        ByteBuffer right = buffer(b);
        double sum = 0;
        for (int at = 0; at < a.length; at += Float.BYTES) {
            sum += (double) left.getFloat(at) * right.getFloat(at);
        }
        return 1 - sum;
    }

    /// A radius around query `q` that holds exactly its `count` nearest rows.
    static double radius(int q, int count) {
        return distance(query(q), row(truth(q, count - 1))) + 1e-6;
    }

    /// Recall of at least 0.99 over all queries, nearest first, with true distances.
    static void checkKnn(String prefix, List<List<Hit>> found) {
        int right = 0;
        for (int q = 0; q < queries(); q++) {
            List<Hit> hits = found.get(q);
            assertThat(hits).hasSize(K).isSortedAccordingTo(Comparator.comparingDouble(Hit::distance));
            assertThat(hits.getFirst().distance()).isCloseTo(distance(query(q), row(truth(q, 0))), within(1e-5));
            List<String> expected = new ArrayList<>();
            for (int rank = 0; rank < K; rank++) {
                expected.add(prefix + truth(q, rank));
            }
            right += (int)
                    hits.stream().filter(hit -> expected.contains(hit.key())).count();
        }
        assertThat(right / (double) (K * queries())).as("recall").isGreaterThanOrEqualTo(0.99);
    }

    /// A document found, and how far it is.
    record Hit(String key, double distance) {}

    private static ByteBuffer buffer(byte[] row) {
        return ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static List<byte[]> read(String name) {
        ByteBuffer file;
        try {
            file = buffer(Files.readAllBytes(DATA.resolve(name)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        int n = file.getInt();
        int bytes = file.getInt() * Integer.BYTES;
        List<byte[]> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            byte[] row = new byte[bytes];
            file.get(row);
            rows.add(row);
        }
        return rows;
    }
}
