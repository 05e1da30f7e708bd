package io.nuthatch.persistence.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.keyspace.HashSlot;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.check.Findings;
import io.nuthatch.persistence.check.FolderCheck;
import io.nuthatch.persistence.checkpoint.Checkpoints.Saved;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.wal.GroupCommitJournal;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentedLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What becomes of a log that began behind what was in memory, by the checkpoint that a start finds.
class LogBeginningTest {
    private static final int OLD_RECORDS = 3; // And one without payload, which closing adds.

    @TempDir
    Path folder;

    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "log");

    private LogFiles files(FileStorage storage, String engine) {
        return engine.equals("chronicle") ? ChronicleLog.in(folder, counter) : new SegmentedLog(storage, counter);
    }

    /// An old log of three records, and behind it a beginning of two. Returns the beginning's first record.
    private long begin(FileStorage storage, String engine) throws IOException {
        write(files(storage, engine), OLD_RECORDS);
        long first = end(storage, engine) + 1;
        new LogBeginning(storage).mark(first);
        write(files(storage, engine), 2);
        assertThat(end(storage, engine)).isGreaterThan(first);
        return first;
    }

    private void write(LogFiles files, int records) throws IOException {
        LogFiles.End end = files.replay(Long.MAX_VALUE - 1, (lsn, address, bytes) -> {});
        long payload = OffHeap.allocate(8, counter);
        try (GroupCommitJournal journal = GroupCommitJournal.open(
                files,
                end,
                GroupCommitJournal.Options.of(Journal.Policy.ALWAYS),
                System::currentTimeMillis,
                System::nanoTime,
                account)) {
            for (int i = 0; i < records; i++) {
                journal.append(payload, 8);
            }
        } finally {
            OffHeap.free(payload, 8, counter);
        }
    }

    private long end(FileStorage storage, String engine) throws IOException {
        return files(storage, engine)
                .replay(Long.MAX_VALUE - 1, (lsn, address, bytes) -> {})
                .lastLsn();
    }

    private static Saved saved(long coveredLsn, long endLsn) {
        long[] slots = new long[HashSlot.COUNT];
        Arrays.fill(slots, coveredLsn);
        return new Saved(0, 0, 0, 0, coveredLsn, endLsn, slots);
    }

    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void withoutItsCheckpointItIsThrownAway(String engine) throws IOException {
        try (FileStorage storage = FileStorage.open(folder)) {
            long first = begin(storage, engine);
            // None; one without a log; the old log's, up to its very end.
            for (@Nullable Saved newest : Arrays.asList(null, saved(0, -1), saved(first - 1, first - 1))) {
                assertThat(new LogBeginning(storage).settle(files(storage, engine), newest))
                        .isTrue();
                assertThat(end(storage, engine)).isEqualTo(first - 1);
                assertThat(new LogBeginning(storage).settle(files(storage, engine), newest))
                        .as("a second time")
                        .isFalse();
                new LogBeginning(storage).mark(first);
                write(files(storage, engine), 2);
            }
        }
        assertThat(account.total()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void withItsCheckpointItStays(String engine) throws IOException {
        try (FileStorage storage = FileStorage.open(folder)) {
            long first = begin(storage, engine);
            long last = end(storage, engine);
            assertThat(new LogBeginning(storage).settle(files(storage, engine), saved(first, last)))
                    .isFalse();
            assertThat(end(storage, engine)).isEqualTo(last);
            assertThat(storage.list()).noneMatch(name -> name.startsWith("begins-"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"segmented", "chronicle"})
    void theToolSaysWhatTheNextStartThrowsAway(String engine) throws IOException {
        long first;
        try (FileStorage storage = FileStorage.open(folder)) {
            first = begin(storage, engine);
        }
        Path data = Objects.requireNonNull(folder.getParent());
        String name = folder.getFileName().toString();
        try (FolderCheck check = new FolderCheck(data, name, "no-checkpoints", System::currentTimeMillis)) {
            Findings found = check.verify();
            assertThat(found.discardedFromLsn()).isEqualTo(first);
            assertThat(Objects.requireNonNull(found.log()).lastLsn()).isEqualTo(first - 1);
            assertThat(check.damages(found)).isEmpty();
        }
    }

    @Test
    void aMarkThatNobodyWroteIsRefused() throws IOException {
        try (FileStorage storage = FileStorage.open(folder)) {
            storage.create("begins-soon").close();
            assertThatThrownBy(() -> new LogBeginning(storage).settle(files(storage, "segmented"), null))
                    .hasMessageContaining("begins-soon");
        }
    }
}
