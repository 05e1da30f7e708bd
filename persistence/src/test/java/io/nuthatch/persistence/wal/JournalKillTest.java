package io.nuthatch.persistence.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.persistence.disk.FileStorage;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A process that appends to a log on a real disk is killed (SIGKILL) at some point, again and again.
class JournalKillTest {
    private static final long SEED = Long.getLong("nuthatch.seed", System.nanoTime());
    private static final int ROUNDS = Integer.getInteger("nuthatch.kills", 5);

    /// The logs there are.
    enum Kind {
        SEGMENTED,
        CHRONICLE;

        LogFiles in(Path folder, FileStorage storage) {
            MemoryAccount.Counter counter = new MemoryAccount().counter("journal", "files");
            return this == SEGMENTED ? new SegmentedLog(storage, counter) : ChronicleLog.in(folder, counter);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatAKilledProcessWasToldIsSafeIsThere(Kind kind, @TempDir Path folder) throws Exception {
        System.out.println("-Dnuthatch.seed=" + SEED);
        Random random = new Random(SEED);
        long acknowledged = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Process process = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElse("java"),
                            "--add-modules",
                            "jdk.incubator.vector",
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Appender.class.getName(),
                            folder.toString(),
                            kind.name())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            int acks = 1 + random.nextInt(400);
            try (DataInputStream in = new DataInputStream(process.getInputStream())) {
                for (int i = 0; i < acks; i++) {
                    acknowledged = in.readLong();
                }
                process.toHandle().destroyForcibly(); // Process would close the stream, too.
                try {
                    while (true) {
                        acknowledged = in.readLong(); // Was on its way already.
                    }
                } catch (EOFException dead) {
                    process.waitFor();
                }
            }
            long[] found = {0};
            try (FileStorage storage = FileStorage.open(folder)) {
                LogFiles.End end = Appender.read(kind.in(folder, storage), found);
                assertThat(end.lastLsn()).isGreaterThanOrEqualTo(acknowledged);
            }
            assertThat(found[0]).as("round %d", round).isGreaterThanOrEqualTo(acknowledged);
        }
    }

    /// The process that dies.
    static final class Appender {
        private Appender() {}

        /// Reads the log back; `found` gets the number of the last record. Each holds its own number.
        static LogFiles.End read(LogFiles log, long[] found) throws IOException {
            return log.replay(0, (lsn, address, bytes) -> {
                if (Memory.getLong(address) != lsn || Memory.getLong(address + bytes - 8) != lsn) {
                    throw new AssertionError("record " + lsn + " holds " + Memory.getLong(address));
                }
                found[0] = lsn;
            });
        }

        public static void main(String[] args) throws Exception {
            Path folder = Path.of(args[0]);
            FileStorage storage = FileStorage.open(folder);
            LogFiles log = Kind.valueOf(args[1]).in(folder, storage);
            LogFiles.End end = read(log, new long[1]);
            GroupCommitJournal journal = GroupCommitJournal.open(
                    log,
                    end,
                    new GroupCommitJournal.Options(Policy.ALWAYS, 256 << 10, 1 << 20),
                    System::currentTimeMillis,
                    System::nanoTime,
                    new MemoryAccount());
            DataOutputStream out = new DataOutputStream(System.out);
            Random random = new Random();
            try (Arena arena = Arena.ofConfined()) {
                long address = arena.allocate(20_000, 8).address();
                while (true) {
                    long lsn = 0;
                    for (int i = random.nextInt(8); i >= 0; i--) {
                        int bytes = 8 * (1 + random.nextInt(random.nextInt(10) == 0 ? 2_000 : 40));
                        Memory.putLong(address, journal.appendedLsn() + 1);
                        Memory.putLong(address + bytes - 8, journal.appendedLsn() + 1);
                        lsn = journal.append(address, bytes);
                    }
                    CountDownLatch committed = new CountDownLatch(1);
                    journal.whenCommitted(lsn, committed::countDown);
                    committed.await();
                    out.writeLong(journal.committedLsn());
                    out.flush();
                }
            }
        }
    }
}
