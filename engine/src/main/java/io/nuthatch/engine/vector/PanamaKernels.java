package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The kernels on the vector API. It and the other classes of that name are the only ones that import it.
///
/// Several rows at once is the step that pays: the query's loads are shared, their miss streams overlap and
/// their sums do not wait for each other. Eight are 6 to 10 % faster than four in a walk. Vectors live in
/// locals only and species are constants, or the JIT would box them.
///
/// A row is padded to 64 bytes, the widest species, hence there is no tail: any species of 128, 256 or 512
/// bits divides it.
final class PanamaKernels {
    private static final String BOUNDS_CHECK = "jdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK";

    static {
        // Every load is checked against the bounds of a segment that covers all addresses: it can never fail, and costs
        // 40 to 50 %
        // on rows off the cache, since the instructions of fewer misses fit the reorder buffer. The property is read
        // when the
        // vector API initializes, which is by the next line; nothing else in the process uses that API.
        if (System.getProperty(BOUNDS_CHECK) == null) {
            System.setProperty(BOUNDS_CHECK, "0");
        }
    }

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, FLOATS.vectorShape());
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    static final VectorSpecies<Short> WHOLE_SHORTS = VectorSpecies.of(short.class, FLOATS.vectorShape());
    /// As many shorts as there are int lanes.
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
    /// As many bytes as there are int lanes; with 128 bits that would be 32, which no species has: then twice
    /// as many.
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, FLOATS.vectorBitSize() / 4)));
    private static final boolean IS_BYTES_TWICE = BYTES.length() == 2 * INTS.length();

    private static final VectorShuffle<Float> EVENS = VectorShuffle.makeUnzip(FLOATS, 0);
    private static final VectorShuffle<Float> ODDS = VectorShuffle.makeUnzip(FLOATS, 1);
    private static final float ROUNDER = 0x1.8p23f; // What is added and taken away again is rounded to an integer.

    private PanamaKernels() {}

    /// `sum` and both shorts of each int of `pairs`.
    static IntVector addPairs(IntVector sum, ShortVector pairs) {
        IntVector ints = pairs.reinterpretAsInts();
        IntVector low = ints.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16);
        return sum.add(low).add(ints.lanewise(VectorOperators.ASHR, 16));
    }

    /// The floats at `address` times `scale`, rounded as [Math#rint] does; products are below 2^22.
    static FloatVector rounded(long address, float scale) {
        return floats(address, 0).mul(scale).add(ROUNDER).sub(ROUNDER);
    }

    /// The lanes of both that have even numbers.
    static FloatVector evens(FloatVector low, FloatVector high) {
        return low.rearrange(EVENS, high);
    }

    /// The lanes of both that have odd numbers.
    static FloatVector odds(FloatVector low, FloatVector high) {
        return low.rearrange(ODDS, high);
    }

    /// Writes whole numbers as shorts to `address`, and returns them as ints.
    static IntVector putLanes(FloatVector numbers, long address) {
        IntVector ints = (IntVector) numbers.convert(VectorOperators.F2I, 0);
        ShortVector shorts = (ShortVector) ints.convertShape(VectorOperators.I2S, SHORTS, 0);
        shorts.intoMemorySegment(Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
        return ints;
    }

    /// The species the machine prefers, in bits; for INFO and benchmarks.
    static int bits() {
        return FLOATS.vectorBitSize();
    }

    static Kernel of(VectorType type, boolean euclidean) {
        return switch (type) {
            case FLOAT32 -> euclidean ? new EuclideanFloat32() : new DotFloat32();
            case FLOAT64 -> euclidean ? new EuclideanFloat64() : new DotFloat64();
            case FLOAT16 -> euclidean ? new EuclideanFloat16() : new DotFloat16();
            case BFLOAT16 -> euclidean ? new EuclideanBfloat16() : new DotBfloat16();
            case INT8 -> euclidean ? new EuclideanInt8() : new DotInt8();
            case UINT8 -> euclidean ? new EuclideanUint8() : new DotUint8();
        };
    }

    private static FloatVector floats(long address, int i) {
        return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, address + 4L * i, ByteOrder.LITTLE_ENDIAN);
    }

    private static DoubleVector doubles(long address, int i) {
        return DoubleVector.fromMemorySegment(DOUBLES, Memory.ALL, address + 8L * i, ByteOrder.LITTLE_ENDIAN);
    }

    /// float16 to float32 by shifting the exponent into place and scaling by 2^112; exact for every finite
    /// value, subnormal ones too.
    private static FloatVector halves(long address, int i) {
        IntVector bits = shorts(address, i);
        IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
        FloatVector magnitude = bits.and(0x7FFF)
                .lanewise(VectorOperators.LSHL, 13)
                .reinterpretAsFloats()
                .mul(0x1p112f);
        return magnitude.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    private static FloatVector brains(long address, int i) {
        return shorts(address, i).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    private static IntVector shorts(long address, int i) {
        ShortVector narrow =
                ShortVector.fromMemorySegment(SHORTS, Memory.ALL, address + 2L * i, ByteOrder.LITTLE_ENDIAN);
        return (IntVector) narrow.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    }

    private static ByteVector bytes(long address, int i) {
        return ByteVector.fromMemorySegment(BYTES, Memory.ALL, address + i, ByteOrder.LITTLE_ENDIAN);
    }

    private static IntVector signed(ByteVector bytes, int part) {
        return (IntVector) bytes.convertShape(VectorOperators.B2I, INTS, part);
    }

    private static IntVector unsigned(ByteVector bytes, int part) {
        return (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
    }

    private static final class DotFloat32 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum = q.fma(floats(row, i), sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(floats(row0, i), sum0);
                sum1 = q.fma(floats(row1, i), sum1);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(floats(row0, i), sum0);
                sum1 = q.fma(floats(row1, i), sum1);
                sum2 = q.fma(floats(row2, i), sum2);
                sum3 = q.fma(floats(row3, i), sum3);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            FloatVector sum4 = FloatVector.zero(FLOATS);
            FloatVector sum5 = FloatVector.zero(FLOATS);
            FloatVector sum6 = FloatVector.zero(FLOATS);
            FloatVector sum7 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(floats(row0, i), sum0);
                sum1 = q.fma(floats(row1, i), sum1);
                sum2 = q.fma(floats(row2, i), sum2);
                sum3 = q.fma(floats(row3, i), sum3);
                sum4 = q.fma(floats(row4, i), sum4);
                sum5 = q.fma(floats(row5, i), sum5);
                sum6 = q.fma(floats(row6, i), sum6);
                sum7 = q.fma(floats(row7, i), sum7);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class EuclideanFloat32 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d = q.sub(floats(row, i));
                sum = d.fma(d, sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(floats(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(floats(row1, i));
                sum1 = d1.fma(d1, sum1);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(floats(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(floats(row1, i));
                sum1 = d1.fma(d1, sum1);
                FloatVector d2 = q.sub(floats(row2, i));
                sum2 = d2.fma(d2, sum2);
                FloatVector d3 = q.sub(floats(row3, i));
                sum3 = d3.fma(d3, sum3);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            FloatVector sum4 = FloatVector.zero(FLOATS);
            FloatVector sum5 = FloatVector.zero(FLOATS);
            FloatVector sum6 = FloatVector.zero(FLOATS);
            FloatVector sum7 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(floats(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(floats(row1, i));
                sum1 = d1.fma(d1, sum1);
                FloatVector d2 = q.sub(floats(row2, i));
                sum2 = d2.fma(d2, sum2);
                FloatVector d3 = q.sub(floats(row3, i));
                sum3 = d3.fma(d3, sum3);
                FloatVector d4 = q.sub(floats(row4, i));
                sum4 = d4.fma(d4, sum4);
                FloatVector d5 = q.sub(floats(row5, i));
                sum5 = d5.fma(d5, sum5);
                FloatVector d6 = q.sub(floats(row6, i));
                sum6 = d6.fma(d6, sum6);
                FloatVector d7 = q.sub(floats(row7, i));
                sum7 = d7.fma(d7, sum7);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class DotFloat64 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            return (float) precise(query, row, n);
        }

        @Override
        double precise(long query, long row, int n) {
            DoubleVector sum = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                sum = q.fma(doubles(row, i), sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            DoubleVector sum0 = DoubleVector.zero(DOUBLES);
            DoubleVector sum1 = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                sum0 = q.fma(doubles(row0, i), sum0);
                sum1 = q.fma(doubles(row1, i), sum1);
            }
            out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            DoubleVector sum0 = DoubleVector.zero(DOUBLES);
            DoubleVector sum1 = DoubleVector.zero(DOUBLES);
            DoubleVector sum2 = DoubleVector.zero(DOUBLES);
            DoubleVector sum3 = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                sum0 = q.fma(doubles(row0, i), sum0);
                sum1 = q.fma(doubles(row1, i), sum1);
                sum2 = q.fma(doubles(row2, i), sum2);
                sum3 = q.fma(doubles(row3, i), sum3);
            }
            out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = (float) sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = (float) sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            DoubleVector sum0 = DoubleVector.zero(DOUBLES);
            DoubleVector sum1 = DoubleVector.zero(DOUBLES);
            DoubleVector sum2 = DoubleVector.zero(DOUBLES);
            DoubleVector sum3 = DoubleVector.zero(DOUBLES);
            DoubleVector sum4 = DoubleVector.zero(DOUBLES);
            DoubleVector sum5 = DoubleVector.zero(DOUBLES);
            DoubleVector sum6 = DoubleVector.zero(DOUBLES);
            DoubleVector sum7 = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                sum0 = q.fma(doubles(row0, i), sum0);
                sum1 = q.fma(doubles(row1, i), sum1);
                sum2 = q.fma(doubles(row2, i), sum2);
                sum3 = q.fma(doubles(row3, i), sum3);
                sum4 = q.fma(doubles(row4, i), sum4);
                sum5 = q.fma(doubles(row5, i), sum5);
                sum6 = q.fma(doubles(row6, i), sum6);
                sum7 = q.fma(doubles(row7, i), sum7);
            }
            out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = (float) sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = (float) sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = (float) sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = (float) sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = (float) sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = (float) sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class EuclideanFloat64 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            return (float) precise(query, row, n);
        }

        @Override
        double precise(long query, long row, int n) {
            DoubleVector sum = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                DoubleVector d = q.sub(doubles(row, i));
                sum = d.fma(d, sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            DoubleVector sum0 = DoubleVector.zero(DOUBLES);
            DoubleVector sum1 = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                DoubleVector d0 = q.sub(doubles(row0, i));
                sum0 = d0.fma(d0, sum0);
                DoubleVector d1 = q.sub(doubles(row1, i));
                sum1 = d1.fma(d1, sum1);
            }
            out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            DoubleVector sum0 = DoubleVector.zero(DOUBLES);
            DoubleVector sum1 = DoubleVector.zero(DOUBLES);
            DoubleVector sum2 = DoubleVector.zero(DOUBLES);
            DoubleVector sum3 = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                DoubleVector d0 = q.sub(doubles(row0, i));
                sum0 = d0.fma(d0, sum0);
                DoubleVector d1 = q.sub(doubles(row1, i));
                sum1 = d1.fma(d1, sum1);
                DoubleVector d2 = q.sub(doubles(row2, i));
                sum2 = d2.fma(d2, sum2);
                DoubleVector d3 = q.sub(doubles(row3, i));
                sum3 = d3.fma(d3, sum3);
            }
            out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = (float) sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = (float) sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            DoubleVector sum0 = DoubleVector.zero(DOUBLES);
            DoubleVector sum1 = DoubleVector.zero(DOUBLES);
            DoubleVector sum2 = DoubleVector.zero(DOUBLES);
            DoubleVector sum3 = DoubleVector.zero(DOUBLES);
            DoubleVector sum4 = DoubleVector.zero(DOUBLES);
            DoubleVector sum5 = DoubleVector.zero(DOUBLES);
            DoubleVector sum6 = DoubleVector.zero(DOUBLES);
            DoubleVector sum7 = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < n; i += DOUBLES.length()) {
                DoubleVector q = doubles(query, i);
                DoubleVector d0 = q.sub(doubles(row0, i));
                sum0 = d0.fma(d0, sum0);
                DoubleVector d1 = q.sub(doubles(row1, i));
                sum1 = d1.fma(d1, sum1);
                DoubleVector d2 = q.sub(doubles(row2, i));
                sum2 = d2.fma(d2, sum2);
                DoubleVector d3 = q.sub(doubles(row3, i));
                sum3 = d3.fma(d3, sum3);
                DoubleVector d4 = q.sub(doubles(row4, i));
                sum4 = d4.fma(d4, sum4);
                DoubleVector d5 = q.sub(doubles(row5, i));
                sum5 = d5.fma(d5, sum5);
                DoubleVector d6 = q.sub(doubles(row6, i));
                sum6 = d6.fma(d6, sum6);
                DoubleVector d7 = q.sub(doubles(row7, i));
                sum7 = d7.fma(d7, sum7);
            }
            out[from] = (float) sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = (float) sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = (float) sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = (float) sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = (float) sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = (float) sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = (float) sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = (float) sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class DotFloat16 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum = q.fma(halves(row, i), sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(halves(row0, i), sum0);
                sum1 = q.fma(halves(row1, i), sum1);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(halves(row0, i), sum0);
                sum1 = q.fma(halves(row1, i), sum1);
                sum2 = q.fma(halves(row2, i), sum2);
                sum3 = q.fma(halves(row3, i), sum3);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            FloatVector sum4 = FloatVector.zero(FLOATS);
            FloatVector sum5 = FloatVector.zero(FLOATS);
            FloatVector sum6 = FloatVector.zero(FLOATS);
            FloatVector sum7 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(halves(row0, i), sum0);
                sum1 = q.fma(halves(row1, i), sum1);
                sum2 = q.fma(halves(row2, i), sum2);
                sum3 = q.fma(halves(row3, i), sum3);
                sum4 = q.fma(halves(row4, i), sum4);
                sum5 = q.fma(halves(row5, i), sum5);
                sum6 = q.fma(halves(row6, i), sum6);
                sum7 = q.fma(halves(row7, i), sum7);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class EuclideanFloat16 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d = q.sub(halves(row, i));
                sum = d.fma(d, sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(halves(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(halves(row1, i));
                sum1 = d1.fma(d1, sum1);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(halves(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(halves(row1, i));
                sum1 = d1.fma(d1, sum1);
                FloatVector d2 = q.sub(halves(row2, i));
                sum2 = d2.fma(d2, sum2);
                FloatVector d3 = q.sub(halves(row3, i));
                sum3 = d3.fma(d3, sum3);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            FloatVector sum4 = FloatVector.zero(FLOATS);
            FloatVector sum5 = FloatVector.zero(FLOATS);
            FloatVector sum6 = FloatVector.zero(FLOATS);
            FloatVector sum7 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(halves(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(halves(row1, i));
                sum1 = d1.fma(d1, sum1);
                FloatVector d2 = q.sub(halves(row2, i));
                sum2 = d2.fma(d2, sum2);
                FloatVector d3 = q.sub(halves(row3, i));
                sum3 = d3.fma(d3, sum3);
                FloatVector d4 = q.sub(halves(row4, i));
                sum4 = d4.fma(d4, sum4);
                FloatVector d5 = q.sub(halves(row5, i));
                sum5 = d5.fma(d5, sum5);
                FloatVector d6 = q.sub(halves(row6, i));
                sum6 = d6.fma(d6, sum6);
                FloatVector d7 = q.sub(halves(row7, i));
                sum7 = d7.fma(d7, sum7);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class DotBfloat16 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum = q.fma(brains(row, i), sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(brains(row0, i), sum0);
                sum1 = q.fma(brains(row1, i), sum1);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(brains(row0, i), sum0);
                sum1 = q.fma(brains(row1, i), sum1);
                sum2 = q.fma(brains(row2, i), sum2);
                sum3 = q.fma(brains(row3, i), sum3);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            FloatVector sum4 = FloatVector.zero(FLOATS);
            FloatVector sum5 = FloatVector.zero(FLOATS);
            FloatVector sum6 = FloatVector.zero(FLOATS);
            FloatVector sum7 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                sum0 = q.fma(brains(row0, i), sum0);
                sum1 = q.fma(brains(row1, i), sum1);
                sum2 = q.fma(brains(row2, i), sum2);
                sum3 = q.fma(brains(row3, i), sum3);
                sum4 = q.fma(brains(row4, i), sum4);
                sum5 = q.fma(brains(row5, i), sum5);
                sum6 = q.fma(brains(row6, i), sum6);
                sum7 = q.fma(brains(row7, i), sum7);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class EuclideanBfloat16 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d = q.sub(brains(row, i));
                sum = d.fma(d, sum);
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(brains(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(brains(row1, i));
                sum1 = d1.fma(d1, sum1);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(brains(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(brains(row1, i));
                sum1 = d1.fma(d1, sum1);
                FloatVector d2 = q.sub(brains(row2, i));
                sum2 = d2.fma(d2, sum2);
                FloatVector d3 = q.sub(brains(row3, i));
                sum3 = d3.fma(d3, sum3);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            FloatVector sum0 = FloatVector.zero(FLOATS);
            FloatVector sum1 = FloatVector.zero(FLOATS);
            FloatVector sum2 = FloatVector.zero(FLOATS);
            FloatVector sum3 = FloatVector.zero(FLOATS);
            FloatVector sum4 = FloatVector.zero(FLOATS);
            FloatVector sum5 = FloatVector.zero(FLOATS);
            FloatVector sum6 = FloatVector.zero(FLOATS);
            FloatVector sum7 = FloatVector.zero(FLOATS);
            for (int i = 0; i < n; i += FLOATS.length()) {
                FloatVector q = floats(query, i);
                FloatVector d0 = q.sub(brains(row0, i));
                sum0 = d0.fma(d0, sum0);
                FloatVector d1 = q.sub(brains(row1, i));
                sum1 = d1.fma(d1, sum1);
                FloatVector d2 = q.sub(brains(row2, i));
                sum2 = d2.fma(d2, sum2);
                FloatVector d3 = q.sub(brains(row3, i));
                sum3 = d3.fma(d3, sum3);
                FloatVector d4 = q.sub(brains(row4, i));
                sum4 = d4.fma(d4, sum4);
                FloatVector d5 = q.sub(brains(row5, i));
                sum5 = d5.fma(d5, sum5);
                FloatVector d6 = q.sub(brains(row6, i));
                sum6 = d6.fma(d6, sum6);
                FloatVector d7 = q.sub(brains(row7, i));
                sum7 = d7.fma(d7, sum7);
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class DotInt8 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            IntVector sum = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                ByteVector bytes = bytes(row, i);
                IntVector q = signed(queryBytes, 0);
                sum = sum.add(q.mul(signed(bytes, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    sum = sum.add(r.mul(signed(bytes, 1)));
                }
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = signed(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                sum0 = sum0.add(q.mul(signed(bytes0, 0)));
                sum1 = sum1.add(q.mul(signed(bytes1, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    sum0 = sum0.add(r.mul(signed(bytes0, 1)));
                    sum1 = sum1.add(r.mul(signed(bytes1, 1)));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = signed(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                sum0 = sum0.add(q.mul(signed(bytes0, 0)));
                sum1 = sum1.add(q.mul(signed(bytes1, 0)));
                sum2 = sum2.add(q.mul(signed(bytes2, 0)));
                sum3 = sum3.add(q.mul(signed(bytes3, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    sum0 = sum0.add(r.mul(signed(bytes0, 1)));
                    sum1 = sum1.add(r.mul(signed(bytes1, 1)));
                    sum2 = sum2.add(r.mul(signed(bytes2, 1)));
                    sum3 = sum3.add(r.mul(signed(bytes3, 1)));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            IntVector sum4 = IntVector.zero(INTS);
            IntVector sum5 = IntVector.zero(INTS);
            IntVector sum6 = IntVector.zero(INTS);
            IntVector sum7 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = signed(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                ByteVector bytes4 = bytes(row4, i);
                ByteVector bytes5 = bytes(row5, i);
                ByteVector bytes6 = bytes(row6, i);
                ByteVector bytes7 = bytes(row7, i);
                sum0 = sum0.add(q.mul(signed(bytes0, 0)));
                sum1 = sum1.add(q.mul(signed(bytes1, 0)));
                sum2 = sum2.add(q.mul(signed(bytes2, 0)));
                sum3 = sum3.add(q.mul(signed(bytes3, 0)));
                sum4 = sum4.add(q.mul(signed(bytes4, 0)));
                sum5 = sum5.add(q.mul(signed(bytes5, 0)));
                sum6 = sum6.add(q.mul(signed(bytes6, 0)));
                sum7 = sum7.add(q.mul(signed(bytes7, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    sum0 = sum0.add(r.mul(signed(bytes0, 1)));
                    sum1 = sum1.add(r.mul(signed(bytes1, 1)));
                    sum2 = sum2.add(r.mul(signed(bytes2, 1)));
                    sum3 = sum3.add(r.mul(signed(bytes3, 1)));
                    sum4 = sum4.add(r.mul(signed(bytes4, 1)));
                    sum5 = sum5.add(r.mul(signed(bytes5, 1)));
                    sum6 = sum6.add(r.mul(signed(bytes6, 1)));
                    sum7 = sum7.add(r.mul(signed(bytes7, 1)));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class EuclideanInt8 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            IntVector sum = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                ByteVector bytes = bytes(row, i);
                IntVector q = signed(queryBytes, 0);
                IntVector d = q.sub(signed(bytes, 0));
                sum = sum.add(d.mul(d));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    IntVector e = r.sub(signed(bytes, 1));
                    sum = sum.add(e.mul(e));
                }
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = signed(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                IntVector d0 = q.sub(signed(bytes0, 0));
                sum0 = sum0.add(d0.mul(d0));
                IntVector d1 = q.sub(signed(bytes1, 0));
                sum1 = sum1.add(d1.mul(d1));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    IntVector e0 = r.sub(signed(bytes0, 1));
                    sum0 = sum0.add(e0.mul(e0));
                    IntVector e1 = r.sub(signed(bytes1, 1));
                    sum1 = sum1.add(e1.mul(e1));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = signed(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                IntVector d0 = q.sub(signed(bytes0, 0));
                sum0 = sum0.add(d0.mul(d0));
                IntVector d1 = q.sub(signed(bytes1, 0));
                sum1 = sum1.add(d1.mul(d1));
                IntVector d2 = q.sub(signed(bytes2, 0));
                sum2 = sum2.add(d2.mul(d2));
                IntVector d3 = q.sub(signed(bytes3, 0));
                sum3 = sum3.add(d3.mul(d3));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    IntVector e0 = r.sub(signed(bytes0, 1));
                    sum0 = sum0.add(e0.mul(e0));
                    IntVector e1 = r.sub(signed(bytes1, 1));
                    sum1 = sum1.add(e1.mul(e1));
                    IntVector e2 = r.sub(signed(bytes2, 1));
                    sum2 = sum2.add(e2.mul(e2));
                    IntVector e3 = r.sub(signed(bytes3, 1));
                    sum3 = sum3.add(e3.mul(e3));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            IntVector sum4 = IntVector.zero(INTS);
            IntVector sum5 = IntVector.zero(INTS);
            IntVector sum6 = IntVector.zero(INTS);
            IntVector sum7 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = signed(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                ByteVector bytes4 = bytes(row4, i);
                ByteVector bytes5 = bytes(row5, i);
                ByteVector bytes6 = bytes(row6, i);
                ByteVector bytes7 = bytes(row7, i);
                IntVector d0 = q.sub(signed(bytes0, 0));
                sum0 = sum0.add(d0.mul(d0));
                IntVector d1 = q.sub(signed(bytes1, 0));
                sum1 = sum1.add(d1.mul(d1));
                IntVector d2 = q.sub(signed(bytes2, 0));
                sum2 = sum2.add(d2.mul(d2));
                IntVector d3 = q.sub(signed(bytes3, 0));
                sum3 = sum3.add(d3.mul(d3));
                IntVector d4 = q.sub(signed(bytes4, 0));
                sum4 = sum4.add(d4.mul(d4));
                IntVector d5 = q.sub(signed(bytes5, 0));
                sum5 = sum5.add(d5.mul(d5));
                IntVector d6 = q.sub(signed(bytes6, 0));
                sum6 = sum6.add(d6.mul(d6));
                IntVector d7 = q.sub(signed(bytes7, 0));
                sum7 = sum7.add(d7.mul(d7));
                if (IS_BYTES_TWICE) {
                    IntVector r = signed(queryBytes, 1);
                    IntVector e0 = r.sub(signed(bytes0, 1));
                    sum0 = sum0.add(e0.mul(e0));
                    IntVector e1 = r.sub(signed(bytes1, 1));
                    sum1 = sum1.add(e1.mul(e1));
                    IntVector e2 = r.sub(signed(bytes2, 1));
                    sum2 = sum2.add(e2.mul(e2));
                    IntVector e3 = r.sub(signed(bytes3, 1));
                    sum3 = sum3.add(e3.mul(e3));
                    IntVector e4 = r.sub(signed(bytes4, 1));
                    sum4 = sum4.add(e4.mul(e4));
                    IntVector e5 = r.sub(signed(bytes5, 1));
                    sum5 = sum5.add(e5.mul(e5));
                    IntVector e6 = r.sub(signed(bytes6, 1));
                    sum6 = sum6.add(e6.mul(e6));
                    IntVector e7 = r.sub(signed(bytes7, 1));
                    sum7 = sum7.add(e7.mul(e7));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class DotUint8 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            IntVector sum = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                ByteVector bytes = bytes(row, i);
                IntVector q = unsigned(queryBytes, 0);
                sum = sum.add(q.mul(unsigned(bytes, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    sum = sum.add(r.mul(unsigned(bytes, 1)));
                }
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = unsigned(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                sum0 = sum0.add(q.mul(unsigned(bytes0, 0)));
                sum1 = sum1.add(q.mul(unsigned(bytes1, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    sum0 = sum0.add(r.mul(unsigned(bytes0, 1)));
                    sum1 = sum1.add(r.mul(unsigned(bytes1, 1)));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = unsigned(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                sum0 = sum0.add(q.mul(unsigned(bytes0, 0)));
                sum1 = sum1.add(q.mul(unsigned(bytes1, 0)));
                sum2 = sum2.add(q.mul(unsigned(bytes2, 0)));
                sum3 = sum3.add(q.mul(unsigned(bytes3, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    sum0 = sum0.add(r.mul(unsigned(bytes0, 1)));
                    sum1 = sum1.add(r.mul(unsigned(bytes1, 1)));
                    sum2 = sum2.add(r.mul(unsigned(bytes2, 1)));
                    sum3 = sum3.add(r.mul(unsigned(bytes3, 1)));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            IntVector sum4 = IntVector.zero(INTS);
            IntVector sum5 = IntVector.zero(INTS);
            IntVector sum6 = IntVector.zero(INTS);
            IntVector sum7 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = unsigned(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                ByteVector bytes4 = bytes(row4, i);
                ByteVector bytes5 = bytes(row5, i);
                ByteVector bytes6 = bytes(row6, i);
                ByteVector bytes7 = bytes(row7, i);
                sum0 = sum0.add(q.mul(unsigned(bytes0, 0)));
                sum1 = sum1.add(q.mul(unsigned(bytes1, 0)));
                sum2 = sum2.add(q.mul(unsigned(bytes2, 0)));
                sum3 = sum3.add(q.mul(unsigned(bytes3, 0)));
                sum4 = sum4.add(q.mul(unsigned(bytes4, 0)));
                sum5 = sum5.add(q.mul(unsigned(bytes5, 0)));
                sum6 = sum6.add(q.mul(unsigned(bytes6, 0)));
                sum7 = sum7.add(q.mul(unsigned(bytes7, 0)));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    sum0 = sum0.add(r.mul(unsigned(bytes0, 1)));
                    sum1 = sum1.add(r.mul(unsigned(bytes1, 1)));
                    sum2 = sum2.add(r.mul(unsigned(bytes2, 1)));
                    sum3 = sum3.add(r.mul(unsigned(bytes3, 1)));
                    sum4 = sum4.add(r.mul(unsigned(bytes4, 1)));
                    sum5 = sum5.add(r.mul(unsigned(bytes5, 1)));
                    sum6 = sum6.add(r.mul(unsigned(bytes6, 1)));
                    sum7 = sum7.add(r.mul(unsigned(bytes7, 1)));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }

    private static final class EuclideanUint8 extends Kernel {
        @Override
        float one(long query, long row, int n) {
            IntVector sum = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                ByteVector bytes = bytes(row, i);
                IntVector q = unsigned(queryBytes, 0);
                IntVector d = q.sub(unsigned(bytes, 0));
                sum = sum.add(d.mul(d));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    IntVector e = r.sub(unsigned(bytes, 1));
                    sum = sum.add(e.mul(e));
                }
            }
            return sum.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = unsigned(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                IntVector d0 = q.sub(unsigned(bytes0, 0));
                sum0 = sum0.add(d0.mul(d0));
                IntVector d1 = q.sub(unsigned(bytes1, 0));
                sum1 = sum1.add(d1.mul(d1));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    IntVector e0 = r.sub(unsigned(bytes0, 1));
                    sum0 = sum0.add(e0.mul(e0));
                    IntVector e1 = r.sub(unsigned(bytes1, 1));
                    sum1 = sum1.add(e1.mul(e1));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = unsigned(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                IntVector d0 = q.sub(unsigned(bytes0, 0));
                sum0 = sum0.add(d0.mul(d0));
                IntVector d1 = q.sub(unsigned(bytes1, 0));
                sum1 = sum1.add(d1.mul(d1));
                IntVector d2 = q.sub(unsigned(bytes2, 0));
                sum2 = sum2.add(d2.mul(d2));
                IntVector d3 = q.sub(unsigned(bytes3, 0));
                sum3 = sum3.add(d3.mul(d3));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    IntVector e0 = r.sub(unsigned(bytes0, 1));
                    sum0 = sum0.add(e0.mul(e0));
                    IntVector e1 = r.sub(unsigned(bytes1, 1));
                    sum1 = sum1.add(e1.mul(e1));
                    IntVector e2 = r.sub(unsigned(bytes2, 1));
                    sum2 = sum2.add(e2.mul(e2));
                    IntVector e3 = r.sub(unsigned(bytes3, 1));
                    sum3 = sum3.add(e3.mul(e3));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            long row0 = rows[from];
            long row1 = rows[from + 1];
            long row2 = rows[from + 2];
            long row3 = rows[from + 3];
            long row4 = rows[from + 4];
            long row5 = rows[from + 5];
            long row6 = rows[from + 6];
            long row7 = rows[from + 7];
            IntVector sum0 = IntVector.zero(INTS);
            IntVector sum1 = IntVector.zero(INTS);
            IntVector sum2 = IntVector.zero(INTS);
            IntVector sum3 = IntVector.zero(INTS);
            IntVector sum4 = IntVector.zero(INTS);
            IntVector sum5 = IntVector.zero(INTS);
            IntVector sum6 = IntVector.zero(INTS);
            IntVector sum7 = IntVector.zero(INTS);
            for (int i = 0; i < n; i += BYTES.length()) {
                ByteVector queryBytes = bytes(query, i);
                IntVector q = unsigned(queryBytes, 0);
                ByteVector bytes0 = bytes(row0, i);
                ByteVector bytes1 = bytes(row1, i);
                ByteVector bytes2 = bytes(row2, i);
                ByteVector bytes3 = bytes(row3, i);
                ByteVector bytes4 = bytes(row4, i);
                ByteVector bytes5 = bytes(row5, i);
                ByteVector bytes6 = bytes(row6, i);
                ByteVector bytes7 = bytes(row7, i);
                IntVector d0 = q.sub(unsigned(bytes0, 0));
                sum0 = sum0.add(d0.mul(d0));
                IntVector d1 = q.sub(unsigned(bytes1, 0));
                sum1 = sum1.add(d1.mul(d1));
                IntVector d2 = q.sub(unsigned(bytes2, 0));
                sum2 = sum2.add(d2.mul(d2));
                IntVector d3 = q.sub(unsigned(bytes3, 0));
                sum3 = sum3.add(d3.mul(d3));
                IntVector d4 = q.sub(unsigned(bytes4, 0));
                sum4 = sum4.add(d4.mul(d4));
                IntVector d5 = q.sub(unsigned(bytes5, 0));
                sum5 = sum5.add(d5.mul(d5));
                IntVector d6 = q.sub(unsigned(bytes6, 0));
                sum6 = sum6.add(d6.mul(d6));
                IntVector d7 = q.sub(unsigned(bytes7, 0));
                sum7 = sum7.add(d7.mul(d7));
                if (IS_BYTES_TWICE) {
                    IntVector r = unsigned(queryBytes, 1);
                    IntVector e0 = r.sub(unsigned(bytes0, 1));
                    sum0 = sum0.add(e0.mul(e0));
                    IntVector e1 = r.sub(unsigned(bytes1, 1));
                    sum1 = sum1.add(e1.mul(e1));
                    IntVector e2 = r.sub(unsigned(bytes2, 1));
                    sum2 = sum2.add(e2.mul(e2));
                    IntVector e3 = r.sub(unsigned(bytes3, 1));
                    sum3 = sum3.add(e3.mul(e3));
                    IntVector e4 = r.sub(unsigned(bytes4, 1));
                    sum4 = sum4.add(e4.mul(e4));
                    IntVector e5 = r.sub(unsigned(bytes5, 1));
                    sum5 = sum5.add(e5.mul(e5));
                    IntVector e6 = r.sub(unsigned(bytes6, 1));
                    sum6 = sum6.add(e6.mul(e6));
                    IntVector e7 = r.sub(unsigned(bytes7, 1));
                    sum7 = sum7.add(e7.mul(e7));
                }
            }
            out[from] = sum0.reduceLanes(VectorOperators.ADD);
            out[from + 1] = sum1.reduceLanes(VectorOperators.ADD);
            out[from + 2] = sum2.reduceLanes(VectorOperators.ADD);
            out[from + 3] = sum3.reduceLanes(VectorOperators.ADD);
            out[from + 4] = sum4.reduceLanes(VectorOperators.ADD);
            out[from + 5] = sum5.reduceLanes(VectorOperators.ADD);
            out[from + 6] = sum6.reduceLanes(VectorOperators.ADD);
            out[from + 7] = sum7.reduceLanes(VectorOperators.ADD);
        }
    }
}
