package io.nuthatch.bench;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.wal.GroupCommitJournal;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentedLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// The logs alone, one thread appending: `JournalBenchmark FOLDER [segmented|chronicle]`. With `always` a
/// group of records waits for its commit, as replies do; otherwise records are appended as fast as there is
/// room.
public final class JournalBenchmark {
    private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(Integer.getInteger("millis", 3000));
    private static final int ROUNDS = 2; // The second is shown.

    private JournalBenchmark() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        List<Boolean> kinds = args.length == 1 ? List.of(false, true) : List.of(args[1].equals("chronicle"));
        System.out.println("| log | bytes | policy | group | records/s | MB/s | commit p50 us | p99 us |");
        for (int bytes : new int[] {1024, 3072}) {
            for (int group : new int[] {1, 16, 64, 256}) {
                for (boolean isChronicle : kinds) {
                    row(folder, isChronicle, bytes, Policy.ALWAYS, group);
                }
            }
            for (Policy policy : List.of(Policy.EVERYSEC, Policy.NO)) {
                for (boolean isChronicle : kinds) {
                    row(folder, isChronicle, bytes, policy, 64);
                }
            }
        }
    }

    private static void row(Path folder, boolean isChronicle, int bytes, Policy policy, int group) throws IOException {
        String line = "";
        for (int round = 0; round < ROUNDS; round++) {
            empty(folder);
            line = measure(folder, isChronicle, bytes, policy, group);
        }
        System.out.println(line);
    }

    private static void empty(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (var files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static String measure(Path folder, boolean isChronicle, int bytes, Policy policy, int group)
            throws IOException {
        MemoryAccount account = new MemoryAccount();
        MemoryAccount.Counter counter = account.counter("journal", "benchmark");
        long payload = OffHeap.allocate(bytes, counter);
        long[] waits = new long[1 << 20];
        int commits = 0;
        long records = 0;
        long nanos;
        try (FileStorage storage = FileStorage.open(folder)) {
            LogFiles log = isChronicle ? ChronicleLog.in(folder, counter) : new SegmentedLog(storage, counter);
            LogFiles.End end = log.replay(0, (lsn, address, length) -> {});
            Journal journal = GroupCommitJournal.open(
                    log,
                    end,
                    GroupCommitJournal.Options.of(policy),
                    System::currentTimeMillis,
                    System::nanoTime,
                    account);
            Thread self = Thread.currentThread();
            long start = System.nanoTime();
            while (System.nanoTime() - start < RUN_NANOS) {
                long lsn = 0;
                for (int i = 0; i < group; i++) {
                    lsn = journal.append(payload, bytes);
                }
                records += group;
                if (policy == Policy.ALWAYS) {
                    long asked = System.nanoTime();
                    journal.whenCommitted(lsn, () -> LockSupport.unpark(self));
                    while (journal.committedLsn() < lsn) {
                        LockSupport.park(journal);
                    }
                    waits[commits++ & waits.length - 1] = System.nanoTime() - asked;
                }
                while (!journal.hasRoom()) {
                    LockSupport.parkNanos(100_000);
                }
            }
            while (journal.committedLsn() < journal.appendedLsn()) {
                LockSupport.parkNanos(100_000);
            }
            nanos = System.nanoTime() - start;
            journal.close();
        }
        OffHeap.free(payload, bytes, counter);
        int seen = Math.min(commits, waits.length);
        Arrays.sort(waits, 0, seen);
        List<String> percentiles = seen == 0
                ? List.of("", "")
                : List.of("" + waits[seen / 2] / 1000, "" + waits[(int) (seen * 0.99)] / 1000);
        return String.format(
                Locale.ROOT,
                "| %s | %d | %s | %d | %,d | %.0f | %s | %s |",
                isChronicle ? "chronicle" : "segmented",
                bytes,
                policy.name().toLowerCase(Locale.ROOT),
                group,
                records * 1_000_000_000L / nanos,
                records * (double) bytes * 1000 / nanos,
                percentiles.get(0),
                percentiles.get(1));
    }
}
