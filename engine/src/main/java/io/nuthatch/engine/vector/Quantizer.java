package io.nuthatch.engine.vector;

import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.memory.Memory;
import java.util.Arrays;

/// What turns vectors into codes: a center that was learnt from a sample, a rotation, and a grid that each
/// vector scales to its own largest component.
///
/// A vector `x` (for COSINE: over its length) becomes `r = R(x - center)`, where the rotation `R` makes the
/// components alike, and its code is the nearest of the levels `-m, -m + 1 .. m` (`m` is 127.5 or 7.5) to `r`
/// scaled so that its largest component just fits; 4-bit codes try smaller scales, too, that clip the largest
/// and serve the rest. The length that is lost in rounding comes back with the factor `f = |r|² / <r, code>`
/// (Gao & Long, "RaBitQ", SIGMOD 2024), so that `<r, s> ≈ f · <code, s>` for any `s`.
///
/// Since the scale is a vector's own, a huge one spoils nobody else's code; since the center is a median of
/// means, it does not move the center either. A vector that is all equal to the center is coded without
/// error. Only a center far from the data costs precision, which [Codes#put] tells vector by vector.
///
/// What is left to say about a vector is two floats, its side values: with `a + b - F · <code, s>` as the
/// distance of a query `q` whose rotated difference is `s`,
/// ```
///            a (row)          b (query)              F (row)
/// L2         |r|²             |s|²                   2f
/// IP         -<x - c, c>      1 - <q - c, c> - |c|²  f
/// COSINE     as IP, of x / |x| and q / |q|
/// ```
/// Threads: any; immutable.
public final class Quantizer {
    /// What [Codes#put] returns on average grows from 1 as the data moves away from the center; beyond this
    /// it is time to train again. At 2, the data is as far from the center as it is wide.
    public static final float DRIFT_MAX = 2;

    /// Lengths of differences are held below this, so that no estimate overflows: what is longer is coded as
    /// a point in its direction.
    private static final double LENGTH_MAX = 1e18;

    private static final float SMALLEST = 1e-36f; // Components below count as 0; their scale would overflow.
    private static final double ROUNDING = 1 / Math.sqrt(12);
    private static final int BLOCK = 128; // Components of a line of 4-bit codes; vectors are padded to it.
    private static final int SAMPLE_MAX = 8192;
    private static final int GROUPS = 31;

    private final Compression compression;
    private final Metric metric;
    private final Rotation rotation;
    private final float[] center;
    private final float centerSquares;
    private final float spread; // The median of |x - center|² in the sample.

    private Quantizer(Compression compression, Metric metric, float[] center, float spread) {
        this.compression = compression;
        this.metric = metric;
        this.rotation = new Rotation(center.length);
        this.center = center;
        double squares = 0;
        for (float component : center) {
            squares += (double) component * component;
        }
        this.centerSquares = (float) squares;
        this.spread = spread;
    }

    /// Learns from `count` ordinals (a sample of them, when they are many) whose rows are there; with no rows
    /// the center is zero. Takes some milliseconds for a thousand rows.
    ///
    /// Throws [IllegalArgumentException] for NONE, for rows of a type that it does not accept, and for COSINE
    /// without norms.
    public static Quantizer train(Compression compression, Metric metric, Rows rows, int[] ordinals, int count) {
        if (compression == Compression.NONE || !compression.accepts(rows.type())) {
            throw new IllegalArgumentException(rows.type() + " rows cannot be coded as " + compression);
        }
        if (metric == Metric.COSINE && !rows.hasNorms()) {
            throw new IllegalArgumentException("rows without norms cannot serve COSINE");
        }
        int dim = rows.dim();
        int sampled = Math.min(count, SAMPLE_MAX);
        int[] sample = new int[sampled];
        for (int i = 0; i < sampled; i++) {
            sample[i] = ordinals[(int) ((long) i * count / sampled)];
        }
        float[] center = limited(medianOfMeans(rows, metric, sample, dim));
        double[] squares = new double[sampled];
        for (int i = 0; i < sampled; i++) {
            long row = rows.address(sample[i]);
            double factor = factor(rows, metric, row);
            for (int j = 0; j < dim; j++) {
                double difference = rows.type().get(row, j) * factor - center[j];
                squares[i] += difference * difference;
            }
        }
        Arrays.sort(squares);
        double spread = sampled == 0 ? 0 : squares[sampled / 2];
        return new Quantizer(compression, metric, center, (float) Math.min(spread, LENGTH_MAX * LENGTH_MAX));
    }

    /// Writes what was learnt, for [#read].
    public void write(ImageWriter out) {
        out.putInt(center.length);
        for (float component : center) {
            out.putFloat(component);
        }
        out.putFloat(spread);
    }

