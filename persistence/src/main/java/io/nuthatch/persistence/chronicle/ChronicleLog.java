package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.wal.DamagedLogException;
import io.nuthatch.persistence.wal.LogCursor;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.LogFiles.Cut;
import io.nuthatch.persistence.wal.LogFiles.End;
import io.nuthatch.persistence.wal.LogFiles.Visitor;
import io.nuthatch.persistence.wal.LogWriter;
import io.nuthatch.persistence.wal.Replaying;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A log in Chronicle Queue: the same records as in segments of our own, in a queue for every 64 MiB.
///
/// The folder is the caller's to lock. At a start, of the last queue the good records are kept; what a crash
/// tore behind them is cut off, for good, and nothing is appended to that queue any more. What had been
/// synced and is not there is refused: see [DamageCheck].
///
/// One [#replay]; progress may be read from any thread.
public final class ChronicleLog implements LogFiles {
    private static final int BLOCK_BYTES = 64 << 20;

    private final Path log;
    private final Disk disk;
    private final int blockBytes;
    private final MemoryAccount.Counter counter;
    private final Replaying replaying = new Replaying();

    /// The log in `log`; `counter` counts its memory.
    public static ChronicleLog in(Path log, MemoryAccount.Counter counter) {
        return new ChronicleLog(log, Disk.REAL, BLOCK_BYTES, counter);
    }

    ChronicleLog(Path log, Disk disk, int blockBytes, MemoryAccount.Counter counter) {
        this.log = log;
        this.disk = disk;
        this.blockBytes = blockBytes;
        this.counter = counter;
    }

    /// Throws when the JVM was started without the options that Chronicle Queue needs.
    public static void checkJvm() throws IOException {
        Module own = ChronicleLog.class.getModule();
        Module base = Object.class.getModule();
        if (!base.isOpen("java.lang.reflect", own)
                || !base.isOpen("sun.nio.ch", own)
                || !base.isExported("jdk.internal.ref", own)) {
            throw new IOException(
                    "aof-engine chronicle needs the JVM options of conf/chronicle.options: set the environment's"
                            + " JDK_JAVA_OPTIONS to @ and that file's path");
        }
    }

    /// Whether the folder holds queues, as far as it is there.
    public static boolean isIn(Path log) throws IOException {
        return Files.isDirectory(log) && !QueueFolder.list(log).isEmpty();
    }

    @Override
    public boolean isEmpty() throws IOException {
        return !isIn(log);
    }

    @Override
    public long totalBytes() {
        return replaying.totalBytes();
    }

    @Override
    public long readBytes() {
        return replaying.readBytes();
    }

    @Override
    public End replay(long coveredLsn, Visitor visitor) throws IOException {
        List<QueueFolder> all = QueueFolder.list(log);
        List<QueueFolder> queues = Replaying.needed(all, QueueFolder::firstLsn, QueueFolder::name, coveredLsn);
        replaying.begin(sizeOf(queues));
        long bytes = sizeOf(all.subList(0, all.size() - queues.size()));
        long nextLsn = queues.isEmpty() ? 1 : queues.getFirst().firstLsn();
        Cut cut = null;
        for (int i = 0; i < queues.size(); i++) {
            QueueFolder queue = queues.get(i);
            if (queue.firstLsn() != nextLsn) {
                throw Replaying.missing(queue.name(), queue.firstLsn());
            }
            long position;
            try (Closeable padding = Padding.of(queue, blockBytes);
                    QueueScan scan = new QueueScan(queue, blockBytes, counter)) {
                if (scan.otherVersion() > 0) {
                    throw SegmentFormat.refused(queue.name(), scan.otherVersion());
                }
                replaying.visitAll(scan, coveredLsn, visitor);
                nextLsn = scan.nextLsn();
                position = scan.position();
            }
            if (i < queues.size() - 1) {
                if (nextLsn != queues.get(i + 1).firstLsn()) {
                    throw damaged(queue, position, nextLsn);
                }
                bytes += queue.bytes();
                continue;
            }
            cut = cutOf(queue, position, nextLsn);
            visitor.end();
            if (nextLsn == queue.firstLsn()) {
                queue.delete(); // The one before it is still there: see ChronicleWriter.cut.
                disk.syncFolder(log);
            } else {
                makeClean(queue, position);
                bytes += queue.bytes();
            }
        }
        replaying.end();
        return new End(nextLsn - 1, bytes, cut);
    }

    @Override
    public long firstLsn() throws IOException {
        List<QueueFolder> queues = QueueFolder.list(log);
        return queues.isEmpty() ? 1 : queues.getFirst().firstLsn();
    }

    @Override
    public void discardFrom(long lsn) throws IOException {
        for (QueueFolder queue : QueueFolder.list(log).reversed()) {
            if (queue.firstLsn() >= lsn) {
                queue.delete();
                disk.syncFolder(log);
            }
        }
    }

    @Override
    public LogWriter writer(End end, long segmentBytes, EpochClock clock) {
        ChronicleWriter writer =
                new ChronicleWriter(log, disk, clock, counter, new ChronicleOptions(segmentBytes, blockBytes), end);
        writer.warmUp();
        return writer;
    }

    @Override
    public LogCursor cursor(long lsn) {
        return new ChronicleCursor(log, blockBytes, counter, lsn);
    }

    private static long sizeOf(List<QueueFolder> queues) throws IOException {
        long sum = 0;
        for (QueueFolder queue : queues) {
            sum += queue.bytes();
        }
        return sum;
    }

    /// What a crash tore behind the last record, or null; throws when it had been promised to be safe.
    private static @Nullable Cut cutOf(QueueFolder queue, long position, long nextLsn) throws IOException {
        if (!Files.exists(queue.cycleFile())) {
            return null;
        }
        DamageCheck.Rest rest = DamageCheck.look(queue, position, nextLsn);
        if (rest.isProof()) {
            throw damaged(queue, rest.position(), nextLsn);
        }
        return rest.tornBytes() > 0 ? new Cut(queue.name(), rest.position(), rest.tornBytes()) : null;
    }

    /// Cuts off what was torn, and makes what a killed process wrote without a sync as safe as the rest.
    private void makeClean(QueueFolder queue, long position) throws IOException {
        try (FileChannel file =
                FileChannel.open(queue.cycleFile(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            queue.endAt(file, position);
            disk.sync(file, queue.cycleFile());
        }
    }

    private static DamagedLogException damaged(QueueFolder queue, long position, long lsn) {
        return new DamagedLogException(
                queue.name(), position, "record " + lsn + " had been synced and is not whole any more");
    }
}
