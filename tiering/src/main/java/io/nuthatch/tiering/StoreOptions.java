package io.nuthatch.tiering;

/// What a cold store may use of the machine.
///
/// `cacheBytes` bounds RocksDB's blocks in memory, its indexes and filters included, and what it has not
/// written yet, of which there may be `writeBufferBytes`; `backgroundBytesPerSecond` bounds what its flushes
/// and compactions write, so that reads find the disk free; `readerThreads` wait for its reads.
public record StoreOptions(long cacheBytes, long writeBufferBytes, long backgroundBytesPerSecond, int readerThreads) {
    public static final StoreOptions DEFAULT = new StoreOptions(64L << 20, 32L << 20, 100L << 20, 16);

    public StoreOptions {
        if (writeBufferBytes < 1 << 20 || cacheBytes < writeBufferBytes) {
            throw new IllegalArgumentException(
                    "write buffers of 1 MiB and more, within the cache; got " + writeBufferBytes + " of " + cacheBytes);
        }
        if (backgroundBytesPerSecond < 1 << 20) {
            throw new IllegalArgumentException(
                    "1 MiB a second and more for the background, got " + backgroundBytesPerSecond);
        }
        if (readerThreads < 1 || readerThreads > 1024) {
            throw new IllegalArgumentException("1 to 1024 reader threads, got " + readerThreads);
        }
    }
}
