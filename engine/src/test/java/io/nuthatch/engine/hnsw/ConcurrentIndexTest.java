package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConcurrentIndexTest {
    private static final int DIM = 24;
    private static final int WRITERS = 3;
    private static final int SEARCHERS = 2;
    private static final int STEPS = 6_000;
    private static final int ORDINALS = 1 << 17;

    /// Each vector carries its owner's stamp in component 0, so that a hit tells whether its row was still
    /// its own.
    @ParameterizedTest
    @EnumSource(Compression.class)
    void searchesSeeWhatWasAddedAndNeverWhatWasRemovedUnderLoad(Compression compression) throws Exception {
        MemoryAccount account = new MemoryAccount();
        ConcurrentLinkedQueue<Integer> free = new ConcurrentLinkedQueue<>();
        AtomicInteger next = new AtomicInteger();
        AtomicIntegerArray removedAt = new AtomicIntegerArray(ORDINALS); // 1 once remove() has returned.
        try (IndexThreads threads = new IndexThreads(2);
                Rows rows = new Rows(VectorType.FLOAT32, DIM, false, account, "idx");
                HnswIndex index = new HnswIndex(
                        rows,
                        Metric.L2,
                        new HnswParameters(8, 60, 10, 0.01, compression),
                        threads,
                        System::nanoTime,
                        account,
                        "idx",
                        ordinal -> {
                            removedAt.set(ordinal, 0);
                            free.add(ordinal);
                        })) {
            AtomicBoolean isDone = new AtomicBoolean();
            AtomicInteger searches = new AtomicInteger();
            try (ExecutorService pool = Executors.newFixedThreadPool(WRITERS + SEARCHERS)) {
                List<Future<Integer>> writers = new ArrayList<>();
                for (int w = 0; w < WRITERS; w++) {
                    int seed = w;
                    writers.add(pool.submit(() -> write(index, rows, free, next, removedAt, new Random(seed))));
                }
                List<Future<?>> readers = new ArrayList<>();
                for (int r = 0; r < SEARCHERS; r++) {
                    int seed = 100 + r;
                    readers.add(pool.submit(() -> {
                        Random random = new Random(seed);
                        while (!isDone.get()) {
                            search(index, removedAt, random);
                            searches.incrementAndGet();
                        }
                    }));
                }
                int expected = 0;
                for (Future<Integer> writer : writers) {
                    expected += writer.get();
                }
                isDone.set(true);
                for (Future<?> reader : readers) {
                    reader.get();
                }
                assertThat(index.size()).isEqualTo(expected);
            }
            boolean isCoded = compression != Compression.NONE;
            while (index.lag() > 0 || isCoded && index.stats().trainings() == 0) {
                Thread.onSpinWait();
            }
            assertThat(searches.get()).isPositive();
            assertThat(index.stats().consolidations()).isPositive();
            index.consolidateNow(); // A graph is checked at rest.
            assertThat(index.invariants()).isEmpty();
            assertThat(index.stats().tombstones()).isZero();
        }
        assertThat(account.total()).isZero();
    }

    private static int write(
            HnswIndex index,
            Rows rows,
            ConcurrentLinkedQueue<Integer> free,
            AtomicInteger next,
            AtomicIntegerArray removedAt,
            Random random) {
        List<Integer> own = new ArrayList<>();
        List<float[]> vectors = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            if (own.size() < 200 || random.nextInt(100) < 55) {
                Integer reused = free.poll();
                int ordinal = reused == null ? next.getAndIncrement() : reused;
                float[] vector = vector(random);
                rows.put(ordinal, bytes(vector), 0);
                index.add(ordinal);
                own.add(ordinal);
                vectors.add(vector);
                if (step % 50 == 0) { // A connection sees its own writes.
                    Hits hits = index.search(vector, Knn.of(1).withEf(100));
                    assertThat(hits.ordinals()).containsExactly(ordinal);
                }
            } else {
                int at = random.nextInt(own.size());
                int ordinal = own.get(at);
                float[] vector = vectors.get(at);
                own.set(at, own.getLast());
                own.removeLast();
                vectors.set(at, vectors.getLast());
                vectors.removeLast();
                removedAt.set(ordinal, 2); // Being removed: may be seen or not.
                assertThat(index.remove(ordinal)).isTrue();
                removedAt.compareAndSet(ordinal, 2, 1);
                if (step % 50 == 0) {
                    Hits hits = index.search(vector, Knn.of(1));
                    if (hits.size() == 1) {
                        assertThat(hits.distances()[0]).isPositive();
                    }
                }
            }
        }
        return own.size();
    }

    private static void search(HnswIndex index, AtomicIntegerArray removedAt, Random random) {
        boolean[] gone = new boolean[16];
        int base = random.nextInt(1_000);
        for (int i = 0; i < gone.length; i++) {
            gone[i] = removedAt.get(base + i) == 1;
        }
        Hits hits = index.search(vector(random), Knn.of(10).withEf(10));
        for (int i = 0; i < hits.size(); i++) {
            assertThat(hits.distances()[i]).isNotNaN().isBetween(0.0, 1e6);
            if (i > 0) {
                assertThat(hits.distances()[i]).isGreaterThanOrEqualTo(hits.distances()[i - 1]);
            }
            int ordinal = hits.ordinals()[i];
            if (ordinal >= base && ordinal < base + gone.length && gone[ordinal - base]) {
                // Released and added again meanwhile is fine; still removed is not.
                assertThat(removedAt.get(ordinal)).as("ordinal " + ordinal).isNotEqualTo(1);
            }
        }
    }

    private static float[] vector(Random random) {
        float[] vector = new float[DIM];
        for (int i = 0; i < DIM; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static byte[] bytes(float[] vector) {
        byte[] bytes = new byte[4 * DIM];
        java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .put(vector);
        return bytes;
    }

    /// As while a log is replayed: nothing is linked, all is found; then everything is linked under searches.
    @Test
    void whatWaitsWhileTheThreadsAreHeldIsFoundAndLinkedWhenTheyAreReleased() {
        int held = 6_000;
        MemoryAccount account = new MemoryAccount();
        Random random = new Random(11);
        List<float[]> vectors = new ArrayList<>();
        try (IndexThreads threads = new IndexThreads(2);
                Rows rows = new Rows(VectorType.FLOAT32, DIM, false, account, "idx");
                HnswIndex index = new HnswIndex(
                        rows,
                        Metric.L2,
                        new HnswParameters(8, 60, 10, 0.01),
                        threads,
                        System::nanoTime,
                        account,
                        "idx",
                        ordinal -> {})) {
            threads.hold(held);
            for (int ordinal = 0; ordinal < held - 1; ordinal++) {
                vectors.add(vector(random));
                rows.put(ordinal, bytes(vectors.get(ordinal)), 0);
                index.add(ordinal);
            }
            assertThat(index.lag()).isGreaterThan(held - 10); // Each thread may have had one in hand.
            for (int ordinal = 0; ordinal < held - 1; ordinal += 3) {
                assertThat(index.remove(ordinal)).isTrue();
            }
            for (int ordinal = 1; ordinal < held - 1; ordinal += 50) {
                int expected = ordinal % 3 == 0 ? ordinal + 1 : ordinal;
                assertThat(index.search(vectors.get(expected), Knn.of(1)).ordinals())
                        .containsExactly(expected);
            }
            assertThat(index.stats().graphNodes()).isLessThan(10);
            threads.release();
            int searches = 0;
            while (index.lag() > 0 || searches < 100) {
                int expected = 1 + 3 * random.nextInt(held / 3 - 1);
                assertThat(index.search(vectors.get(expected), Knn.of(1).withEf(200))
                                .ordinals())
                        .containsExactly(expected);
                searches++;
            }
            assertThat(index.size()).isEqualTo((held - 1) - (held + 1) / 3);
            index.consolidateNow();
            assertThat(index.invariants()).isEmpty();
            threads.hold(50); // It ends by itself when there are as many.
            for (int ordinal = held; ordinal < held + 2_000; ordinal++) {
                rows.put(ordinal, bytes(vector(random)), 0);
                index.add(ordinal);
            }
            while (index.lag() > 0) {
                Thread.onSpinWait();
            }
            assertThat(index.stats().graphNodes()).isEqualTo(index.size());
        }
        assertThat(account.total()).isZero();
    }

    @Test
    void closingUnderLoadFailsCallsCleanly() throws Exception {
        for (int round = 0; round < 5; round++) {
            MemoryAccount account = new MemoryAccount();
            AtomicInteger next = new AtomicInteger();
            IndexThreads threads = new IndexThreads(2);
            Rows rows = new Rows(VectorType.FLOAT32, DIM, false, account, "idx");
            HnswIndex index = new HnswIndex(
                    rows,
                    Metric.L2,
                    new HnswParameters(8, 60, 10, 0.01),
                    threads,
                    System::nanoTime,
                    account,
                    "idx",
                    ordinal -> {});
            try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
                List<Future<?>> futures = new ArrayList<>();
                for (int t = 0; t < 3; t++) {
                    int seed = t;
                    futures.add(pool.submit(() -> {
                        Random random = new Random(seed);
                        try {
                            while (true) {
                                int ordinal = next.getAndIncrement();
                                rows.put(ordinal, bytes(vector(random)), 0);
                                index.add(ordinal);
                                index.search(vector(random), Knn.of(10));
                                if (random.nextInt(3) == 0) {
                                    index.remove(ordinal);
                                }
                            }
                        } catch (IndexClosedException closed) {
                            return;
                        }
                    }));
                }
                while (next.get() < 3_000) {
                    Thread.onSpinWait();
                }
                index.close();
                for (Future<?> future : futures) {
                    future.get();
                }
            }
            threads.close();
            rows.close();
            assertThat(account.total()).isZero();
        }
    }
}
