package io.nuthatch.engine.vector;

import io.nuthatch.engine.image.ChangeMarks;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;

/// The one copy of each vector: rows of one type and dimension, addressed by ordinal.
///
/// Layout: row `ordinal` is `dim * type.bytes()` bytes as the client sent them, then zeros up to the next
/// 64-byte line (kernels read whole lines and need no tail loop). For COSINE the inverse norm is in a side
/// table, float32 by ordinal: a header inside the row's padding is a trap at some dimensions.
///
/// Ordinals are the caller's (document ordinals, sparse allowed). Several graphs may share one store. Memory
/// counts as `rows` and `norms`.
///
/// Ownership: [#close] gives everything back, when no graph reads it any more. Threads: [#put] by any number
/// of threads on different ordinals; readers take no lock, as a row is complete before its ordinal is shown
/// to them.
public final class Rows implements AutoCloseable {
    private static final int LINE_BYTES = 64;
    private static final double SQUARES_MIN = 1e-30;
    private static final double SQUARES_MAX = 1e36;
    private static final double INVERSE_MAX = 1e15;
    private static final double INVERSE_MIN = 1e-18;
    private static final double UNIT_SLACK = 5e-7; // Of the square: four units in the last place of float32.

    private final VectorType type;
    private final int dim;
    private final int rowBytes;
    private final int strideBytes;
    private final boolean hasNorms;
    private final RecordTable rows;
    private final RecordTable norms;
    private final ChangeMarks changes = new ChangeMarks();
    private volatile boolean areAllUnit = true;

    /// `dim` in 1..[VectorType#DIM_MAX]; `hasNorms` when an index over these rows is COSINE.
    public Rows(VectorType type, int dim, boolean hasNorms, MemoryAccount account, String owner) {
        if (dim < 1 || dim > VectorType.DIM_MAX) {
            throw new IllegalArgumentException("dim must be between 1 and " + VectorType.DIM_MAX + ", got " + dim);
        }
        this.type = type;
        this.dim = dim;
        this.rowBytes = dim * type.bytes();
        this.strideBytes = (rowBytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
        this.hasNorms = hasNorms;
        this.rows = new RecordTable(strideBytes, account.counter(owner, "rows"));
        this.norms = new RecordTable(Float.BYTES, account.counter(owner, "norms"));
    }

    public VectorType type() {
        return type;
    }

    public int dim() {
        return dim;
    }

    /// Bytes of a vector as the client gives and gets it.
    public int rowBytes() {
        return rowBytes;
    }

    /// Bytes from row to row.
    public int strideBytes() {
        return strideBytes;
    }

    public boolean hasNorms() {
        return hasNorms;
    }

    /// Stores the vector of [#rowBytes] bytes at `address`; its components must be finite.
    public void put(int ordinal, long address) {
        long row = prepare(ordinal);
        Memory.copy(address, row, rowBytes);
        finish(ordinal, row);
    }

    /// Stores the vector in `bytes` from `offset` on; its components must be finite.
    public void put(int ordinal, byte[] bytes, int offset) {
        long row = prepare(ordinal);
        Memory.copyIn(bytes, offset, row, rowBytes);
        finish(ordinal, row);
    }

    private long prepare(int ordinal) {
        assert ordinal >= 0 : "ordinal=" + ordinal;
        rows.ensure(ordinal);
        if (hasNorms) {
            norms.ensure(ordinal);
        }
        return rows.address(ordinal);
    }

    private void finish(int ordinal, long row) {
        // The padding is zero since the memory was mapped, and nobody writes to it.
        if (hasNorms) {
            float inverse = inverseNorm(row);
            if (inverse != 1) {
                areAllUnit = false; // Before the ordinal is shown to anybody.
            }
            Memory.putFloat(norms.address(ordinal), inverse);
        }
        changes.mark(ordinal); // Before the ordinal is shown to anybody, an image among them.
    }

    /// Which rows were put since an image took them.
    public ChangeMarks changes() {
        return changes;
    }

    /// Whether every row put so far has norm 1, so that its cosine is its inner product: then a walk need not
    /// read norms.
    boolean areAllUnit() {
        return areAllUnit;
    }

    /// `1 / |vector|`, exactly 1 where it is so up to rounding (embeddings mostly come normalized), and 0 for
    /// the zero vector alone, whose cosine distance to everything is then 1; see [#isTrusted].
    float inverseNorm(long vector) {
        double squares = 0;
        if (type == VectorType.FLOAT32) {
            squares = squares(vector, padded(type));
        }
        if (!(squares > SQUARES_MIN && squares < SQUARES_MAX)) { // Other types', or too near the ends of float32.
            double inverse = WideDistance.inverseNorm(type, vector, dim);
            if (Math.abs(inverse * inverse - 1) <= UNIT_SLACK) {
                return 1;
            }
            return inverse == 0 ? 0 : (float) Math.clamp(inverse, Float.MIN_VALUE, Float.MAX_VALUE);
        }
        return Math.abs(squares - 1) <= UNIT_SLACK ? 1 : (float) (1 / Math.sqrt(squares));
    }

    /// Whether two vectors of such inverse norms have an inner product that float32 holds and that no
    /// component's share vanishes from.
    static boolean isTrusted(double inverseNorm) {
        return inverseNorm <= INVERSE_MAX && inverseNorm >= INVERSE_MIN || inverseNorm == 0;
    }

    /// A plain loop, which is fast as soon as it is compiled at all. A kernel of the vector module is fast
    /// once the best compiler has come to it, and slow by the microsecond before: the load of a million rows
    /// by a server that had just started spent a sixth of its time in one.
    private static float squares(long vector, int n) {
        float even = 0; // Four sums, so that one addition need not wait for the last; n is a multiple of 16.
        float odd = 0;
        float third = 0;
        float fourth = 0;
        for (int i = 0; i < n; i += 4) {
            float a = Memory.getFloat(vector + 4L * i);
            float b = Memory.getFloat(vector + 4L * i + 4);
            float c = Memory.getFloat(vector + 4L * i + 8);
            float d = Memory.getFloat(vector + 4L * i + 12);
            even += a * a;
            odd += b * b;
            third += c * c;
            fourth += d * d;
        }
        return even + odd + (third + fourth);
    }

    /// Components a kernel reads, counting the zeros of the padding.
    int padded(VectorType asType) {
        return strideBytes / asType.bytes();
    }

    /// Where the row is; good while the ordinal is in use.
    public long address(int ordinal) {
        return rows.address(ordinal);
    }

    void addresses(int[] ordinals, int from, int count, long[] out) {
        rows.addresses(ordinals, from, count, out);
    }

    void normAddresses(int[] ordinals, int from, int count, long[] out) {
        norms.addresses(ordinals, from, count, out);
    }

    float inverseNormAt(int ordinal) {
        return Memory.getFloat(norms.address(ordinal));
    }

    /// Gives all memory back but stays usable; for a store without a single row in use and without readers.
    public void clear() {
        rows.clear();
        norms.clear();
        areAllUnit = true;
    }

    @Override
    public void close() {
        clear();
    }
}
