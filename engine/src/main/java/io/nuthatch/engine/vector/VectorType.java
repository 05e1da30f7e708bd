package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// How a component is stored, little endian. The wire names are the enum's own.
public enum VectorType {
    FLOAT32(4),
    FLOAT64(8),
    FLOAT16(2),
    BFLOAT16(2),
    INT8(1),
    UINT8(1);

    /// The largest number of components of a vector.
    public static final int DIM_MAX = 32_768;

    private final int bytes;

    VectorType(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one component.
    public int bytes() {
        return bytes;
    }

    /// Whether a component may be NaN or infinite at all.
    public boolean isFloating() {
        return this != INT8 && this != UINT8;
    }

    /// Component `i` of the vector at `address`.
    public double get(long address, int i) {
        return switch (this) {
            case FLOAT32 -> Memory.getFloat(address + 4L * i);
            case FLOAT64 -> Memory.getDouble(address + 8L * i);
            case FLOAT16 -> Float.float16ToFloat(Memory.getShort(address + 2L * i));
            case BFLOAT16 -> Float.intBitsToFloat(Memory.getShort(address + 2L * i) << 16);
            case INT8 -> Memory.getByte(address + i);
            case UINT8 -> Memory.getByte(address + i) & 0xFF;
        };
    }

    /// Sets component `i`, rounded to the nearest value of the type; INT8 and UINT8 clamp to their range.
    public void put(long address, int i, double value) {
        switch (this) {
            case FLOAT32 -> Memory.putFloat(address + 4L * i, (float) value);
            case FLOAT64 -> Memory.putDouble(address + 8L * i, value);
            case FLOAT16 -> Memory.putShort(address + 2L * i, Float.floatToFloat16((float) value));
            case BFLOAT16 -> Memory.putShort(address + 2L * i, toBfloat16((float) value));
            case INT8 -> Memory.putByte(address + i, (byte) Math.clamp(Math.rint(value), -128, 127));
            case UINT8 -> Memory.putByte(address + i, (byte) (int) Math.clamp(Math.rint(value), 0, 255));
        }
    }

    /// Whether none of the `dim` components at `address` is NaN or infinite.
    public boolean isFinite(long address, int dim) {
        return switch (this) {
            case FLOAT32 -> {
                boolean finite = true;
                for (int i = 0; i < dim; i++) {
                    finite &= (Memory.getInt(address + 4L * i) & 0x7F80_0000) != 0x7F80_0000;
                }
                yield finite;
            }
            case FLOAT64 -> {
                boolean finite = true;
                for (int i = 0; i < dim; i++) {
                    finite &= (Memory.getLong(address + 8L * i) & 0x7FF0_0000_0000_0000L) != 0x7FF0_0000_0000_0000L;
                }
                yield finite;
            }
            case FLOAT16 -> hasNoExponent(address, dim, 0x7C00);
            case BFLOAT16 -> hasNoExponent(address, dim, 0x7F80);
            case INT8, UINT8 -> true;
        };
    }

    private static boolean hasNoExponent(long address, int dim, int exponent) {
        boolean finite = true;
        for (int i = 0; i < dim; i++) {
            finite &= (Memory.getShort(address + 2L * i) & exponent) != exponent;
        }
        return finite;
    }

    /// Rounds to nearest, ties to even; a finite value too large for bfloat16 becomes infinite, NaN stays
    /// NaN.
    private static short toBfloat16(float value) {
        int bits = Float.floatToIntBits(value);
        if (Float.isNaN(value)) {
            return (short) 0x7FC0;
        }
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }
}
