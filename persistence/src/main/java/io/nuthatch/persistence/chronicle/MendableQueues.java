package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.wal.AppendBuffer;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.LogInspection;
import io.nuthatch.persistence.wal.MendableLog;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;

/// A log in Chronicle Queue. A file is its queue's cycle file; the table of contents beside it goes with it.
///
/// To look is what a start does, which makes the files longer for as long as Chronicle maps them: see
/// [Padding].
public final class MendableQueues implements MendableLog {
    private static final String DRAFTS = "repair.tmp";
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int BLOCK_BYTES = 64 << 20;

    private final Path log;
    private final Disk disk;
    private final int blockBytes;
    private final MemoryAccount.Counter counter;

    /// The log in `log`, whose lock is the caller's. Throws when the JVM was started without the options that
    /// Chronicle Queue needs.
    public MendableQueues(Path log, MemoryAccount.Counter counter) throws IOException {
        this(log, Disk.REAL, BLOCK_BYTES, counter);
        ChronicleLog.checkJvm();
    }

    MendableQueues(Path log, Disk disk, int blockBytes, MemoryAccount.Counter counter) {
        this.log = log;
        this.disk = disk;
        this.blockBytes = blockBytes;
        this.counter = counter;
    }

    @Override
    public LogInspection inspect() throws IOException {
        return QueueInspector.inspect(QueueFolder.list(log), blockBytes, counter);
    }

    private QueueFolder queue(String file) throws IOException {
        return QueueFolder.list(log).stream()
                .filter(queue -> queue.name().equals(file))
                .findFirst()
                .orElseThrow(() -> new IOException(file + " is not in the log any more"));
    }

    @Override
    public void read(LogInspection.Stretch stretch, long from, long to, LogFiles.Visitor visitor) throws IOException {
        try (CycleScan scan = new CycleScan(queue(stretch.file()), counter)) {
            scan.moveTo(stretch.offset(), stretch.firstLsn());
            stretch.visit(scan, from, to, visitor);
        }
    }

    @Override
    public Copies copies(Path folder) throws IOException {
        Files.createDirectories(folder);
        return new Copies() {
            @Override
            public void take(String file) throws IOException {
                QueueFolder queue = queue(file);
                Path copy = Files.createDirectories(
                        folder.resolve(Objects.requireNonNull(queue.path().getFileName())));
                for (Path each : queue.files()) {
                    Path to = copy.resolve(Objects.requireNonNull(each.getFileName()));
                    Files.copy(each, to, StandardCopyOption.REPLACE_EXISTING);
                    try (FileChannel written = FileChannel.open(to, StandardOpenOption.WRITE)) {
                        disk.sync(written, to);
                    }
                }
                disk.syncFolder(copy);
            }

            @Override
            public void sync() throws IOException {
                disk.syncFolder(folder);
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }

    @Override
    public void remove(String file) throws IOException {
        queue(file).delete();
    }

    /// The new queue is written beside the log. One of the same name takes the old one's place file by file:
    /// the table of contents says the same of both.
    @Override
    public void rewrite(LogInspection.Stretch stretch) throws IOException {
        Path drafts = log.resolve(DRAFTS);
        clearDrafts(drafts);
        Files.createDirectory(drafts);
        QueueFolder old = queue(stretch.file());
        QueueFolder draft = QueueFolder.of(drafts, stretch.firstLsn());
        try (CycleScan scan = new CycleScan(old, counter)) {
            scan.moveTo(stretch.offset(), stretch.firstLsn());
            writeQueue(drafts, stretch, scan);
        }
        QueueFolder mended = QueueFolder.of(log, stretch.firstLsn());
        if (mended.equals(old)) {
            for (Path file : List.of(draft.tableFile(), draft.cycleFile())) {
                Files.move(
                        file,
                        old.path().resolve(Objects.requireNonNull(file.getFileName())),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            }
            disk.syncFolder(old.path());
        } else {
            Files.move(draft.path(), mended.path(), StandardCopyOption.ATOMIC_MOVE);
            disk.syncFolder(log);
            old.delete();
        }
        clearDrafts(drafts);
    }

    private static void clearDrafts(Path drafts) throws IOException {
        if (Files.isDirectory(drafts)) {
            for (QueueFolder left : QueueFolder.list(drafts)) {
                left.delete();
            }
            Files.delete(drafts);
        }
    }

    /// Records keep the second in which they were written.
    private void writeQueue(Path folder, LogInspection.Stretch stretch, CycleScan scan) throws IOException {
        ChronicleWriter writer = writer(folder, stretch.firstLsn(), stretch.firstSeconds());
        try (AppendBuffer buffer = new AppendBuffer(counter)) {
            long seconds = stretch.firstSeconds();
            while (scan.nextLsn() <= stretch.lastLsn()) {
                long record = scan.next();
                if (record == 0) {
                    throw new IOException(stretch.file() + " changes while it is read");
                }
                if (SegmentFormat.seconds(record) != seconds || buffer.bytes() >= BUFFER_BYTES) {
                    write(writer, buffer, stretch.firstLsn() - 1, seconds);
                    seconds = SegmentFormat.seconds(record);
                }
                buffer.add(
                        SegmentFormat.lsn(record),
                        record + SegmentFormat.RECORD_HEADER_BYTES,
                        SegmentFormat.payloadBytes(record));
            }
            write(writer, buffer, stretch.firstLsn() - 1, seconds);
        } finally {
            writer.close();
        }
    }

    private ChronicleWriter writer(Path folder, long firstLsn, long epochSeconds) {
        return new ChronicleWriter(
                folder,
                disk,
                () -> epochSeconds * 1000,
                counter,
                new ChronicleOptions(Long.MAX_VALUE, blockBytes),
                new LogFiles.End(firstLsn - 1, 0, null));
    }

    private static void write(ChronicleWriter writer, AppendBuffer buffer, long syncedLsn, long epochSeconds)
            throws IOException {
        if (!buffer.isEmpty()) {
            buffer.seal(syncedLsn, epochSeconds);
            writer.write(buffer, true);
            buffer.clear();
        }
    }

    @Override
    public void fill(long firstLsn, long lastLsn, long epochSeconds) throws IOException {
        ChronicleWriter writer = writer(log, firstLsn, epochSeconds);
        try (AppendBuffer buffer = new AppendBuffer(counter)) {
            for (long lsn = firstLsn; lsn <= lastLsn; lsn++) {
                buffer.add(lsn, 0, 0);
                if (buffer.bytes() >= BUFFER_BYTES || lsn == lastLsn) {
                    write(writer, buffer, firstLsn - 1, epochSeconds);
                }
            }
        } finally {
            writer.close();
        }
    }

    @Override
    public void sync() throws IOException {
        disk.syncFolder(log);
    }
}
