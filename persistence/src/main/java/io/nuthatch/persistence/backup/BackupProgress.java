package io.nuthatch.persistence.backup;

/// How far a backup is, and its end when somebody wants one. Written by its thread, read by any.
public final class BackupProgress {
    private volatile long totalBytes;
    private volatile long doneBytes;
    private volatile boolean isCancelled;

    /// Bytes to be copied and to be read again; 0 until that is known.
    public long totalBytes() {
        return totalBytes;
    }

    /// Bytes that were copied, linked or read again.
    public long doneBytes() {
        return doneBytes;
    }

    /// Has it end soon.
    public void cancel() {
        isCancelled = true;
    }

    boolean isCancelled() {
        return isCancelled;
    }

    void setTotalBytes(long bytes) {
        totalBytes = bytes;
    }

    void add(long bytes) {
        doneBytes = doneBytes + bytes; // One writer.
    }
}
