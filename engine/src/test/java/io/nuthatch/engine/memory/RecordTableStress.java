package io.nuthatch.engine.memory;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// A table that grows in two threads loses nothing that was written to it.
public final class RecordTableStress {
    private RecordTableStress() {}

    /// Both need granules that are not there yet, one of them the same.
    @JCStressTest
    @State
    @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "both are there")
    @Outcome(expect = FORBIDDEN, desc = "a granule was made twice")
    public static class Growth {
        private final RecordTable table = new RecordTable(1, new MemoryAccount().counter("stress", "bytes"));
        private final int elsewhere = table.granuleRecords();

        @Actor
        public void one() {
            table.ensure(0);
            Memory.putByte(table.address(0), (byte) 1);
        }

        @Actor
        public void other() {
            table.ensure(elsewhere);
            table.ensure(1);
            Memory.putByte(table.address(1), (byte) 2);
        }

        @Arbiter
        public void read(II_Result r) {
            r.r1 = Memory.getByte(table.address(0));
            r.r2 = Memory.getByte(table.address(1));
            table.close();
        }
    }
}
