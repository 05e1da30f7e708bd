package io.nuthatch.engine.hnsw;

import java.util.Arrays;

/// The k nearest of what was offered, ties by ordinal: a binary max-heap in two arrays. One thread, reused.
final class TopK {
    private double[] distances = new double[16];
    private int[] ordinals = new int[16];
    private int size;
    private int k;

    void reset(int k) {
        this.k = k;
        this.size = 0;
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == k;
    }

    /// The farthest of those kept; there is one.
    double worst() {
        return distances[0];
    }

    void offer(double distance, int ordinal) {
        if (size < k) {
            if (size == ordinals.length) {
                int wider = (int) Math.min(k, size * 2L);
                distances = Arrays.copyOf(distances, wider);
                ordinals = Arrays.copyOf(ordinals, wider);
            }
            up(size++, distance, ordinal);
        } else if (isNearer(distance, ordinal, distances[0], ordinals[0])) {
            down(0, distance, ordinal);
        }
    }

    /// The hits, nearest first; leaves the heap empty.
    Hits take(boolean isCut, Hits.Plan plan, int distanceCount) {
        int count = size;
        int[] sortedOrdinals = new int[count];
        double[] sortedDistances = new double[count];
        for (int i = count - 1; i >= 0; i--) {
            sortedOrdinals[i] = ordinals[0];
            sortedDistances[i] = distances[0];
            size--;
            if (size > 0) {
                down(0, distances[size], ordinals[size]);
            }
        }
        return new Hits(sortedOrdinals, sortedDistances, isCut, plan, distanceCount);
    }

    private void up(int at, double distance, int ordinal) {
        int i = at;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (!isNearer(distances[parent], ordinals[parent], distance, ordinal)) {
                break;
            }
            distances[i] = distances[parent];
            ordinals[i] = ordinals[parent];
            i = parent;
        }
        distances[i] = distance;
        ordinals[i] = ordinal;
    }

    private void down(int at, double distance, int ordinal) {
        int i = at;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size
                    && isNearer(distances[child], ordinals[child], distances[child + 1], ordinals[child + 1])) {
                child++;
            }
            if (!isNearer(distance, ordinal, distances[child], ordinals[child])) {
                break;
            }
            distances[i] = distances[child];
            ordinals[i] = ordinals[child];
            i = child;
        }
        distances[i] = distance;
        ordinals[i] = ordinal;
    }

    /// Total order; NaN, which only overflowing components can give, is the farthest.
    private static boolean isNearer(double one, int oneOrdinal, double other, int otherOrdinal) {
        int order = Double.compare(one, other);
        return order < 0 || (order == 0 && oneOrdinal < otherOrdinal);
    }
}
