package io.nuthatch.engine.recall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.recall.RecallCheck.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LiveRecallTest {
    private final AtomicLong now = new AtomicLong();
    private final LiveRecall live = new LiveRecall(now::get);
    private final List<String> ran = new ArrayList<>();

    private void offer(String name, boolean isUrgent, Outcome outcome) {
        long at = now.get();
        live.offer(new RecallCheck() {
            @Override
            public int bytes() {
                return 1000;
            }

            @Override
            public boolean isUrgent() {
                return isUrgent;
            }

            @Override
            public long atNanos() {
                return at;
            }

            @Override
            public Outcome run(long deadlineNanos) {
                ran.add(name);
                now.addAndGet(1_000_000);
                return outcome;
            }
        });
    }

    @Test
    void checksTakeAQuarterOfTheTimeAtMost() {
        offer("a", false, Outcome.MEASURED);
        assertThat(live.doWork(false)).isEqualTo(3_000_000);
        assertThat(live.stats()).isEqualTo(new LiveRecall.Stats(1, 1, 0, 0, 0));
        assertThat(live.doWork(false)).isEqualTo(50_000_000);
    }

    @Test
    void underLoadOnlyWhatIsUrgentRunsAndSeldom() {
        offer("plain", false, Outcome.MEASURED);
        offer("urgent", true, Outcome.MEASURED);
        assertThat(live.doWork(true)).isEqualTo(99_000_000);
        live.doWork(true);
        assertThat(ran).containsExactly("urgent");
        live.doWork(false);
        assertThat(ran).containsExactly("urgent", "plain");
    }

    @Test
    void whatFindsTheQueueFullIsDropped() {
        for (int i = 0; i < 100; i++) {
            offer("plain", false, Outcome.MEASURED);
        }
        offer("urgent", true, Outcome.MEASURED);
        assertThat(live.stats()).isEqualTo(new LiveRecall.Stats(101, 0, 0, 36, 65));
    }

    @Test
    void whatWaitedForLongIsDropped() {
        offer("old", false, Outcome.MEASURED);
        now.addAndGet(31_000_000_000L);
        assertThat(live.doWork(false)).isZero();
        assertThat(ran).isEmpty();
        assertThat(live.stats()).isEqualTo(new LiveRecall.Stats(1, 0, 0, 1, 0));
    }

    @Test
    void outcomesAreCounted() {
        offer("a", false, Outcome.STALE);
        offer("b", false, Outcome.GIVEN_UP);
        live.doWork(false);
        live.doWork(false);
        assertThat(live.stats()).isEqualTo(new LiveRecall.Stats(2, 0, 1, 1, 0));
    }

    @Test
    void oneOfSoManyIsASample() {
        live.setEvery(10);
        FieldRecall field = new FieldRecall(live, 1000);
        int samples = 0;
        for (int i = 0; i < 100; i++) {
            samples += field.isSample(Band.ALL, 10, false) ? 1 : 0;
        }
        assertThat(samples).isEqualTo(10);
        live.setEvery(0);
        assertThat(field.isSample(Band.ALL, 10, true)).isFalse();
        assertThatThrownBy(() -> live.setEvery(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatARecallWasAskedOfIsSampledUntilItIsKnown() {
        FieldRecall field = new FieldRecall(live, 1000);
        live.setEvery(1_000_000);
        assertThat(field.isSample(Band.ALL, 10, false)).isTrue(); // The first of a million.
        field.ef(Band.ALL, 10, 0.9);
        int asked = 0;
        double[] full = new double[new EfLadder(10, 1000).rungs()];
        Arrays.fill(full, 1);
        while (field.isSample(Band.ALL, 10, true)) {
            field.climbed(Band.ALL, 10, full, 1000);
            asked++;
        }
        assertThat(asked).isBetween(256, 400);
        assertThat(field.ef(Band.ALL, 10, 0.9)).isEqualTo(10);
        assertThat(field.isSample(Band.WIDE, 10, true)).isFalse(); // Nobody asked there.
    }

    @Test
    void classesOfKRoundUpByAnEighthAtMost() {
        for (int k = 1; k < 100_000; k++) {
            int of = FieldRecall.classOf(k);
            assertThat(of).isBetween(k, k + k / 8);
        }
        assertThat(FieldRecall.classOf(10)).isEqualTo(10);
        assertThat(FieldRecall.classOf(150)).isEqualTo(160);
        assertThat(FieldRecall.classOf(1_000_000)).isGreaterThanOrEqualTo(1_000_000);
    }

    @Test
    void theClassThatNobodyAsksForGivesWay() {
        live.setEvery(1);
        FieldRecall field = new FieldRecall(live, 1000);
        for (int k = 1; k <= 16; k++) {
            for (Band band : Band.values()) {
                field.ef(band, k, 0.9);
                field.isSample(band, k, true);
            }
        }
        assertThat(field.targets()).hasSize(FieldRecall.PROFILES_MAX);
        field.ef(Band.ALL, 1, 0.9);
        field.ef(Band.ALL, 500, 0.9);
        assertThat(field.targets()).hasSize(FieldRecall.PROFILES_MAX);
        assertThat(field.targets()).extracting(FieldRecall.Target::k).contains(1, 512);
        assertThat(field.targets()).noneMatch(target -> target.band() == Band.WIDE && target.k() == 1);
    }

    @Test
    void bandsPartWhereThePlanChanges() {
        assertThat(Band.of(301, 1000)).isEqualTo(Band.WIDE);
        assertThat(Band.of(300, 1000)).isEqualTo(Band.MIDDLE);
        assertThat(Band.of(30, 1000)).isEqualTo(Band.MIDDLE);
        assertThat(Band.of(29, 1000)).isEqualTo(Band.NARROW);
        assertThat(Band.of(0, 0)).isEqualTo(Band.NARROW);
    }
}
