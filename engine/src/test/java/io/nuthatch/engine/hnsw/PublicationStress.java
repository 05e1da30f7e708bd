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

/// What a node needs is written plainly; a state or a link written with release shows it.
public final class PublicationStress {
    private static final int ORDINALS = 1 << 15; // Many more than jcstress has states alive at a time.
    private static final int M = 4;
    private static final MemoryAccount ACCOUNT = new MemoryAccount();
    private static final RecordTable CONTENT = new RecordTable(64, ACCOUNT.counter("stress", "content"));
    private static final States STATES = new States(ACCOUNT.counter("stress", "states"));
    private static final Links LINKS = new Links(M, ACCOUNT, "stress");
    private static final RowScorer SCORER =
            new RowScorer(new Rows(VectorType.FLOAT32, 4, false, ACCOUNT, "stress"), Metric.L2);
    private static final ThreadLocal<Searcher> SEARCHERS =
            ThreadLocal.withInitial(() -> new Searcher(SCORER, ACCOUNT.counter("stress", "scratch")));
    private static final AtomicInteger NEXT = new AtomicInteger();

    private PublicationStress() {}

    /// An ordinal without content, state or links.
    private static int fresh() {
        int ordinal = NEXT.getAndIncrement() & ORDINALS - 1;
        CONTENT.ensure(ordinal);
        STATES.set(ordinal, States.ABSENT);
        LINKS.erase(ordinal);
        LINKS.prepare(ordinal);
        Memory.putInt(CONTENT.address(ordinal), 0);
        return ordinal;
    }

    /// A row, and the state that shows its ordinal.
    @JCStressTest
    @State
    @Outcome(id = "0, .*", expect = ACCEPTABLE, desc = "not shown yet")
    @Outcome(id = "3, 42", expect = ACCEPTABLE, desc = "shown, complete")
    @Outcome(expect = FORBIDDEN, desc = "shown before it was written")
    public static class ByState {
        private final int ordinal = fresh();

        @Actor
        public void writer() {
            Memory.putInt(CONTENT.address(ordinal), 42);
            STATES.set(ordinal, States.LIVE);
        }

        @Actor
        public void search(II_Result r) {
            r.r1 = STATES.of(ordinal);
            r.r2 = Memory.getInt(CONTENT.address(ordinal));
        }
    }

    /// A node, and the link by which a walk comes to it.
    @JCStressTest
    @State
    @Outcome(id = "0, .*", expect = ACCEPTABLE, desc = "not linked yet")
    @Outcome(id = "1, 42", expect = ACCEPTABLE, desc = "linked, complete")
    @Outcome(expect = FORBIDDEN, desc = "linked before it was written")
    public static class ByLinkOfAWalk {
        private final int node = fresh();
        private final int neighbour = fresh();

        @Actor
        public void insertion() {
            Memory.putInt(CONTENT.address(node), 42);
            LINKS.set(neighbour, 0, 0, node);
        }

        /// Reads the list plainly, with a fence behind.
        @Actor
        public void walk(II_Result r) {
            Searcher s = SEARCHERS.get();
            s.newMarks(ORDINALS);
            r.r1 = s.unmarkedLinks(0, LINKS.list(neighbour, 0), LINKS.capacity(0));
            r.r2 = r.r1 == 1 ? Memory.getInt(CONTENT.address(s.batch[0])) : 0;
        }
    }

    /// As above, by the way that insertions and repairs read lists; the list is replaced as a whole.
    @JCStressTest
    @State
    @Outcome(id = "0, .*", expect = ACCEPTABLE, desc = "not linked yet")
    @Outcome(id = "1, 42", expect = ACCEPTABLE, desc = "linked, complete")
    @Outcome(expect = FORBIDDEN, desc = "linked before it was written")
    public static class ByCopyOfAList {
        private final int node = fresh();
        private final int neighbour = fresh();
        private final int[] links = {node};
        private final int[] copy = new int[2 * M];

        @Actor
        public void insertion() {
            Memory.putInt(CONTENT.address(node), 42);
            LINKS.lock(neighbour, 0);
            LINKS.write(neighbour, 0, links, 1);
            LINKS.unlock(neighbour, 0);
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = LINKS.copy(neighbour, 0, copy);
            r.r2 = r.r1 == 1 ? Memory.getInt(CONTENT.address(copy[0])) : 0;
        }
    }

    /// Two writers of one list: under the node's lock no link is lost.
    @JCStressTest
    @State
    @Outcome(id = "2", expect = ACCEPTABLE, desc = "both are there")
    @Outcome(expect = FORBIDDEN, desc = "one is lost")
    public static class MergeUnderLock {
        private final int node = fresh();
        private final int[] one = {fresh()};
        private final int[] other = {fresh()};

        @Actor
        public void writer() {
            add(one);
        }

        @Actor
        public void otherWriter() {
            add(other);
        }

        private void add(int[] link) {
            LINKS.lock(node, 0);
            LINKS.merge(node, 0, link, 1);
            LINKS.unlock(node, 0);
        }

        @Arbiter
        public void count(I_Result r) {
            r.r1 = LINKS.copy(node, 0, new int[2 * M]);
        }
    }

    /// The hand-over from the buffer to the graph: a search that looks into the buffer first and into the
    /// graph second meets the vector.
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "still in the buffer")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "in both")
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "in the graph already")
    @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "in neither: the search misses it")
    public static class HandOver {
        private final int node = fresh();
        private final int neighbour = fresh();
        private final Buffer buffer = new Buffer();
        private final int[] copy = new int[2 * M];

        public HandOver() {
            buffer.add(node);
        }

        @Actor
        public void linking() {
            int slot = buffer.claim();
            LINKS.set(neighbour, 0, 0, node);
            STATES.set(node, States.LIVE);
            buffer.free(slot);
        }

        @Actor
        public void search(II_Result r) {
            int end = buffer.end();
            for (int slot = 0; slot < end; slot++) {
                r.r1 += buffer.ordinal(slot) == node ? 1 : 0;
            }
            r.r2 = LINKS.copy(neighbour, 0, copy);
        }
    }
}
