package io.nuthatch.engine.hnsw;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.RowScorer;
import io.nuthatch.engine.vector.Rows;
import io.nuthatch.engine.vector.VectorType;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/// What was unlinked is given away only after every reader that may have found it has left, see [Readers].
public final class ReclamationStress {
    private static final int CELLS = 1 << 16;
    private static final int GIVEN_AWAY = -1;
    private static final int SPINS = 30; // A reader takes its time.
    private static final MemoryAccount ACCOUNT = new MemoryAccount();
    private static final RecordTable TABLE = new RecordTable(64, ACCOUNT.counter("stress", "cells"));
    private static final RowScorer SCORER =
            new RowScorer(new Rows(VectorType.FLOAT32, 4, false, ACCOUNT, "stress"), Metric.L2);
    private static final Readers READERS =
            new Readers(() -> new Searcher(SCORER, ACCOUNT.counter("stress", "scratch")));
    private static final AtomicInteger NEXT = new AtomicInteger();

    private ReclamationStress() {}

    /// Where a link and what it names are.
    private static long fresh() {
        int cell = NEXT.getAndIncrement() & CELLS - 1;
        TABLE.ensure(cell);
        Memory.putInt(TABLE.address(cell), 1);
        Memory.putInt(TABLE.address(cell) + 32, 42);
        return TABLE.address(cell);
    }

    /// A reader beside a thread that unlinks, retires and drains.
    @JCStressTest
    @State
    @Outcome(id = "1, 42", expect = ACCEPTABLE, desc = "found before it was unlinked")
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not found any more")
    @Outcome(expect = FORBIDDEN, desc = "given away under the reader")
    public static class RetireBesideAReader {
        private final long link = fresh();

        @Actor
        public void reader(II_Result r) {
            Searcher s = READERS.enter();
            r.r1 = Memory.getInt(link);
            for (int i = 0; i < SPINS; i++) {
                Thread.onSpinWait();
            }
            r.r2 = r.r1 == 1 ? Memory.getInt(link + 32) : 0;
            READERS.leave(s);
        }

        @Actor
        public void writer() {
            Memory.putIntRelease(link, 0);
            READERS.retire(() -> Memory.putInt(link + 32, GIVEN_AWAY));
            READERS.drain();
        }
    }

    /// Memory that is retired while the index closes is freed, and once.
    @JCStressTest
    @State
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "freed")
    @Outcome(expect = FORBIDDEN, desc = "leaked, or freed twice")
    public static class RetireBesideClose {
        private final AtomicInteger freed = new AtomicInteger();
        private final Readers readers = new Readers(() -> new Searcher(SCORER, ACCOUNT.counter("stress", "scratch")));

        @Actor
        public void writer() {
            readers.retireMemory(freed::incrementAndGet);
            readers.drain();
        }

        @Actor
        public void closer() {
            readers.close();
        }

        @Arbiter
        public void count(I_Result r) {
            r.r1 = freed.get();
        }
    }
}