    /// A quantizer that codes as the one that was written.
    ///
    /// @throws io.nuthatch.engine.image.MalformedImageException when it was one for vectors of other than
    /// `dim`
    ///     components, or learnt no numbers
    public static Quantizer read(Compression compression, Metric metric, int dim, ImageReader in) {
        int components = in.getInt();
        if (components != dim) {
            throw in.malformed("a center of " + components + " components for vectors of " + dim);
        }
        float[] center = new float[dim];
        for (int i = 0; i < dim; i++) {
            center[i] = in.getFloat();
            if (!Float.isFinite(center[i])) {
                throw in.malformed("a center that is no point");
            }
        }
        float spread = in.getFloat();
        if (!(spread >= 0)) {
            throw in.malformed("a spread of " + spread);
        }
        return new Quantizer(compression, metric, center, spread);
    }

    /// Of each component, the median of the means of some groups of rows: as good as the mean, but a few wild
    /// rows cannot move it.
    private static double[] medianOfMeans(Rows rows, Metric metric, int[] sample, int dim) {
        double[] center = new double[dim];
        int groups = Math.min(GROUPS, sample.length);
        if (groups == 0) {
            return center;
        }
        double[][] means = new double[groups][dim];
        for (int i = 0; i < sample.length; i++) {
            long row = rows.address(sample[i]);
            double[] mean = means[i % groups];
            int size = (sample.length - i % groups + groups - 1) / groups;
            double factor = factor(rows, metric, row) / size;
            for (int j = 0; j < dim; j++) {
                mean[j] += rows.type().get(row, j) * factor;
            }
        }
        double[] column = new double[groups];
        for (int j = 0; j < dim; j++) {
            for (int g = 0; g < groups; g++) {
                column[g] = means[g][j];
            }
            Arrays.sort(column);
            center[j] = column[groups / 2];
        }
        return center;
    }

    private static float[] limited(double[] center) {
        double squares = 0;
        for (double component : center) {
            squares += component * component;
        }
        double factor = squares > LENGTH_MAX * LENGTH_MAX ? LENGTH_MAX / Math.sqrt(squares) : 1;
        float[] limited = new float[center.length];
        for (int i = 0; i < limited.length; i++) {
            limited[i] = (float) (center[i] * factor);
        }
        return limited;
    }

    private static double factor(Rows rows, Metric metric, long vector) {
        if (metric != Metric.COSINE) {
            return 1;
        }
        float inverse = rows.inverseNorm(vector);
        return Rows.isTrusted(inverse) ? inverse : WideDistance.inverseNorm(rows.type(), vector, rows.dim());
    }

    public Compression compression() {
        return compression;
    }

    public Metric metric() {
        return metric;
    }

    int dim() {
        return center.length;
    }

    /// Bytes of the workspace that [#encode] and [#difference] need.
    int workBytes() {
        return (center.length + BLOCK - 1) / BLOCK * (BLOCK * Float.BYTES);
    }

    /// Writes the code of row `ordinal` to `code`, and its side values, `a` and then `F`, to `side`. Returns
    /// the square of its distance from the center in units of the sample's median: about 1 where the data is
    /// still what it was; 0 for a row at the center.
    float encode(Rows rows, int ordinal, long code, long side, long work) {
        difference(rows, rows.address(ordinal), work);
        float towardsCenter = metric == Metric.L2 ? 0 : towardsCenter(work);
        rotation.apply(work);
        float largest = largest(work);
        if (largest < SMALLEST) {
            Memory.putFloat(side, -towardsCenter);
            Memory.putFloat(side + Float.BYTES, 0);
            return 0;
        }
        Fit fit =
                compression == Compression.SQ8 ? Fit.of(work, dim(), largest, 127.5f) : Fit.best(work, dim(), largest);
        float middle = compression.levels() / 2f;
        if (compression == Compression.SQ8) {
            ScalarTransforms.encodeBytes(work, dim(), fit.scale(), middle, code);
        } else {
            ScalarTransforms.encodeHalves(work, dim(), fit.scale(), middle, code);
        }
        double squares = fit.squares() / ((double) fit.scale() * fit.scale());
        float factor = (float) (fit.squares() / ((double) fit.dot() * fit.scale()));
        Memory.putFloat(side, metric == Metric.L2 ? (float) squares : -towardsCenter);
        Memory.putFloat(side + Float.BYTES, metric == Metric.L2 ? 2 * factor : factor);
        return spread == 0 ? Float.MAX_VALUE : (float) Math.min(squares / spread, Float.MAX_VALUE);
    }

    /// How levels stand for a vector times `scale`, component by component.
    ///
    /// @param dot `Σ value · scale · level`
    /// @param levels `Σ level²`
    /// @param squares `Σ (value · scale)²`
    private record Fit(float scale, float dot, float levels, float squares) {
        private static final float[] CLIPS = {1, 0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.4f}; // Of the largest component.

        static Fit of(long work, int dim, float largest, float middle) {
            float[] sums = new float[3];
            float scale = middle / largest;
            Transforms.fit(work, dim, scale, middle, sums);
            return new Fit(scale, sums[0], sums[1], sums[2]);
        }

