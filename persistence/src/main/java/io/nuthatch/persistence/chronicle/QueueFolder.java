package io.nuthatch.persistence.chronicle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;

/// One queue of the log: a folder `<LSN of its first record>.queue` with one cycle file and Chronicle's
/// table of contents.
///
/// Chronicle begins a new file by the clock and never by size. Here its clock stands still, so that a queue
/// has exactly one file, which ends when the log says so, and a jump of the clock changes nothing.
///
/// @param firstLsn of the first record
record QueueFolder(Path path, long firstLsn) {
    private static final String SUFFIX = ".queue";
    private static final int NAME_DIGITS = 19;
    private static final String CYCLE_FILE = "19700101.cq4";
    private static final String TABLE_FILE = "metadata.cq4t";
    private static final long PAGE_BYTES = 4096;
    private static final long TIMEOUT_MILLIS = 500; // Chronicle waits so long for a file that a crash left half made.

    static {
        // Chronicle reports its use to its makers and starts threads to look at disks; neither is wanted here.
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("chronicle.disk.monitor.disable", "true");
    }

    /// The queue that begins with `firstLsn`, there or not.
    static QueueFolder of(Path log, long firstLsn) {
        String digits = Long.toString(firstLsn);
        return new QueueFolder(log.resolve("0".repeat(NAME_DIGITS - digits.length()) + digits + SUFFIX), firstLsn);
    }

    /// All queues in the log's folder, oldest first.
    static List<QueueFolder> list(Path log) throws IOException {
        try (Stream<Path> all = Files.list(log)) {
            return all.filter(QueueFolder::isQueue)
                    .sorted()
                    .map(path -> new QueueFolder(
                            path, Long.parseLong(path.getFileName().toString().substring(0, NAME_DIGITS))))
                    .toList();
        }
    }

    private static boolean isQueue(Path path) {
        String name = path.getFileName().toString();
        return name.length() == NAME_DIGITS + SUFFIX.length()
                && name.endsWith(SUFFIX)
                && name.chars().limit(NAME_DIGITS).allMatch(c -> c >= '0' && c <= '9')
                && Files.isDirectory(path);
    }

    /// The file with the records.
    Path cycleFile() {
        return path.resolve(CYCLE_FILE);
    }

    /// Chronicle's own list of files.
    Path tableFile() {
        return path.resolve(TABLE_FILE);
    }

    /// Name of the file with the records, for people and relative to the log's folder.
    String name() {
        return path.getFileName() + "/" + CYCLE_FILE;
    }

    /// Name of Chronicle's own list of files, relative to the log's folder.
    String tableName() {
        return path.getFileName() + "/" + TABLE_FILE;
    }

    /// Cuts off what stands in the cycle file, which `file` is, behind the document that ends at `position`.
    void endAt(FileChannel file, long position) throws IOException {
        file.truncate(position);
        file.write(ByteBuffer.allocate(1), endOf(position) - 1); // What is in between reads as zeros.
    }

    /// Where a file ends whose last document ends at `position`: Chronicle has to see that nothing follows.
    static long endOf(long position) {
        return (position / PAGE_BYTES + 2) * PAGE_BYTES;
    }

    /// Length of the cycle file; while it is written, a sparse one of whole blocks.
    long bytes() throws IOException {
        return Files.exists(cycleFile()) ? Files.size(cycleFile()) : 0;
    }

    /// Opens the queue with files that grow by `blockBytes`.
    SingleChronicleQueue open(int blockBytes, boolean isReadOnly) {
        return SingleChronicleQueueBuilder.binary(path)
                .rollCycle(LegacyRollCycles.DAILY)
                .timeProvider(() -> 0)
                .timeoutMS(TIMEOUT_MILLIS)
                .blockSize(blockBytes)
                .readOnly(isReadOnly)
                .build();
    }

    /// Deletes the queue with all its files.
    void delete() throws IOException {
        for (Path file : files()) {
            Files.delete(file);
        }
        Files.delete(path);
    }

    /// All files that are there.
    List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.sorted().toList();
        }
    }
}
