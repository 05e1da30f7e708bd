package io.nuthatch.engine.text;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Words too common to index or to search for: not in the inverted index, and dropped from queries.
///
/// Words are compared in lower case. A stop word takes no position, so a phrase reaches across it.
///
/// @param words the words in lower case, as byte strings
/// @param isDefault whether this is the list an index gets that names none; FT.INFO leaves it out
public record StopWords(Set<String> words, boolean isDefault) {
    /// RediSearch's own list.
    public static final StopWords DEFAULT = new StopWords(
            Set.of(
                    "a", "is", "the", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into",
                    "it", "no", "not", "of", "on", "or", "such", "that", "their", "then", "there", "these", "they",
                    "this", "to", "was", "will", "with"),
            true);

    /// No stop words at all (`STOPWORDS 0`).
    public static final StopWords NONE = new StopWords(Set.of(), false);

    /// The list of FT.CREATE's `STOPWORDS n word…`.
    public static StopWords of(Collection<String> words) {
        return new StopWords(words.stream().map(ByteStrings::lower).collect(Collectors.toUnmodifiableSet()), false);
    }

    /// Whether `lowerCase`, already in lower case, is one.
    public boolean contains(String lowerCase) {
        return words.contains(lowerCase);
    }

    /// The words in the order of their bytes.
    public List<String> sorted() {
        return List.copyOf(new TreeSet<>(words));
    }
}
