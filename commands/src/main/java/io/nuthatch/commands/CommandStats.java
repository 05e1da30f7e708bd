package io.nuthatch.commands;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What commands did and how long they took: calls, time, failures, a histogram of durations for each.
///
/// Every thread that executes commands has a [Recorder] of its own and is its only writer, with plain stores;
/// sums are made on demand and may be a moment behind. [#reset] remembers what to subtract, so that nobody
/// writes to another's counters.
public final class CommandStats {
    /// Durations fall into buckets of an eighth of a power of two: an error below 12.5 %.
    private static final int SUB_BUCKETS = 8;

    private static final int BUCKETS = 64 * SUB_BUCKETS;
    private static final int MAX_ERROR_KINDS = 128;

    private final List<CommandEntry> entries;
    private final List<Recorder> recorders = new CopyOnWriteArrayList<>();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private volatile Map<Integer, Totals> baseline = Map.of();
    private volatile long hitsBefore;
    private volatile long missesBefore;

    public CommandStats(CommandTable table) {
        this.entries = table.entries();
    }

    /// What one command did since the start or the last reset.
    ///
    /// @param histogram calls by bucket; [CommandStats#bucketNanos] is a bucket's upper end
    public record Totals(long calls, long nanos, long rejected, long failed, long[] histogram) {
        private static final Totals ZERO = new Totals(0, 0, 0, 0, new long[BUCKETS]);

        /// The duration that `share` (0 to 1) of the calls did not exceed, in nanoseconds; 0 when there were
        /// none.
        public long percentileNanos(double share) {
            long total = 0;
            for (long count : histogram) {
                total += count;
            }
            long rank = (long) Math.ceil(total * share);
            long seen = 0;
            for (int i = 0; i < histogram.length; i++) {
                seen += histogram[i];
                if (seen >= rank && seen > 0) {
                    return bucketNanos(i);
                }
            }
            return 0;
        }

        private Totals minus(Totals other) {
            long[] difference = histogram.clone();
            for (int i = 0; i < difference.length; i++) {
                difference[i] -= other.histogram[i];
            }
            return new Totals(
                    calls - other.calls,
                    nanos - other.nanos,
                    rejected - other.rejected,
                    failed - other.failed,
                    difference);
        }
    }

    /// The counters of one thread.
    public static final class Recorder {
        private final long[] calls;
        private final long[] nanos;
        private final long[] rejected;
        private final long[] failed;
        private final long[] @Nullable [] histograms;
        private long hits;
        private long misses;

        private Recorder(int commands) {
            calls = new long[commands];
            nanos = new long[commands];
            rejected = new long[commands];
            failed = new long[commands];
            histograms = new long[commands][];
        }

        /// Counts `times` executions that took `totalNanos` together.
        public void executed(int id, int times, long totalNanos) {
            calls[id] += times;
            nanos[id] += totalNanos;
            long[] histogram = histograms[id];
            if (histogram == null) {
                histogram = new long[BUCKETS];
                histograms[id] = histogram;
            }
            histogram[bucket(totalNanos / times)] += times;
        }

        /// Counts an error reply of a command that was executed.
        public void failed(int id) {
            failed[id]++;
        }

        /// Counts a look-up of a key by a command that reads.
        public void lookedUp(boolean isHit) {
            if (isHit) {
                hits++;
            } else {
                misses++;
            }
        }

        /// Counts a command that was refused before it was executed.
        public void rejected(int id) {
            rejected[id]++;
        }
    }

    /// Counters for one more thread.
    public Recorder recorder() {
        Recorder recorder = new Recorder(entries.size());
        recorders.add(recorder);
        return recorder;
    }

    /// What a command did.
    public Totals totals(CommandEntry entry) {
        return sum(entry.id()).minus(baseline.getOrDefault(entry.id(), Totals.ZERO));
    }

    /// What each command did that was called or refused at all, by its name.
    public Map<CommandEntry, Totals> all() {
        Map<CommandEntry, Totals> all = new TreeMap<>(
                (one, other) -> one.spec().name().compareTo(other.spec().name()));
        for (CommandEntry entry : entries) {
            Totals totals = totals(entry);
            if (totals.calls != 0 || totals.rejected != 0) {
                all.put(entry, totals);
            }
        }
        return all;
    }

    /// Commands executed since the start or the last reset.
    public long totalCalls() {
        long calls = 0;
        for (CommandEntry entry : entries) {
            for (Recorder recorder : recorders) {
                calls += recorder.calls[entry.id()];
            }
            Totals before = baseline.get(entry.id());
            calls -= before == null ? 0 : before.calls;
        }
        return calls;
    }

    /// Look-ups that found their key, since the start or the last reset.
    public long hits() {
        return sumHits() - hitsBefore;
    }

    /// Look-ups that did not find their key, since the start or the last reset.
    public long misses() {
        return sumMisses() - missesBefore;
    }

    /// Counts an error reply by its first word.
    public void error(String code) {
        LongAdder adder = errors.get(code);
        if (adder == null) {
            if (errors.size() >= MAX_ERROR_KINDS) {
                return;
            }
            adder = errors.computeIfAbsent(code, key -> new LongAdder());
        }
        adder.increment();
    }

    /// Error replies by their first word.
    public Map<String, Long> errors() {
        Map<String, Long> counts = new TreeMap<>();
        errors.forEach((code, adder) -> counts.put(code, adder.sum()));
        return counts;
    }

    /// `CONFIG RESETSTAT`.
    public void reset() {
        Map<Integer, Totals> now = new ConcurrentHashMap<>();
        for (CommandEntry entry : entries) {
            Totals totals = sum(entry.id());
            if (totals.calls != 0 || totals.rejected != 0) {
                now.put(entry.id(), totals);
            }
        }
        baseline = now;
        hitsBefore = sumHits();
        missesBefore = sumMisses();
        errors.clear();
    }

    /// The upper end of a histogram's bucket in nanoseconds.
    public static long bucketNanos(int bucket) {
        int octave = bucket / SUB_BUCKETS;
        int sub = bucket % SUB_BUCKETS;
        return octave < 3 ? bucket : ((long) (SUB_BUCKETS + sub + 1) << (octave - 3)) - 1;
    }

    private static int bucket(long nanos) {
        if (nanos < SUB_BUCKETS) {
            return nanos < 0 ? 0 : (int) nanos;
        }
        int octave = 63 - Long.numberOfLeadingZeros(nanos);
        int sub = (int) (nanos >>> (octave - 3)) & (SUB_BUCKETS - 1);
        return octave * SUB_BUCKETS + sub;
    }

    private long sumHits() {
        long sum = 0;
        for (Recorder recorder : recorders) {
            sum += recorder.hits;
        }
        return sum;
    }

    private long sumMisses() {
        long sum = 0;
        for (Recorder recorder : recorders) {
            sum += recorder.misses;
        }
        return sum;
    }

    private Totals sum(int id) {
        long calls = 0;
        long nanos = 0;
        long rejected = 0;
        long failed = 0;
        long[] histogram = new long[BUCKETS];
        for (Recorder recorder : recorders) {
            calls += recorder.calls[id];
            nanos += recorder.nanos[id];
            rejected += recorder.rejected[id];
            failed += recorder.failed[id];
            long[] part = recorder.histograms[id];
            if (part != null) {
                Arrays.setAll(histogram, i -> histogram[i] + part[i]);
            }
        }
        return new Totals(calls, nanos, rejected, failed, histogram);
    }
}
