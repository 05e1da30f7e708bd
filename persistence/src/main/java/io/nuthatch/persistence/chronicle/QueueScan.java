package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.wal.Replaying;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.IOException;
import java.util.Objects;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.wire.DocumentContext;
import org.jspecify.annotations.Nullable;

/// The records of one queue, read through Chronicle for as long as they are whole and their LSNs rise by one.
///
/// Chronicle knows no damage: a hole is the end of its queue, and bytes that changed are good to it. What it
/// says of the end therefore means nothing; [DamageCheck] looks at the bytes. Where it throws, that is an end
/// as well.
///
/// Bytes behind the end of the file are never touched: where a page is mapped and the file does not reach,
/// the process dies. Chronicle takes no such care; see [Padding] for files that a crash or a hand cut short.
///
/// Owns its memory and the mapping. One thread's own.
final class QueueScan implements Replaying.Records, AutoCloseable {
    private final QueueFolder folder;
    private final MemoryAccount.Counter counter;
    private final @Nullable SingleChronicleQueue queue;
    private final @Nullable ExcerptTailer tailer;
    private @Nullable DocumentContext document; // Whose bytes were given out.
    private boolean hasHeader;
    private final int otherVersion;
    private long position; // In the cycle file, where the next record is expected.
    private long nextLsn;
    private long fileBytes;
    private long parts; // Memory for a record of several documents, 0 while there was none.
    private long partsBytes;

    QueueScan(QueueFolder folder, int blockBytes, MemoryAccount.Counter counter) throws IOException {
        this.counter = counter;
        this.folder = folder;
        this.nextLsn = folder.firstLsn();
        SingleChronicleQueue opened = null;
        ExcerptTailer reading = null;
        try {
            opened = folder.open(blockBytes, true);
            reading = opened.createTailer();
            reading.singleThreadedCheckDisabled(true);
        } catch (RuntimeException | InternalError unreadable) {
            // Half made when the power went, or damaged: there is no first document.
        }
        this.queue = opened;
        this.tailer = reading;
        long header = nextDocument(SegmentFormat.HEADER_BYTES);
        hasHeader = header != 0 && SegmentFormat.isHeader(header, nextLsn);
        otherVersion = header == 0 ? 0 : SegmentFormat.otherVersion(header, SegmentFormat.HEADER_BYTES);
    }

    /// The version of the log that the queue is of, when it is another one; else 0.
    int otherVersion() {
        return otherVersion;
    }

    /// Whether the queue begins as one of ours.
    boolean hasHeader() {
        return hasHeader;
    }

    /// Whether no record was read.
    boolean isEmpty() {
        return nextLsn == folder.firstLsn();
    }

    /// Address of the next record, 0 where no whole one follows. It may be read until the next call.
    @Override
    public long next() throws IOException {
        if (!hasHeader) {
            return 0;
        }
        long before = position;
        long record = nextDocument(SegmentFormat.RECORD_HEADER_BYTES);
        if (record != 0 && SegmentFormat.lsn(record) == nextLsn && SegmentFormat.payloadBytes(record) >= 0) {
            long size = SegmentFormat.recordBytes(SegmentFormat.payloadBytes(record));
            long here = documentBytes();
            if (size > here) {
                record = gather(record, size);
            } else if (size < here) {
                record = 0; // The length that Chronicle has is not the one that was written.
            }
            if (record != 0 && SegmentFormat.isWhole(record, size)) {
                nextLsn++;
                return record;
            }
        }
        position = before;
        hasHeader = false; // Nothing is read behind the first that is not whole.
        return 0;
    }

    /// Steps to the next document; 0 when there is none of at least `bytes`.
    private long nextDocument(long bytes) throws IOException {
        leaveDocument();
        ExcerptTailer from = tailer;
        if (from == null) {
            return 0;
        }
        try {
            DocumentContext next = from.readingDocument();
            if (!next.isPresent()) {
                next.close();
                return 0;
            }
            document = next;
            Bytes<?> content = Objects.requireNonNull(next.wire()).bytes();
            if (content.readRemaining() < bytes || !isInFile(content.readLimit())) {
                return 0;
            }
            position = content.readLimit();
            return content.addressForRead(content.readPosition());
        } catch (RuntimeException | InternalError unreadable) {
            return 0;
        }
    }

    /// The length of the file, asked again only when a document ends behind what is known.
    private boolean isInFile(long end) throws IOException {
        if (end > fileBytes) {
            fileBytes = folder.bytes();
        }
        return end <= fileBytes;
    }

    private long documentBytes() {
        DocumentContext current = document;
        return current == null
                ? 0
                : Objects.requireNonNull(current.wire()).bytes().readRemaining();
    }

    private void leaveDocument() {
        DocumentContext left = document;
        document = null;
        if (left != null) {
            try {
                left.close();
            } catch (RuntimeException | InternalError unreadable) {
                // The next document is not to be had either.
            }
        }
    }

    /// Brings the documents of one record together; 0 when they are not all there.
    private long gather(long first, long size) throws IOException {
        if (size > SegmentFormat.recordBytes(SegmentFormat.MAX_PAYLOAD_BYTES)) {
            return 0;
        }
        long done = documentBytes();
        reserve(Math.max(2 * done, done), size, first, done);
        while (done < size) {
            long part = nextDocument(1);
            long bytes = documentBytes();
            if (part == 0 || bytes > size - done) {
                return 0;
            }
            reserve(done + bytes, size, parts, done);
            Memory.copy(part, parts + done, bytes);
            done += bytes;
        }
        return parts;
    }

    /// Makes room for `needed` bytes, at most `most`, and keeps `kept` bytes from `from`. It grows with what
    /// is there, not with what a damaged length claims.
    private void reserve(long needed, long most, long from, long kept) {
        if (needed <= partsBytes) {
            if (from != parts) {
                Memory.copy(from, parts, kept);
            }
            return;
        }
        long larger = Math.min(most, 2 * needed);
        long next = OffHeap.allocate(larger, counter);
        Memory.copy(from, next, kept);
        freeParts();
        parts = next;
        partsBytes = larger;
    }

    private void freeParts() {
        if (parts != 0) {
            OffHeap.free(parts, partsBytes, counter);
            parts = 0;
            partsBytes = 0;
        }
    }

    /// Behind the last record of [#next], in bytes of the cycle file.
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
        leaveDocument();
        freeParts();
        if (queue != null) {
            queue.close();
        }
    }
}
