package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConcurrentIndexingTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int DIM = 8;

    private static IndexDefinition definition(String name, Algorithm algorithm) {
        return IndexDefinition.of(
                name,
                List.of("d:"),
                List.of(
                        IndexesTest.field("t", new FieldType.Text(1, false)),
                        IndexesTest.field("g", FieldType.Tag.DEFAULT),
                        IndexesTest.field("n", new FieldType.Numeric()),
                        IndexesTest.field("v", FieldType.Vector.of(algorithm, VectorType.FLOAT32, DIM, Metric.L2))));
    }

    private static String vector(int number, int version) {
        float[] components = new float[DIM];
        Random random = new Random(31L * number + version);
        for (int i = 0; i < DIM; i++) {
            components[i] = random.nextFloat();
        }
        return TestStore.vector(components);
    }

    private static void put(TestStore store, int number, int version) {
        store.hset(
                "d:" + number,
                "t",
                "word" + number + " version" + version,
                "g",
                "g" + number % 10,
                "n",
                "" + number,
                "v",
                vector(number, version));
    }

    private static void await(List<Future<?>> futures) throws InterruptedException, ExecutionException {
        for (Future<?> future : futures) {
            future.get();
        }
    }

    /// A scan beside writers: whatever was there, and whatever was written, is in the index at the end, once.
    @Test
    void backgroundIndexingLosesNothingBesideWriters() throws Exception {
        ExecutorService background = Executors.newFixedThreadPool(2);
        ExecutorService writers = Executors.newFixedThreadPool(3);
        try (TestStore store = new TestStore(2, background)) {
            for (int round = 0; round < 4; round++) {
                String prefix = "round " + round;
                for (int i = 0; i < 2_000; i++) {
                    put(store, i, round);
                }
                List<Future<?>> writing = new ArrayList<>();
                AtomicBoolean[] gone = new AtomicBoolean[4_000];
                for (int i = 0; i < gone.length; i++) {
                    gone[i] = new AtomicBoolean();
                }
                int seed = round;
                for (int w = 0; w < 3; w++) {
                    int writer = w;
                    writing.add(writers.submit((Callable<@Nullable Void>) () -> {
                        Random random = new Random(SEED + seed * 10L + writer);
                        for (int i = 0; i < 1_500; i++) {
                            int number = random.nextInt(1_300) * 3 + writer; // Each writer has keys of its own.
                            if (random.nextInt(4) == 0) {
                                store.del("d:" + number);
                                gone[number].set(true);
                            } else {
                                put(store, number, i);
                                gone[number].set(false);
                            }
                        }
                        return null;
                    }));
                }
                SearchIndex index = store.indexes.create(definition("i", Algorithm.HNSW), false);
                await(writing);
                while (index.progress() < 1) {
                    Thread.onSpinWait();
                }
                TreeSet<String> expected = new TreeSet<>();
                for (int i = 0; i < gone.length; i++) {
                    if (!gone[i].get() && store.hgetall("d:" + i) != null) {
                        expected.add("d:" + i);
                    }
                }
                assertThat(new TreeSet<>(store.keys("i", "*")))
                        .describedAs(prefix)
                        .isEqualTo(expected);
                SearchResult nearest = store.search("i", "*=>[KNN 10000 @v $b]", "b", vector(0, 0));
                assertThat(new TreeSet<>(TestStore.keys(nearest)))
                        .describedAs(prefix)
                        .isEqualTo(expected);
                for (String key : expected) {
                    Map<String, String> hash = store.hgetall(key);
                    assertThat(hash).isNotNull();
                    int number = Integer.parseInt(key.substring(2));
                    String version = hash.getOrDefault("t", "").split(" version")[1];
                    assertThat(hash).containsEntry("v", vector(number, Integer.parseInt(version)));
                }
                store.flushAll();
            }
            background.shutdown();
            assertThat(background.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
            assertThat(store.account.byOwner().keySet()).containsExactly("keyspace");
        } finally {
            background.shutdownNow();
            writers.shutdownNow();
        }
    }

    /// Writers, searchers, and indexes that come and go: no error, k hits while k documents match, all memory
    /// back.
    @Test
    void searchesHoldTheirPromisesWhileEverythingChanges() throws Exception {
        ExecutorService background = Executors.newFixedThreadPool(1);
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try (TestStore store = new TestStore(2, background)) {
            store.indexes.create(definition("i", Algorithm.HNSW), false);
            for (int i = 0; i < 1_000; i++) {
                put(store, i, 0);
            }
            AtomicBoolean stop = new AtomicBoolean();
            List<Future<?>> running = new ArrayList<>();
            for (int w = 0; w < 2; w++) {
                int writer = w;
                running.add(threads.submit((Callable<@Nullable Void>) () -> {
                    Random random = new Random(SEED + writer);
                    for (int i = 1; !stop.get(); i++) {
                        // Documents below 500 only change, so that there are always 500 and 50 of each tag.
                        int number = random.nextInt(500) * 2 + writer;
                        if (number >= 500 && random.nextBoolean()) {
                            store.del("d:" + number);
                        } else if (random.nextInt(3) == 0) {
                            store.hset("d:" + number, "t", "changed " + i);
                        } else {
                            put(store, number, i);
                        }
                    }
                    return null;
                }));
            }
            for (int s = 0; s < 2; s++) {
                int searcher = s;
                running.add(threads.submit((Callable<@Nullable Void>) () -> {
                    Random random = new Random(SEED + 100 + searcher);
                    while (!stop.get()) {
                        String tag = "g" + random.nextInt(10);
                        SearchResult all = store.search("i", "*=>[KNN 10 @v $b]", "b", vector(1, 1));
                        assertThat(all.hits()).hasSize(10);
                        SearchResult some = store.search("i", "@g:{" + tag + "}=>[KNN 10 @v $b]", "b", vector(2, 2));
                        assertThat(some.hits()).hasSize(10);
                        for (SearchResult.Hit hit : some.hits()) {
                            assertThat(ByteStrings.of(hit.key())).endsWith(tag.substring(1));
                        }
                        SearchResult stable = store.search("i", "@n:[0 499]");
                        assertThat(new TreeSet<>(TestStore.keys(stable))).hasSize(500);
                        store.search("i", "changed @g:{" + tag + "}");
                        store.search("i", "@v:[VECTOR_RANGE 0.4 $b] -@g:{g1}", "b", vector(3, 3));
                        store.index("i").info();
                    }
                    return null;
                }));
            }
            running.add(threads.submit((Callable<@Nullable Void>) () -> {
                for (int i = 0; !stop.get(); i++) {
                    store.indexes.create(definition("other", i % 2 == 0 ? Algorithm.FLAT : Algorithm.HNSW), false);
                    for (int q = 0; q < 5; q++) {
                        store.search("other", "@g:{g1}=>[KNN 10 @v $b]", "b", vector(1, 1));
                    }
                    store.indexes.drop("other", Indexes.Drop.KEEP_DOCUMENTS);
                }
                return null;
            }));
            running.add(threads.submit((Callable<@Nullable Void>) () -> {
                while (!stop.get()) {
                    try {
                        store.search("other", "*=>[KNN 5 @v $b]", "b", vector(1, 1));
                    } catch (SearchException | AssertionError dropped) {
                        Thread.yield(); // It comes and goes.
                    }
                }
                return null;
            }));
            long rounds = Long.getLong("nuthatch.stress.millis", 4_000);
            Thread.sleep(rounds);
            stop.set(true);
            await(running);
            store.indexes.drop("i", Indexes.Drop.KEEP_DOCUMENTS);
            background.shutdown();
            assertThat(background.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
            assertThat(store.account.byOwner().keySet()).containsExactly("keyspace");
        } finally {
            background.shutdownNow();
            threads.shutdownNow();
        }
    }
}
