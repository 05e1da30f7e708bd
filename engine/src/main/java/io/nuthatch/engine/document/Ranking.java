package io.nuthatch.engine.document;

import io.nuthatch.engine.document.SearchResult.SortKey;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// Puts hits in order. Threads: any; pure.
final class Ranking {
    private Ranking() {}

    /// The numbers of the first `limit` of `total` hits in order.
    ///
    /// By `sortKeys` if given (numbers as numbers, before texts; hits without a key last in both directions),
    /// else by `distances` if given, nearest first, else by `scores`, highest first. Ties keep the order they
    /// came in.
    static int[] order(
            int total,
            @Nullable SortKey @Nullable [] sortKeys,
            boolean ascending,
            double @Nullable [] distances,
            double[] scores,
            int limit) {
        Comparison comparison;
        if (sortKeys != null) {
            comparison = (a, b) -> {
                SortKey one = sortKeys[a];
                SortKey other = sortKeys[b];
                if (one == null || other == null) {
                    return one == other ? 0 : one == null ? 1 : -1;
                }
                return ascending ? compare(one, other) : compare(other, one);
            };
        } else if (distances != null) {
            comparison = (a, b) -> Double.compare(distances[a], distances[b]);
        } else {
            comparison = (a, b) -> Double.compare(scores[b], scores[a]);
        }
        return first(total, limit, comparison);
    }

    /// Compares two hits by number.
    private interface Comparison {
        int compare(int a, int b);
    }

    private static int[] first(int total, int limit, Comparison comparison) {
        // A heap of the best so far, worst on top: n log(limit), whatever the size of the result.
        PriorityQueue<Integer> best = new PriorityQueue<>((a, b) -> {
            int order = comparison.compare(b, a);
            return order != 0 ? order : Integer.compare(b, a);
        });
        for (int i = 0; i < total && limit > 0; i++) {
            if (best.size() < limit) {
                best.add(i);
                continue;
            }
            Integer worst = best.peek();
            if (worst != null && comparison.compare(i, worst) < 0) {
                best.poll();
                best.add(i);
            }
        }
        int[] order = new int[best.size()];
        for (int i = order.length - 1; i >= 0; i--) {
            Integer next = best.poll();
            order[i] = next == null ? -1 : next;
        }
        return order;
    }

    private static int compare(SortKey one, SortKey other) {
        String text = one.text();
        String otherText = other.text();
        if (text == null || otherText == null) {
            return text == null && otherText == null
                    ? Double.compare(one.number(), other.number())
                    : text == null ? -1 : 1;
        }
        return text.compareTo(otherText);
    }
}
