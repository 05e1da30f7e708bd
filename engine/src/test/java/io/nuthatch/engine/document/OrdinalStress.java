package io.nuthatch.engine.document;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.nuthatch.engine.memory.MemoryAccount;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/// An ordinal is another document's only after every search has left that may have met it, see
/// [OrdinalPool].
public final class OrdinalStress {
    private OrdinalStress() {}

    private static OrdinalPool pool() {
        return new OrdinalPool(new MemoryAccount().counter("stress", "ordinals"));
    }

    /// A search that meets a document beside the thread that deletes it and makes another.
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "met, and still the same document")
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "gone already")
    @Outcome(expect = FORBIDDEN, desc = "the ordinal is another document's")
    public static class ReuseBesideASearch {
        private static final int OLD = 1;
        private static final int NEW = 2;
        private static final int SPINS = 30; // A search takes its time.

        private final OrdinalPool pool = pool();
        private final int ordinal = pool.take();
        private final AtomicIntegerArray owners = new AtomicIntegerArray(2); // By ordinal.
        private volatile boolean isListed = true; // As postings list it.

        public ReuseBesideASearch() {
            owners.set(ordinal, OLD);
        }

        @Actor
        public void search(II_Result r) {
            int slot = pool.enter();
            if (isListed) {
                r.r1 = 1;
                for (int i = 0; i < SPINS; i++) {
                    Thread.onSpinWait();
                }
                r.r2 = owners.get(ordinal);
            }
            pool.leave(slot);
        }

        @Actor
        public void writer() {
            isListed = false;
            pool.retire(ordinal, 0);
            pool.released(ordinal);
            owners.set(pool.take(), NEW);
        }

        @Arbiter
        public void close(II_Result r) {
            pool.close();
        }
    }

    /// Two holders that let go at the same time give an ordinal back once.
    @JCStressTest
    @State
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "one comes back")
    @Outcome(expect = FORBIDDEN, desc = "lost, or handed out twice")
    public static class LastRelease {
        private final OrdinalPool pool = pool();
        private final int ordinal = pool.take();

        public LastRelease() {
            pool.retire(ordinal, 1);
        }

        @Actor
        public void holder() {
            pool.released(ordinal);
        }

        @Actor
        public void otherHolder() {
            pool.released(ordinal);
        }

        @Arbiter
        public void count(I_Result r) {
            r.r1 = (pool.take() == ordinal ? 1 : 0) + (pool.take() == ordinal ? 1 : 0);
            pool.close();
        }
    }
}
