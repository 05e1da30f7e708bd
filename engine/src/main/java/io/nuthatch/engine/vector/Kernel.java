package io.nuthatch.engine.vector;

/// Compares a query with rows: the inner product, or the squared Euclidean distance, for one type of row.
///
/// `query` and rows are addresses of `n` components that may be read whole: both are padded with zeros to a
/// 64-byte line of the row's type, and zeros change neither sum. The query of a FLOAT16 or BFLOAT16 row is
/// float32, any other query has its row's type. [#eight] gives what eight calls of [#one] give up to the last
/// bit: the order of a lane sum is the JIT's choice, so a distance must not be used to tell whether two hits
/// are the same.
///
/// One instance per case, picked once per index; a call covers one to eight rows, so that a dispatch that
/// is not inlined costs next to nothing.
abstract class Kernel {
    abstract float one(long query, long row, int n);

    /// `out[i]` becomes the answer for row `rows[i]`, `from <= i < from + 2`.
    abstract void two(long query, long[] rows, int from, int n, float[] out);

    /// As [#two], for four rows.
    abstract void four(long query, long[] rows, int from, int n, float[] out);

    /// As [#two], for eight rows.
    abstract void eight(long query, long[] rows, int from, int n, float[] out);

    /// As [#one], with double precision where the type has it.
    double precise(long query, long row, int n) {
        return one(query, row, n);
    }

    /// The vector kernels where the module is there, the scalar ones elsewhere. COSINE uses the inner
    /// product.
    static Kernel of(VectorType type, Metric metric) {
        boolean euclidean = metric == Metric.L2;
        return Simd.IS_ON ? PanamaKernels.of(type, euclidean) : ScalarKernels.of(type, euclidean);
    }
}
