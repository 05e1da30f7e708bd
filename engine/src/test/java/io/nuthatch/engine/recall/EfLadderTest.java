package io.nuthatch.engine.recall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EfLadderTest {
    private final EfLadder ladder = new EfLadder(10, 1_000_000);

    /// A curve like a graph's: a miss is `4 / ef`.
    private double[] curve(double misses) {
        double[] recalls = new double[ladder.rungs()];
        Arrays.setAll(recalls, i -> Math.max(0, 1 - misses / ladder.ef(i)));
        return recalls;
    }

    private void learn(double[] recalls, int times) {
        for (int i = 0; i < times; i++) {
            ladder.add(recalls, 1000);
        }
    }

    @Test
    void rungsRiseHalfAnOctaveFromK() {
        assertThat(ladder.ef(0)).isEqualTo(10);
        assertThat(ladder.ef(2)).isEqualTo(20);
        assertThat(ladder.ef(ladder.rungs() - 1)).isEqualTo(10_240);
        assertThat(new EfLadder(2_000, 5_000).ef(20)).isEqualTo(5_000);
        assertThat(new EfLadder(1, 1_000_000).ef(0)).isEqualTo(8);
    }

    @Test
    void whatIsUnknownIsWalkedWide() {
        assertThat(ladder.ef(0.9)).isEqualTo(100);
        assertThat(ladder.ef(0.95)).isCloseTo(200, within(1));
        assertThat(ladder.ef(0.999)).isEqualTo(800);
        learn(curve(4), EfLadder.TRUSTED - 2);
        assertThat(ladder.ef(0.9)).isEqualTo(100);
    }

    @Test
    void theLeastWidthThatReachesIt() {
        learn(curve(4), 512);
        // Exactly 40, 80 and 400; a standard error more for caution.
        assertThat(ladder.ef(0.90)).isBetween(40, 45);
        assertThat(ladder.ef(0.95)).isBetween(80, 92);
        assertThat(ladder.ef(0.99)).isBetween(400, 520);
        assertThat(ladder.ef(0.1)).isEqualTo(10);
        assertThat(ladder.ef(0.99999)).isEqualTo(10_240);
    }

    @Test
    void whatFallsWhereItShouldRiseIsPooled() {
        double[] recalls = curve(4);
        int rung = 6; // 80: .95
        recalls[rung] = 0.97;
        recalls[rung + 1] = 0.93;
        learn(recalls, 1000);
        double pooled = (0.97 + 0.93) / 2;
        assertThat(ladder.ef(pooled - 0.01)).isLessThanOrEqualTo(ladder.ef(rung));
        assertThat(ladder.ef(0.965)).isGreaterThan(ladder.ef(rung + 1));
        int last = 0;
        for (double asked = 0.5; asked < 1; asked += 0.001) {
            assertThat(ladder.ef(asked)).isGreaterThanOrEqualTo(last);
            last = ladder.ef(asked);
        }
    }

    @Test
    void harderQueriesWidenTheWalk() {
        learn(curve(4), 1000);
        int before = ladder.ef(0.95);
        learn(curve(16), 2000);
        assertThat(ladder.ef(0.95)).isGreaterThan(3 * before);
    }

    @Test
    void anIndexThatGrewIsLearntAnew() {
        learn(curve(4), 1000);
        ladder.add(curve(16), 2000);
        assertThat(ladder.weight()).isLessThan(EfLadder.TRUSTED);
        assertThat(ladder.ef(0.9)).isEqualTo(100);
        for (int i = 0; i < 200; i++) {
            ladder.add(curve(16), 2000);
        }
        assertThat(ladder.ef(0.95)).isGreaterThan(250);
    }
}
