package io.nuthatch.persistence.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.Seeds;
import io.nuthatch.persistence.disk.FaultyStorage;
import io.nuthatch.persistence.disk.PowerCut;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Logs are written, damaged in random places, looked into and mended: what is found is what a start would
/// refuse, and what is left is what was announced.
class LogRepairTest {
    private static final int RUNS = Integer.getInteger("nuthatch.runs", 150);
    private static final int SEGMENT_BYTES = 2000;

    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "buffers");

    private void forSeeds(Seeds.Run run) {
        Seeds.forEach(RUNS, 1, random -> {
            run.with(random);
            assertThat(account.total()).isZero();
        });
    }

    private static byte[] payload(long lsn) {
        byte[] bytes = new byte[1 + (int) (lsn * 37 % 150)];
        new Random(lsn).nextBytes(bytes);
        return bytes;
    }

    /// A log of `records` records in several segments, in which all is synced; closed in order or not.
    private FaultyStorage written(Random random, int records) throws IOException {
        FaultyStorage storage = new FaultyStorage(random);
        write(storage, random, records, random.nextBoolean());
        return storage;
    }

    private void write(Storage storage, Random random, int records, boolean isClosed) throws IOException {
        SegmentedLog log = new SegmentedLog(storage, counter);
        LogFiles.End end = log.replay(0, (lsn, address, bytes) -> {});
        GroupCommitJournal journal = new GroupCommitJournal(
                log,
                end,
                new GroupCommitJournal.Options(Policy.ALWAYS, SEGMENT_BYTES, 1 << 20),
                () -> 1_700_000_000_000L,
                () -> 0,
                account);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(200, 8);
            for (int i = 0; i < records; i++) {
                byte[] payload = payload(journal.appendedLsn() + 1);
                Memory.copyIn(payload, 0, bytes.address(), payload.length);
                journal.append(bytes.address(), payload.length);
                if (random.nextInt(3) == 0) {
                    journal.step();
                }
            }
        }
        journal.step();
        if (isClosed) {
            journal.close();
        } else {
            journal.abandon();
        }
    }

    private void damage(FaultyStorage storage, Random random) throws IOException {
        List<String> names = SegmentFormat.segments(storage);
        String name = names.get(random.nextInt(names.size()));
        long size;
        try (Storage.File file = storage.open(name)) {
            size = file.size();
        }
        if (size == 0) {
            return;
        }
        long offset = random.nextLong(size);
        switch (random.nextInt(5)) {
            case 0, 1 -> storage.flipBit(name, offset, random.nextInt(8));
            case 2 -> storage.zero(name, offset, 1 + random.nextInt(400));
            case 3 -> storage.cutFile(name, offset);
            default -> {
                storage.delete(name);
                storage.sync();
            }
        }
    }

    private Map<Long, byte[]> replay(Storage storage) throws IOException {
        return replay(storage, 0);
    }

    private Map<Long, byte[]> replay(Storage storage, long coveredLsn) throws IOException {
        Map<Long, byte[]> records = new TreeMap<>();
        new SegmentedLog(storage, counter)
                .replay(coveredLsn, (lsn, address, bytes) -> records.put(lsn, Memory.toBytes(address, bytes)));
        return records;
    }

    private List<String> repair(
            Storage storage, LogInspection found, long from, long to, long resumeAfter, Storage copies)
            throws IOException {
        MendableSegments log = new MendableSegments(storage, counter);
        return new LogRepair(log, found).keep(from, to, resumeAfter, log.copiesTo(copies), 1);
    }

    @Test
    void itFindsWhatAStartRefusesAtTheSamePlace() {
        int[] refused = new int[1];
        forSeeds(random -> {
            FaultyStorage storage = written(random, 20 + random.nextInt(150));
            for (int i = random.nextInt(3); i > 0; i--) {
                damage(storage, random);
            }
            LogInspection found = LogInspection.of(storage, counter);
            long covered = random.nextBoolean() ? 0 : random.nextInt(100);
            String expected = null;
            try {
                replay(storage, covered);
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
            }
        });
        assertThat(refused[0]).as("logs that were refused").isGreaterThan(RUNS / 5);
    }

    @Test
    void anInspectionChangesNothing() {
        forSeeds(random -> {
            FaultyStorage storage = written(random, 60);
            damage(storage, random);
            storage.setReadOnly(true);
            LogInspection found = LogInspection.of(storage, counter);
            assertThat(LogInspection.of(storage, counter)).isEqualTo(found);
        });
    }

    @Test
    void whatIsKeptIsWhatWasAnnouncedWhateverInterruptsTheRepair() {
        forSeeds(random -> {
            FaultyStorage storage = written(random, 20 + random.nextInt(150));
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                damage(storage, random);
            }
            LogInspection found = LogInspection.of(storage, counter);
            // As after a checkpoint, which needs no record before `from`; a replay here begins at 1 all the same.
            long reach = found.reachFrom(1);
            long resumeAfter = reach + (random.nextBoolean() ? 0 : random.nextInt(5));
            boolean isDone = false;
            for (int tries = 0; !isDone; tries++) {
                FaultyStorage copies = new FaultyStorage(random);
                if (tries < 5) {
                    storage.cutPowerAfter(random.nextInt(12));
                }
                try {
                    LogInspection again = LogInspection.of(storage, counter);
                    assertThat(again.reachFrom(1)).as("try %d", tries).isBetween(reach, resumeAfter);
                    repair(storage, again, 1, again.reachFrom(1), resumeAfter, copies);
                    isDone = true;
                } catch (PowerCut cut) {
                    storage.restart();
                }
            }
            storage.cutPowerAfter(Long.MAX_VALUE);
            Map<Long, byte[]> left = replay(storage);
            for (long lsn = 1; lsn <= reach; lsn++) {
                byte[] bytes = left.remove(lsn);
                if (bytes != null) {
                    assertThat(bytes).isEqualTo(payload(lsn));
                }
            }
            assertThat(left).isEmpty();
            assertThat(LogInspection.of(storage, counter).lastLsn()).isEqualTo(resumeAfter);
            write(storage, random, 10, true);
            assertThat(replay(storage).keySet()).contains(resumeAfter + 1, resumeAfter + 10);
        });
    }

    @Test
    void everyFileThatIsTouchedIsCopiedAsItWas() {
        forSeeds(random -> {
            FaultyStorage storage = written(random, 100);
            damage(storage, random);
            Map<String, byte[]> before = contents(storage);
            LogInspection found = LogInspection.of(storage, counter);
            FaultyStorage copies = new FaultyStorage(random);
            List<String> touched = repair(storage, found, 1, found.reachFrom(1), found.reachFrom(1), copies);
            Map<String, byte[]> kept = contents(copies);
            assertThat(kept.keySet()).containsExactlyInAnyOrderElementsOf(touched);
            kept.forEach((name, bytes) -> assertThat(bytes).isEqualTo(before.get(name)));
            Map<String, byte[]> after = contents(storage);
            before.forEach((name, bytes) -> {
                if (!Arrays.equals(bytes, after.get(name))) {
                    assertThat(touched).contains(name);
                }
            });
        });
    }

    private Map<String, byte[]> contents(Storage storage) throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        for (String name : storage.list()) {
            try (Storage.File file = storage.open(name);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(Math.max(1, file.size()));
                file.read(0, bytes.asSlice(0, file.size()));
                contents.put(name, Memory.toBytes(bytes.address(), (int) file.size()));
            }
        }
        return contents;
    }

    @Test
    void damageInFrontOfWhatIsNeededCostsNothing() {
        forSeeds(random -> {
            FaultyStorage storage = written(random, 120);
            LogInspection whole = LogInspection.of(storage, counter);
            LogInspection.Stretch second = whole.stretches().get(1);
            storage.flipBit(whole.stretches().getFirst().file(), 40 + random.nextInt(100), 3);
            LogInspection found = LogInspection.of(storage, counter);
            if (found.damages().isEmpty()) {
                return; // It was in the zeros behind a record.
            }
            long from = second.firstLsn() + random.nextInt((int) second.records());
            assertThat(found.reachFrom(from)).isEqualTo(whole.lastLsn());
            repair(storage, found, from, whole.lastLsn(), whole.lastLsn(), new FaultyStorage(random));
            LogInspection mended = LogInspection.of(storage, counter);
            assertThat(mended.damages()).isEmpty();
            assertThat(mended.firstLsn()).isBetween(2L, from);
            assertThatCode(() -> mended.read(
                            new MendableSegments(storage, counter),
                            from,
                            whole.lastLsn(),
                            (lsn, address, bytes) ->
                                    assertThat(Memory.toBytes(address, bytes)).isEqualTo(payload(lsn))))
                    .doesNotThrowAnyException();
            assertThat(mended.reachFrom(from)).isEqualTo(whole.lastLsn());
        });
    }
}
