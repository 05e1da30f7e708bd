package io.nuthatch.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeyspaceConcurrencyTest {
    private static final int THREADS = 4;
    private final KeyspaceFixture ks = new KeyspaceFixture();

    @AfterEach
    void close() {
        ks.close();
    }

    @Test
    void incrementsOfManyThreadsAddUp() throws Exception {
        int each = 50_000;
        inParallel(THREADS, thread -> {
            MemoryAccount.Counter counter = new MemoryAccount().counter("test", "scratch");
            long scratch = OffHeap.allocate(4096, counter);
            Key[] keys = new Key[3];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = Key.copyOf("counter" + i);
            }
            for (int i = 0; i < each; i++) {
                Key key = keys[i % keys.length];
                ks.locked(key, () -> {
                    long record = ks.database.find(key, ks.now);
                    long value = record == 0
                            ? 0
                            : Long.parseLong(new String(
                                    Memory.toBytes(Record.valueAddress(record), Record.valueLength(record)),
                                    StandardCharsets.US_ASCII));
                    byte[] next = Long.toString(value + 1).getBytes(StandardCharsets.US_ASCII);
                    Memory.copyIn(next, 0, scratch, next.length);
                    return ks.database.putString(key, scratch, next.length, 0);
                });
            }
            OffHeap.free(scratch, 4096, counter);
        });
        long sum = 0;
        for (int i = 0; i < 3; i++) {
            sum += Long.parseLong(ks.get("counter" + i));
        }
        assertThat(sum).isEqualTo((long) THREADS * each);
    }

    /// Values of one repeated byte and of changing length, on few keys; blocks are freed and reused all the
    /// time, tables grow and shrink, and a touch pass without locks runs over it all.
    @Test
    void noValueIsTornAndTheUnlockedTouchSurvivesChurn() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        List<Throwable> failures = new ArrayList<>();
        Thread toucher = new Thread(() -> {
            Key[] keys = new Key[64];
            Random random = new Random(1);
            while (!stop.get()) {
                for (int i = 0; i < keys.length; i++) {
                    keys[i] = Key.copyOf("{t}" + random.nextInt(3000));
                }
                ks.database.touch(keys, keys.length);
            }
        });
        toucher.setUncaughtExceptionHandler((thread, failure) -> failures.add(failure));
        toucher.start();
        inParallel(THREADS, thread -> {
            Random random = new Random(0x5eed + thread);
            MemoryAccount.Counter counter = new MemoryAccount().counter("test", "scratch");
            long scratch = OffHeap.allocate(8192, counter);
            for (int i = 0; i < 60_000; i++) {
                boolean hot = random.nextBoolean();
                Key key = Key.copyOf(hot ? "hot" + random.nextInt(4) : "{t}" + random.nextInt(3000));
                int length = random.nextInt(random.nextInt(10) == 0 ? 8192 : 200);
                byte fill = (byte) random.nextInt(10);
                int what = random.nextInt(hot ? 10 : 3);
                ks.locked(key, () -> {
                    if (what == 0) {
                        ks.database.remove(key);
                    } else if (what < 3) {
                        Memory.fill(scratch, length, fill);
                        ks.database.putString(key, scratch, length, 0);
                    } else {
                        long record = ks.database.find(key, ks.now);
                        if (record != 0 && Record.valueLength(record) > 0) {
                            byte[] value = Memory.toBytes(Record.valueAddress(record), Record.valueLength(record));
                            for (byte b : value) {
                                if (b != value[0]) {
                                    throw new AssertionError("torn value of " + key);
                                }
                            }
                        }
                    }
                    return 0;
                });
            }
            OffHeap.free(scratch, 8192, counter);
        });
        stop.set(true);
        toucher.join();
        assertThat(failures).isEmpty();
    }

    @Test
    void scansExpiryEvictionAndFlushesRunBesideWriters() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService background = Executors.newFixedThreadPool(3);
        List<Future<?>> tasks = new ArrayList<>();
        tasks.add(background.submit(() -> {
            while (!stop.get()) {
                ks.database.forEachKey(
                        ks.now,
                        (key, record) -> assertThat(Record.keyLength(record)).isEqualTo(key.length()));
                ks.database.randomKey(ks.now);
            }
        }));
        tasks.add(background.submit(() -> {
            while (!stop.get()) {
                ks.keyspace.activeExpire(ks.now, 500);
                ks.database.expireDue(ks.now);
                ks.database.defragment(500);
                ks.keyspace.evictOne(EvictionPolicy.ALLKEYS_RANDOM, ks.now);
            }
        }));
        tasks.add(background.submit(() -> {
            while (!stop.get()) {
                ks.allLocked(() -> {
                    ks.database.flush();
                    // What takes stripes itself may be called by who holds all of them.
                    assertThat(ks.database.scan(0, 10, ks.now, (key, record) -> {}))
                            .isZero();
                });
                ks.keyspace.trim();
                Thread.sleep(20);
            }
            return null;
        }));
        inParallel(2, thread -> {
            Random random = new Random(0x5eed + thread);
            for (int i = 0; i < 40_000; i++) {
                String name = "key" + random.nextInt(5000);
                switch (random.nextInt(4)) {
                    case 0 -> ks.remove(name);
                    case 1 -> {
                        ks.remove(name + "h");
                        ks.hset(name + "h", "f" + random.nextInt(3), "v".repeat(random.nextInt(300)));
                        ks.hexpireAt(name + "h", "f0", ks.now + random.nextInt(3));
                    }
                    default -> ks.set(name, "v".repeat(random.nextInt(300)), ks.now + random.nextInt(3));
                }
                if (i % 1000 == 0) {
                    ks.now++;
                }
            }
        });
        stop.set(true);
        for (Future<?> task : tasks) {
            task.get(30, TimeUnit.SECONDS);
        }
        background.shutdown();
        ks.allLocked(ks.keyspace::flushAll);
        assertThat(ks.database.size()).isZero();
        assertThat(ks.database.expires()).isZero();
        assertThat(ks.account.byPart().get("records")).isZero();
        assertThat(ks.account.byPart().get("tables")).isZero();
    }

    @Test
    void expiryThatWaitsForItsStripeLooksAtWhatASwapBrought() throws Exception {
        ks.set("due", "v", ks.now + 1);
        ks.now += 2;
        int[] removed = new int[1];
        Thread expiry = new Thread(() -> removed[0] = ks.keyspace.activeExpire(ks.now, 500));
        ks.allLocked(() -> {
            expiry.start();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50)); // It has seen the key and wants the stripe.
            ks.keyspace.swap(0, 1);
        });
        expiry.join();
        assertThat(removed[0]).isEqualTo(1);
        assertThat(ks.keyspace.database(1).size()).isZero();
        assertThat(ks.keyspace.database(1).expires()).isZero();
    }

    interface Task {
        void run(int thread) throws Exception;
    }

    private static void inParallel(int threads, Task task) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<Callable<Object>> calls = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int thread = i;
            calls.add(() -> {
                task.run(thread);
                return true;
            });
        }
        for (Future<Object> result : pool.invokeAll(calls)) {
            result.get();
        }
        pool.shutdown();
    }
}
