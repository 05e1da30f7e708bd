package io.nuthatch.persistence.wal;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The segment that is being written, and the step to the next one.
///
/// Bytes that were written in part are written to the same place again. A segment is synced, and its length
/// is true, before the next one is begun.
final class SegmentWriter implements LogWriter {
    private static final long AHEAD_BYTES = 1 << 20;

    private final Storage storage;
    private final EpochClock clock;
    private final MemoryAccount.Counter counter;
    private final long segmentBytes;
    private final long aheadBytes;
    private final long zeros; // Address of that many zeros, of which the first bytes serve as header.
    private Storage.@Nullable File file;
    private Storage.@Nullable File unfinished; // Created, but its header is not yet safe.
    private long position;
    private long allocated; // The file's length.
    private long closedBytes; // Of all segments before this one.
    private long done; // Bytes of the buffer at hand that are in a file.
    private long writtenLsn;
    private long syncedLsn;

    SegmentWriter(
            Storage storage, EpochClock clock, MemoryAccount.Counter counter, long segmentBytes, LogFiles.End end) {
        this.storage = storage;
        this.clock = clock;
        this.counter = counter;
        this.segmentBytes = segmentBytes;
        this.closedBytes = end.bytes();
        this.writtenLsn = end.lastLsn();
        this.syncedLsn = end.lastLsn();
        this.aheadBytes = Math.min(AHEAD_BYTES, segmentBytes);
        this.zeros = OffHeap.allocate(aheadBytes, counter);
    }

    /// `ahead`: keeps zeros in front of the records, so that syncs have no length to record.
    @Override
    public void write(AppendBuffer buffer, boolean ahead) throws IOException {
        while (done < buffer.bytes()) {
            Storage.File current = file;
            if (current == null) {
                begin(buffer.lsnAt(done));
                continue;
            }
            long run = fitting(buffer);
            if (run == 0) {
                finish(current);
                continue;
            }
            if (ahead) {
                allocate(current, position + run);
            }
            current.write(position, buffer.slice(done, run));
            position += run;
            allocated = Math.max(allocated, position);
            done += run;
            writtenLsn = done == buffer.bytes() ? buffer.lastLsn() : buffer.lsnAt(done) - 1;
        }
        done = 0;
    }

    /// Bytes of the whole records that still fit into the segment; a segment takes one however long.
    private long fitting(AppendBuffer buffer) {
        long rest = buffer.bytes() - done;
        if (position + rest <= segmentBytes) {
            return rest;
        }
        long run = 0;
        while (run < rest) {
            long next = buffer.sizeAt(done + run);
            boolean isFirst = position == SegmentFormat.HEADER_BYTES && run == 0;
            if (position + run + next > segmentBytes && !isFirst) {
                break;
            }
            run += next;
        }
        return run;
    }

    @Override
    public void sync() throws IOException {
        if (syncedLsn < writtenLsn && file != null) {
            sync(file);
            syncedLsn = writtenLsn;
        }
    }

    @Override
    public long writtenLsn() {
        return writtenLsn;
    }

    @Override
    public long syncedLsn() {
        return syncedLsn;
    }

    @Override
    public long sizeBytes() {
        return closedBytes + position;
    }

    /// The folder is not synced: a segment that a loss of power brings back is read by nobody and deleted the
    /// next time. A segment counts as followed by another one only when that one's header is safe.
    @Override
    public boolean cut(long lsn) throws IOException {
        String draft = unfinished == null ? "" : unfinished.name();
        List<String> names = storage.list().stream()
                .filter(name -> SegmentFormat.isSegment(name) && !name.equals(draft))
                .sorted()
                .toList();
        if (names.size() < 2 || SegmentFormat.firstLsn(names.get(1)) > lsn + 1) {
            return false;
        }
        long bytes;
        try (Storage.File oldest = storage.open(names.getFirst())) {
            bytes = oldest.size();
        }
        storage.delete(names.getFirst());
        closedBytes -= bytes;
        return true;
    }

    /// Ends the segment: its length becomes true, and all of it safe.
    private void finish(Storage.File current) throws IOException {
        if (allocated > position) {
            current.truncate(position);
            allocated = position;
        }
        sync(current);
        syncedLsn = writtenLsn;
        closedBytes += position;
        position = 0;
        file = null;
        current.close();
    }

    private void begin(long firstLsn) throws IOException {
        Storage.File next = unfinished;
        if (next == null) {
            String name = SegmentFormat.name(firstLsn);
            next = storage.list().contains(name) ? storage.open(name) : storage.create(name);
            unfinished = next;
        }
        SegmentFormat.writeHeader(zeros, firstLsn, clock.nowMillis() / 1000);
        try {
            next.write(0, Memory.ALL.asSlice(zeros, SegmentFormat.HEADER_BYTES));
        } finally {
            Memory.fill(zeros, SegmentFormat.HEADER_BYTES, (byte) 0);
        }
        sync(next);
        try {
            storage.sync();
        } catch (IOException failure) {
            throw new SyncFailedException("the log's folder", failure);
        }
        unfinished = null;
        file = next;
        position = SegmentFormat.HEADER_BYTES;
        allocated = position;
    }

    /// Writes zeros behind `end` when it comes near the file's end. Without room for them it does not matter:
    /// whether the records themselves fit shows when they are written.
    private void allocate(Storage.File current, long end) {
        if (end <= allocated) {
            return;
        }
        long target = Math.min(Math.max(segmentBytes, end), (end / aheadBytes + 1) * aheadBytes);
        try {
            if (target > end) {
                current.write(end, Memory.ALL.asSlice(zeros, target - end));
            }
            allocated = target;
        } catch (IOException full) {
            allocated = target; // May be written in part; finish() cuts it.
        }
    }

    private static void sync(Storage.File file) throws SyncFailedException {
        try {
            file.sync();
        } catch (IOException failure) {
            throw new SyncFailedException(file.name(), failure);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (file != null) {
                finish(file);
            }
        } finally {
            OffHeap.free(zeros, aheadBytes, counter);
        }
    }

    @Override
    public void abandon() {
        OffHeap.free(zeros, aheadBytes, counter);
        for (Storage.File open : new Storage.@Nullable File[] {file, unfinished}) {
            if (open != null) {
                try {
                    open.close();
                } catch (IOException ignored) {
                    // Nothing in it counts any more.
                }
            }
        }
    }
}
