package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.wal.AppendBuffer;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.LogWriter;
import io.nuthatch.persistence.wal.SegmentFormat;
import io.nuthatch.persistence.wal.SyncFailedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.PointerBytesStore;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.wire.DocumentContext;
import org.jspecify.annotations.Nullable;

/// Writes records to Chronicle Queue, and does by itself what Chronicle does not promise.
///
/// - Each record is sealed with our LSN and CRC32C, as [SegmentFormat] draws it.
/// - A sync forces the cycle file itself: Chronicle's own sync misses what lies before the end of a block.
///   The folders are forced when a queue is begun, and with them its table of contents.
/// - Chronicle writes into mapped pages, where a full disk is a signal and no error. So the blocks are
///   written as zeros before, through the file, and a lack of them is an [IOException].
/// - A queue of an earlier life is never appended to: whatever a crash left there, nothing stands behind it.
final class ChronicleWriter implements LogWriter {
    private static final int DOCUMENT_HEADER_BYTES = 8; // Four, and up to four of padding.

    private final Path log;
    private final Disk disk;
    private final EpochClock clock;
    private final ChronicleOptions options;
    private final MemoryAccount.Counter counter;
    private final long header; // Memory for the document that every queue begins with.
    private final PointerBytesStore pointer = BytesStore.nativePointer();
    private @Nullable Open open;
    private long closedBytes;
    private long done; // Bytes of the buffer at hand that are in a queue.
    private long writtenLsn;
    private long syncedLsn;

    /// The queue that is being written.
    private static final class Open {
        private final QueueFolder folder;
        private final SingleChronicleQueue queue;
        private final ExcerptAppender appender;
        private final FileChannel file;
        private long position; // Behind the last document.
        private long allocated; // The disk has blocks up to here.
        private boolean isSafe; // The folders know of it.

        Open(QueueFolder folder, SingleChronicleQueue queue, ExcerptAppender appender, FileChannel file) {
            this.folder = folder;
            this.queue = queue;
            this.appender = appender;
            this.file = file;
        }

        void close() {
            queue.close();
            try {
                file.close();
            } catch (IOException ignored) {
                // It was only used to sync, and what was synced stays so.
            }
        }
    }

    ChronicleWriter(
            Path log,
            Disk disk,
            EpochClock clock,
            MemoryAccount.Counter counter,
            ChronicleOptions options,
            LogFiles.End end) {
        this.log = log;
        this.disk = disk;
        this.clock = clock;
        this.options = options;
        this.counter = counter;
        this.closedBytes = end.bytes();
        this.writtenLsn = end.lastLsn();
        this.syncedLsn = end.lastLsn();
        this.header = OffHeap.allocate(SegmentFormat.HEADER_BYTES, counter);
    }

    /// Begins the first queue before there is a record for it: Chronicle's classes take a second or two to
    /// load, and records must not wait for them. On a disk that takes nothing now, the first record tries
    /// again.
    void warmUp() {
        try {
            makeSafe(begin(writtenLsn + 1));
        } catch (IOException refused) {
            Open begun = open;
            open = null;
            if (begun != null) {
                begun.close();
            }
        }
    }

    @Override
    public void write(AppendBuffer buffer, boolean ahead) throws IOException {
        while (done < buffer.bytes()) {
            long size = buffer.sizeAt(done);
            long lsn = buffer.lsnAt(done);
            Open current = open;
            if (current == null) {
                current = begin(lsn);
            }
            if (!current.isSafe) {
                makeSafe(current);
            }
            if (current.position + size > options.queueBytes() && lsn > current.folder.firstLsn()) {
                finish(current);
                continue;
            }
            allocate(current, size);
            appendRecord(current, buffer.slice(done, size).address(), size);
            done += size;
            writtenLsn = lsn;
        }
        done = 0;
    }

    private void appendRecord(Open current, long address, long size) throws IOException {
        for (long at = 0; at < size; at += options.documentBytes()) {
            long part = Math.min(options.documentBytes(), size - at);
            current.position = append(current.appender, current.folder, address + at, part);
        }
    }

