package io.nuthatch.engine.document;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.nuthatch.engine.hnsw.Filter;
import io.nuthatch.engine.query.QueryNode;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// The documents that the filters of kept queries last matched, each good until its index next changes.
///
/// An index counts its changes under the space's write lock; a set is taken from here under the read lock and
/// only at the count at which it was made, so it is the set that matching anew would give. Applications ask
/// with few filters (a tenant, a language) and many vectors; between two writes the second pays nothing for
/// the filter. Keys are nodes of [QueryCache] by identity: what leaves that cache leaves this one.
///
/// Threads: any.
final class FilterCache {
    /// What all sets may take together.
    static final long MAX_BYTES = 32 << 20;

    private record Entry(long version, Filter filter) {}

    private final Cache<QueryNode, Entry> entries = Caffeine.newBuilder()
            .weakKeys()
            .maximumWeight(MAX_BYTES)
            .weigher((QueryNode node, Entry entry) -> 100 + 8 * entry.filter.words().length)
            .executor(Runnable::run)
            .build();
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();

    /// Keeps nothing any more, or begins to keep again.
    void setEnabled(boolean isEnabled) {
        entries.policy().eviction().orElseThrow().setMaximum(isEnabled ? MAX_BYTES : 0);
    }

    /// The set of `node` at `version` of its index, or null.
    @Nullable
    Filter get(QueryNode node, long version) {
        Entry entry = entries.getIfPresent(node);
        if (entry == null || entry.version != version) {
            misses.increment();
            return null;
        }
        hits.increment();
        return entry.filter;
    }

    void put(QueryNode node, long version, Filter filter) {
        entries.put(node, new Entry(version, filter));
    }

    long hits() {
        return hits.sum();
    }

    long misses() {
        return misses.sum();
    }
}
