package io.nuthatch.commands.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.commands.admin.LatencyMonitor.Sample;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LatencyMonitorTest {
    private final LatencyMonitor monitor = new LatencyMonitor();

    private LatencyMonitor.Series series(String event) {
        return Objects.requireNonNull(monitor.all().get(event));
    }

    @Test
    void aSecondHasItsWorstSample() {
        monitor.add("command", 5_000, 10);
        monitor.add("command", 5_400, 30);
        monitor.add("command", 5_999, 20);
        monitor.add("command", 6_000, 15);
        assertThat(series("command").samples()).containsExactly(new Sample(5, 30), new Sample(6, 15));
        assertThat(series("command").maxMillis()).isEqualTo(30);
    }

    @Test
    void theLast160SecondsAreKeptAndTheWorstEver() {
        monitor.add("command", 0, 1_000);
        for (int second = 1; second <= 160; second++) {
            monitor.add("command", second * 1_000L, second);
        }
        assertThat(series("command").samples()).hasSize(160);
        assertThat(series("command").samples().getFirst()).isEqualTo(new Sample(1, 1));
        assertThat(series("command").samples().getLast()).isEqualTo(new Sample(160, 160));
        assertThat(series("command").maxMillis()).isEqualTo(1_000);
    }

    @Test
    void eventsAreSortedAndForgottenByName() {
        monitor.add("fast-command", 1_000, 1);
        monitor.add("command", 1_000, 2);
        assertThat(monitor.all().keySet()).containsExactly("command", "fast-command");
        assertThat(monitor.reset("command")).isTrue();
        assertThat(monitor.reset("command")).isFalse();
        assertThat(monitor.all().keySet()).containsExactly("fast-command");
        monitor.add("command", 2_000, 1);
        assertThat(series("command").maxMillis())
                .as("the worst ever, since it was forgotten")
                .isEqualTo(1);
    }
}