    /// An error in here leaves half a document behind, and nobody knows what the next one would do: it is
    /// final. [InternalError] is how Java tells that a mapped page could not be written.
    private long append(ExcerptAppender appender, QueueFolder folder, long address, long size) throws IOException {
        pointer.set(address, size);
        try (DocumentContext document = appender.writingDocument()) {
            Bytes<?> bytes = Objects.requireNonNull(document.wire()).bytes();
            bytes.write((BytesStore<?, ?>) pointer);
            return bytes.writePosition();
        } catch (RuntimeException | InternalError failure) {
            throw SyncFailedException.atWrite(folder.name(), failure);
        }
    }

    /// Sees to it that the disk has blocks for a record and whatever Chronicle puts beside it.
    private void allocate(Open current, long size) throws IOException {
        long documents = (size - 1) / options.documentBytes() + 1;
        long needed = current.position + size + documents * DOCUMENT_HEADER_BYTES + options.aheadBytes() / 2;
        if (needed > current.allocated) {
            long target = needed + options.aheadBytes() / 2;
            disk.fill(current.file, current.allocated, target);
            current.allocated = target;
        }
    }

    private Open begin(long firstLsn) throws IOException {
        QueueFolder folder = QueueFolder.of(log, firstLsn);
        if (Files.exists(folder.path())) {
            folder.delete(); // Left by an attempt that failed; there is no record in it.
        }
        disk.checkRoom(log, 2L * options.aheadBytes());
        Files.createDirectory(folder.path());
        SingleChronicleQueue queue = folder.open(options.blockBytes(), false);
        Open begun;
        try {
            ExcerptAppender appender = queue.createAppender();
            appender.singleThreadedCheckDisabled(true); // close() comes from another thread, when ours has ended.
            SegmentFormat.writeHeader(header, firstLsn, clock.nowMillis() / 1000);
            long position = append(appender, folder, header, SegmentFormat.HEADER_BYTES);
            FileChannel file = FileChannel.open(folder.cycleFile(), StandardOpenOption.READ, StandardOpenOption.WRITE);
            begun = new Open(folder, queue, appender, file);
            begun.position = position;
            begun.allocated = position;
        } catch (IOException | RuntimeException failure) {
            queue.close();
            throw failure;
        }
        open = begun;
        return begun;
    }

    /// Makes a new queue survive a loss of power, still without records.
    private void makeSafe(Open begun) throws IOException {
        sync(begun);
        try (FileChannel table = FileChannel.open(begun.folder.tableFile(), StandardOpenOption.WRITE)) {
            disk.sync(table, begun.folder.tableFile());
            disk.syncFolder(begun.folder.path());
            disk.syncFolder(log);
        } catch (IOException failure) {
            throw new SyncFailedException("the log's folder", failure);
        }
        begun.isSafe = true;
    }

    @Override
    public void sync() throws IOException {
        Open current = open;
        if (syncedLsn < writtenLsn && current != null) {
            sync(current);
            syncedLsn = writtenLsn;
        }
    }

    private void sync(Open current) throws SyncFailedException {
        try {
            disk.sync(current.file, current.folder.cycleFile());
        } catch (IOException failure) {
            throw new SyncFailedException(current.folder.name(), failure);
        }
    }

    private void finish(Open current) throws IOException {
        sync(current);
        syncedLsn = writtenLsn;
        current.queue.close();
        long end = QueueFolder.endOf(current.position);
        current.file.truncate(end);
        closedBytes += end;
        open = null;
        current.close();
    }

    /// The oldest queue goes only when a record of its successor is safe: a queue without records is deleted
    /// at a start, and the log's place would be forgotten with the last one.
    @Override
    public boolean cut(long lsn) throws IOException {
        List<QueueFolder> queues = QueueFolder.list(log);
        if (queues.size() < 2) {
            return false;
        }
        long next = queues.get(1).firstLsn();
        if (next > lsn + 1 || next > syncedLsn) {
            return false;
        }
        long bytes = queues.getFirst().bytes();
        queues.getFirst().delete();
        closedBytes -= bytes;
        return true;
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
        Open current = open;
        return closedBytes + (current == null ? 0 : current.position);
    }

    @Override
    public void close() throws IOException {
        Open current = open;
        try {
            if (current != null) {
                finish(current);
            }
        } finally {
            abandon();
        }
    }

    @Override
    public void abandon() {
        Open current = open;
        open = null;
        if (current != null) {
            current.close();
        }
        OffHeap.free(header, SegmentFormat.HEADER_BYTES, counter);
    }
}
