package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// A segment read into memory, and what its bytes mean.
///
/// Records are taken from the front while they are whole and their LSNs rise by one. Where that ends, there
/// is nothing more, or the end of a log that was torn by a crash, or damage. A crash may lose any pages that
/// were not synced, in any order, so good records may stand behind a torn one. Every record says up to which
/// LSN the log was synced when it was written: a good record behind the hole that calls the lost one synced
/// proves that the disk lost what it had promised. Without such a witness nobody was promised anything that
/// is not in front of the hole.
///
/// Owns its memory. One thread's own.
final class SegmentScan implements Replaying.Records, AutoCloseable {
    private final MemoryAccount.Counter counter;
    private final String name;
    private final long bytes;
    private final long address;
    private long position = SegmentFormat.HEADER_BYTES;
    private long nextLsn;

    /// Reads the file.
    SegmentScan(Storage.File file, MemoryAccount.Counter counter) throws IOException {
        this.counter = counter;
        this.name = file.name();
        this.bytes = file.size();
        this.nextLsn = SegmentFormat.firstLsn(name);
        this.address = OffHeap.allocate(Math.max(bytes, 1), counter);
        try {
            if (bytes > 0) {
                file.read(0, Memory.ALL.asSlice(address, bytes));
            }
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /// Whether the header is whole.
    boolean hasHeader() {
        return bytes >= SegmentFormat.HEADER_BYTES && SegmentFormat.isHeader(address, nextLsn);
    }

    /// The version of the log that the segment is of, when it is another one; else 0.
    int otherVersion() {
        return SegmentFormat.otherVersion(address, bytes);
    }

    /// Whether there is nothing but zeros behind `offset`.
    boolean isZeroFrom(long offset) {
        long at = offset;
        for (; at + Long.BYTES <= bytes; at += Long.BYTES) {
            if (Memory.getLong(address + at) != 0) {
                return false;
            }
        }
        for (; at < bytes; at++) {
            if (Memory.getByte(address + at) != 0) {
                return false;
            }
        }
        return true;
    }

    /// Address of the next record, 0 where no whole one follows.
    @Override
    public long next() {
        long record = address + position;
        long available = bytes - position;
        if (available < SegmentFormat.RECORD_HEADER_BYTES
                || SegmentFormat.lsn(record) != nextLsn
                || !SegmentFormat.isWhole(record, available)) {
            return 0;
        }
        position += SegmentFormat.recordBytes(SegmentFormat.payloadBytes(record));
        nextLsn++;
        return record;
    }

    /// Goes on at `offset`, where the record `lsn` is known to be.
    void moveTo(long offset, long lsn) {
        position = offset;
        nextLsn = lsn;
    }

    /// The bytes from `from` to `to`, while this is open.
    MemorySegment slice(long from, long to) {
        return Memory.ALL.asSlice(address + from, to - from);
    }

    /// Goes on behind what is not whole at [#position], to the next good record of this segment, which
    /// [#next] then gives: for whoever looks what is left of a damaged log. False when there is none. A
    /// record takes 24 bytes at least, so that the LSN of a good one can be no higher than the bytes in
    /// between have room for.
    boolean skipDamage() {
        for (long at = position; at + SegmentFormat.RECORD_HEADER_BYTES <= bytes; at += SegmentFormat.ALIGNMENT) {
            long record = address + at;
            long skipped = SegmentFormat.lsn(record) - nextLsn;
            if (skipped >= 0
                    && skipped <= (at - position) / SegmentFormat.RECORD_HEADER_BYTES
                    && SegmentFormat.isWhole(record, bytes - at)) {
                position = at;
                nextLsn += skipped;
                return true;
            }
        }
        return false;
    }

    /// Behind the last record of [#next], in bytes.
    @Override
    public long position() {
        return position;
    }

    /// Of the record that would come next.
    long nextLsn() {
        return nextLsn;
    }

    long bytes() {
        return bytes;
    }

    /// Whether a good record behind [#position] says that the one missing there had been synced.
    boolean hasWitness() {
        for (long at = position; at + SegmentFormat.RECORD_HEADER_BYTES <= bytes; at += SegmentFormat.ALIGNMENT) {
            long record = address + at;
            if (SegmentFormat.payloadBytes(record) >= 0
                    && SegmentFormat.lsn(record) > nextLsn
                    && SegmentFormat.syncedLsn(record) >= nextLsn
                    && SegmentFormat.isWhole(record, bytes - at)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        OffHeap.free(address, Math.max(bytes, 1), counter);
    }
}
