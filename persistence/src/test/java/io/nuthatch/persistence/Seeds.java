package io.nuthatch.persistence;

import java.io.IOException;
import java.util.Random;

/// Runs of a test that differ by their seed alone. The property `nuthatch.seed` is the first one's.
public final class Seeds {
    /// Of the first run, and of tests that run once.
    public static final long FIRST = Long.getLong("nuthatch.seed", 0x5eed);

    /// What a seed decides; an exception is a failure.
    @FunctionalInterface
    public interface Run {
        void with(Random random) throws IOException;
    }

    private Seeds() {}

    /// Does so many runs; a failure says how to have that one alone, `alone` being the value of
    /// `nuthatch.runs` for a single run.
    public static void forEach(int runs, int alone, Run run) {
        for (int i = 0; i < runs; i++) {
            long seed = FIRST + i;
            try {
                run.with(new Random(seed));
            } catch (IOException | RuntimeException | Error failure) {
                throw new AssertionError(
                        "reproduce with -Dnuthatch.runs=" + alone + " -Dnuthatch.seed=0x" + Long.toHexString(seed),
                        failure);
            }
        }
    }
}