        /// Of several scales the one whose levels have the smallest angle to the vector.
        static Fit best(long work, int dim, float largest) {
            Fit best = of(work, dim, largest, 7.5f);
            for (int i = 1; i < CLIPS.length; i++) {
                Fit fit = of(work, dim, largest * CLIPS[i], 7.5f);
                if (fit.cosineSquared() > best.cosineSquared()) {
                    best = fit;
                }
            }
            return best;
        }

        double cosineSquared() {
            return (double) dot * dot / ((double) levels * squares);
        }
    }

    /// Makes the vector of `rows`' type at `vector` a query of `kernel` at `scratch`, of rows of `n` bytes;
    /// returns its factor.
    float prepare(Rows rows, long vector, CodeKernel kernel, int n, long scratch, long work) {
        difference(rows, vector, work);
        float squares = Transforms.squares(work, workBytes() / Float.BYTES);
        float b = metric == Metric.L2 ? squares : 1 - towardsCenter(work) - centerSquares;
        rotation.apply(work);
        float largest = largest(work);
        float unit = largest < SMALLEST ? 0 : largest / CodeKernel.LANE_MAX;
        int sum = kernel.toLanes(work, unit == 0 ? 0 : 1 / unit, n, scratch);
        putHeader(scratch, sum, b, noise(Math.sqrt(squares), unit));
        return unit / 2;
    }

    /// Makes a row's code a query, as [#prepare] does a vector.
    void prepareRow(long code, long side, CodeKernel kernel, int n, long scratch) {
        int sum = kernel.asQuery(code, n, dim(), scratch);
        float a = Memory.getFloat(side);
        float b = metric == Metric.L2 ? a : 1 + a - centerSquares;
        double unit = 2 * rowFactor(side);
        putHeader(scratch, sum, b, noise(Math.sqrt(2) * levelsLength() * rescale(side), unit));
    }

    /// What a row as query multiplies answers by: half of what a lane stands for.
    float rowFactor(long side) {
        return compression == Compression.SQ8 ? rescale(side) : rescale(side) / 4;
    }

    private float rescale(long side) {
        float factor = Memory.getFloat(side + Float.BYTES);
        return metric == Metric.L2 ? factor / 2 : factor;
    }

    private void putHeader(long query, int sum, float b, float noise) {
        Memory.putInt(query, compression.levels() * sum);
        Memory.putFloat(query + 4, b);
        Memory.putFloat(query + 8, noise);
    }

    /// The standard deviation of `<r, s>` over `f` when code and query were rounded: an error of `1 /
    /// sqrt(12)` a component, times the other side. `length` is the query's, `unit` what one of its lanes
    /// stands for.
    private float noise(double length, double unit) {
        double other = levelsLength() * unit;
        return (float) (rounding() * Math.sqrt(length * length + other * other));
    }

    private double rounding() {
        return compression == Compression.SQ4 ? 1.15 * ROUNDING : ROUNDING; // What is clipped errs by more.
    }

    /// Length of a code's levels, typically. The largest component is all of the grid; the others, being all
    /// but normal after the rotation, deviate by a third of it (4 bits, which clip, by half).
    private double levelsLength() {
        return compression == Compression.SQ8 ? 127.5 * Math.sqrt(1 + dim() / 9.0) : 7.5 * Math.sqrt(1 + dim() / 4.0);
    }

    /// Writes `x - center` of the vector of `rows`' type at `vector` to `work`, yet to be rotated, and zeros
    /// up to the next line.
    private void difference(Rows rows, long vector, long work) {
        double factor = factor(rows, metric, vector);
        int dim = dim();
        if (4L * dim < workBytes()) {
            Memory.fill(work + 4L * dim, workBytes() - 4L * dim, (byte) 0);
        }
        if (!Rows.isTrusted(factor)) {
            limit(rows, vector, factor, work);
            return;
        }
        if (rows.type() == VectorType.FLOAT32) {
            Memory.copy(vector, work, 4L * dim);
        } else {
            for (int i = 0; i < dim; i++) {
                Memory.putFloat(work + 4L * i, (float) rows.type().get(vector, i));
            }
        }
        Transforms.center(work, (float) factor, center);
        if (!(largest(work) * Math.sqrt(dim) < LENGTH_MAX)) {
            limit(rows, vector, factor, work);
        }
    }

    /// The same in double precision, for what float32 cannot hold.
    private void limit(Rows rows, long vector, double factor, long work) {
        double squares = 0;
        for (int i = 0; i < center.length; i++) {
            double difference = rows.type().get(vector, i) * factor - center[i];
            squares += difference * difference;
        }
        double shrink = Math.min(1, LENGTH_MAX / Math.sqrt(squares));
        for (int i = 0; i < center.length; i++) {
            double difference = rows.type().get(vector, i) * factor - center[i];
            Memory.putFloat(work + 4L * i, (float) (difference * shrink));
        }
    }

    private float towardsCenter(long work) {
        return Transforms.dot(work, center);
    }

    private float largest(long work) {
        return Transforms.largest(work, dim());
    }
}
