package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Reads segments in windows, the one that is being written included.
///
/// Owns its memory, a window that is as large as the largest record it met, and gives it back when it is
/// closed.
final class SegmentCursor implements LogCursor {
    private static final long WINDOW_BYTES = 256 << 10;

    private final Storage storage;
    private final MemoryAccount.Counter counter;
    private long nextLsn;
    private Storage.@Nullable File file;
    private long position; // In the file, of the record that comes next.
    private long atLsn; // Its LSN; behind nextLsn while the beginning of a segment is passed over.
    private long window;
    private long capacity;
    private long from; // Where the window begins in the file.
    private long filled;

    SegmentCursor(Storage storage, MemoryAccount.Counter counter, long lsn) {
        this.storage = storage;
        this.counter = counter;
        this.nextLsn = lsn;
        this.capacity = WINDOW_BYTES;
        this.window = OffHeap.allocate(capacity, counter);
    }

    @Override
    public long nextLsn() {
        return nextLsn;
    }

    @Override
    public void read(long lastLsn, long maxBytes, LogFiles.Visitor visitor) throws IOException {
        long given = 0;
        while (nextLsn <= lastLsn && given < maxBytes) {
            Storage.File current = file == null ? openHolding(nextLsn) : file;
            long record = recordAt(current);
            if (record == 0) {
                filled = 0; // The window may be older than the record.
                record = recordAt(current);
            }
            if (record == 0) {
                next(current);
                continue;
            }
            int bytes = SegmentFormat.payloadBytes(record);
            if (atLsn == nextLsn) {
                nextLsn++;
                if (bytes > 0) {
                    visitor.record(atLsn, record + SegmentFormat.RECORD_HEADER_BYTES, bytes);
                    given += bytes;
                }
            }
            position += SegmentFormat.recordBytes(bytes);
            atLsn++;
        }
    }

    /// Opens the segment with the record.
    private Storage.File openHolding(long lsn) throws IOException {
        String name = storage.list().stream()
                .filter(SegmentFormat::isSegment)
                .filter(candidate -> SegmentFormat.firstLsn(candidate) <= lsn)
                .max(String::compareTo)
                .orElseThrow(() -> missing(lsn));
        return open(name);
    }

    private Storage.File open(String name) throws IOException {
        Storage.File opened = storage.open(name);
        file = opened;
        position = SegmentFormat.HEADER_BYTES;
        atLsn = SegmentFormat.firstLsn(name);
        from = 0;
        filled = 0;
        return opened;
    }

    /// The segment holds no more: goes to the one that begins with the record that comes next.
    private void next(Storage.File ended) throws IOException {
        String name = SegmentFormat.name(atLsn);
        if (name.equals(ended.name())) {
            throw missing(atLsn); // The segment does not even have its first.
        }
        closeFile();
        if (!storage.list().contains(name)) {
            throw missing(atLsn);
        }
        open(name);
    }

    private static DamagedLogException missing(long lsn) {
        return new DamagedLogException(SegmentFormat.name(lsn), 0, "record " + lsn + " is not in the log any more");
    }

    /// Address of the record at [#position], 0 where there is none.
    private long recordAt(Storage.File current) throws IOException {
        if (!fill(current, SegmentFormat.RECORD_HEADER_BYTES)) {
            return 0;
        }
        long record = window + (position - from);
        int payload = SegmentFormat.payloadBytes(record);
        if (payload < 0 || payload > SegmentFormat.MAX_PAYLOAD_BYTES || SegmentFormat.lsn(record) != atLsn) {
            return 0;
        }
        long size = SegmentFormat.recordBytes(payload);
        if (!fill(current, size)) {
            return 0;
        }
        record = window + (position - from);
        return SegmentFormat.isWhole(record, size) ? record : 0;
    }

    /// Brings `bytes` bytes from [#position] into the window; false when the file ends before.
    private boolean fill(Storage.File current, long bytes) throws IOException {
        if (filled > 0 && position + bytes <= from + filled) {
            return true;
        }
        long available = current.size() - position;
        if (available < bytes) {
            return false;
        }
        if (bytes > capacity) {
            OffHeap.free(window, capacity, counter);
            capacity = bytes;
            window = OffHeap.allocate(capacity, counter);
        }
        from = position;
        filled = 0;
        long length = Math.min(capacity, available);
        current.read(position, Memory.ALL.asSlice(window, length));
        filled = length;
        return true;
    }

    private void closeFile() {
        Storage.File left = file;
        file = null;
        if (left != null) {
            try {
                left.close();
            } catch (IOException ignored) {
                // It was only read.
            }
        }
    }

    @Override
    public void close() {
        closeFile();
        OffHeap.free(window, capacity, counter);
        capacity = 0;
    }
}
