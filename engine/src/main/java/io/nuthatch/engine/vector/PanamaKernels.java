package io.nuthatch.engine.vector;

import io.nuthatch.engine.memory.Memory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The kernels on the vector API: their species, what they share, and how they are made. The classes whose
/// names begin as this one's are the only ones that import that API.
///
/// Several rows at once is the step that pays: the query's loads are shared, their miss streams overlap and
/// their sums do not wait for each other. Eight are 6 to 10 % faster than four in a walk. Vectors live in
/// locals only and species are constants, or the JIT would box them.
///
/// A row is padded to 64 bytes, the widest species, hence there is no tail: any species of 128, 256 or 512
/// bits divides it.
///
/// A kernel's loop must know its case when it is compiled: a branch or a call that the JIT cannot decide
/// ahead boxes vectors. So that a loop need be written but once, the kernels of rows are templates, classes
/// whose static constants say which [Case] they are: each case is a hidden class of its own, defined from the
/// template's class file with the case as its class data.
final class PanamaKernels {
    private static final String BOUNDS_CHECK = "jdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK";

    static {
        // Every load is checked against the bounds of a segment that covers all addresses: it can never fail, and
        // costs 40 to 50 % on rows off the cache, since the instructions of fewer misses fit the reorder buffer.
        // The property is read when the vector API initializes, which is by the next line; nothing else in the
        // process uses that API, and the other classes take their species from here.
        if (System.getProperty(BOUNDS_CHECK) == null) {
            System.setProperty(BOUNDS_CHECK, "0");
        }
    }

    /// What a template is made for.
    record Case(VectorType type, boolean isEuclidean) {}

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, FLOATS.vectorShape());
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    static final VectorSpecies<Short> WHOLE_SHORTS = VectorSpecies.of(short.class, FLOATS.vectorShape());
    /// As many shorts as there are int lanes.
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
    private static final float ROUNDER = 0x1.8p23f; // What is added and taken away again is rounded to an integer.
    private static final Map<Case, Kernel> KERNELS = new ConcurrentHashMap<>();

    private PanamaKernels() {}

    /// `sum` and both shorts of each int of `pairs`.
    static IntVector addPairs(IntVector sum, ShortVector pairs) {
        IntVector ints = pairs.reinterpretAsInts();
        IntVector low = ints.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16);
        return sum.add(low).add(ints.lanewise(VectorOperators.ASHR, 16));
    }

    /// Makes `count` floats at `values` shorts, in their place: times `scale` and rounded as [Math#rint]
    /// does; products are below 2^15. Returns their sum. `count` is a multiple of 16.
    static int toShorts(long values, float scale, int count) {
        IntVector sum = IntVector.zero(INTS);
        for (int i = 0; i < count; i += INTS.length()) {
            FloatVector rounded = floats(values, i).mul(scale).add(ROUNDER).sub(ROUNDER);
            IntVector ints = (IntVector) rounded.convert(VectorOperators.F2I, 0);
            ShortVector shorts = (ShortVector) ints.convertShape(VectorOperators.I2S, SHORTS, 0);
            shorts.intoMemorySegment(Memory.ALL, values + 2L * i, ByteOrder.LITTLE_ENDIAN);
            sum = sum.add(ints);
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    /// The species the machine prefers, in bits; for INFO and benchmarks.
    static int bits() {
        return FLOATS.vectorBitSize();
    }

    /// The kernel of a case, one for all who ask.
    static Kernel of(VectorType type, boolean isEuclidean) {
        return KERNELS.computeIfAbsent(new Case(type, isEuclidean), PanamaKernels::define);
    }

    private static Kernel define(Case wanted) {
        Class<? extends Kernel> template = switch (wanted.type) {
            case FLOAT32, FLOAT16, BFLOAT16 -> PanamaFloatKernel.class;
            case FLOAT64 -> PanamaDoubleKernel.class;
            case INT8, UINT8 -> PanamaByteKernel.class;
        };
        try (InputStream file = template.getResourceAsStream(template.getSimpleName() + ".class")) {
            if (file == null) {
                throw new AssertionError("no class file of " + template);
            }
            MethodHandles.Lookup hidden =
                    MethodHandles.lookup().defineHiddenClassWithClassData(file.readAllBytes(), wanted, false);
            return (Kernel) hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class))
                    .invoke();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Throwable e) {
            throw new AssertionError("template " + template.getSimpleName() + " for " + wanted, e);
        }
    }

    /// For the constants of a template: the case that `self`, its own lookup, was defined for.
    static Case caseOf(MethodHandles.Lookup self) {
        try {
            return MethodHandles.classData(self, ConstantDescs.DEFAULT_NAME, Case.class);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    static FloatVector floats(long address, int i) {
        return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, address + 4L * i, ByteOrder.LITTLE_ENDIAN);
    }

    /// float16 to float32 by shifting the exponent into place and scaling by 2^112; exact for every finite
    /// value, subnormal ones too.
    static FloatVector halves(long address, int i) {
        IntVector bits = shorts(address, i);
        IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
        FloatVector magnitude = bits.and(0x7FFF)
                .lanewise(VectorOperators.LSHL, 13)
                .reinterpretAsFloats()
                .mul(0x1p112f);
        return magnitude.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    static FloatVector brains(long address, int i) {
        return shorts(address, i).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    private static IntVector shorts(long address, int i) {
        ShortVector narrow =
                ShortVector.fromMemorySegment(SHORTS, Memory.ALL, address + 2L * i, ByteOrder.LITTLE_ENDIAN);
        return (IntVector) narrow.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    }
}
