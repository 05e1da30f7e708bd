package io.nuthatch.persistence.recovery;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.wal.LogFiles;

/// Copies of records on their way from the thread that reads a log to one that applies them.
///
/// Layout of a record: LSN (8 bytes), length of the payload (8), the payload, padded to 8 bytes.
///
/// Owns its memory, [#BYTES] bytes off the heap. One thread at a time.
final class RecordBatch implements AutoCloseable {
    static final int BYTES = 256 << 10;

    private static final int HEADER_BYTES = 16;

    private final MemoryAccount.Counter counter;
    private final long address;
    private int used;

    RecordBatch(MemoryAccount.Counter counter) {
        this.counter = counter;
        this.address = OffHeap.allocate(BYTES, counter);
    }

    /// Whether a payload of `bytes` bytes fits into any batch.
    static boolean mayHold(int bytes) {
        return bytes <= BYTES - HEADER_BYTES;
    }

    boolean isEmpty() {
        return used == 0;
    }

    /// Whether it fits into what is left of this one.
    boolean hasRoom(int bytes) {
        return bytes <= BYTES - HEADER_BYTES - used;
    }

    /// Copies a record for which there is room.
    void add(long lsn, long payload, int bytes) {
        long at = address + used;
        Memory.putLong(at, lsn);
        Memory.putLong(at + 8, bytes);
        Memory.copy(payload, at + HEADER_BYTES, bytes);
        used += HEADER_BYTES + (bytes + 7) / 8 * 8;
    }

    /// Gives all records in their order.
    void forEach(LogFiles.Visitor visitor) {
        for (int at = 0; at < used; ) {
            int bytes = (int) Memory.getLong(address + at + 8);
            visitor.record(Memory.getLong(address + at), address + at + HEADER_BYTES, bytes);
            at += HEADER_BYTES + (bytes + 7) / 8 * 8;
        }
    }

    void clear() {
        used = 0;
    }

    @Override
    public void close() {
        OffHeap.free(address, BYTES, counter);
    }
}
