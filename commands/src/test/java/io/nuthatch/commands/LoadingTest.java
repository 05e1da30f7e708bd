package io.nuthatch.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LoadingTest {
    @Test
    void theTimeLeftIsThatOfThePaceSoFarAndUnknownAtFirst() {
        AtomicLong loaded = new AtomicLong();
        Durability.Loading loading = new Durability.Loading(5_000, () -> 1_000_000, loaded::get);
        assertThat(loading.etaSeconds(6_000)).isEqualTo(-1);
        loaded.set(600); // A file of definitions says nothing about the rest.
        assertThat(loading.etaSeconds(8_000)).isEqualTo(-1);
        loaded.set(250_000);
        assertThat(loading.etaSeconds(9_000)).isEqualTo(12);
        loaded.set(1_000_000);
        assertThat(loading.etaSeconds(20_000)).isZero();
    }
}
