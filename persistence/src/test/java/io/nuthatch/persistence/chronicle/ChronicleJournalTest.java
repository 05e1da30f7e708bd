package io.nuthatch.persistence.chronicle;

import io.nuthatch.persistence.wal.JournalFaultSuite;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

/// The journal in Chronicle Queue: the faults that every journal meets, on real files, and what is its own.
class ChronicleJournalTest extends JournalFaultSuite<FaultyFolder> {
    private static final ChronicleOptions OPTIONS =
            new ChronicleOptions(200 << 10, 256 << 10); // Small, so that a run meets many ends of queues.

    @TempDir
    private Path temporary;

    private int disks;

    @Override
    protected int runs(int usual) {
        return Math.max(1, usual / 20); // A life of it takes some twenty milliseconds.
    }

    @Override
    protected FaultyFolder newDisk(Random random) throws IOException {
        return new FaultyFolder(Files.createDirectory(temporary.resolve("" + disks++)), random, this::powerIsOff);
    }

    @Override
    protected LogFiles logOn(FaultyFolder disk) {
        return new ChronicleLog(disk.path(), disk, OPTIONS.blockBytes(), account.counter("journal", "chronicle"));
    }

    @Override
    protected long fileBytes() {
        return OPTIONS.queueBytes();
    }

    @Override
    protected Place placeOf(FaultyFolder disk, int index) throws IOException {
        int passed = 0;
        for (QueueFolder queue : QueueFolder.list(disk.path())) {
            try (QueueScan scan = new QueueScan(queue, OPTIONS.blockBytes(), account.counter("journal", "reading"))) {
                long before = scan.position();
                for (long record = scan.next(); record != 0; record = scan.next()) {
                    if (passed++ == index) {
                        long begin = (before + 3) & -4;
                        int end = SegmentFormat.RECORD_HEADER_BYTES + SegmentFormat.payloadBytes(record);
                        return new Place(queue.name(), begin, Integer.BYTES + end);
                    }
                    before = scan.position();
                }
            }
        }
        throw new AssertionError("there is no record " + index);
    }
}
