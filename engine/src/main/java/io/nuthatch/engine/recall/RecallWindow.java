package io.nuthatch.engine.recall;

/// The mean recall of the searches of late, and how sure it is.
///
/// Each check is one draw, its recall a number from 0 to 1. Older draws fade: a new one takes a
/// [#LENGTH]th of the weight, so that a change shows after a few hundred checks. The bounds are Wilson's
/// [1] at 95 % with draws, not neighbours, as the count: the `k` neighbours of one search hang together, and
/// a number within 0..1 varies no more than a coin of the same mean, so the interval is too wide, never too
/// narrow.
///
/// [1] Wilson, Probable inference, the law of succession, and statistical inference, JASA 22, 1927.
///
/// Threads: none of its own; the owner guards it.
final class RecallWindow {
    /// Draws that a full window is worth.
    static final int LENGTH = 512;

    private static final double KEPT = 1 - 1.0 / LENGTH;
    private static final double Z = 1.96;

    private double weight;
    private double sum;

    void add(double recall) {
        weight = weight * KEPT + 1;
        sum = sum * KEPT + recall;
    }

    /// The draws behind the estimate, faded ones in part.
    double weight() {
        return weight;
    }

    /// NaN before the first draw.
    double mean() {
        return weight == 0 ? Double.NaN : sum / weight;
    }

    /// The lower bound; 0 before the first draw.
    double low() {
        return weight == 0 ? 0 : Math.max(0, center() - halfWidth());
    }

    /// The upper bound; 1 before the first draw.
    double high() {
        return weight == 0 ? 1 : Math.min(1, center() + halfWidth());
    }

    private double center() {
        return (mean() + Z * Z / (2 * weight)) / (1 + Z * Z / weight);
    }

    private double halfWidth() {
        double p = mean();
        return Z / (1 + Z * Z / weight) * Math.sqrt(p * (1 - p) / weight + Z * Z / (4 * weight * weight));
    }
}
