package io.nuthatch.engine.memory;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Where every byte off the heap went: bytes by owner (an index, the keyspace) and part (`rows`, `links`,
/// `records`…).
///
/// Whoever allocates takes its counter once, adds what it allocates and subtracts what it frees, so that an
/// account at rest after everything was closed reads zero. INFO memory prints [#byPart()], FT.INFO prints
/// [#byPart(String)].
///
/// Threads: any. Sums read while others count are a moment's view, not a snapshot.
public final class MemoryAccount {
    private record Key(String owner, String part) {}

    private final Map<Key, Counter> counters = new ConcurrentHashMap<>();

    /// Bytes of one part of one owner.
    public static final class Counter {
        private final LongAdder bytes = new LongAdder();

        private Counter() {}

        /// Counts `bytes` more; negative when memory was freed.
        public void add(long bytes) {
            this.bytes.add(bytes);
        }

        public void subtract(long bytes) {
            this.bytes.add(-bytes);
        }

        public long bytes() {
            return bytes.sum();
        }
    }

    /// The counter of `part` of `owner`; the same object for the same names until the owner is forgotten.
    public Counter counter(String owner, String part) {
        return counters.computeIfAbsent(new Key(owner, part), key -> new Counter());
    }

    public long total() {
        long sum = 0;
        for (Counter counter : counters.values()) {
            sum += counter.bytes();
        }
        return sum;
    }

    /// Bytes of all owners by part, in the order of names.
    public Map<String, Long> byPart() {
        Map<String, Long> parts = new TreeMap<>();
        counters.forEach((key, counter) -> parts.merge(key.part, counter.bytes(), Long::sum));
        return parts;
    }

    /// Bytes of one owner by part, in the order of names; empty for an owner nobody counted for.
    public Map<String, Long> byPart(String owner) {
        Map<String, Long> parts = new TreeMap<>();
        counters.forEach((key, counter) -> {
            if (key.owner.equals(owner)) {
                parts.put(key.part, counter.bytes());
            }
        });
        return parts;
    }

    /// Bytes of all parts by owner, in the order of names.
    public Map<String, Long> byOwner() {
        Map<String, Long> owners = new TreeMap<>();
        counters.forEach((key, counter) -> owners.merge(key.owner, counter.bytes(), Long::sum));
        return owners;
    }

    /// Drops an owner whose memory is all given back; a part that still holds bytes stays, so that a leak
    /// shows.
    public void forget(String owner) {
        counters.entrySet()
                .removeIf(entry ->
                        entry.getKey().owner.equals(owner) && entry.getValue().bytes() == 0);
    }
}
