package io.nuthatch.persistence.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.persistence.disk.FaultyStorage;
import io.nuthatch.persistence.disk.FileStorage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The journal in segments: the faults that every journal meets, and what is its own.
class SegmentedJournalTest extends JournalFaultSuite<FaultyStorage> {
    private static final long SEGMENT_BYTES = 32 << 10; // Small, so that a run meets many ends of segments.

    @Override
    protected FaultyStorage newDisk(Random random) {
        return new FaultyStorage(random);
    }

    @Override
    protected LogFiles logOn(FaultyStorage disk) {
        return new SegmentedLog(disk, account.counter("journal", "segments"));
    }

    @Override
    protected long fileBytes() {
        return SEGMENT_BYTES;
    }

    @Override
    protected Place placeOf(FaultyStorage storage, int index) throws IOException {
        int passed = 0;
        for (String name : storage.list().stream().sorted().toList()) {
            try (Storage.File file = storage.open(name);
                    SegmentScan scan = new SegmentScan(file, account.counter("journal", "reading"))) {
                long offset = scan.position();
                for (long record = scan.next(); record != 0; record = scan.next()) {
                    if (passed++ == index) {
                        return new Place(
                                name, offset, SegmentFormat.RECORD_HEADER_BYTES + SegmentFormat.payloadBytes(record));
                    }
                    offset = scan.position();
                }
            }
        }
        throw new AssertionError("there is no record " + index);
    }

    @Test
    void numbersOnDiskStayAsTheyAre() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(96, 8);
            long at = bytes.address();
            SegmentFormat.writeHeader(at, 7, 1_700_000_000L);
            SegmentFormat.begin(at + 32, 3, 7);
            Memory.copyIn(new byte[] {'a', 'b', 'c'}, 0, at + 56, 3);
            SegmentFormat.seal(at + 32, 5, 1_700_000_001L);
            assertThat(java.util.HexFormat.of().formatHex(Memory.toBytes(at, 64)))
                    .isEqualTo("4e5554484c4f4701" + "0700000000000000" + "00f1536500000000" + "00000000"
                            + headerCrc(at) + recordCrc(at + 32) + "04000000" + "0700000000000000" + "02000000"
                            + "01f15365" + "6162630000000000");
            assertThat(SegmentFormat.name(7)).isEqualTo("0000000000000000007.log");
            assertThat(SegmentFormat.isHeader(at, 7)).isTrue();
            assertThat(SegmentFormat.isHeader(at, 8)).isFalse();
            assertThat(SegmentFormat.isWhole(at + 32, 32)).isTrue();
            assertThat(SegmentFormat.isWhole(at + 32, 31)).isFalse();
        }
    }

    private static String headerCrc(long header) {
        return crcOf(header, 28);
    }

    private static String recordCrc(long record) {
        return crcOf(record + 4, 23);
    }

    private static String crcOf(long address, int bytes) {
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(Memory.toBytes(address, bytes));
        return java.util.HexFormat.of().toHexDigits(Integer.reverseBytes((int) crc.getValue()));
    }

    @Test
    void aMissingSegmentIsRefused() throws IOException {
        FaultyStorage storage = new FaultyStorage(new Random(1));
        Opened opened = open(storage, Policy.NO);
        try (Arena arena = Arena.ofConfined()) {
            long address = arena.allocate(10_000).address();
            for (int i = 0; i < 20; i++) {
                opened.journal().append(address, 10_000);
                opened.step();
            }
        }
        opened.journal().close();
        List<String> names = storage.list().stream().sorted().toList();
        assertThat(names).hasSizeGreaterThan(3);
        storage.delete(names.get(1));
        assertThatThrownBy(() -> open(storage, Policy.NO))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(names.get(0));
    }

    @Test
    void memoryIsGivenBack() throws IOException {
        FaultyStorage storage = new FaultyStorage(new Random(1));
        Opened opened = open(storage, Policy.ALWAYS);
        try (Arena arena = Arena.ofConfined()) {
            opened.journal().append(arena.allocate(5 << 20).address(), 5 << 20);
        }
        opened.journal().close();
        assertThat(account.total()).isZero();
        assertThat(open(storage, Policy.ALWAYS).recovered()).hasSize(1);
    }

    @Test
    void writersAreAskedToWaitWhileTooMuchIsBuffered() throws IOException {
        Opened opened = open(new FaultyStorage(new Random(1)), Policy.NO);
        boolean[] told = new boolean[1];
        try (Arena arena = Arena.ofConfined()) {
            assertThat(opened.journal().hasRoom()).isTrue();
            opened.journal().append(arena.allocate(2 << 20).address(), 2 << 20);
        }
        assertThat(opened.journal().hasRoom()).isFalse();
        opened.journal().whenRoom(() -> told[0] = true);
        opened.step();
        assertThat(opened.journal().hasRoom()).isTrue();
        assertThat(told[0]).isTrue();
        opened.journal().close();
    }

    @Test
    void aFolderIsHeldByOneServerAtATime(@TempDir Path folder) throws IOException {
        try (FileStorage held = FileStorage.open(folder)) {
            assertThat(held.list()).isEmpty();
            assertThatThrownBy(() -> FileStorage.open(folder))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
        }
        FileStorage.open(folder).close();
    }

    @Test
    void manyThreadsAppendAndEachIsCommittedOnARealDisk(@TempDir Path folder) throws Exception {
        int threads = 4;
        int each = 500;
        try (FileStorage storage = FileStorage.open(folder)) {
            SegmentedLog log = new SegmentedLog(storage, account.counter("journal", "segments"));
            LogFiles.End end = log.replay(0, (lsn, address, bytes) -> {});
            GroupCommitJournal journal = GroupCommitJournal.open(
                    log,
                    end,
                    new GroupCommitJournal.Options(Policy.ALWAYS, 64 << 10, 1 << 20),
                    () -> 1_700_000_000_000L,
                    System::nanoTime,
                    account);
            List<Thread> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int number = t;
                running.add(Thread.ofPlatform().start(() -> appendAndWait(journal, number, each)));
            }
            for (Thread thread : running) {
                thread.join();
            }
            assertThat(journal.committedLsn()).isEqualTo((long) threads * each);
            journal.close();
            int[] next = new int[threads];
            LogFiles.End read = new SegmentedLog(storage, account.counter("journal", "reading"))
                    .replay(0, (lsn, address, bytes) -> {
                        int thread = Memory.getInt(address);
                        assertThat(Memory.getInt(address + 4)).isEqualTo(next[thread]++);
                    });
            assertThat(next).containsOnly(each);
            assertThat(read.cut()).isNull();
        }
        assertThat(account.total()).isZero();
    }

    private static void appendAndWait(Journal journal, int thread, int count) {
        try (Arena arena = Arena.ofConfined()) {
            long address = arena.allocate(64, 8).address();
            for (int i = 0; i < count; i++) {
                Memory.putInt(address, thread);
                Memory.putInt(address + 4, i);
                long lsn = journal.append(address, 64);
                if (i % 50 == 0) {
                    java.util.concurrent.CountDownLatch committed = new java.util.concurrent.CountDownLatch(1);
                    journal.whenCommitted(lsn, committed::countDown);
                    committed.await();
                    assertThat(journal.committedLsn()).isGreaterThanOrEqualTo(lsn);
                }
            }
            java.util.concurrent.CountDownLatch last = new java.util.concurrent.CountDownLatch(1);
            journal.whenCommitted(journal.appendedLsn(), last::countDown);
            last.await();
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        }
    }
}
