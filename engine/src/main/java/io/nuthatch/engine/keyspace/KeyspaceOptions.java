package io.nuthatch.engine.keyspace;

/// What a keyspace is built with.
///
/// `databases`: 1 to 10,000, as `databases` in the configuration. `seed` feeds sampling and random keys (not
/// key hashes, which have a seed of the process).
public record KeyspaceOptions(int databases, long seed) {
    public KeyspaceOptions {
        if (databases < 1 || databases > 10_000) {
            throw new IllegalArgumentException("databases must be between 1 and 10000, got " + databases);
        }
    }

    /// 16 databases, as in Redis.
    public static KeyspaceOptions defaults() {
        return new KeyspaceOptions(16, 0x6e75746861746368L);
    }
}
