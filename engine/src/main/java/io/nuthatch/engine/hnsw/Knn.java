package io.nuthatch.engine.hnsw;

import org.jspecify.annotations.Nullable;

/// A request for the `k` nearest.
///
/// `k` at least 1; `ef` in 0..[HnswParameters#EF_MAX], the width of the walk, 0 for the index's default,
/// never less than `k` in effect; `filter` null for all; `deadlineNanos` on the index's `NanoClock`,
/// [Long#MAX_VALUE] for none; `rescore` at least 1 and at most [#RESCORE_MAX], how many times `k` of a walk's
/// nearest by codes are compared with their rows, 0 for the index's default, of no consequence without codes.
public record Knn(int k, int ef, @Nullable Filter filter, HybridPolicy policy, long deadlineNanos, double rescore) {
    public static final long NO_DEADLINE = Long.MAX_VALUE;
    public static final double RESCORE_MAX = 1000;

    public Knn {
        if (k < 1) {
            throw new IllegalArgumentException("k must be positive, got " + k);
        }
        if (ef < 0 || ef > HnswParameters.EF_MAX) {
            throw new IllegalArgumentException("ef must be between 0 and " + HnswParameters.EF_MAX + ", got " + ef);
        }
        if (rescore != 0 && !(rescore >= 1 && rescore <= RESCORE_MAX)) {
            throw new IllegalArgumentException("rescore must be between 1 and " + RESCORE_MAX + ", got " + rescore);
        }
    }

    public static Knn of(int k) {
        return new Knn(k, 0, null, HybridPolicy.AUTO, NO_DEADLINE, 0);
    }

    public Knn withEf(int ef) {
        return new Knn(k, ef, filter, policy, deadlineNanos, rescore);
    }

    public Knn withFilter(@Nullable Filter filter) {
        return new Knn(k, ef, filter, policy, deadlineNanos, rescore);
    }

    public Knn withPolicy(HybridPolicy policy) {
        return new Knn(k, ef, filter, policy, deadlineNanos, rescore);
    }

    public Knn withRescore(double rescore) {
        return new Knn(k, ef, filter, policy, deadlineNanos, rescore);
    }

    public Knn withDeadline(long deadlineNanos) {
        return new Knn(k, ef, filter, policy, deadlineNanos, rescore);
    }
}
