package io.nuthatch.engine.hnsw;

/// The ordinals a search may return: bit `ordinal & 63` of `words[ordinal >> 6]`, false beyond the end.
///
/// `count` is the number of bits set. It steers the plan only: an ordinal that is set but not in the index
/// never matches. The words are not copied and must not change while a search reads them.
public record Filter(long[] words, int count) {
    /// A filter that counts its own bits.
    public static Filter of(long[] words) {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        return new Filter(words, count);
    }

    public boolean matches(int ordinal) {
        int word = ordinal >> 6;
        return word < words.length && (words[word] >>> ordinal & 1) != 0;
    }
}
