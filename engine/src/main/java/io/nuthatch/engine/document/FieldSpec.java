package io.nuthatch.engine.document;

import java.util.Set;

/// One field of a schema.
///
/// @param identifier the HASH field it reads, a byte string
/// @param name what queries call it (`AS`), a byte string; the identifier when nothing else is said
/// @param type what it holds
/// @param flags the options every kind of field may have
public record FieldSpec(String identifier, String name, FieldType type, Set<Flag> flags) {
    /// Options of any field.
    public enum Flag {
        /// Values are kept for SORTBY.
        SORTABLE,
        /// Sorted as written, not in lower case.
        UNF,
        /// Only sorted and returned, never searched.
        NOINDEX,
        /// Found by `ismissing(@field)` where a document lacks it.
        INDEXMISSING,
        /// The empty string is a value.
        INDEXEMPTY
    }

    public FieldSpec {
        flags = Set.copyOf(flags);
    }

    public boolean has(Flag flag) {
        return flags.contains(flag);
    }

    /// Whether queries may search it.
    public boolean isIndexed() {
        return !has(Flag.NOINDEX);
    }
}
