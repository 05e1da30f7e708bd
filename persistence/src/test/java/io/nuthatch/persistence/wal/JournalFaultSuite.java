package io.nuthatch.persistence.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.Seeds;
import io.nuthatch.persistence.disk.FaultyDisk;
import io.nuthatch.persistence.disk.PowerCut;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// What a journal owes, whatever stands behind the port: appends, commits and every fault of
/// [FaultyDisk], from seeds. A subclass opens the journal.
public abstract class JournalFaultSuite<D extends FaultyDisk> {
    private static final int RUNS = Integer.getInteger("nuthatch.runs", 60);

    protected final MemoryAccount account = new MemoryAccount();
    private final List<SteppedJournal> journals = new ArrayList<>();
    private long nanos;

    /// A journal whose thread is the test.
    public interface Opened {
        Journal journal();

        /// Records as they were read back, oldest first.
        List<byte[]> recovered();

        /// Reads from a record on.
        LogCursor cursor(long lsn);

        /// Lets the journal do what is due.
        void step();
    }

    /// How many seeds a test takes, where `usual` is right for a disk in memory.
    protected int runs(int usual) {
        return usual;
    }

    /// A disk with nothing on it.
    protected abstract D newDisk(Random random) throws IOException;

    /// The log on a disk, closed.
    protected abstract LogFiles logOn(D disk);

    /// Where its files end: early, so that a run meets many ends.
    protected abstract long fileBytes();

    /// `coveredLsn`: records up to this one are not needed any more.
    private Opened open(D disk, Policy policy, long coveredLsn) throws IOException {
        List<byte[]> recovered = new ArrayList<>();
        LogFiles log = logOn(disk);
        LogFiles.End end =
                log.replay(coveredLsn, (lsn, address, bytes) -> recovered.add(Memory.toBytes(address, bytes)));
        SteppedJournal journal = new SteppedJournal(
                log,
                end,
                recovered,
                policy,
                fileBytes(),
                () -> nanos += TimeUnit.MILLISECONDS.toNanos(200), // Each look at the clock is later: syncs fall due.
                account);
        journals.add(journal);
        return journal;
    }

    final Opened open(D disk, Policy policy) throws IOException {
        return open(disk, policy, 0);
    }

    /// Frees the memory of every journal that was opened and not closed; their disk is gone.
    protected final void powerIsOff() {
        journals.forEach(SteppedJournal::abandon);
        journals.clear();
    }

    /// Where the `index`th record lies, for faults in its bytes.
    protected abstract Place placeOf(D storage, int index) throws IOException;

    /// Bytes of a record in a file.
    public record Place(String file, long offset, int bytes) {}

    /// A record's bytes are a function of its place, so that a wrong one shows.
    private static byte[] payload(long index, Random sizes) {
        int kind = sizes.nextInt(20);
        int size = 1 + (kind == 0 ? sizes.nextInt(20_000) : kind < 5 ? sizes.nextInt(3_000) : sizes.nextInt(100));
        byte[] bytes = new byte[size];
        new Random(index * 31 + size).nextBytes(bytes);
        return bytes;
    }

