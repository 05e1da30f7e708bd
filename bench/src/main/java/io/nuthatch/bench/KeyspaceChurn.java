package io.nuthatch.bench;

import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashSlot;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceOptions;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;

/// What the keyspace takes from the system after loads that are hard on an allocator: values of mixed
/// lengths, deletes and writes in turns, a change of the lengths, big values, and a flush. Prints bytes a
/// key: payload (key and value), used (blocks and tables), reserved (chunks), resident (the process's
/// growth); and millions of operations per second of processor time.
///
/// `java … io.nuthatch.bench.KeyspaceChurn [keys]`; 1,000,000 by default.
public final class KeyspaceChurn {
    private final MemoryAccount.Counter counter = new MemoryAccount().counter("bench", "buffers");
    private final Keyspace keyspace = new Keyspace(KeyspaceOptions.defaults(), () -> 1_000_000, new MemoryAccount());
    private final Database database = keyspace.database(0);
    private final long buffer = OffHeap.allocate(32 << 20, counter);
    private final Key key = new Key();
    private final Random random = new Random(0x5eed);
    private final int[] lengths; // Of each key's value, -1 for absent.
    private final long residentAtStart = resident();

    private KeyspaceChurn(int keys) throws IOException {
        this.lengths = new int[keys];
        java.util.Arrays.fill(lengths, -1);
    }

    /// Runs all phases in order.
    public static void main(String[] args) throws IOException {
        int keys = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        KeyspaceChurn churn = new KeyspaceChurn(keys);
        System.out.printf(
                Locale.ROOT,
                "%-58s %9s %8s %8s %9s %9s %9s%n",
                "phase",
                "keys",
                "payload",
                "used",
                "reserved",
                "resident",
                "Mop/cpu-s");
        churn.phase("16-byte keys, 64-byte values", keys, i -> churn.set(i, 64));
        churn.phase("2 rounds of SET with 1..200 bytes", 2 * keys, i -> churn.set(churn.any(), churn.length(200)));
        churn.phase("4 rounds of DEL or SET with 1..200 bytes", 4 * keys, i -> churn.churn(200));
        churn.defragment();
        churn.phase("the same keys become 1..1000 bytes", keys, i -> churn.set(i, churn.length(1000)));
        churn.phase("4 rounds of DEL or SET with 1..1000 bytes", 4 * keys, i -> churn.churn(1000));
        churn.defragment();
        churn.phase("9 of 10 keys deleted at random", keys, i -> {
            if (churn.random.nextInt(10) != 0) {
                churn.delete(i);
            }
        });
        churn.defragment();
        churn.phase("keys set again, 64 bytes", keys, i -> churn.set(i, 64));
        churn.phase("2,000 values of 100 KB..2 MB, then deleted", 4000, i -> {
            if (i < 2000) {
                churn.set(i, 100_000 + churn.random.nextInt(1_900_000));
            } else {
                churn.set(i - 2000, 64);
            }
        });
        long started = cpuNanos();
        churn.keyspace.stripes().lockAll();
        churn.keyspace.flushAll();
        churn.keyspace.stripes().unlockAll();
        System.out.printf(
                Locale.ROOT,
                "FLUSHALL took %d ms of CPU; used %d KB, reserved %d KB, resident growth %d KB%n",
                (cpuNanos() - started) / 1_000_000,
                churn.keyspace.usedBytes() >> 10,
                churn.keyspace.reservedBytes() >> 10,
                resident() - churn.residentAtStart);
    }

    private interface Step {
        void run(int i);
    }

    private void phase(String name, int steps, Step step) throws IOException {
        long started = cpuNanos();
        for (int i = 0; i < steps; i++) {
            step.run(i);
        }
        double seconds = (cpuNanos() - started) / 1e9;
        keyspace.trim();
        long payload = 0;
        int live = 0;
        for (int length : lengths) {
            if (length >= 0) {
                payload += 16 + length;
                live++;
            }
        }
        if (live != database.size()) {
            throw new AssertionError("expected " + live + " keys, there are " + database.size());
        }
        System.out.printf(
                Locale.ROOT,
                "%-58s %9d %8.1f %8.1f %9.1f %9.1f %9.2f%n",
                name,
                live,
                payload / (double) live,
                keyspace.usedBytes() / (double) live,
                keyspace.reservedBytes() / (double) live,
                (resident() - residentAtStart) * 1024.0 / live,
                steps / seconds / 1e6);
    }

    private void defragment() throws IOException {
        phase("  after defragmentation", 200, i -> keyspace.defragment(0.1, 100_000));
    }

    private int any() {
        return random.nextInt(lengths.length);
    }

    private int length(int max) {
        return 1 + random.nextInt(max);
    }

    private void churn(int maxLength) {
        int i = any();
        if (lengths[i] >= 0 && random.nextInt(2) == 0) {
            delete(i);
        } else {
            set(i, length(maxLength));
        }
    }

    private void set(int number, int length) {
        int stripe = lock(number);
        database.putString(key, buffer + 64, length, 0);
        keyspace.stripes().unlock(stripe);
        lengths[number] = length;
    }

    private void delete(int number) {
        int stripe = lock(number);
        database.remove(key);
        keyspace.stripes().unlock(stripe);
        lengths[number] = -1;
    }

    private int lock(int number) {
        Memory.putLong(buffer, 0x3a79656b_3a79656bL);
        Memory.putInt(buffer + 8, number);
        Memory.putInt(buffer + 12, number * 0x9e3779b1);
        key.set(buffer, 16);
        assert key.hashSlot() < HashSlot.COUNT;
        int stripe = keyspace.stripes().stripeOf(key.hashSlot());
        keyspace.stripes().lock(stripe);
        return stripe;
    }

    /// Processor time of this thread, which other load on the machine disturbs less than the clock on the
    /// wall.
    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /// Resident anonymous memory in KB; 0 where the system does not say.
    private static long resident() throws IOException {
        System.gc();
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("RssAnon")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return 0;
    }
}
