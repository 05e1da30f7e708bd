package io.nuthatch.engine.document;

import org.jspecify.annotations.Nullable;

/// Puts hits in order: the numbers of the first `limit` of them. Ties keep the order they came in. Threads:
/// any; pure.
final class Ranking {
    /// Compares two hits by number, as [java.util.Comparator] does.
    private interface Comparison {
        int compare(int a, int b);
    }

    private Ranking() {}

    /// The first as they came.
    static int[] asFound(int total, int limit) {
        int[] order = new int[Math.min(total, limit)];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        return order;
    }

    /// Highest first.
    static int[] byScore(double[] scores, int total, int limit) {
        return first(total, limit, (a, b) -> Double.compare(scores[b], scores[a]));
    }

    /// By `values`; NaN, for a hit without one, last in both directions.
    static int[] byNumber(double[] values, int total, boolean ascending, int limit) {
        return first(total, limit, (a, b) -> {
            double one = values[a];
            double other = values[b];
            if (Double.isNaN(one) || Double.isNaN(other)) {
                return Boolean.compare(Double.isNaN(one), Double.isNaN(other));
            }
            return ascending ? Double.compare(one, other) : Double.compare(other, one);
        });
    }

    /// By `texts`; null, for a hit without one, last in both directions.
    static int[] byText(@Nullable String[] texts, int total, boolean ascending, int limit) {
        return first(total, limit, (a, b) -> {
            String one = texts[a];
            String other = texts[b];
            if (one == null || other == null) {
                return Boolean.compare(one == null, other == null);
            }
            return ascending ? one.compareTo(other) : other.compareTo(one);
        });
    }

    /// A heap of the best so far, worst on top: `total · log(limit)`, whatever the size of the result.
    private static int[] first(int total, int limit, Comparison comparison) {
        int[] heap = new int[Math.min(total, limit)];
        if (heap.length == 0) {
            return heap;
        }
        int size = 0;
        for (int i = 0; i < total; i++) {
            if (size < heap.length) {
                up(heap, size, i, comparison);
                size++;
            } else if (comparison.compare(i, heap[0]) < 0) { // Equal ones came later, and stay outside.
                down(heap, size, i, comparison);
            }
        }
        for (int end = size - 1; end > 0; end--) { // The worst goes to the end, again and again.
            int worst = heap[0];
            int last = heap[end];
            down(heap, end, last, comparison);
            heap[end] = worst;
        }
        return heap;
    }

    private static void up(int[] heap, int at, int hit, Comparison comparison) {
        int i = at;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (!isWorse(hit, heap[parent], comparison)) {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = hit;
    }

    /// Puts `hit` in the place of the top of a heap of `size`.
    private static void down(int[] heap, int size, int hit, Comparison comparison) {
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && isWorse(heap[child + 1], heap[child], comparison)) {
                child++;
            }
            if (!isWorse(heap[child], hit, comparison)) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = hit;
    }

    private static boolean isWorse(int one, int other, Comparison comparison) {
        int order = comparison.compare(one, other);
        return order > 0 || (order == 0 && one > other);
    }
}
