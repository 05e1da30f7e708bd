package io.nuthatch.commands.search;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.keyspace.KeyHash;
import io.nuthatch.resp.Args;
import java.util.concurrent.atomic.AtomicLongArray;

/// Which searches are so short that the hand-over to the query pool and back would be a large part of their
/// time (5 to 9 us). Their connection's event loop runs them itself.
///
/// A search is known by its index and its query's text, of which an application has few, with vectors as
/// parameters. One that took longer than [#SHORT_NANOS], as a filter does whose documents have to be found
/// anew, goes to the pool for [#PENALTY] times as long as it took. So an event loop loses to wrong guesses a
/// twentieth of its time at most, and others on it wait for one search that was short the last time.
///
/// Layout of an entry: 16 bits of the text's hash (never 0), 48 bits of microseconds since the server's
/// start, until when it goes to the pool. Texts whose hashes meet drive each other out.
///
/// Threads: any; an update that is lost is made up for by the next search.
final class ShortSearches {
    static final long SHORT_NANOS = 60_000;
    static final int PENALTY = 20;
    private static final int ENTRIES = 4096;
    private static final int TEXT_BYTES_MAX = 1024; // Hashing is not to take a part of what it saves.
    private static final int TIME_BITS = 48;

    private final NanoClock clock;
    private final long startNanos;
    private final AtomicLongArray entries = new AtomicLongArray(ENTRIES);

    ShortSearches(NanoClock clock) {
        this.clock = clock;
        this.startNanos = clock.nanoTime();
    }

    /// Whether the search, whose index is argument 1 and whose query is argument 2, was short of late.
    boolean contains(Args args) {
        if (!isKnowable(args)) {
            return false;
        }
        long hash = hash(args);
        long entry = entries.get(index(hash));
        return entry >>> TIME_BITS == tag(hash) && micros() >= (entry & (1L << TIME_BITS) - 1);
    }

    /// The search took so long, on whichever thread.
    void took(Args args, long nanos) {
        if (!isKnowable(args)) {
            return;
        }
        long hash = hash(args);
        boolean isKnown = entries.get(index(hash)) >>> TIME_BITS == tag(hash);
        if (nanos > SHORT_NANOS) {
            entries.set(index(hash), tag(hash) << TIME_BITS | micros() + nanos / 1_000 * PENALTY);
        } else if (!isKnown) {
            entries.set(index(hash), tag(hash) << TIME_BITS | micros());
        }
    }

    private long micros() {
        return (clock.nanoTime() - startNanos) / 1_000;
    }

    private static boolean isKnowable(Args args) {
        return args.count() > 2 && args.length(1) + args.length(2) <= TEXT_BYTES_MAX;
    }

    /// Taken before a search and again behind it, which nothing carries it through: some ten nanoseconds
    /// each.
    private static long hash(Args args) {
        long index = KeyHash.of(args.address(1), args.length(1));
        return Long.rotateLeft(index, 17) ^ KeyHash.of(args.address(2), args.length(2));
    }

    private static int index(long hash) {
        return (int) hash & ENTRIES - 1;
    }

    private static long tag(long hash) {
        return hash >>> TIME_BITS | 1;
    }
}
