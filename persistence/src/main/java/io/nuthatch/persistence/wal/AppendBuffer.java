package io.nuthatch.persistence.wal;

import io.nuthatch.engine.memory.GrowingBlock;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import java.lang.foreign.MemorySegment;

/// Records on their way to the disk, laid out as they will stand in the file.
///
/// Owns its memory, which grows with what is put and shrinks when it is cleared. Not thread-safe.
public final class AppendBuffer implements AutoCloseable {
    private static final long FIRST_BYTES = 64 << 10;
    private static final long KEPT_BYTES = 8 << 20;

    private final GrowingBlock block;
    private long lastLsn;

    /// An empty one; `counter` counts its memory.
    public AppendBuffer(MemoryAccount.Counter counter) {
        this.block = new GrowingBlock(FIRST_BYTES, counter);
    }

    /// Adds a record with a copy of the payload.
    public void add(long lsn, long payload, int payloadBytes) {
        long size = SegmentFormat.recordBytes(payloadBytes);
        long record = block.room(size);
        SegmentFormat.begin(record, payloadBytes, lsn);
        long body = record + SegmentFormat.RECORD_HEADER_BYTES;
        if (payloadBytes > 0) {
            Memory.putLong(record + size - Long.BYTES, 0); // The padding is in there.
            Memory.copy(payload, body, payloadBytes);
        }
        lastLsn = lsn;
    }

    /// Completes every record's header.
    public void seal(long syncedLsn, long epochSeconds) {
        for (long at = 0; at < bytes(); at += sizeAt(at)) {
            SegmentFormat.seal(block.address() + at, syncedLsn, epochSeconds);
        }
    }

    /// Whether there are no records.
    public boolean isEmpty() {
        return block.size() == 0;
    }

    /// Bytes of all records.
    public long bytes() {
        return block.size();
    }

    /// Of the record put last.
    public long lastLsn() {
        return lastLsn;
    }

    /// Bytes of the record at `offset`.
    public long sizeAt(long offset) {
        return SegmentFormat.recordBytes(SegmentFormat.payloadBytes(block.address() + offset));
    }

    /// LSN of the record at `offset`.
    public long lsnAt(long offset) {
        return SegmentFormat.lsn(block.address() + offset);
    }

    /// `size` bytes from `offset` on.
    public MemorySegment slice(long offset, long size) {
        return Memory.ALL.asSlice(block.address() + offset, size);
    }

    /// Removes all records.
    public void clear() {
        block.clear(KEPT_BYTES, FIRST_BYTES);
    }

    @Override
    public void close() {
        block.close();
    }
}
