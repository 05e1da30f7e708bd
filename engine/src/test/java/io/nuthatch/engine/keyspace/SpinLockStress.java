package io.nuthatch.engine.keyspace;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.nuthatch.engine.memory.MemoryAccount;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/// What is written under a stripe is there for the next who takes it.
public final class SpinLockStress {
    private static final Stripes STRIPES = new Stripes(new MemoryAccount().counter("stress", "stripes"));
    private static final AtomicInteger NEXT = new AtomicInteger();

    private SpinLockStress() {}

    /// Two threads that count under one stripe.
    @JCStressTest
    @State
    @Outcome(id = "2", expect = ACCEPTABLE, desc = "both have counted")
    @Outcome(expect = FORBIDDEN, desc = "one is lost")
    public static class Exclusion {
        private final int stripe = NEXT.getAndIncrement() & Stripes.COUNT - 1;
        private int count;

        @Actor
        public void one() {
            increment();
        }

        @Actor
        public void other() {
            increment();
        }

        private void increment() {
            STRIPES.lock(stripe);
            count++;
            STRIPES.unlock(stripe);
        }

        @Arbiter
        public void sum(I_Result r) {
            r.r1 = count;
        }
    }
}
