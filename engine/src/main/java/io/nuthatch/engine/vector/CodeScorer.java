package io.nuthatch.engine.vector;

import io.nuthatch.engine.kernel.NativeKernel;
import io.nuthatch.engine.kernel.WalkBlock;
import io.nuthatch.engine.memory.Memory;

/// Estimated distances: the query, rounded to 7 bits a component, is compared with codes. [#error] says how
/// good an estimate is, and [RowScorer] what the distance really is.
///
/// A prepared query is [CodeKernel]'s: a header (`levels * Σ lane` as an int, then as floats the query's `b`
/// and its noise), its lanes, and behind them the workspace in which it was made. Its factor is half of what
/// one unit of a lane stands for. A row as a query is made of its code alone.
public final class CodeScorer extends Scorer {
    private static final int TOUCH_BYTES_MAX = 128;
    private static final boolean IS_NATIVE = NativeKernel.isOn();
    private static final int NATIVE_MIN = 3; // Rows for which a call into C pays.
    private static final int NATIVE_BYTES_MAX = 1 << 20; // No call is to be long, see NativeKernel.

    private final Codes codes;
    private final Quantizer quantizer;
    private final CodeKernel kernel;
    private final int kind;
    private final int strideBytes;
    private final int workOffset;

    public CodeScorer(Codes codes) {
        this.codes = codes;
        this.quantizer = codes.quantizer();
        this.kernel = CodeKernel.of(quantizer.compression());
        this.kind = quantizer.compression() == Compression.SQ8 ? WalkBlock.KIND_SQ8 : WalkBlock.KIND_SQ4;
        this.strideBytes = codes.strideBytes();
        int lanes = strideBytes * 8 / quantizer.compression().bits();
        this.workOffset = CodeKernel.HEADER_BYTES + lanes * Short.BYTES;
    }

    public Codes codes() {
        return codes;
    }

    @Override
    public Rows rows() {
        return codes.rows();
    }

    @Override
    public int rowBytes() {
        return strideBytes;
    }

    @Override
    public int queryBytes() {
        return workOffset + quantizer.workBytes();
    }

    @Override
    public float prepare(long vector, long scratch) {
        return quantizer.prepare(codes.rows(), vector, kernel, strideBytes, scratch, scratch + workOffset);
    }

    @Override
    public long prepareRow(int ordinal, long scratch) {
        quantizer.prepareRow(codes.address(ordinal), codes.side(ordinal), kernel, strideBytes, scratch);
        return scratch;
    }

    @Override
    public float rowFactor(int ordinal) {
        return quantizer.rowFactor(codes.side(ordinal));
    }

    /// The standard deviation of the error that [#score] makes: 2 of 3 estimates are within it, 99 of 100
    /// within 3 of it. Vectors of few components err by less.
    public float error(long query, int ordinal) {
        return Memory.getFloat(query + 8) * Memory.getFloat(codes.side(ordinal) + Float.BYTES);
    }

    @Override
    public float score(long query, float factor, int ordinal) {
        float dot = kernel.one(query, codes.address(ordinal), strideBytes);
        return finish(codes.side(ordinal), Memory.getFloat(query + 4), factor * dot);
    }

    @Override
    public void score(long query, float factor, int[] ordinals, int from, int count, long[] addresses, float[] out) {
        scoreAtLeast(query, factor, 0, ordinals, from, count, addresses, out);
    }

    /// As [#score], less `errors` times [#error] each.
    public void scoreAtLeast(
            long query,
            float factor,
            float errors,
            int[] ordinals,
            int from,
            int count,
            long[] addresses,
            float[] out) {
        codes.addresses(ordinals, from, count, addresses);
        if (IS_NATIVE && count >= NATIVE_MIN && (long) count * strideBytes <= NATIVE_BYTES_MAX) {
            NativeKernel.dots(query, kind, strideBytes, count, addresses, out);
        } else {
            dots(query, count, addresses, out);
        }
        int sideOffset = codes.sideOffset();
        if (!codes.isSideInRow()) {
            codes.sideAddresses(ordinals, from, count, addresses);
            sideOffset = 0;
        }
        float b = Memory.getFloat(query + 4);
        float noise = errors * Memory.getFloat(query + 8);
        for (int i = 0; i < count; i++) {
            out[i] = finish(addresses[i] + sideOffset, b, factor * out[i] + noise);
        }
    }

    private void dots(long query, int count, long[] addresses, float[] out) {
        if (strideBytes <= TOUCH_BYTES_MAX) {
            touch(addresses, count);
        }
        int i = 0;
        for (; i <= count - 8; i += 8) {
            kernel.eight(query, addresses, i, strideBytes, out);
        }
        if (i <= count - 4) {
            kernel.four(query, addresses, i, strideBytes, out);
            i += 4;
        }
        if (i <= count - 2) {
            kernel.two(query, addresses, i, strideBytes, out);
            i += 2;
        }
        if (i < count) {
            out[i] = kernel.one(query, addresses[i], strideBytes);
        }
    }

    @Override
    public boolean describe(long query, float factor, long block) {
        codes.describe(block);
        Memory.putLong(block + WalkBlock.QUERY, query);
        Memory.putLong(block + WalkBlock.LANES, query + workOffset); // As many bytes as lanes, in a row of floats.
        Memory.putFloat(block + WalkBlock.FACTOR, factor);
        Memory.putInt(block + WalkBlock.KIND, kind);
        return true;
    }

    /// As [RowScorer]'s: the misses of short rows overlap when they are all begun first.
    private void touch(long[] addresses, int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Memory.getInt(addresses[i]) + Memory.getInt(addresses[i] + strideBytes - 4);
        }
        addresses[count] = sum;
    }

    private static float finish(long side, float b, float dot) {
        return Memory.getFloat(side) + b - dot * Memory.getFloat(side + Float.BYTES);
    }
}
