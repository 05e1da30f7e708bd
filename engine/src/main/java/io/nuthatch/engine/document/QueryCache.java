package io.nuthatch.engine.document;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.ByteStrings;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Parsed and checked queries by text, dialect and schema, the most useful within [#MAX_BYTES] (W-TinyLFU).
///
/// Vectors are no part of what is kept, so one text with ever new vectors is parsed once. Parameters that are
/// words, tags or numbers are: their values belong to the key, and an entry for the text alone says which
/// parameters they are. A schema that changes gets a new number, and its old entries age out.
///
/// Threads: any.
final class QueryCache {
    /// What all entries may take together, about.
    static final long MAX_BYTES = 8 << 20;

    private static final int ENTRY_BYTES = 400;
    private static final int MAX_TEXT = 64 << 10; // With its values. Longer ones would push out hundreds of others.

    private record Key(String text, int dialect, long schema, List<String> values) {}

    /// A query, or the names of the parameters whose values lead to one.
    private record Entry(@Nullable Query query, List<String> names) {}

    /// Reads a query that is not kept yet; adds to `read` the parameters whose values went into it.
    interface Parser {
        Query parse(Set<String> read);
    }

    private final Cache<Key, Entry> entries = Caffeine.newBuilder()
            .maximumWeight(MAX_BYTES)
            .weigher((Key key, Entry entry) -> weight(key))
            .executor(Runnable::run) // Upkeep is short, and this server has its threads counted.
            .build();
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final AtomicLong schemas = new AtomicLong();

    /// Keeps nothing any more, or begins to keep again.
    void setEnabled(boolean isEnabled) {
        entries.policy().eviction().orElseThrow().setMaximum(isEnabled ? MAX_BYTES : 0);
    }

    /// A number for a schema that no other has.
    long nextSchema() {
        return schemas.incrementAndGet();
    }

    /// Trees are a few times as large as their text.
    private static int weight(Key key) {
        return ENTRY_BYTES + 8 * textBytes(key.text, key.values);
    }

    private static int textBytes(String text, List<String> values) {
        long bytes = text.length();
        for (String value : values) {
            bytes += value.length();
        }
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }

    /// The query behind `text`, with `parameters` as its vectors.
    ///
    /// @param schema from [#nextSchema]
    /// @throws SearchException as `parser` does; a query that is refused is not kept
    Query get(String text, Map<String, byte[]> parameters, int dialect, long schema, Parser parser) {
        Key key = new Key(text, dialect, schema, List.of());
        Entry entry = entries.getIfPresent(key);
        if (entry != null && entry.query == null) {
            key = new Key(text, dialect, schema, values(entry.names, parameters));
            entry = entries.getIfPresent(key);
        }
        Query kept = entry == null ? null : entry.query;
        if (kept != null) {
            hits.increment();
            return kept.with(parameters);
        }
        misses.increment();
        Set<String> read = new LinkedHashSet<>();
        Query parsed = parser.parse(read);
        List<String> names = List.copyOf(read);
        List<String> values = values(names, parameters);
        if (textBytes(text, values) <= MAX_TEXT) {
            if (!names.isEmpty()) {
                entries.put(new Key(text, dialect, schema, List.of()), new Entry(null, names));
            }
            entries.put(new Key(text, dialect, schema, values), new Entry(parsed.with(Map.of()), List.of()));
        }
        return parsed;
    }

    private static List<String> values(List<String> names, Map<String, byte[]> parameters) {
        List<String> values = new ArrayList<>(names.size());
        for (String name : names) {
            byte[] value = parameters.get(name);
            if (value == null) {
                throw SearchException.of("No such parameter `%s`", name);
            }
            values.add(ByteStrings.of(value));
        }
        return values;
    }

    long hits() {
        return hits.sum();
    }

    long misses() {
        return misses.sum();
    }
}
