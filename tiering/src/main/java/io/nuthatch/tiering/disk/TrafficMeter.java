package io.nuthatch.tiering.disk;

import io.nuthatch.engine.ColdTraffic;
import io.nuthatch.engine.NanoClock;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/// Counts what goes to the disk and comes from it. Thread-safe; sums are a moment behind.
public final class TrafficMeter {
    /// One direction.
    public static final class Side {
        private final NanoClock clock;
        private final LongAdder values = new LongAdder();
        private final LongAdder bytes = new LongAdder();
        private final LongAdder rounds = new LongAdder();
        private final LongAdder failures = new LongAdder();
        private final AtomicLongArray histogram = new AtomicLongArray(ColdTraffic.BUCKETS);

        private Side(NanoClock clock) {
            this.clock = clock;
        }

        /// When a round begins, for [#round].
        public long begin() {
            return clock.nanoTime();
        }

        /// A round is over, for good or ill.
        public void round(long began) {
            rounds.increment();
            histogram.incrementAndGet(ColdTraffic.bucket(clock.nanoTime() - began));
        }

        /// So many values, of so many bytes together, have been delivered or stored.
        public void moved(long count, long byteCount) {
            values.add(count);
            bytes.add(byteCount);
        }

        /// A call has thrown.
        public void failed() {
            failures.increment();
        }

        private ColdTraffic.Side now() {
            long[] counts = new long[ColdTraffic.BUCKETS];
            for (int i = 0; i < counts.length; i++) {
                counts[i] = histogram.get(i);
            }
            return new ColdTraffic.Side(values.sum(), bytes.sum(), rounds.sum(), failures.sum(), counts);
        }
    }

    private final Side reads;
    private final Side writes;

    public TrafficMeter(NanoClock clock) {
        this.reads = new Side(clock);
        this.writes = new Side(clock);
    }

    public Side reads() {
        return reads;
    }

    public Side writes() {
        return writes;
    }

    public ColdTraffic now() {
        return new ColdTraffic(reads.now(), writes.now());
    }
}
