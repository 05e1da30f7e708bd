package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.Compression;

/// What FT.CREATE gives an HNSW index.
///
/// `maxConnections` (M, links of a node on the upper layers, twice as many on layer 0), `efConstruction` and
/// `efRuntime` (width of the walk when building and searching), `epsilon` (how much wider a range walk looks,
/// relative to its radius), `compression` (what walks go by). Out of range: [IllegalArgumentException] with
/// the text a client may see.
public record HnswParameters(
        int maxConnections, int efConstruction, int efRuntime, double epsilon, Compression compression) {
    public static final int CONNECTIONS_MIN = 2;
    public static final int CONNECTIONS_MAX = 512;
    public static final int EF_MAX = 1_000_000;
    public static final int DEFAULT_CONNECTIONS = 16;
    public static final int DEFAULT_EF_CONSTRUCTION = 200;
    public static final int DEFAULT_EF_RUNTIME = 10;
    public static final double DEFAULT_EPSILON = 0.01;

    public HnswParameters {
        between("M", maxConnections, CONNECTIONS_MIN, CONNECTIONS_MAX);
        between("EF_CONSTRUCTION", efConstruction, 1, EF_MAX);
        between("EF_RUNTIME", efRuntime, 1, EF_MAX);
        if (!(epsilon >= 0 && epsilon <= 1e6)) {
            throw new IllegalArgumentException("EPSILON must be between 0 and 1000000, got " + epsilon);
        }
    }

    /// A graph that walks exact rows.
    public HnswParameters(int maxConnections, int efConstruction, int efRuntime, double epsilon) {
        this(maxConnections, efConstruction, efRuntime, epsilon, Compression.NONE);
    }

    public static HnswParameters defaults() {
        return new HnswParameters(DEFAULT_CONNECTIONS, DEFAULT_EF_CONSTRUCTION, DEFAULT_EF_RUNTIME, DEFAULT_EPSILON);
    }

    public HnswParameters withCompression(Compression compression) {
        return new HnswParameters(maxConnections, efConstruction, efRuntime, epsilon, compression);
    }

    private static void between(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be between " + min + " and " + max + ", got " + value);
        }
    }
}
