package io.nuthatch.engine.kernel;

/// Offsets of `struct walk` of `walk.c`, the block of memory through which Java and C talk about one walk.
///
/// A table is the 32 bytes of `RecordTable#describe`. See `walk.c` for what each field says.
public final class WalkBlock {
    public static final int LINKS = 0;
    public static final int TOWERS = 32;
    public static final int UNITS = 64;
    public static final int ROWS = 96;
    public static final int SIDES = 128;
    public static final int STATES = 160;
    public static final int QUERY = 192;
    public static final int LANES = 200;
    public static final int MARKS = 208;
    public static final int MARKED = 216;
    public static final int ROW_BYTES = 224;
    public static final int SIDE_OFFSET = 232;
    public static final int FACTOR = 240;
    public static final int KIND = 244;
    public static final int LEVEL = 248;
    public static final int IS_FRESH = 252;
    public static final int STAMP = 256;
    public static final int CAPACITY = 260;
    public static final int UPPER_CAPACITY = 264;
    public static final int BUDGET = 268;
    public static final int DISTANCES = 272;
    public static final int EF = 276;
    public static final int SIZE = 280;
    public static final int NEXT = 284;
    public static final int HEAP_SIZE = 288;
    public static final int SEEN = 292;
    public static final int FILTER_WORDS = 296;

    public static final int EXPANSIONS = 300;

    /// Bytes of a block.
    public static final int BYTES = 304;

    /// Values of [#KIND].
    public static final int KIND_SQ8 = 0;

    public static final int KIND_SQ4 = 1;

    private WalkBlock() {}
}
