package io.nuthatch.engine.image;

/// Spreads work on the numbers from 0 to a limit over threads.
@FunctionalInterface
public interface Ranges {
    /// What is done with the numbers `from` to `to - 1`, on any thread.
    @FunctionalInterface
    interface Action {
        void run(int from, int to);
    }

    /// Runs `action` for ranges that cover 0 to `limit - 1` once each, and waits for them. What one throws is
    /// thrown here.
    void run(int limit, Action action);
}