    private static long append(Journal journal, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(bytes.length, 8);
            Memory.copyIn(bytes, 0, copy.address(), bytes.length);
            return journal.append(copy.address(), bytes.length);
        }
    }

    /// How a life ends.
    private interface Ending {
        void end(FaultyDisk disk) throws IOException;
    }

    private void forSeeds(Seeds.Run run) {
        Seeds.forEach(runs(RUNS), 1, random -> {
            run.with(random);
            powerIsOff();
        });
    }

    /// Runs a journal through several lives, each ended by `end`, and holds every recovery against what was
    /// appended and acknowledged.
    private void liveAndDie(Random random, Policy policy, Ending end) throws IOException {
        D storage = newDisk(random);
        List<byte[]> history = new ArrayList<>(); // What the log must hold, as a prefix.
        int promised = 0;
        for (int life = 0; life < 6; life++) {
            Opened opened = null;
            try {
                if (random.nextInt(4) == 0) {
                    storage.cutPowerAfter(random.nextInt(6)); // While it reads back and cuts.
                }
                opened = open(storage, policy);
                List<byte[]> recovered = opened.recovered();
                assertThat(recovered.size())
                        .as("life %d: records that were promised", life)
                        .isBetween(promised, history.size());
                for (int i = 0; i < recovered.size(); i++) {
                    assertThat(recovered.get(i)).as("record %d", i).isEqualTo(history.get(i));
                }
                history = new ArrayList<>(recovered); // The rest is gone, for good.
                promised = recovered.size();
                long base = opened.journal().appendedLsn() - history.size();
                storage.cutPowerAfter(random.nextInt(3) == 0 ? Long.MAX_VALUE : random.nextInt(60));
                for (int step = 0; step < 150; step++) {
                    if (random.nextInt(4) > 0) {
                        byte[] bytes = payload(history.size(), random);
                        history.add(bytes);
                        assertThat(append(opened.journal(), bytes)).isEqualTo(base + history.size());
                    } else {
                        opened.step();
                        long safe = policy == Policy.ALWAYS
                                ? opened.journal().committedLsn()
                                : opened.journal().syncedLsn();
                        promised = Math.max(promised, (int) (safe - base));
                    }
                }
                if (random.nextInt(4) == 0) {
                    opened.journal().close();
                    promised = history.size();
                }
            } catch (PowerCut cut) {
                // What was promised before stays promised.
            }
            end.end(storage);
        }
    }

    @Test
    void powerCutsKeepWhatWasCommittedAndNothingOutOfOrder() {
        forSeeds(random -> liveAndDie(random, Policy.ALWAYS, FaultyDisk::restart));
    }

    @Test
    void powerCutsUnderEverysecKeepWhatWasSynced() {
        forSeeds(random -> liveAndDie(random, Policy.EVERYSEC, FaultyDisk::restart));
    }

    @Test
    void whatIsCutFreesTheDiskAndLosesNothingBehindItWhereverThePowerGoes() {
        forSeeds(random -> {
            D storage = newDisk(random);
            List<byte[]> history = new ArrayList<>();
            long covered = 0;
            for (int life = 0; life < 6; life++) {
                try {
                    if (random.nextInt(4) == 0) {
                        storage.cutPowerAfter(random.nextInt(6)); // While it reads back and cuts.
                    }
                    Opened opened = open(storage, Policy.ALWAYS, covered);
                    assertThat(opened.journal().appendedLsn())
                            .as("life %d", life)
                            .isBetween(covered, (long) history.size());
                    history = new ArrayList<>(
                            history.subList(0, (int) opened.journal().appendedLsn()));
                    assertThat(opened.recovered()).hasSize(history.size() - (int) covered);
                    for (int i = 0; i < opened.recovered().size(); i++) {
                        assertThat(opened.recovered().get(i)).isEqualTo(history.get((int) covered + i));
                    }
                    storage.cutPowerAfter(random.nextInt(3) == 0 ? Long.MAX_VALUE : 20 + random.nextInt(60));
                    for (int i = 0; i < 40; i++) {
                        byte[] bytes = payload(history.size(), random);
                        history.add(bytes);
                        assertThat(append(opened.journal(), bytes)).isEqualTo(history.size());
                        opened.step();
                        if (random.nextInt(10) == 0) {
                            covered = opened.journal().syncedLsn(); // As if a checkpoint held it.
                            opened.journal().cut(covered);
                        }
                    }
                } catch (PowerCut cut) {
                    // What is behind the cut is there.
                }
                storage.restart();
            }
        });
    }

    @Test
    void aCutLeavesTheNewestFile() throws IOException {
        Random random = new Random(Seeds.FIRST);
        D storage = newDisk(random);
        Opened opened = open(storage, Policy.ALWAYS);
        fill(opened, 60, random);
        long before = opened.journal().sizeBytes();
        opened.journal().cut(60);
        for (int i = 0; i < 60; i++) {
            opened.step();
        }
        assertThat(opened.journal().sizeBytes()).isLessThan(before / 2);
        storage.kill();
        assertThat(open(storage, Policy.ALWAYS, 60).journal().appendedLsn()).isEqualTo(60);
        assertThatThrownBy(() -> open(storage, Policy.ALWAYS, 0))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining("is missing");
    }

    @Test
    void aKilledProcessLosesNothingThatWasCommittedUnderAnyPolicy() {
        for (Policy policy : Policy.values()) {
            forSeeds(random -> {
                D storage = newDisk(random);
                List<byte[]> history = new ArrayList<>();
                for (int life = 0; life < 4; life++) {
                    Opened opened = open(storage, policy);
                    assertThat(opened.recovered()).hasSize(history.size());
                    long base = opened.journal().appendedLsn();
                    List<byte[]> more = new ArrayList<>();
                    for (int i = random.nextInt(30); i >= 0; i--) {
                        byte[] bytes = payload(history.size() + more.size(), random);
                        more.add(bytes);
                        append(opened.journal(), bytes);
                        if (random.nextInt(3) == 0) {
                            opened.step();
                        }
                    }
                    history.addAll(more.subList(0, (int) (opened.journal().committedLsn() - base)));
                    storage.kill();
                }
            });
        }
    }

    /// Appends `count` records, each committed for itself.
    private static List<byte[]> fill(Opened opened, int count, Random random) {
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] bytes = payload(i, random);
            records.add(bytes);
            append(opened.journal(), bytes);
            opened.step();
        }
        assertThat(opened.journal().syncedLsn()).isEqualTo(opened.journal().appendedLsn());
        return records;
    }

    @Test
    void aFlippedBitInFrontOfTheLastRecordIsRefusedByFileAndOffset() {
        forSeeds(random -> {
            D storage = newDisk(random);
            fill(open(storage, Policy.ALWAYS), 12, random);
            storage.kill();
            Place place = placeOf(storage, random.nextInt(11));
            storage.flipBit(place.file, place.offset + random.nextInt(place.bytes), random.nextInt(8));
            assertThatThrownBy(() -> open(storage, Policy.ALWAYS))
                    .isInstanceOf(DamagedLogException.class)
                    .hasMessageStartingWith(place.file + ": damaged at byte " + place.offset);
        });
    }

    @Test
    void aZeroedPageInFrontOfTheLastRecordIsRefused() {
        forSeeds(random -> {
            D storage = newDisk(random);
            fill(open(storage, Policy.ALWAYS), 12, random);
            storage.kill();
            Place place = placeOf(storage, random.nextInt(11));
            storage.zero(place.file, place.offset, place.bytes);
            assertThatThrownBy(() -> open(storage, Policy.ALWAYS))
                    .isInstanceOf(DamagedLogException.class)
                    .hasMessageContaining(place.file);
        });
    }

    @Test
    void aTornLastRecordIsAbsentNowAndEverAfter() {
        forSeeds(random -> {
            D storage = newDisk(random);
            List<byte[]> records = fill(open(storage, Policy.ALWAYS), 9, random);
            storage.kill();
            Place last = placeOf(storage, 8);
            storage.cutFile(last.file, last.offset + random.nextInt(last.bytes));
            for (int start = 0; start < 3; start++) {
                Opened again = open(storage, Policy.ALWAYS);
                assertThat(again.recovered()).hasSize(8 + start);
                byte[] more = payload(100 + start, random);
                records.set(8, more);
                append(again.journal(), more);
                again.step();
                storage.restart();
                List<byte[]> next = open(storage, Policy.ALWAYS).recovered();
                assertThat(next).hasSize(9 + start);
                assertThat(next.getLast()).isEqualTo(more);
                assertThat(next.get(7)).isEqualTo(records.get(7));
            }
        });
    }

    @Test
    void aLogThatWasClosedInOrderMissesItsLastRecordAloud() throws IOException {
        Random random = new Random(Seeds.FIRST);
        D storage = newDisk(random);
        Opened opened = open(storage, Policy.ALWAYS);
        fill(opened, 5, random);
        opened.journal().close();
        storage.kill();
        Place last = placeOf(storage, 4);
        storage.flipBit(last.file, last.offset + last.bytes - 1, 3);
        assertThatThrownBy(() -> open(storage, Policy.ALWAYS)).isInstanceOf(DamagedLogException.class);
    }

    @Test
    void afterAFailedSyncNothingIsEverCommittedAgain() {
        forSeeds(random -> {
            D storage = newDisk(random);
            Opened opened = open(storage, Policy.ALWAYS);
            List<byte[]> records = fill(opened, 1 + random.nextInt(10), random);
            long committed = opened.journal().committedLsn();
            append(opened.journal(), payload(99, random));
            storage.failSyncs(1);
            opened.step();
            assertThat(opened.journal().isFailed()).isTrue();
            assertThat(opened.journal().refusal()).contains("fsync").contains("Input/output error");
            for (int i = 0; i < 5; i++) {
                append(opened.journal(), payload(100 + i, random));
                opened.step(); // FaultyStorage complains of any write.
            }
            assertThat(opened.journal().committedLsn()).isEqualTo(committed);
            assertThatThrownBy(() -> opened.journal().close()).isInstanceOf(IOException.class);
            storage.restart();
            assertThat(open(storage, Policy.ALWAYS).recovered().size()).isBetween(records.size(), records.size() + 1);
        });
    }

    @Test
    void aFullDiskRefusesAndGoesOnWhenThereIsRoom() {
        for (Policy policy : List.of(Policy.ALWAYS, Policy.NO)) {
            forSeeds(random -> {
                D storage = newDisk(random);
                Opened opened = open(storage, policy);
                storage.setCapacity(500 + random.nextInt(30_000));
                List<byte[]> records = new ArrayList<>();
                while (opened.journal().refusal() == null) {
                    records.add(payload(records.size(), random));
                    append(opened.journal(), records.getLast());
                    opened.step();
                }
                assertThat(opened.journal().refusal()).isEqualTo("No space left on device");
                assertThat(opened.journal().isFailed()).isFalse();
                assertThat(opened.journal().committedLsn())
                        .isLessThan(opened.journal().appendedLsn());
                opened.step();
                boolean isCut = random.nextBoolean();
                if (isCut) {
                    long committed = opened.journal().committedLsn();
                    storage.kill();
                    storage.setCapacity(Long.MAX_VALUE);
                    assertThat(open(storage, policy).recovered().size()).isBetween((int) committed, records.size());
                    return;
                }
                storage.setCapacity(Long.MAX_VALUE);
                opened.step();
                assertThat(opened.journal().refusal()).isNull();
                assertThat(opened.journal().committedLsn())
                        .isEqualTo(opened.journal().appendedLsn());
                storage.kill();
                assertThat(open(storage, policy).recovered()).hasSize(records.size());
            });
        }
    }

    @Test
    void aReadOnlyFolderRefusesWrites() throws IOException {
        Random random = new Random(Seeds.FIRST);
        D storage = newDisk(random);
        storage.setReadOnly(true);
        Opened opened = open(storage, Policy.ALWAYS);
        append(opened.journal(), payload(0, random));
        opened.step();
        assertThat(opened.journal().refusal()).contains("Read-only");
        assertThat(opened.journal().committedLsn()).isZero();
        storage.setReadOnly(false);
        opened.step();
        assertThat(opened.journal().committedLsn()).isEqualTo(1);
    }

    @Test
    void whoWaitsForACommitIsToldAfterTheSyncAndInOrder() throws IOException {
        Random random = new Random(Seeds.FIRST);
        D storage = newDisk(random);
        Opened opened = open(storage, Policy.ALWAYS);
        List<Integer> told = new ArrayList<>();
        List<Integer> toldBeforeSync = new ArrayList<>();
        storage.beforeSync(() -> toldBeforeSync.addAll(told));
        for (int i = 1; i <= 3; i++) {
            int lsn = i;
            append(opened.journal(), payload(i, random));
            opened.journal().whenCommitted(lsn, () -> told.add(lsn));
        }
        assertThat(told).isEmpty();
        opened.step();
        assertThat(told).containsExactly(1, 2, 3);
        assertThat(toldBeforeSync).isEmpty();
        opened.journal().whenCommitted(2, () -> told.add(22));
        assertThat(told).endsWith(22);
    }

    @Test
    void aCursorReadsFromAnyPlaceBesideTheWriter() {
        forSeeds(random -> {
            D storage = newDisk(random);
            Opened opened = open(storage, Policy.ALWAYS);
            List<byte[]> history = fill(opened, 1 + random.nextInt(80), random);
            int next = random.nextInt(history.size());
            try (LogCursor cursor = opened.cursor(next + 1)) {
                for (int round = 0; round < 60; round++) {
                    List<byte[]> read = new ArrayList<>();
                    cursor.read(
                            opened.journal().committedLsn(),
                            random.nextInt(20_000),
                            (lsn, address, bytes) -> read.add(Memory.toBytes(address, bytes)));
                    for (byte[] bytes : read) {
                        assertThat(bytes).as("record %d", next).isEqualTo(history.get(next));
                        next++;
                    }
                    assertThat(cursor.nextLsn()).isEqualTo(next + 1);
                    history.add(payload(history.size(), random));
                    append(opened.journal(), history.getLast());
                    if (random.nextBoolean()) {
                        opened.step();
                    }
                }
            }
        });
    }

    @Test
    void aCursorMissesAloudWhatWasCut() throws IOException {
        Random random = new Random(Seeds.FIRST);
        Opened opened = open(newDisk(random), Policy.ALWAYS);
        fill(opened, 200, random);
        opened.journal().cut(200);
        for (int i = 0; i < 60; i++) {
            opened.step();
        }
        try (LogCursor cursor = opened.cursor(1)) {
            assertThatThrownBy(() -> cursor.read(200, 1, (lsn, address, bytes) -> {}))
                    .isInstanceOf(DamagedLogException.class)
                    .hasMessageContaining("record 1 is not in the log any more");
        }
        try (LogCursor cursor = opened.cursor(200)) {
            List<Long> read = new ArrayList<>();
            cursor.read(200, 1, (lsn, address, bytes) -> read.add(lsn));
            assertThat(read).containsExactly(200L);
        }
    }
}
