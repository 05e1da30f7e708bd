package io.nuthatch.persistence.checkpoint;

import java.util.concurrent.atomic.AtomicLong;

/// How far a load has come. Written by its threads, read by any.
public final class LoadProgress {
    private final long startMillis;
    private volatile long totalBytes;
    private final AtomicLong loadedBytes = new AtomicLong();
    private volatile long keys;
    private volatile long expiredKeys;

    public LoadProgress(long startMillis) {
        this.startMillis = startMillis;
    }

    /// Unix milliseconds.
    public long startMillis() {
        return startMillis;
    }

    public long totalBytes() {
        return totalBytes;
    }

    public long loadedBytes() {
        return loadedBytes.get();
    }

    /// Keys put so far.
    public long keys() {
        return keys;
    }

    /// Keys left out so far, as they had expired.
    public long expiredKeys() {
        return expiredKeys;
    }

    void setTotalBytes(long bytes) {
        totalBytes = bytes;
    }

    void add(long bytes) {
        loadedBytes.addAndGet(bytes);
    }

    void setKeys(long put, long expired) {
        keys = put;
        expiredKeys = expired;
    }
}
