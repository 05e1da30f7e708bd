package io.nuthatch.engine.vector;

import io.nuthatch.engine.kernel.WalkBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;

/// The compact codes of the rows that one graph walks, by ordinal; see [Quantizer] for what they say.
///
/// Layout: a code is `dim` components of 8 or 4 bits in their order, then anything up to the next 64-byte
/// line. Its two side values, float32 `a` and `F`, are the last 8 bytes of that line where a code leaves them
/// free: a query has no lane there but zero. Where it does not, they are in a side table. Memory counts as
/// `codes`.
///
/// Ownership: [#close] gives everything back, when nobody reads it any more; the rows are somebody else's.
/// Threads: [#put] by any number of threads on different ordinals; readers take no lock, as a code is
/// complete before its ordinal is shown to them.
public final class Codes implements AutoCloseable {
    private static final int LINE_BYTES = 64;
    private static final int SIDE_BYTES = 2 * Float.BYTES;

    private final Rows rows;
    private final Quantizer quantizer;
    private final int strideBytes;
    private final boolean isSideInRow;
    private final RecordTable codes;
    private final RecordTable sides;

    /// Codes of `rows`, which the quantizer was trained on.
    public Codes(Rows rows, Quantizer quantizer, MemoryAccount account, String owner) {
        if (quantizer.dim() != rows.dim()) {
            throw new IllegalArgumentException(
                    "a quantizer of " + quantizer.dim() + " components cannot code rows of " + rows.dim());
        }
        this.rows = rows;
        this.quantizer = quantizer;
        int codeBytes = (rows.dim() * quantizer.compression().bits() + 7) / 8;
        this.strideBytes = strideBytes(quantizer.compression(), rows.dim());
        this.isSideInRow = strideBytes - codeBytes >= SIDE_BYTES;
        MemoryAccount.Counter counter = account.counter(owner, "codes");
        this.codes = new RecordTable(strideBytes, counter);
        this.sides = new RecordTable(SIDE_BYTES, counter);
    }

    /// Bytes from code to code of vectors of `dim` components.
    public static int strideBytes(Compression compression, int dim) {
        int codeBytes = (dim * compression.bits() + 7) / 8;
        return (codeBytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    }

    public Rows rows() {
        return rows;
    }

    public Quantizer quantizer() {
        return quantizer;
    }

    /// Bytes from code to code.
    public int strideBytes() {
        return strideBytes;
    }

    /// Bytes that one vector takes, side values and all.
    public int bytesPerVector() {
        return isSideInRow ? strideBytes : strideBytes + SIDE_BYTES;
    }

    /// Bytes of the scratch of [#put].
    public int scratchBytes() {
        return quantizer.workBytes();
    }

    /// Codes the row that the rows have at `ordinal`; `scratch` is 64-byte aligned, [#scratchBytes] long, and
    /// the caller's own meanwhile.
    ///
    /// Returns how far the row is from the trained center, as the square of its distance over the sample's
    /// median: about 1, on average, while the data is what it was; see [Quantizer#DRIFT_MAX]. Never NaN;
    /// [Float#MAX_VALUE] when the sample was all equal and this row is not.
    public float put(int ordinal, long scratch) {
        assert ordinal >= 0 : "ordinal=" + ordinal;
        codes.ensure(ordinal);
        if (!isSideInRow) {
            sides.ensure(ordinal);
        }
        return quantizer.encode(rows, ordinal, codes.address(ordinal), side(ordinal), scratch);
    }

    /// Whether side values are in the rows, at [#sideOffset].
    boolean isSideInRow() {
        return isSideInRow;
    }

    /// Where in a row its side values are.
    int sideOffset() {
        return strideBytes - SIDE_BYTES;
    }

    long address(int ordinal) {
        return codes.address(ordinal);
    }

    long side(int ordinal) {
        return isSideInRow ? codes.address(ordinal) + sideOffset() : sides.address(ordinal);
    }

    void addresses(int[] ordinals, int from, int count, long[] out) {
        codes.addresses(ordinals, from, count, out);
    }

    /// For a store whose side values are not in its rows.
    void sideAddresses(int[] ordinals, int from, int count, long[] out) {
        sides.addresses(ordinals, from, count, out);
    }

    /// Writes where codes and side values are to a block of `WalkBlock`.
    void describe(long block) {
        codes.describe(block + WalkBlock.ROWS);
        Memory.putLong(block + WalkBlock.ROW_BYTES, strideBytes);
        Memory.putLong(block + WalkBlock.SIDE_OFFSET, isSideInRow ? sideOffset() : -1);
        if (!isSideInRow) {
            sides.describe(block + WalkBlock.SIDES);
        }
    }

    @Override
    public void close() {
        codes.clear();
        sides.clear();
    }
}
