package io.nuthatch.engine.vector;

/// Whether distances are computed with vector instructions: the module `jdk.incubator.vector` is resolved,
/// and not switched off with `-Dnuthatch.simd=off` (the setting `simd`). Decided once, when this class loads.
public final class Simd {
    static final boolean IS_ON =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                    && !"off".equals(System.getProperty("nuthatch.simd"));

    private Simd() {}

    /// Bits of a vector register as the kernels use it; 0 when they are scalar.
    public static int bits() {
        return IS_ON ? PanamaKernels.bits() : 0;
    }
}
