package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;

/// The plain loops that define what each kernel of [PanamaKernels] answers, up to rounding; used where there
/// is no vector module. Integer kernels are exact: 32,768 products of two bytes fit an int.
final class ScalarKernels {
    private ScalarKernels() {}

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

    /// A kernel that has no better way for several rows than one after the other.
    private abstract static class OneByOne extends Kernel {
        @Override
        void two(long query, long[] rows, int from, int n, float[] out) {
            each(query, rows, from, 2, n, out);
        }

        @Override
        void four(long query, long[] rows, int from, int n, float[] out) {
            each(query, rows, from, 4, n, out);
        }

        @Override
        void eight(long query, long[] rows, int from, int n, float[] out) {
            each(query, rows, from, 8, n, out);
        }

        private void each(long query, long[] rows, int from, int count, int n, float[] out) {
            for (int i = from; i < from + count; i++) {
                out[i] = one(query, rows[i], n);
            }
        }
    }

    private static final class DotFloat32 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            float sum = 0;
            for (int i = 0; i < n; i++) {
                sum += Memory.getFloat(query + 4L * i) * Memory.getFloat(row + 4L * i);
            }
            return sum;
        }
    }

    private static final class EuclideanFloat32 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            float sum = 0;
            for (int i = 0; i < n; i++) {
                float difference = Memory.getFloat(query + 4L * i) - Memory.getFloat(row + 4L * i);
                sum += difference * difference;
            }
            return sum;
        }
    }

    private static final class DotFloat64 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            return (float) precise(query, row, n);
        }

        @Override
        double precise(long query, long row, int n) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += Memory.getDouble(query + 8L * i) * Memory.getDouble(row + 8L * i);
            }
            return sum;
        }
    }

    private static final class EuclideanFloat64 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            return (float) precise(query, row, n);
        }

        @Override
        double precise(long query, long row, int n) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                double difference = Memory.getDouble(query + 8L * i) - Memory.getDouble(row + 8L * i);
                sum += difference * difference;
            }
            return sum;
        }
    }

    private static final class DotFloat16 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            float sum = 0;
            for (int i = 0; i < n; i++) {
                sum += Memory.getFloat(query + 4L * i) * Float.float16ToFloat(Memory.getShort(row + 2L * i));
            }
            return sum;
        }
    }

    private static final class EuclideanFloat16 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            float sum = 0;
            for (int i = 0; i < n; i++) {
                float difference =
                        Memory.getFloat(query + 4L * i) - Float.float16ToFloat(Memory.getShort(row + 2L * i));
                sum += difference * difference;
            }
            return sum;
        }
    }

    private static final class DotBfloat16 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            float sum = 0;
            for (int i = 0; i < n; i++) {
                sum += Memory.getFloat(query + 4L * i) * Float.intBitsToFloat(Memory.getShort(row + 2L * i) << 16);
            }
            return sum;
        }
    }

    private static final class EuclideanBfloat16 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            float sum = 0;
            for (int i = 0; i < n; i++) {
                float difference =
                        Memory.getFloat(query + 4L * i) - Float.intBitsToFloat(Memory.getShort(row + 2L * i) << 16);
                sum += difference * difference;
            }
            return sum;
        }
    }

    private static final class DotInt8 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            int sum = 0;
            for (int i = 0; i < n; i++) {
                sum += Memory.getByte(query + i) * Memory.getByte(row + i);
            }
            return sum;
        }
    }

    private static final class EuclideanInt8 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            int sum = 0;
            for (int i = 0; i < n; i++) {
                int difference = Memory.getByte(query + i) - Memory.getByte(row + i);
                sum += difference * difference;
            }
            return sum;
        }
    }

    private static final class DotUint8 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            int sum = 0;
            for (int i = 0; i < n; i++) {
                sum += (Memory.getByte(query + i) & 0xFF) * (Memory.getByte(row + i) & 0xFF);
            }
            return sum;
        }
    }

    private static final class EuclideanUint8 extends OneByOne {
        @Override
        float one(long query, long row, int n) {
            int sum = 0;
            for (int i = 0; i < n; i++) {
                int difference = (Memory.getByte(query + i) & 0xFF) - (Memory.getByte(row + i) & 0xFF);
                sum += difference * difference;
            }
            return sum;
        }
    }
}
