package io.nuthatch.redistests.churn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A client that searches at a steady pace and notes how long each answer took from the moment at which the
/// search was due, so that a stall counts for all who would have met it.
///
/// Threads: one at a time.
final class Searcher implements AutoCloseable {
    private final VectorSource vectors;
    private final RespClient client;
    private final Random random;
    private final List<String> indexes;
    private final Map<String, List<Long>> nanos = new HashMap<>();
    private int turn;

    Searcher(List<String> indexes, VectorSource vectors, RespClient client, Random random) {
        this.indexes = indexes;
        this.vectors = vectors;
        this.client = client;
        this.random = random;
        indexes.forEach(index -> nanos.put(index, new ArrayList<>()));
    }

    /// The search that was due at `dueNanos`: the indexes in turns, half of the time with a filter.
    void step(long dueNanos) {
        String index = indexes.get(turn++ % indexes.size());
        Questions.Kind[] kinds = Questions.Kind.values();
        Questions.Kind kind = random.nextBoolean() ? Questions.Kind.ALL : kinds[random.nextInt(kinds.length)];
        float[] query = vectors.queries[random.nextInt(vectors.queries.length)];
        Object reply = Questions.ask(client, index, Questions.Question.any(random, kind, query));
        nanos.getOrDefault(index, List.of()).add(System.nanoTime() - dueNanos);
        assertThat(reply).isInstanceOf(List.class); // Which hits there are at that moment, nobody can say.
    }

    /// Milliseconds at shares of the searches since the last call (.5 for the median, 1 for the longest); 0
    /// when there were none.
    double[] percentiles(String index, double... shares) {
        List<Long> taken = nanos.getOrDefault(index, List.of());
        long[] sorted = taken.stream().mapToLong(Long::longValue).sorted().toArray();
        taken.clear();
        return Arrays.stream(shares)
                .map(share ->
                        sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)] / 1e6)
                .toArray();
    }

    @Override
    public void close() {
        client.close();
    }
}
