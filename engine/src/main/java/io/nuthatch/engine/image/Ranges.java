package io.nuthatch.engine.image;

import java.util.List;

/// Spreads work on the numbers from 0 to a limit over threads.
public interface Ranges {
    /// What is done with the numbers `from` to `to - 1`, on any thread.
    @FunctionalInterface
    interface Action {
        void run(int from, int to);
    }

    /// Runs `action` for ranges that cover 0 to `limit - 1` once each, and waits for them. What one throws is
    /// thrown here.
    void run(int limit, Action action);

    /// Runs all of `tasks`, one thread each, and waits for them; as [#run] otherwise.
    void runAll(List<Runnable> tasks);
}
