package io.nuthatch.commands.search;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What one `FT.SEARCH` asks. Texts are byte strings.
///
/// @param index name or alias of the index
/// @param query the query's text
/// @param offset hits to skip
/// @param count hits to return at most; 0 asks for the total alone
/// @param returned the fields to return; null for all of them, empty for none (as NOCONTENT)
/// @param sortBy the field to sort by, or null for the query's own order
/// @param parameters `$name` to its bytes
/// @param dialect 1 to 4; 0 when the request names none
/// @param timeoutMillis longest the search may take, 0 for no limit; -1 when the request names none
/// @param inKeys the only keys wanted, or null
/// @param inFields the only TEXT fields to look in, or null
/// @param filters legacy `FILTER` ranges, all of which must hold
/// @param scorer name of the scoring function, or null
/// @param language language of the query's words, or null for the index's
record SearchArguments(
        String index,
        String query,
        Set<Flag> flags,
        long offset,
        long count,
        @Nullable List<ReturnField> returned,
        @Nullable SortBy sortBy,
        Map<String, byte[]> parameters,
        int dialect,
        long timeoutMillis,
        @Nullable List<String> inKeys,
        @Nullable List<String> inFields,
        List<NumericFilter> filters,
        @Nullable String scorer,
        @Nullable String language) {
    static final long DEFAULT_COUNT = 10;

    /// An option that is there or not.
    enum Flag {
        NOCONTENT,
        VERBATIM,
        WITHSCORES,
        WITHPAYLOADS,
        WITHSORTKEYS
    }

    /// A field to return, and the name to return it under.
    record ReturnField(String name, String as) {}

    /// `SORTBY field [ASC | DESC]`.
    record SortBy(String field, boolean isDescending) {}

    /// `FILTER field min max`; a bound with `(` is exclusive.
    record NumericFilter(String field, double min, boolean minInclusive, double max, boolean maxInclusive) {}

    boolean is(Flag flag) {
        return flags.contains(flag);
    }

    /// Whether the reply carries document fields.
    boolean isWithContent() {
        return !is(Flag.NOCONTENT) && (returned == null || !returned.isEmpty());
    }
}
