package io.nuthatch.engine.recall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RecallWindowTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    private final RecallWindow window = new RecallWindow();

    @Test
    void nothingIsKnownBeforeTheFirstDraw() {
        assertThat(window.mean()).isNaN();
        assertThat(window.low()).isZero();
        assertThat(window.high()).isEqualTo(1);
    }

    /// Wilson's interval for 45 of 50, from the tables: .786 to .957.
    @Test
    void boundsAreWilsons() {
        for (int i = 0; i < 50; i++) {
            window.add(i % 10 == 3 ? 0 : 1);
        }
        assertThat(window.mean()).isCloseTo(0.9, within(0.01));
        assertThat(window.low()).isCloseTo(0.786, within(0.01));
        assertThat(window.high()).isCloseTo(0.957, within(0.01));
    }

    @Test
    void aChangeShows() {
        for (int i = 0; i < 10_000; i++) {
            window.add(1);
        }
        assertThat(window.mean()).isEqualTo(1, within(1e-9));
        assertThat(window.high()).isEqualTo(1, within(1e-9));
        for (int i = 0; i < 3 * RecallWindow.LENGTH; i++) {
            window.add(0.5);
        }
        assertThat(window.mean()).isCloseTo(0.5, within(0.03));
        assertThat(window.high()).isLessThan(0.6);
    }

    /// The bounds hold the true mean at least as often as they say.
    @Test
    void boundsHoldTheTruth() {
        Random random = new Random(SEED);
        int held = 0;
        for (int run = 0; run < 500; run++) {
            RecallWindow drawn = new RecallWindow();
            for (int query = 0; query < 200; query++) {
                int hits = 0;
                for (int i = 0; i < 10; i++) {
                    hits += random.nextDouble() < 0.93 ? 1 : 0;
                }
                drawn.add(hits / 10.0);
            }
            held += drawn.low() <= 0.93 && drawn.high() >= 0.93 ? 1 : 0;
        }
        assertThat(held).as("seed %x", SEED).isGreaterThan(475);
    }
}
