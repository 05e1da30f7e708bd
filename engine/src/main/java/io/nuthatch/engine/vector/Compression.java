package io.nuthatch.engine.vector;

/// How a graph keeps the vectors it walks: as the rows themselves, or as codes of a few bits a component that
/// [Quantizer] makes and [Codes] holds. What is found is rescored with the rows, so that answers stay exact
/// distances.
///
/// FLOAT32, FLOAT64, FLOAT16 and BFLOAT16 rows can be coded. INT8 and UINT8 rows walk their own width and are
/// refused: ask [#accepts] first.
public enum Compression {
    NONE(0),
    /// A byte a component.
    SQ8(8),
    /// Half a byte a component; too coarse to rank by, good enough to walk by.
    SQ4(4);

    private final int bits;

    Compression(int bits) {
        this.bits = bits;
    }

    /// Bits of a component's code, 0 for [#NONE].
    public int bits() {
        return bits;
    }

    /// The largest code of a component.
    int levels() {
        return (1 << bits) - 1;
    }

    /// How many of the nearest by estimate to rescore for the nearest `k`: so many hold the true ones as well
    /// as the whole pool of a walk does, on embeddings of 100 to 784 dimensions.
    public int rescored(int k) {
        return switch (this) {
            case NONE -> k;
            case SQ8 -> (int) Math.min(Integer.MAX_VALUE, (3L * k + 1) / 2);
            case SQ4 -> (int) Math.min(Integer.MAX_VALUE, 2L * k);
        };
    }

    /// Whether rows of `type` can be kept this way.
    public boolean accepts(VectorType type) {
        return this == NONE || type.isFloating();
    }
}
