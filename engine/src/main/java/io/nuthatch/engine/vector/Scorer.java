package io.nuthatch.engine.vector;

/// Distances from a query to the vectors of a store, under one metric: what a graph or a scan calls for every
/// hop. [RowScorer] answers exactly, [CodeScorer] estimates from compact codes.
///
/// A query is prepared once into [#queryBytes] bytes of the caller's scratch and is then a pair of an address
/// and a factor; what else it needs lies in the scratch. A row may be the query of others, which is how a
/// graph is built.
///
/// Distances are as [Metric] says, smaller is nearer; one query's distances compare with each other, and with
/// those that a row as query gives, up to the scorer's error.
///
/// Threads: any; there is no state but the store. A scratch belongs to one caller at a time.
public abstract class Scorer {
    /// The rows whose distances these are.
    public abstract Rows rows();

    /// Bytes that are read to compare one row.
    public abstract int rowBytes();

    /// Scratch bytes that a prepared query takes; scratch is aligned to 64 bytes.
    public abstract int queryBytes();

    /// Writes the vector of the rows' type at `vector` (finite components) to `scratch`, ready for the
    /// kernels; returns its factor. `vector` is not kept and may be anywhere but in the scratch.
    public abstract float prepare(long vector, long scratch);

    /// Makes row `ordinal` a query: its address, which is within `scratch` or that of the row itself.
    public abstract long prepareRow(int ordinal, long scratch);

    /// The factor that belongs to [#prepareRow].
    public abstract float rowFactor(int ordinal);

    /// The distance to one row.
    public abstract float score(long query, float factor, int ordinal);

    /// Writes to `block` (of `WalkBlock`: its rows, sides, query and factor) what the native kernel needs to
    /// score a prepared query; false when it has no code for this.
    public boolean describe(long query, float factor, long block) {
        return false;
    }

    /// `out[i]` is the distance to `ordinals[from + i]`, `0 <= i < count`. `addresses` is scratch of at least
    /// `count + 1` longs.
    public abstract void score(
            long query, float factor, int[] ordinals, int from, int count, long[] addresses, float[] out);
}
