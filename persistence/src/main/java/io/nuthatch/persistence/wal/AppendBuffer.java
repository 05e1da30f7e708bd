package io.nuthatch.persistence.wal;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.lang.foreign.MemorySegment;

/// Records on their way to the disk, laid out as they will stand in the file.
///
/// Owns its memory, which grows with what is put and shrinks when it is cleared. Not thread-safe.
public final class AppendBuffer implements AutoCloseable {
    private static final long FIRST_BYTES = 64 << 10;
    private static final long KEPT_BYTES = 8 << 20;

    private final MemoryAccount.Counter counter;
    private long address;
    private long capacity;
    private long bytes;
    private long lastLsn;

    AppendBuffer(MemoryAccount.Counter counter) {
        this.counter = counter;
        this.capacity = FIRST_BYTES;
        this.address = OffHeap.allocate(capacity, counter);
    }

    /// Adds a record with a copy of the payload.
    void add(long lsn, long payload, int payloadBytes) {
        long size = SegmentFormat.recordBytes(payloadBytes);
        if (bytes + size > capacity) {
            grow(bytes + size);
        }
        long record = address + bytes;
        SegmentFormat.begin(record, payloadBytes, lsn);
        long body = record + SegmentFormat.RECORD_HEADER_BYTES;
        if (payloadBytes > 0) {
            Memory.putLong(record + size - Long.BYTES, 0); // The padding is in there.
            Memory.copy(payload, body, payloadBytes);
        }
        bytes += size;
        lastLsn = lsn;
    }

    /// Completes every record's header.
    void seal(long syncedLsn, long epochSeconds) {
        for (long at = 0; at < bytes; at += sizeAt(at)) {
            SegmentFormat.seal(address + at, syncedLsn, epochSeconds);
        }
    }

    /// Whether there are no records.
    public boolean isEmpty() {
        return bytes == 0;
    }

    /// Bytes of all records.
    public long bytes() {
        return bytes;
    }

    /// Of the record put last.
    public long lastLsn() {
        return lastLsn;
    }

    /// Bytes of the record at `offset`.
    public long sizeAt(long offset) {
        return SegmentFormat.recordBytes(SegmentFormat.payloadBytes(address + offset));
    }

    /// LSN of the record at `offset`.
    public long lsnAt(long offset) {
        return SegmentFormat.lsn(address + offset);
    }

    /// `size` bytes from `offset` on.
    public MemorySegment slice(long offset, long size) {
        return Memory.ALL.asSlice(address + offset, size);
    }

    void clear() {
        bytes = 0;
        if (capacity > KEPT_BYTES) {
            OffHeap.free(address, capacity, counter);
            capacity = FIRST_BYTES;
            address = OffHeap.allocate(capacity, counter);
        }
    }

    private void grow(long needed) {
        long larger = Math.max(needed, 2 * capacity);
        long next = OffHeap.allocate(larger, counter);
        Memory.copy(address, next, bytes);
        OffHeap.free(address, capacity, counter);
        address = next;
        capacity = larger;
    }

    @Override
    public void close() {
        OffHeap.free(address, capacity, counter);
        capacity = 0;
    }
}
