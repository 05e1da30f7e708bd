package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.query.Query;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PaceTest {
    private final TestStore store = new TestStore();
    private final SearchIndex index = store.indexes.create(
            IndexDefinition.of(
                    "i",
                    List.of("d:"),
                    List.of(
                            IndexesTest.field("t", new FieldType.Text(1, false)),
                            IndexesTest.field("g", FieldType.Tag.DEFAULT),
                            IndexesTest.field("n", new FieldType.Numeric()))),
            false);

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aLongLoopEndsWithItsTime() {
        AtomicLong clock = new AtomicLong();
        Pace pace = new Pace(index, clock::incrementAndGet, 3, true);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        pace.step();
                    }
                })
                .isInstanceOf(Pace.OutOfTimeException.class);
        assertThat(clock.get()).as("looks at the clock").isEqualTo(4);
    }

    @Test
    void withoutADeadlineTheClockIsNotRead() {
        Pace pace = new Pace(
                index,
                () -> {
                    throw new AssertionError("read");
                },
                Long.MAX_VALUE,
                true);
        for (int i = 0; i < 10_000; i++) {
            pace.stepAndRest();
        }
        assertThat(pace.hasRested()).isFalse();
    }

    @Test
    void aWaitingWriterGetsInBetween() throws InterruptedException {
        ReentrantReadWriteLock lock = index.space().lock();
        AtomicBoolean hasWritten = new AtomicBoolean();
        Pace pace = new Pace(index, System::nanoTime, System.nanoTime() + 60_000_000_000L, true);
        lock.readLock().lock();
        Thread writer;
        try {
            writer = Thread.ofPlatform().start(() -> {
                lock.writeLock().lock();
                hasWritten.set(true);
                lock.writeLock().unlock();
            });
            while (!hasWritten.get()) {
                pace.stepAndRest(); // Throws when nobody gets in for a minute.
            }
        } finally {
            lock.readLock().unlock();
        }
        writer.join();
        assertThat(pace.hasRested()).isTrue();
    }

    @Test
    void filtersOfEveryKindHeedTheDeadline() {
        store.hset("d:1", "t", "hello world", "g", "red", "n", "1");
        for (String text :
                List.of("*", "hello", "\"hello world\"", "hel*", "@g:{red}", "@g:{re*}", "@n:[0 1]", "-hello")) {
            Query query = index.parse(text, Map.of(), 2);
            SearchResult late = index.search(request(query, System.nanoTime() - 1));
            assertThat(late.timedOut()).as(text).isTrue();
            assertThat(late.hits()).as(text).isEmpty();
            assertThat(index.search(request(query, Long.MAX_VALUE)).timedOut())
                    .as(text)
                    .isFalse();
        }
    }

    private static SearchRequest request(Query query, long deadlineNanos) {
        return new SearchRequest(
                query, 0, 10, null, SearchRequest.Scorer.BM25STD, false, null, null, false, deadlineNanos);
    }
}
