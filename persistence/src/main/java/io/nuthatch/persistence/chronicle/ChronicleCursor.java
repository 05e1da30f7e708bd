package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.wal.DamagedLogException;
import io.nuthatch.persistence.wal.LogCursor;
import io.nuthatch.persistence.wal.LogFiles.Visitor;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Reads queues with a tailer of its own, the one that is being written included. What is cut while a queue
/// is open stays readable until its end.
final class ChronicleCursor implements LogCursor {
    private final Path log;
    private final int blockBytes;
    private final MemoryAccount.Counter counter;
    private long nextLsn;
    private @Nullable QueueScan scan;

    ChronicleCursor(Path log, int blockBytes, MemoryAccount.Counter counter, long lsn) {
        this.log = log;
        this.blockBytes = blockBytes;
        this.counter = counter;
        this.nextLsn = lsn;
    }

    @Override
    public long nextLsn() {
        return nextLsn;
    }

    @Override
    public void read(long lastLsn, long maxBytes, Visitor visitor) throws IOException {
        long given = 0;
        while (nextLsn <= lastLsn && given < maxBytes) {
            QueueScan current = scan == null ? openHolding(nextLsn) : scan;
            long record = current.next();
            if (record == 0) {
                QueueFolder next = QueueFolder.of(log, current.nextLsn());
                if (current.isEmpty()) {
                    throw missing(next, nextLsn);
                }
                close();
                open(next, nextLsn);
            } else if (SegmentFormat.lsn(record) == nextLsn) {
                nextLsn++;
                int bytes = SegmentFormat.payloadBytes(record);
                if (bytes > 0) {
                    visitor.record(nextLsn - 1, record + SegmentFormat.RECORD_HEADER_BYTES, bytes);
                    given += bytes;
                }
            }
        }
    }

    private QueueScan openHolding(long lsn) throws IOException {
        QueueFolder holding = null;
        for (QueueFolder queue : QueueFolder.list(log)) {
            if (queue.firstLsn() <= lsn) {
                holding = queue;
            }
        }
        if (holding == null) {
            throw missing(QueueFolder.of(log, lsn), lsn);
        }
        return open(holding, lsn);
    }

    private QueueScan open(QueueFolder queue, long lsn) throws IOException {
        if (!Files.exists(queue.cycleFile())) {
            throw missing(queue, lsn);
        }
        QueueScan opened = new QueueScan(queue, blockBytes, counter);
        if (!opened.hasHeader()) {
            opened.close();
            throw missing(queue, lsn);
        }
        scan = opened;
        return opened;
    }

    private static DamagedLogException missing(QueueFolder queue, long lsn) {
        return new DamagedLogException(queue.name(), 0, "record " + lsn + " is not in the log any more");
    }

    @Override
    public void close() {
        QueueScan left = scan;
        scan = null;
        if (left != null) {
            left.close();
        }
    }
}
