package io.nuthatch.tiering;

import java.util.SplittableRandom;

/// Runs a random test a few times and says which seed failed.
final class Seeded {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    interface Body {
        void run(SplittableRandom random) throws Exception;
    }

    private Seeded() {}

    static void runs(int count, Body body) {
        int runs = Integer.getInteger("nuthatch.runs", count);
        for (int i = 0; i < runs; i++) {
            long seed = SEED + i;
            try {
                body.run(new SplittableRandom(seed));
            } catch (Exception | AssertionError failure) {
                throw new AssertionError(
                        "reproduce with -Dnuthatch.runs=1 -Dnuthatch.seed=0x" + Long.toHexString(seed), failure);
            }
        }
    }
}
