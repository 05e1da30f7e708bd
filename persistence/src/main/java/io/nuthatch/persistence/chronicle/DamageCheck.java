package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/// What stands in a cycle file behind the last record that Chronicle gives: nothing, the end that a crash
/// tore, or the proof that the disk lost what it had promised.
///
/// Reads the bytes without Chronicle. Our records are found by their CRC wherever they stand; one that says
/// that the missing record was synced when it was written is the proof (see the segmented log's scan).
final class DamageCheck {
    private static final int ALIGNMENT = 4; // Of Chronicle's documents.
    private static final int META = 1 << 30; // A document of Chronicle's own, such as a page of its index.

    /// @param position where the next document would begin
    /// @param tornBytes from there to the last byte that is not zero; 0 where only index follows
    record Rest(long position, long tornBytes, boolean isProof) {}

    private DamageCheck() {}

    /// Looks behind `position`, where the record `lsn` is expected.
    static Rest look(QueueFolder folder, long position, long lsn) throws IOException {
        try (FileChannel file = FileChannel.open(folder.cycleFile(), StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            long size = file.size();
            long from = (position + ALIGNMENT - 1) & -ALIGNMENT;
            if (from >= size) {
                return new Rest(size, 0, false);
            }
            MemorySegment bytes = file.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            long end = lastByte(bytes, from);
            return new Rest(
                    from, end > skipIndex(bytes, from) ? end - from : 0, isProof(bytes.address(), from, size, lsn));
        }
    }

    /// Steps over finished pages of Chronicle's index, which may follow the last record.
    private static long skipIndex(MemorySegment bytes, long position) {
        long at = position;
        while (at + Integer.BYTES <= bytes.byteSize()) {
            int header = Memory.getInt(bytes.address() + at);
            long next = at + Integer.BYTES + (header & (META - 1));
            if (header <= 0 || (header & META) == 0 || next > bytes.byteSize()) {
                return at;
            }
            at = (next + ALIGNMENT - 1) & -ALIGNMENT;
        }
        return at;
    }

    private static long lastByte(MemorySegment bytes, long from) {
        long end = bytes.byteSize();
        while (end >= from + Long.BYTES && Memory.getLong(bytes.address() + end - Long.BYTES) == 0) {
            end -= Long.BYTES;
        }
        while (end > from && Memory.getByte(bytes.address() + end - 1) == 0) {
            end--;
        }
        return end;
    }

    private static boolean isProof(long address, long from, long size, long lsn) {
        for (long at = from; at + SegmentFormat.RECORD_HEADER_BYTES <= size; at += ALIGNMENT) {
            long record = address + at;
            if (SegmentFormat.payloadBytes(record) >= 0
                    && SegmentFormat.lsn(record) > lsn
                    && SegmentFormat.syncedLsn(record) >= lsn
                    && SegmentFormat.isWhole(record, size - at)) {
                return true;
            }
        }
        return false;
    }
}
