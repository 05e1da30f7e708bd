package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// Exact distances: the query is compared with the rows themselves.
///
/// The factor of a query is its inverse norm for COSINE, else 1; a row is its own prepared query, but for the
/// types that kernels convert (FLOAT16, BFLOAT16). Distances of FLOAT64 rows are rounded to float32 by
/// [#score] and kept whole by [#precise].
///
/// A distance is never NaN, and infinite only where it is beyond float32 (a squared distance, an inner
/// product). Where the terms are beyond it, or so small that they vanish, and the distance is not,
/// [WideDistance] has the last word: inner products that came out as no finite number, and cosines of very
/// long or very short vectors.
public final class RowScorer extends Scorer {
    private static final int TOUCH_BYTES_MAX = 128;

    private final Rows rows;
    private final Metric metric;
    private final Kernel kernel;
    private final int padded;
    private final int lines;
    private final boolean isCosine;
    private final boolean isConverted;

    public RowScorer(Rows rows, Metric metric) {
        if (metric == Metric.COSINE && !rows.hasNorms()) {
            throw new IllegalArgumentException("rows without norms cannot serve COSINE");
        }
        this.rows = rows;
        this.metric = metric;
        this.kernel = Kernel.of(rows.type(), metric);
        this.padded = rows.padded(rows.type());
        this.lines = rows.strideBytes() / 64;
        this.isCosine = metric == Metric.COSINE;
        this.isConverted = rows.type() == VectorType.FLOAT16 || rows.type() == VectorType.BFLOAT16;
    }

    @Override
    public Rows rows() {
        return rows;
    }

    @Override
    public int rowBytes() {
        return rows.strideBytes();
    }

    @Override
    public int queryBytes() {
        return isConverted ? padded * Float.BYTES : rows.strideBytes();
    }

    @Override
    public float prepare(long vector, long scratch) {
        int copied;
        if (isConverted) {
            for (int i = 0; i < rows.dim(); i++) {
                Memory.putFloat(scratch + 4L * i, (float) rows.type().get(vector, i));
            }
            copied = rows.dim() * Float.BYTES;
        } else {
            copied = rows.rowBytes();
            Memory.copy(vector, scratch, copied);
        }
        if (copied < queryBytes()) {
            Memory.fill(scratch + copied, queryBytes() - copied, (byte) 0);
        }
        return isCosine ? rows.inverseNorm(vector) : 1;
    }

    @Override
    public long prepareRow(int ordinal, long scratch) {
        long row = rows.address(ordinal);
        if (!isConverted) {
            return row;
        }
        for (int i = 0; i < padded; i++) {
            Memory.putFloat(scratch + 4L * i, (float) rows.type().get(row, i));
        }
        return scratch;
    }

    @Override
    public float rowFactor(int ordinal) {
        return isCosine ? rows.inverseNormAt(ordinal) : 1;
    }

    @Override
    public float score(long query, float factor, int ordinal) {
        float value = kernel.one(query, rows.address(ordinal), padded);
        return switch (metric) {
            case L2 -> value;
            case IP -> Math.abs(value) <= Float.MAX_VALUE ? 1 - value : (float) wide(query, ordinal);
            case COSINE -> {
                float inverse = rows.inverseNormAt(ordinal);
                yield isTrusted(factor, inverse) ? 1 - value * factor * inverse : (float) wide(query, ordinal);
            }
        };
    }

    /// The distance with all the precision the type has.
    public double precise(long query, float factor, int ordinal) {
        if (rows.type() != VectorType.FLOAT64) {
            return score(query, factor, ordinal);
        }
        double value = kernel.precise(query, rows.address(ordinal), padded);
        return switch (metric) {
            case L2 -> value;
            case IP -> Double.isFinite(value) ? 1 - value : wide(query, ordinal);
            case COSINE -> {
                if (!isTrusted(factor, rows.inverseNormAt(ordinal))) {
                    yield wide(query, ordinal);
                }
                double squares = kernelDot(query, query) * kernelDot(rows.address(ordinal), rows.address(ordinal));
                yield squares == 0 ? 1 : 1 - value / Math.sqrt(squares);
            }
        };
    }

    private static boolean isTrusted(float factor, float inverseNorm) {
        return Rows.isTrusted(factor) && Rows.isTrusted(inverseNorm);
    }

    private double wide(long query, int ordinal) {
        VectorType queryType = isConverted ? VectorType.FLOAT32 : rows.type();
        return WideDistance.of(metric, queryType, query, rows.type(), rows.address(ordinal), rows.dim());
    }

    private double kernelDot(long one, long other) {
        return kernel.precise(one, other, padded);
    }

    @Override
    public void score(long query, float factor, int[] ordinals, int from, int count, long[] addresses, float[] out) {
        rows.addresses(ordinals, from, count, addresses);
        if (lines * 64 <= TOUCH_BYTES_MAX) {
            touch(addresses, count);
        }
        int i = 0;
        for (; i <= count - 8; i += 8) {
            kernel.eight(query, addresses, i, padded, out);
        }
        if (i <= count - 4) {
            kernel.four(query, addresses, i, padded, out);
            i += 4;
        }
        if (i <= count - 2) {
            kernel.two(query, addresses, i, padded, out);
            i += 2;
        }
        if (i < count) {
            out[i] = kernel.one(query, addresses[i], padded);
        }
        switch (metric) {
            case L2 -> {}
            case IP -> {
                for (i = 0; i < count; i++) {
                    float distance = 1 - out[i];
                    out[i] = Math.abs(distance) <= Float.MAX_VALUE ? distance : (float) wide(query, ordinals[from + i]);
                }
            }
            case COSINE -> {
                if (rows.areAllUnit() && Rows.isTrusted(factor)) {
                    for (i = 0; i < count; i++) {
                        out[i] = 1 - out[i] * factor;
                    }
                    return;
                }
                rows.normAddresses(ordinals, from, count, addresses);
                for (i = 0; i < count; i++) {
                    float inverse = Memory.getFloat(addresses[i]);
                    out[i] = isTrusted(factor, inverse)
                            ? 1 - out[i] * factor * inverse
                            : (float) wide(query, ordinals[from + i]);
                }
            }
        }
    }

    /// Reads one int of every cache line of short rows, so that their misses overlap; the sum goes where the
    /// JIT cannot see that nobody wants it. Worth 30 to 45 % on rows of one or two lines, a loss on longer
    /// ones.
    private void touch(long[] addresses, int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Memory.getInt(addresses[i]);
            if (lines > 1) {
                sum += Memory.getInt(addresses[i] + 64);
            }
        }
        addresses[count] = sum;
    }
}
