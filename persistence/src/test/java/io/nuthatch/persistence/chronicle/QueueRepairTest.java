package io.nuthatch.persistence.chronicle;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.Seeds;
import io.nuthatch.persistence.disk.PowerCut;
import io.nuthatch.persistence.wal.DamagedLogException;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.LogInspection;
import io.nuthatch.persistence.wal.LogRepair;
import io.nuthatch.persistence.wal.MendableLog;
import io.nuthatch.persistence.wal.SegmentFormat;
import io.nuthatch.persistence.wal.SteppedJournal;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Logs in Chronicle Queue are written, damaged in random places, looked into and mended: what is found is
/// what a start would refuse, and what is left is what was announced.
class QueueRepairTest {
    private static final int RUNS = Math.max(1, Integer.getInteger("nuthatch.runs", 150) / 15);
    private static final int BLOCK_BYTES = 256 << 10;
    private static final long QUEUE_BYTES = 200 << 10;
    private static final int LONG = 100_000; // Four documents.

    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "chronicle");
    private int folders;
    private long nanos;

    @TempDir
    private Path temporary;

    private void forSeeds(Seeds.Run run) {
        Seeds.forEach(RUNS, 15, random -> {
            run.with(random);
            assertThat(account.total()).isZero();
        });
    }

    private static byte[] payload(long lsn) {
        byte[] bytes = new byte[lsn % 17 == 0 ? LONG : 1 + (int) (lsn * 37 % 5000)];
        new Random(lsn).nextBytes(bytes);
        return bytes;
    }

    /// A folder with a log of `records` records in several queues, in which all is synced.
    private Path written(Random random, int records) throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("" + folders++));
        write(folder, random, records);
        return folder;
    }

    private void write(Path folder, Random random, int records) throws IOException {
        ChronicleLog log = new ChronicleLog(folder, Disk.REAL, BLOCK_BYTES, counter);
        LogFiles.End end = log.replay(0, (lsn, address, bytes) -> {});
        SteppedJournal journal = new SteppedJournal(
                log,
                end,
                List.of(),
                Policy.ALWAYS,
                QUEUE_BYTES,
                () -> nanos += TimeUnit.MILLISECONDS.toNanos(200),
                account);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(LONG, 8);
            for (int i = 0; i < records; i++) {
                byte[] payload = payload(journal.journal().appendedLsn() + 1);
                Memory.copyIn(payload, 0, bytes.address(), payload.length);
                journal.journal().append(bytes.address(), payload.length);
                if (random.nextInt(3) == 0) {
                    journal.step();
                }
            }
        }
        journal.step();
        if (random.nextBoolean()) {
            journal.journal().close();
        } else {
            journal.abandon();
        }
    }

    /// Up to where the file holds records, or what Chronicle wrote in front of them.
    private long usedBytes(QueueFolder queue) throws IOException {
        try (CycleScan scan = new CycleScan(queue, counter)) {
            while (scan.next() != 0) {
                // To the last one.
            }
            return Math.max(1, scan.position());
        }
    }

    private void damage(Path folder, Random random) throws IOException {
        List<QueueFolder> queues = QueueFolder.list(folder);
        QueueFolder queue = queues.get(random.nextInt(queues.size()));
        byte[] bytes = Files.readAllBytes(queue.cycleFile());
        int offset = (int) random.nextLong(Math.min(bytes.length, usedBytes(queue)));
        switch (random.nextInt(5)) {
            case 0, 1 -> bytes[offset] ^= (byte) (1 << random.nextInt(8));
            case 2 -> Arrays.fill(bytes, offset, Math.min(bytes.length, offset + 400), (byte) 0);
            case 3 -> bytes = Arrays.copyOf(bytes, offset);
            default -> {
                queue.delete();
                return;
            }
        }
        Files.write(queue.cycleFile(), bytes);
    }

    private MendableQueues log(Path folder) {
        return new MendableQueues(folder, Disk.REAL, BLOCK_BYTES, counter);
    }

    private Map<Long, byte[]> replay(Path folder, long coveredLsn) throws IOException {
        Map<Long, byte[]> records = new TreeMap<>();
        new ChronicleLog(folder, Disk.REAL, BLOCK_BYTES, counter)
                .replay(coveredLsn, (lsn, address, bytes) -> records.put(lsn, Memory.toBytes(address, bytes)));
        return records;
    }

    private static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                contents.put(folder.relativize(file).toString(), bytes.length + " " + Arrays.hashCode(bytes));
            }
        }
        return contents;
    }

    @Test
    void bytesWithoutChronicleHoldTheSameRecordsAsItGives() {
        forSeeds(random -> {
            Path folder = written(random, 150);
            List<LogInspection.Stretch> stretches = log(folder).inspect().stretches();
            assertThat(stretches).hasSizeGreaterThan(3);
            Map<Long, byte[]> read = new TreeMap<>();
            for (LogInspection.Stretch stretch : stretches) {
                log(folder)
                        .read(
                                stretch,
                                stretch.firstLsn(),
                                stretch.lastLsn(),
                                (lsn, address, bytes) -> read.put(lsn, Memory.toBytes(address, bytes)));
            }
            assertThat(read.keySet()).hasSize(150);
            read.forEach((lsn, bytes) -> assertThat(bytes).isEqualTo(payload(lsn)));
        });
    }

    @Test
    void itFindsWhatAStartRefusesAtTheSamePlaceAndChangesNothing() {
        int[] refused = new int[1];
        forSeeds(random -> {
            Path folder = written(random, 100 + random.nextInt(100));
            for (int i = random.nextInt(3); i > 0 && !QueueFolder.list(folder).isEmpty(); i--) {
                damage(folder, random);
            }
            Map<String, String> before = contents(folder);
            LogInspection found = log(folder).inspect();
            assertThat(contents(folder)).isEqualTo(before);
            long covered = random.nextBoolean() ? 0 : random.nextInt(100);
            String expected = null;
            try {
                replay(folder, covered);
            } catch (DamagedLogException damaged) {
                expected = damaged.file() + " " + damaged.offset();
                refused[0]++;
            }
            List<LogInspection.Damage> damages = found.damagesBehind(covered);
            if (found.firstLsn() > covered + 1) {
                assertThat(expected).isEqualTo(found.segments().getFirst().name() + " 0");
            } else if (damages.isEmpty()) {
                assertThat(expected).isNull();
            } else {
                LogInspection.Damage first = damages.getFirst();
                assertThat(first.file() + " " + first.offset()).isEqualTo(expected);
                assertThat(damages.stream().map(LogInspection.Damage::firstLsn)).doesNotHaveDuplicates();
            }
        });
        assertThat(refused[0]).as("logs that were refused").isGreaterThan(RUNS / 5);
    }

    @Test
    void whatIsKeptIsWhatWasAnnouncedWhateverInterruptsTheRepair() {
        forSeeds(random -> {
            Path folder = written(random, 100 + random.nextInt(100));
            for (int i = 1 + random.nextInt(3);
                    i > 0 && !QueueFolder.list(folder).isEmpty();
                    i--) {
                damage(folder, random);
            }
            LogInspection found = log(folder).inspect();
            long reach = found.reachFrom(1);
            long resumeAfter = reach + (random.nextBoolean() ? 0 : random.nextInt(5));
            boolean isDone = false;
            for (int tries = 0; !isDone; tries++) {
                Path copies = temporary.resolve("copies-" + folders++);
                FaultyFolder disk = new FaultyFolder(folder, random, () -> {});
                if (tries < 5) {
                    disk.cutPowerAfter(random.nextInt(12));
                }
                MendableQueues log = new MendableQueues(folder, disk, BLOCK_BYTES, counter);
                try {
                    LogInspection again = log.inspect();
                    assertThat(again.reachFrom(1)).as("try %d", tries).isBetween(reach, resumeAfter);
                    try (MendableLog.Copies kept = log.copies(copies)) {
                        new LogRepair(log, again).keep(1, again.reachFrom(1), resumeAfter, kept, 1);
                    }
                    isDone = true;
                } catch (PowerCut cut) {
                    disk.kill(); // The process ends there; its files stay as they are.
                }
            }
            Map<Long, byte[]> left = replay(folder, 0);
            for (long lsn = 1; lsn <= reach; lsn++) {
                byte[] bytes = left.remove(lsn);
                if (bytes != null) {
                    assertThat(bytes).isEqualTo(payload(lsn));
                }
            }
            assertThat(left).isEmpty();
            LogInspection mended = log(folder).inspect();
            assertThat(mended.damages()).isEmpty();
            assertThat(mended.lastLsn()).isEqualTo(resumeAfter);
            write(folder, random, 10);
            assertThat(replay(folder, 0).keySet()).contains(resumeAfter + 1, resumeAfter + 10);
        });
    }

    @Test
    void copiesAreTheFilesAsTheyWere() {
        forSeeds(random -> {
            Path folder = written(random, 150);
            damage(folder, random);
            Map<String, String> before = contents(folder);
            LogInspection found = log(folder).inspect();
            Path copies = temporary.resolve("copies-" + folders++);
            List<String> touched;
            try (MendableLog.Copies kept = log(folder).copies(copies)) {
                touched = new LogRepair(log(folder), found).keep(1, found.reachFrom(1), found.reachFrom(1), kept, 1);
            }
            Map<String, String> copied = contents(copies);
            assertThat(copied.keySet()).containsAll(touched);
            copied.forEach((name, bytes) -> assertThat(bytes).isEqualTo(before.get(name)));
            Map<String, String> after = contents(folder);
            before.forEach((name, bytes) -> {
                if (!bytes.equals(after.get(name))) {
                    assertThat(copied).containsKey(name);
                }
            });
        });
    }

    @Test
    void damageToWhatChronicleKeepsBesideTheRecordsCostsNoneOfThem() throws IOException {
        Path folder = written(new Random(1), 150);
        QueueFolder second = QueueFolder.list(folder).get(1);
        byte[] bytes = Files.readAllBytes(second.cycleFile());
        bytes[0] ^= 1; // The length of Chronicle's header.
        Files.write(second.cycleFile(), bytes);
        LogInspection found = log(folder).inspect();
        assertThat(found.damages()).hasSize(1);
        long last = found.lastLsn();
        assertThat(found.reachFrom(1)).isEqualTo(last);
        try (MendableLog.Copies kept = log(folder).copies(temporary.resolve("copies"))) {
            assertThat(new LogRepair(log(folder), found).keep(1, last, last, kept, 1))
                    .containsExactly(second.name());
        }
        assertThat(replay(folder, 0)).hasSize(150);
    }

    @Test
    void recordsKeepTheSecondsInWhichTheyWereWritten() throws IOException {
        Path folder = written(new Random(1), 150);
        QueueFolder first = QueueFolder.list(folder).getFirst();
        LogInspection.Stretch whole = log(folder).inspect().stretches().getFirst();
        log(folder).rewrite(whole);
        try (CycleScan scan = new CycleScan(first, counter)) {
            long record = scan.next();
            assertThat(SegmentFormat.seconds(record))
                    .isEqualTo(whole.firstSeconds())
                    .isPositive();
        }
        assertThat(log(folder).inspect().stretches().getFirst().records()).isEqualTo(whole.records());
    }
}
