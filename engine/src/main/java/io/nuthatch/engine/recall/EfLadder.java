package io.nuthatch.engine.recall;

/// What recall each width of walk reaches, and the least width that reaches the one asked for.
///
/// The rungs are a geometric grid of `ef`, half an octave apart. A check brings one query's recall on every
/// rung against one exact answer, so that rungs are compared over the same queries: what parts them is `ef`,
/// not luck. Older checks fade as in [RecallWindow]. Recall rises with `ef`; where the means do not, they
/// are pooled (isotonic regression [1]).
///
/// Caution: until [#TRUSTED] checks have come, the width is [#cautious]; after that a rung counts for its
/// mean less one standard error, and between two rungs recall is taken as a straight line over `log ef`; the
/// real curve is concave and lies above.
///
/// [1] Ayer and others, An empirical distribution function for sampling with incomplete information, 1955.
///
/// Threads: [#ef] from any; the others under a guard of the owner's.
final class EfLadder {
    /// Checks before the ladder is believed.
    static final int TRUSTED = 32;

    private static final int RUNGS = 21;
    private static final int EF_FIRST = 8;
    private static final double KEPT = 1 - 1.0 / RecallWindow.LENGTH;
    private static final double VARIANCE_MIN = 0.001; // Draws that were all alike may be luck.
    private static final double GROWTH_MAX = 1.5;

    private final int k;
    private final int efMax;
    private final int[] efs = new int[RUNGS];
    private final double[] sums = new double[RUNGS];
    private final double[] squares = new double[RUNGS];
    private double weight;
    private int size; // Of the index when the checks counted in full.
    private volatile Fit fit = new Fit(0, new double[RUNGS], new double[RUNGS]);

    /// Mean recall by rung, rising, and its standard error.
    private record Fit(double weight, double[] means, double[] errors) {
        /// What a rung counts for when `asked` is asked for: the caution leaves half of what may be missed.
        double bound(int rung, double asked) {
            return means[rung] - Math.min(errors[rung], (1 - asked) / 2);
        }
    }

    /// For searches of `k` neighbours; no width will be above `efMax`.
    EfLadder(int k, int efMax) {
        this.k = k;
        this.efMax = efMax;
        for (int i = 0; i < RUNGS; i++) {
            efs[i] = (int) Math.min(efMax, Math.rint(Math.max(EF_FIRST, k) * Math.pow(2, 0.5 * i)));
        }
    }

    int rungs() {
        return RUNGS;
    }

    int ef(int rung) {
        return efs[rung];
    }

    /// Checks behind the ladder, faded ones in part.
    double weight() {
        return fit.weight;
    }

    /// Takes one query's recall by rung, at `indexSize` vectors. An index that has grown or shrunk by half
    /// since is another one: what was known then counts for less than is believed, until as much has come
    /// again.
    void add(double[] recalls, int indexSize) {
        if (size == 0 || indexSize > GROWTH_MAX * size || GROWTH_MAX * indexSize < size) {
            fade(TRUSTED / 2);
            size = indexSize;
        }
        weight = weight * KEPT + 1;
        for (int i = 0; i < RUNGS; i++) {
            sums[i] = sums[i] * KEPT + recalls[i];
            squares[i] = squares[i] * KEPT + recalls[i] * recalls[i];
        }
        fit = fit();
    }

    private void fade(int most) {
        if (weight > most) {
            double share = most / weight;
            for (int i = 0; i < RUNGS; i++) {
                sums[i] *= share;
                squares[i] *= share;
            }
            weight = most;
        }
    }

    private Fit fit() {
        double[] means = new double[RUNGS];
        int[] lengths = new int[RUNGS];
        int blocks = 0;
        for (int i = 0; i < RUNGS; i++) {
            double mean = sums[i] / weight;
            int length = 1;
            while (blocks > 0 && means[blocks - 1] > mean) { // Pool with what should be below and is not.
                blocks--;
                mean = (mean * length + means[blocks] * lengths[blocks]) / (length + lengths[blocks]);
                length += lengths[blocks];
            }
            means[blocks] = mean;
            lengths[blocks] = length;
            blocks++;
        }
        double[] fitted = new double[RUNGS];
        double[] errors = new double[RUNGS];
        int rung = 0;
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < lengths[block]; i++, rung++) {
                double mean = sums[rung] / weight;
                double variance = Math.max(0, squares[rung] / weight - mean * mean) + VARIANCE_MIN;
                fitted[rung] = means[block];
                errors[rung] = Math.sqrt(variance / weight);
            }
        }
        return new Fit(weight, fitted, errors);
    }

    /// The width of walk for `recall`, 0 < recall < 1: the least that reaches it as far as is known, the
    /// top rung when none does.
    int ef(double recall) {
        Fit known = fit;
        if (known.weight < TRUSTED) {
            return cautious(recall);
        }
        double below = known.bound(0, recall);
        if (below >= recall) {
            return efs[0];
        }
        for (int i = 1; i < RUNGS; i++) {
            double bound = Math.max(below, known.bound(i, recall));
            if (bound >= recall) {
                double part = (recall - below) / (bound - below);
                return (int) Math.ceil(efs[i - 1] * Math.pow((double) efs[i] / efs[i - 1], part));
            }
            below = bound;
        }
        return efs[RUNGS - 1];
    }

    /// A width for the time before anything is known: 100 at .9, 200 at .95 and 800 from .9875 on for ten
    /// neighbours, by far enough for sentence embeddings and images.
    private int cautious(double recall) {
        double ef = (4.0 * k + 60) * Math.min(8, 0.1 / Math.max(1 - recall, 1e-9));
        return (int) Math.min(efMax, Math.max(Math.rint(ef), k));
    }
}
