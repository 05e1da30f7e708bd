package io.nuthatch.engine.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KernelWarmupTest {
    @Test
    void stopsAtItsDeadline() {
        AtomicLong looks = new AtomicLong();
        KernelWarmup.run(looks::incrementAndGet, 5_000); // A clock that moves by a nanosecond with every look.
        assertThat(looks.get()).isBetween(5_000L, 10_000L);
    }

    @Test
    void runsThroughEveryKernel() {
        KernelWarmup.run(() -> 0, 1); // A clock that stands still.
    }
}
