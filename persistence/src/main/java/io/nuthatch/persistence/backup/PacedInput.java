package io.nuthatch.persistence.backup;

import io.nuthatch.engine.NanoClock;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;

/// Reads no faster than a rate over all that was read through one [Pace], counts, and sums up the bytes.
final class PacedInput extends FilterInputStream {
    private static final int MOST_AT_ONCE = 256 << 10;

    /// How fast, and how far.
    static final class Pace {
        private final long bytesPerSecond;
        private final NanoClock clock;
        private final BackupProgress progress;
        private final long start;
        private long bytes;

        /// `bytesPerSecond`: 0 for as fast as it goes.
        Pace(long bytesPerSecond, NanoClock clock, BackupProgress progress) {
            this.bytesPerSecond = bytesPerSecond;
            this.clock = clock;
            this.progress = progress;
            this.start = clock.nanoTime();
        }

        private void take(int count) throws IOException {
            progress.add(count);
            bytes += count;
            if (bytesPerSecond > 0) {
                long due = (long) (bytes * 1e9 / bytesPerSecond);
                for (long left = due - (clock.nanoTime() - start);
                        left > 0 && !progress.isCancelled();
                        left = due - (clock.nanoTime() - start)) {
                    LockSupport.parkNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(100)));
                }
            }
            if (progress.isCancelled()) {
                throw new IOException("the backup was cancelled");
            }
        }
    }

    private final Pace pace;
    private final CRC32C crc = new CRC32C();
    private long bytes;

    PacedInput(InputStream in, Pace pace) {
        super(in);
        this.pace = pace;
    }

    /// Of all that was read.
    int crc() {
        return (int) crc.getValue();
    }

    long bytes() {
        return bytes;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int count = super.read(into, offset, Math.min(length, MOST_AT_ONCE));
        if (count > 0) {
            crc.update(into, offset, count);
            bytes += count;
            pace.take(count);
        }
        return count;
    }
}
