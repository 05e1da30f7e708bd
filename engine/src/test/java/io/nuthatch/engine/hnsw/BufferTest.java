package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// When the vectors that wait for their graph are too many.
class BufferTest {
    private final Buffer buffer = new Buffer();

    @Test
    void isCrowdedUntilSomeHundredAreLinked() {
        int most = fill();

        unlink(1);
        assertThat(buffer.isCrowded()).isTrue();
        unlink(254);
        assertThat(buffer.isCrowded()).isTrue();
        unlink(1);

        assertThat(buffer.isCrowded()).isFalse();
        assertThat(fill()).as("as many as before").isEqualTo(most);
    }

    @Test
    void aBacklogEndsAlthoughWritersAlwaysFillWhatTheyMay() {
        for (int i = 0; i < 50_000; i++) {
            buffer.raiseLimit();
            buffer.add(i);
        }
        assertThat(buffer.isCrowded()).isFalse();

        int linked = 0;
        while (fill() > 768) {
            unlink(256);
            linked += 256;
            assertThat(buffer.isCrowded())
                    .as("a writer waits for 256 vectors at most")
                    .isFalse();
        }

        assertThat(linked).isLessThan(2 * 50_000 + 512);
    }

    @Test
    void whoCannotWaitMayAddThousandsWhereThreadsEmptyIt() {
        fill();
        for (int i = 0; i < 8191; i++) {
            buffer.add(i);
        }
        assertThat(buffer.isFull(true)).isFalse();
        buffer.add(8192);
        assertThat(buffer.isFull(true)).isTrue();
    }

    @Test
    void withoutThreadsItIsFullAtItsCapacity() {
        for (int i = 0; i < Buffer.CAPACITY; i++) {
            assertThat(buffer.isFull(false)).isFalse();
            buffer.add(i);
        }
        assertThat(buffer.isFull(false)).isTrue();
    }

    @Test
    void whatIsEmptyHasRoomAgain() {
        fill();
        unlink(buffer.size());
        assertThat(buffer.isCrowded()).isFalse();
        assertThat(fill()).isEqualTo(768);
    }

    /// Adds until it is crowded; returns how many are in it.
    private int fill() {
        while (!buffer.isCrowded()) {
            buffer.add(buffer.size());
        }
        return buffer.size();
    }

    private void unlink(int count) {
        for (int i = 0; i < count; i++) {
            buffer.free(buffer.claim());
        }
    }
}
