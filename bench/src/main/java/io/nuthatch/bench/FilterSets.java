package io.nuthatch.bench;

import io.nuthatch.engine.hnsw.Filter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/// Filters that match a share of a pack's rows, one for each of its first queries.
///
/// `RANDOM` is independent of the vectors. `NEAR` and `FAR` take whole clusters, nearest or farthest to the
/// query first, until the share is full; a cluster is what is nearest to one of 200 rows drawn at random.
/// `ANTI` is drawn at random from the rows that are not among the nearest tenth.
final class FilterSets {
    enum Kind {
        RANDOM,
        NEAR,
        FAR,
        ANTI
    }

    private static final int CLUSTERS = 200;

    private final VectorPack pack;
    private final ExactSearch all;
    private final int queries;
    private final Random random = new Random(20261121);
    private final int[][] clusters = new int[CLUSTERS][]; // Rows of each.
    private final int[] centres;
    private final ExactSearch nearestCentre;

    FilterSets(VectorPack pack, ExactSearch all, int queries) {
        this.pack = pack;
        this.all = all;
        this.queries = queries;
        this.centres = random.ints(0, pack.size()).distinct().limit(CLUSTERS).toArray();
        this.nearestCentre = new ExactSearch(pack, centres);
        int[] clusterOf = IntStream.range(0, pack.size())
                .map(row -> nearestCentre.nearest(pack.row(row), 1, null)[0])
                .toArray();
        for (int i = 0; i < CLUSTERS; i++) {
            int centre = centres[i];
            clusters[i] = IntStream.range(0, pack.size())
                    .filter(row -> clusterOf[row] == centre)
                    .toArray();
        }
    }

    Filter[] make(Kind kind, double share) {
        int matches = Math.max(1, (int) Math.round(share * pack.size()));
        Filter same = kind == Kind.RANDOM ? drawn(new boolean[pack.size()], matches) : null;
        Filter[] filters = new Filter[queries];
        for (int query = 0; query < queries; query++) {
            float[] vector = pack.queries()[query];
            filters[query] = switch (kind) {
                case RANDOM -> same;
                case NEAR, FAR -> clustered(vector, matches, kind == Kind.FAR);
                case ANTI -> {
                    boolean[] isNear = new boolean[pack.size()];
                    for (int row : all.nearest(vector, pack.size() / 10, null)) {
                        isNear[row] = true;
                    }
                    yield drawn(isNear, matches);
                }
            };
        }
        return filters;
    }

    private Filter drawn(boolean[] isLeftOut, int matches) {
        long[] words = new long[(pack.size() + 63) / 64];
        for (int count = 0; count < matches; ) {
            int row = random.nextInt(pack.size());
            if (!isLeftOut[row] && (words[row >> 6] >>> row & 1) == 0) {
                words[row >> 6] |= 1L << row;
                count++;
            }
        }
        return Filter.of(words);
    }

    private Filter clustered(float[] query, int matches, boolean isFarFirst) {
        int[] nearest = nearestCentre.nearest(query, CLUSTERS, null);
        Integer[] order = IntStream.range(0, CLUSTERS).boxed().toArray(Integer[]::new);
        int[] rank = new int[CLUSTERS];
        for (int i = 0; i < CLUSTERS; i++) {
            int centre = nearest[i];
            rank[
                    IntStream.range(0, CLUSTERS)
                            .filter(c -> centres[c] == centre)
                            .findFirst()
                            .orElseThrow()] = isFarFirst ? -i : i;
        }
        Arrays.sort(order, Comparator.comparingInt(cluster -> rank[cluster]));
        long[] words = new long[(pack.size() + 63) / 64];
        int count = 0;
        for (int cluster : order) {
            for (int i = 0; i < clusters[cluster].length && count < matches; i++, count++) {
                words[clusters[cluster][i] >> 6] |= 1L << clusters[cluster][i];
            }
        }
        return Filter.of(words);
    }

    /// Each filter as a bitmap of whole bytes, one after the other.
    void write(Filter[] filters, Path file) {
        int bytes = (pack.size() + 7) / 8;
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            for (Filter filter : filters) {
                ByteBuffer words =
                        ByteBuffer.allocate(filter.words().length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                words.asLongBuffer().put(filter.words());
                out.write(words.limit(bytes));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
