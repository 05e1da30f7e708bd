package io.nuthatch.commands.search;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Which dialects the queries of each index were written in; FT.INFO shows it.
///
/// Threads: any. An index that is dropped takes its entry along.
final class DialectUse {
    private final Map<String, Integer> bits = new ConcurrentHashMap<>();

    /// A query of the index used `dialect`, 1 to 4.
    void note(String index, int dialect) {
        int bit = 1 << (dialect - 1);
        Integer known = bits.get(index); // The common case writes nothing.
        if (known == null || (known & bit) == 0) {
            bits.merge(index, bit, (a, b) -> a | b);
        }
    }

    /// Bit `d - 1` for each dialect `d` that was used.
    int of(String index) {
        return bits.getOrDefault(index, 0);
    }

    void forget(String index) {
        bits.remove(index);
    }
}
