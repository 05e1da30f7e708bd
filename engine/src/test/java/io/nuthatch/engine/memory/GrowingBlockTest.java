package io.nuthatch.engine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GrowingBlockTest {
    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "block");

    @Test
    void bytesStayWhatTheyWereWhileItGrows() {
        try (GrowingBlock block = new GrowingBlock(1, counter)) {
            for (int i = 0; i < 100_000; i++) {
                Memory.putInt(block.room(Integer.BYTES), i);
            }
            assertThat(block.size()).isEqualTo(400_000);
            for (int i = 0; i < 100_000; i++) {
                assertThat(Memory.getInt(block.address() + 4L * i)).isEqualTo(i);
            }
        }
        assertThat(account.total()).isZero();
    }

    @Test
    void itShrinksOnlyWhereItHasGrownAboveTheMost() {
        try (GrowingBlock block = new GrowingBlock(4096, counter)) {
            block.room(1 << 20);
            long grown = account.total();
            block.clear(1 << 20, 4096);
            assertThat(block.size()).isZero();
            assertThat(account.total()).isEqualTo(grown);
            block.clear((1 << 20) - 1, 4096);
            assertThat(account.total()).isEqualTo(4096);
        }
    }
}
