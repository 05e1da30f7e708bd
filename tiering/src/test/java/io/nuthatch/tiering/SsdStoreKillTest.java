package io.nuthatch.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.MemoryAccount;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that writes to a store on a real disk is killed (SIGKILL) at some point, again and again.
class SsdStoreKillTest {
    private static final long SEED = Long.getLong("nuthatch.seed", System.nanoTime());
    private static final int ROUNDS = Integer.getInteger("nuthatch.kills", 3);
    private static final StoreOptions OPTIONS = new StoreOptions(2 << 20, 1 << 20, 100 << 20, 2);

    @Test
    void aKilledProcessLeavesWhatItsFlushesSaidBitByBit(@TempDir Path folder) throws Exception {
        System.out.println("-Dnuthatch.seed=" + SEED);
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            long acknowledged = live(folder, 1 + random.nextInt(12), random.nextInt(20));
            List<Long> flushes = SsdStore.flushes(folder);
            // The flush under way may have been whole without having said so.
            assertThat(flushes.getLast()).as("round %d", round).isBetween(acknowledged, acknowledged + 1);
            long back = flushes.get(random.nextInt(flushes.size()));
            ColdModel model = new ColdModel(new SplittableRandom(SEED));
            for (long number = 0; number <= back; number++) {
                model.changesOf(number, null);
            }
            try (SsdStore store = SsdStore.open(folder, back, OPTIONS, new MemoryAccount(), System::nanoTime)) {
                model.checkAll(store);
            }
        }
    }

    /// A process's life of so many acknowledged flushes and milliseconds; returns the last one's number.
    private static long live(Path folder, int flushes, int millis) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long acknowledged = -1;
        try (DataInputStream in = new DataInputStream(process.getInputStream())) {
            for (int i = 0; i < flushes; i++) {
                acknowledged = in.readLong();
            }
            Thread.sleep(millis);
            process.toHandle().destroyForcibly(); // Process would close the stream, too.
            try {
                while (true) {
                    acknowledged = in.readLong(); // Was on its way already.
                }
            } catch (EOFException dead) {
                process.waitFor();
            }
        }
        return acknowledged;
    }

    /// The process that dies.
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws IOException {
            Path folder = Path.of(args[0]);
            Files.createDirectories(folder);
            List<Long> flushes = SsdStore.flushes(folder);
            long last = flushes.isEmpty() ? SsdStore.NO_FLUSH : flushes.getLast();
            SsdStore store = SsdStore.open(folder, last, OPTIONS, new MemoryAccount(), System::nanoTime);
            ColdModel model = new ColdModel(new SplittableRandom(0));
            for (long number = 0; number <= last; number++) {
                model.changesOf(number, null);
            }
            DataOutputStream out = new DataOutputStream(System.out);
            for (long number = last + 1; true; number++) {
                model.changesOf(number, store);
                store.flush(number);
                out.writeLong(number);
                out.flush();
                if (number % 3 == 0) {
                    store.forgetOlderFlushes();
                }
            }
        }
    }
}
