package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.wal.Replaying;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/// The records in the bytes of a cycle file, found without Chronicle: what can be saved where it gives up,
/// and where a record ends.
///
/// Chronicle's documents begin with four bytes, the length and two flags, at multiples of four; 0 is the end.
/// Ours are told by their CRC and LSN whatever stands in front of them; only a record in several documents
/// needs these whole. Finished pages of Chronicle's index are stepped over.
///
/// Owns its memory, a copy of the file: whoever writes it may go on. One thread's own.
final class CycleScan implements Replaying.Records, AutoCloseable {
    private static final int ALIGNMENT = 4;
    private static final int HEADER_BYTES = Integer.BYTES; // Of a document.
    private static final int META = 1 << 30; // A document of Chronicle's own.
    private static final int LENGTH = META - 1;
    private static final int MAX_READ = 64 << 20;

    private final MemoryAccount.Counter counter;
    private final long bytes;
    private final long address;
    private final long firstLsn;
    private long position;
    private long nextLsn;
    private long parts; // A record of several documents, put together; 0 for none.
    private long partsBytes;

    /// Reads the file; one that is not there is empty.
    CycleScan(QueueFolder queue, MemoryAccount.Counter counter) throws IOException {
        this.counter = counter;
        this.bytes = queue.bytes();
        this.firstLsn = queue.firstLsn();
        this.nextLsn = firstLsn;
        this.address = OffHeap.allocate(Math.max(bytes, 1), counter);
        if (bytes > 0) {
            try {
                read(queue);
            } catch (IOException | RuntimeException failure) {
                close();
                throw failure;
            }
        }
    }

    private void read(QueueFolder queue) throws IOException {
        try (FileChannel file = FileChannel.open(queue.cycleFile(), StandardOpenOption.READ)) {
            for (long done = 0; done < bytes; ) {
                ByteBuffer part = Memory.ALL
                        .asSlice(address + done, Math.min(MAX_READ, bytes - done))
                        .asByteBuffer();
                int count = file.read(part, done);
                if (count < 0) {
                    MemorySegment rest = Memory.ALL.asSlice(address + done, bytes - done);
                    rest.fill((byte) 0); // Cut meanwhile, behind its last record.
                    return;
                }
                done += count;
            }
        }
    }

    /// Steps behind the document that a queue begins with, and says where that is; 0 when it is not there.
    long skipHeader() {
        for (long at = 0; at + HEADER_BYTES <= bytes; ) {
            int header = Memory.getInt(address + at);
            long end = at + HEADER_BYTES + (header & LENGTH);
            if (header <= 0 || end > bytes) {
                return 0;
            }
            if ((header & META) == 0) {
                boolean isOurs = isOurHeader(address + at + HEADER_BYTES, end - at - HEADER_BYTES);
                position = isOurs ? end : 0;
                return position;
            }
            at = aligned(end);
        }
        return 0;
    }

    /// Address of the next record, 0 where no whole one follows. It may be read until the next call.
    @Override
    public long next() {
        for (long at = aligned(position); at + HEADER_BYTES <= bytes; ) {
            long record = address + at + HEADER_BYTES;
            if (isNext(record, bytes - at - HEADER_BYTES)) {
                position = at + HEADER_BYTES + SegmentFormat.recordBytes(SegmentFormat.payloadBytes(record));
                nextLsn++;
                return record;
            }
            int header = Memory.getInt(address + at);
            long end = at + HEADER_BYTES + (header & LENGTH);
            if (header <= 0 || end > bytes) {
                return 0;
            }
            if ((header & META) == 0 && !isOurHeader(record, end - at - HEADER_BYTES)) {
                return gather(at);
            }
            at = aligned(end);
        }
        return 0;
    }

    private static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private boolean isNext(long record, long available) {
        return available >= SegmentFormat.RECORD_HEADER_BYTES
                && SegmentFormat.lsn(record) == nextLsn
                && SegmentFormat.isWhole(record, available);
    }

    /// Whether it is the document that a queue begins with.
    private boolean isOurHeader(long content, long available) {
        return available >= SegmentFormat.HEADER_BYTES && SegmentFormat.isHeader(content, firstLsn);
    }

    /// Brings the documents of the next record together, the first of which is at `from`; 0 when they are not
    /// all there.
    private long gather(long from) {
        long first = address + from + HEADER_BYTES;
        if (bytes - from - HEADER_BYTES < SegmentFormat.RECORD_HEADER_BYTES
                || SegmentFormat.lsn(first) != nextLsn
                || !SegmentFormat.hasRoom(first, bytes - from)) {
            return 0;
        }
        long size = SegmentFormat.recordBytes(SegmentFormat.payloadBytes(first));
        freeParts();
        partsBytes = size;
        parts = OffHeap.allocate(size, counter);
        long done = 0;
        long end = from;
        while (done < size && aligned(end) + HEADER_BYTES <= bytes) {
            long at = aligned(end);
            int header = Memory.getInt(address + at);
            long length = header & LENGTH;
            end = at + HEADER_BYTES + length;
            if (header <= 0 || end > bytes) {
                return 0;
            }
            if ((header & META) == 0) {
                if (length > size - done) {
                    return 0;
                }
                Memory.copy(address + at + HEADER_BYTES, parts + done, length);
                done += length;
            }
        }
        if (done < size || !SegmentFormat.isWhole(parts, size)) {
            return 0;
        }
        position = end;
        nextLsn++;
        return parts;
    }

    private void freeParts() {
        if (parts != 0) {
            OffHeap.free(parts, partsBytes, counter);
            parts = 0;
        }
    }

    /// Goes on at `offset`, behind which the record `lsn` is known to be.
    void moveTo(long offset, long lsn) {
        position = offset;
        nextLsn = lsn;
    }

    /// Goes on behind what is not whole at [#position], to the next good record, which [#next] then gives.
    /// False when there is none.
    boolean skipDamage() {
        for (long at = aligned(position) + HEADER_BYTES;
                at + SegmentFormat.RECORD_HEADER_BYTES <= bytes;
                at += ALIGNMENT) {
            long record = address + at;
            long skipped = SegmentFormat.lsn(record) - nextLsn;
            if (skipped >= 0
                    && skipped <= (at - position) / SegmentFormat.RECORD_HEADER_BYTES
                    && (SegmentFormat.isWhole(record, bytes - at) || isInParts(at - HEADER_BYTES, nextLsn + skipped))) {
                position = at - HEADER_BYTES;
                nextLsn += skipped;
                return true;
            }
        }
        return false;
    }

    private boolean isInParts(long from, long lsn) {
        long position = this.position;
        long nextLsn = this.nextLsn;
        this.nextLsn = lsn;
        boolean isWhole = gather(from) != 0;
        this.position = position;
        this.nextLsn = nextLsn;
        return isWhole;
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

    @Override
    public void close() {
        freeParts();
        OffHeap.free(address, Math.max(bytes, 1), counter);
    }
}
