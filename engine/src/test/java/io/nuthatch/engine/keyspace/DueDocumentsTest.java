package io.nuthatch.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class DueDocumentsTest {
    @Test
    void boundsAreTheLeastOfTheirSlots() {
        DueDocuments due = new DueDocuments();
        due.lower(130, 50);
        due.lower(131, 40);
        assertThat(due.group(1)).isEqualTo(40);
        due.setSlot(131, Long.MAX_VALUE);
        assertThat(due.group(1)).as("too early is allowed").isEqualTo(40);
        due.tighten(1);
        assertThat(due.group(1)).isEqualTo(50);
        assertThat(due.group(0)).isEqualTo(Long.MAX_VALUE);
    }

    /// The slot that is lowered has a later time than the group's bound, so that lowering leaves the bound as
    /// it is and a tightening under way may not notice it.
    @Test
    void aBoundIsNeverLateForASlotThatWasLowered() throws InterruptedException {
        DueDocuments due = new DueDocuments();
        AtomicBoolean isDone = new AtomicBoolean();
        Thread tightening = Thread.ofPlatform().start(() -> {
            while (!isDone.get()) {
                due.tighten(0);
            }
        });
        try {
            for (int i = 0; i < 200_000; i++) {
                due.lower(126, 5);
                due.setSlot(126, Long.MAX_VALUE);
                due.lower(127, 7);
                assertThat(due.group(0)).as("round %d", i).isLessThanOrEqualTo(7);
                due.setSlot(127, Long.MAX_VALUE);
            }
        } finally {
            isDone.set(true);
            tightening.join();
        }
    }
}
