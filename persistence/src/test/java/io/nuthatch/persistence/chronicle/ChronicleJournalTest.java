package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.wal.JournalFaultSuite;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentFormat;
import io.nuthatch.persistence.wal.SteppedJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;

/// The journal in Chronicle Queue: the faults that every journal meets, on real files, and what is its own.
class ChronicleJournalTest extends JournalFaultSuite<FaultyFolder> {
    private static final ChronicleOptions OPTIONS =
            new ChronicleOptions(200 << 10, 256 << 10); // Small, so that a run meets many ends of queues.

    private final MemoryAccount account = new MemoryAccount();
    private final List<SteppedJournal> opened = new ArrayList<>();
    private long nanos;

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
    protected void powerIsOff() {
        opened.forEach(SteppedJournal::abandon);
        opened.clear();
    }

    @Override
    protected Opened open(FaultyFolder disk, Policy policy, long coveredLsn) throws IOException {
        List<byte[]> recovered = new ArrayList<>();
        ChronicleLog log =
                new ChronicleLog(disk.path(), disk, OPTIONS.blockBytes(), account.counter("journal", "chronicle"));
        LogFiles.End end =
                log.replay(coveredLsn, (lsn, address, bytes) -> recovered.add(Memory.toBytes(address, bytes)));
        SteppedJournal journal = new SteppedJournal(
                log,
                end,
                recovered,
                policy,
                OPTIONS.queueBytes(),
                () -> nanos += TimeUnit.MILLISECONDS.toNanos(200), // Each look at the clock is later: syncs fall due.
                account);
        opened.add(journal);
        return journal;
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
