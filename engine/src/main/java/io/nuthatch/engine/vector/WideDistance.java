package io.nuthatch.engine.vector;

/// Distances between vectors whose products float32 cannot hold, because they overflow or vanish: the same
/// sums in double precision, of components over the largest of their vector. Slow, and for few rows: those of
/// which [RowScorer] sees that its kernels got no number, or none that can be trusted.
///
/// Threads: any; no state.
final class WideDistance {
    private WideDistance() {}

    /// The distance between the vector of `queryType` at `query` and that of `rowType` at `row`, both of
    /// `dim` finite components. Never NaN; infinite where double precision overflows.
    static double of(Metric metric, VectorType queryType, long query, VectorType rowType, long row, int dim) {
        if (metric == Metric.L2) {
            return squares(queryType, query, rowType, row, dim);
        }
        double queryLargest = largest(queryType, query, dim);
        double rowLargest = largest(rowType, row, dim);
        if (queryLargest == 0 || rowLargest == 0) {
            return 1;
        }
        double dot = 0;
        double querySquares = 0;
        double rowSquares = 0;
        for (int i = 0; i < dim; i++) {
            double q = queryType.get(query, i) / queryLargest;
            double r = rowType.get(row, i) / rowLargest;
            dot += q * r;
            querySquares += q * q;
            rowSquares += r * r;
        }
        if (metric == Metric.COSINE) {
            return 1 - dot / Math.sqrt(querySquares * rowSquares);
        }
        return dot == 0 ? 1 : 1 - dot * queryLargest * rowLargest;
    }

    /// `1 / |vector|`, 0 for the zero vector.
    static double inverseNorm(VectorType type, long vector, int dim) {
        double largest = largest(type, vector, dim);
        if (largest == 0) {
            return 0;
        }
        double squares = 0;
        for (int i = 0; i < dim; i++) {
            double component = type.get(vector, i) / largest;
            squares += component * component;
        }
        return 1 / Math.sqrt(squares) / largest;
    }

    private static double squares(VectorType queryType, long query, VectorType rowType, long row, int dim) {
        double squares = 0;
        for (int i = 0; i < dim; i++) {
            double difference = queryType.get(query, i) - rowType.get(row, i);
            squares += difference * difference;
        }
        return squares;
    }

    private static double largest(VectorType type, long vector, int dim) {
        double largest = 0;
        for (int i = 0; i < dim; i++) {
            largest = Math.max(largest, Math.abs(type.get(vector, i)));
        }
        return largest;
    }
}
