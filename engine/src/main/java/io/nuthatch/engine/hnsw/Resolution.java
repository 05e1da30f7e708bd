package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.CodeScorer;

/// Whether codes can tell the vectors of a graph apart.
///
/// A code's steps are a part of its vector's largest difference from the center. Where one component outdoes
/// all others by a million, or where thousands of vectors differ from each other by less than a step, the
/// codes of near vectors say nothing about who is nearer: walks by them wander, links made by them leave
/// nodes that nobody names, and no rescoring of a few brings back what was not found.
///
/// So for a sample of nodes, what a walk by codes finds around them is compared with the rows. A node's
/// surroundings are *blurred* when the errors of the codes vary about as much as the distances themselves,
/// beyond what any rescoring reaches. On real data none is; codes that blur a fifth are not worth walking by.
///
/// Threads: [#isEnough] inside the reclaim epoch, with every LIVE node coded.
final class Resolution {
    private static final int SAMPLED = 64;
    private static final double BLURRED_MAX = 0.2; // Of the sampled nodes.
    private static final int SURROUNDINGS = 64; // Nodes; more than are rescored for ten neighbours.

    /// The errors' variance, as a share of the distances'. Codes that are all the same err by all of it.
    private static final double NOISE_MAX = 0.9;

    /// What rounding alone makes of distances between rows; nothing can tell such nodes apart.
    private static final double ROUNDING = 1e-6;

    private final States states;
    private final Walk walk;

    Resolution(States states, Walk walk) {
        this.states = states;
        this.walk = walk;
    }

    /// Whether most of a sample of the graph's `size` nodes know their surroundings by `codes`. What the
    /// searcher was bound to is lost.
    boolean isEnough(Searcher s, CodeScorer codes, int size) {
        s.begin(Knn.NO_DEADLINE);
        s.bind(new Compressor.Coding(codes, null));
        int stride = Math.max(1, size / SAMPLED);
        int limit = states.limit();
        int seen = 0;
        int sampled = 0;
        int blurred = 0;
        for (int ordinal = 0; ordinal < limit && sampled < SAMPLED; ordinal++) {
            if (states.of(ordinal) == States.LIVE && seen++ % stride == 0) {
                sampled++;
                blurred += isBlurred(s, ordinal) ? 1 : 0;
            }
        }
        return blurred <= BLURRED_MAX * sampled;
    }

    private boolean isBlurred(Searcher s, int node) {
        s.setQuery(s.exact.rows().address(node));
        walk.look(s, Math.min(SURROUNDINGS, states.limit()));
        int count = 0;
        for (int i = 0; i < s.poolSize; i++) {
            s.batch[count] = Keys.ordinal(s.pool[i]);
            count += s.batch[count] == node ? 0 : 1;
        }
        s.scoreExactly(count);
        int finite = 0;
        for (int i = 0; i < count; i++) { // An overflow is far, however it is measured.
            if (Float.isFinite(s.distances[i])) {
                s.otherDistances[finite] = s.distances[i];
                s.batch[finite++] = s.batch[i];
            }
        }
        s.score(finite);
        return errorsOutweigh(s.otherDistances, s.distances, finite);
    }

    /// Whether the estimates' errors vary as the distances do, which must differ by more than rounding.
    private static boolean errorsOutweigh(float[] distances, float[] estimates, int count) {
        double distanceSum = 0;
        double estimateSum = 0;
        double largest = 0;
        for (int i = 0; i < count; i++) {
            distanceSum += distances[i];
            estimateSum += estimates[i];
            largest = Math.max(largest, Math.abs(distances[i]));
        }
        double spread = 0;
        double noise = 0;
        for (int i = 0; i < count; i++) {
            double fromMean = distances[i] - distanceSum / count;
            spread += fromMean * fromMean;
            double off = estimates[i] - estimateSum / count - fromMean; // In this order: estimates may be huge.
            noise += off * off;
        }
        double rounding = ROUNDING * largest;
        return spread > count * rounding * rounding && !(noise <= NOISE_MAX * spread);
    }
}
