package io.nuthatch.commands.search;

import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.search.SearchArguments.Flag;
import io.nuthatch.commands.search.SearchArguments.NumericFilter;
import io.nuthatch.commands.search.SearchArguments.ReturnField;
import io.nuthatch.commands.search.SearchArguments.SortBy;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.resp.Args;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Parses `FT.SEARCH index query [option …]`; options come in any order and any case.
///
/// What is not built is refused by its name: an option that was read and then ignored would answer another
/// question than the one asked.
final class SearchSyntax {
    /// Most results one request may skip or ask for, as RediSearch has it (MAXSEARCHRESULTS).
    static final long MAX_RESULTS = 1_000_000;
    static final int MAX_DIALECT = 4;
    private static final int QUERY = 2;
    private static final Set<String> NOT_BUILT = Set.of(
            "SUMMARIZE",
            "HIGHLIGHT",
            "GEOFILTER",
            "EXPANDER",
            "EXPLAINSCORE",
            "PAYLOAD",
            "NOSTOPWORDS",
            "SLOP",
            "INORDER");

    private final Tokens tokens;
    private final Set<Flag> flags = EnumSet.noneOf(Flag.class);
    private long offset;
    private long count = SearchArguments.DEFAULT_COUNT;
    private @Nullable List<ReturnField> returned;
    private @Nullable SortBy sortBy;
    private @Nullable Map<String, byte[]> parameters;
    private int dialect;
    private long timeoutMillis = -1;
    private @Nullable List<String> inKeys;
    private @Nullable List<String> inFields;
    private final List<NumericFilter> filters = new ArrayList<>();
    private @Nullable String scorer;
    private @Nullable String language;

    private SearchSyntax(Tokens tokens) {
        this.tokens = tokens;
    }

    /// Reads the whole request; pure.
    static SearchArguments parse(Args args) {
        Tokens head = new Tokens(args, 1);
        String index = head.next();
        if (!head.hasNext()) {
            throw new CommandException("ERR No query string provided");
        }
        String query = head.next();
        SearchSyntax syntax = new SearchSyntax(head);
        while (head.hasNext()) {
            syntax.option();
        }
        return new SearchArguments(
                index,
                query,
                syntax.flags,
                syntax.offset,
                syntax.count,
                syntax.returned,
                syntax.sortBy,
                syntax.parameters == null ? Map.of() : syntax.parameters,
                syntax.dialect,
                syntax.timeoutMillis,
                syntax.inKeys,
                syntax.inFields,
                List.copyOf(syntax.filters),
                syntax.scorer,
                syntax.language);
    }

    private void option() {
        int position = tokens.position() - QUERY;
        String written = tokens.next();
        switch (written.toUpperCase(Locale.ROOT)) {
            case "NOCONTENT" -> flags.add(Flag.NOCONTENT);
            case "VERBATIM" -> flags.add(Flag.VERBATIM);
            case "WITHSCORES" -> flags.add(Flag.WITHSCORES);
            case "WITHPAYLOADS" -> flags.add(Flag.WITHPAYLOADS);
            case "WITHSORTKEYS" -> flags.add(Flag.WITHSORTKEYS);
            case "LIMIT" -> limit();
            case "RETURN" -> returned = returnFields(tokens);
            case "SORTBY" -> sortBy();
            case "PARAMS" -> parameters = parameters(tokens, parameters);
            case "DIALECT" -> dialect = dialect(tokens);
            case "TIMEOUT" -> timeoutMillis = timeout(tokens);
            case "INKEYS" -> inKeys = names("INKEYS");
            case "INFIELDS" -> inFields = names("INFIELDS");
            case "FILTER" -> filters.add(filter());
            case "SCORER" -> scorer = tokens.next("SCORER");
            case "LANGUAGE" -> language = tokens.next("LANGUAGE");
            default -> throw refuse(written, position);
        }
    }

    private static CommandException refuse(String written, int position) {
        if (NOT_BUILT.contains(written.toUpperCase(Locale.ROOT))) {
            return CommandException.of("ERR %s is not supported yet", written.toUpperCase(Locale.ROOT));
        }
        return CommandException.of(
                "ERR Unknown argument `%s` at position %s for <main>", ByteStrings.toUnicode(written), position);
    }

    private void limit() {
        if (tokens.remaining() < 2) {
            throw new CommandException("ERR LIMIT requires two arguments");
        }
        long first;
        long most;
        try {
            first = Tokens.parseInteger(tokens.next());
            most = Tokens.parseInteger(tokens.next());
        } catch (NumberFormatException malformed) {
            throw new CommandException("ERR LIMIT needs two numeric arguments");
        }
        if (first < 0 || most < 0) {
            throw new CommandException("ERR LIMIT needs two numeric arguments");
        }
        if (most == 0 && first != 0) {
            throw new CommandException("ERR The `offset` of the LIMIT must be 0 when `num` is 0");
        }
        if (most > MAX_RESULTS) {
            throw CommandException.of("ERR LIMIT exceeds maximum of %s", MAX_RESULTS);
        }
        if (first > MAX_RESULTS) {
            throw CommandException.of("ERR OFFSET exceeds maximum of %s", MAX_RESULTS);
        }
        offset = first;
        count = most;
    }

    /// `RETURN n field [AS name] …`, where `n` counts every token behind it, `AS` and the names too.
    static List<ReturnField> returnFields(Tokens tokens) {
        Tokens group = tokens.group("RETURN", tokens.integer("RETURN", 0, Integer.MAX_VALUE));
        List<ReturnField> fields = new ArrayList<>();
        while (group.hasNext()) {
            String name = group.next();
            if (group.take("AS")) {
                if (!group.hasNext()) {
                    throw new CommandException("ERR RETURN path AS name - must be accompanied with NAME");
                }
                fields.add(new ReturnField(name, group.next()));
            } else {
                fields.add(new ReturnField(name, name));
            }
        }
        return List.copyOf(fields);
    }

    private void sortBy() {
        if (sortBy != null) {
            throw new CommandException("ERR Multiple SORTBY steps are not allowed");
        }
        if (!tokens.hasNext()) {
            throw new CommandException("ERR Bad SORTBY arguments");
        }
        String field = tokens.next();
        boolean descending = tokens.take("DESC");
        if (!descending) {
            tokens.take("ASC");
        }
        sortBy = new SortBy(field, descending);
    }

    /// `PARAMS n name value …`; `earlier` is what an earlier PARAMS of the request gave, and must be null.
    static Map<String, byte[]> parameters(Tokens tokens, @Nullable Map<String, byte[]> earlier) {
        if (earlier != null) {
            throw new CommandException("ERR Multiple PARAMS are not allowed. Parameters can be defined only once");
        }
        long n = tokens.integer("PARAMS", 0, Integer.MAX_VALUE);
        if (n == 0 || n % 2 != 0) {
            throw new CommandException("ERR Parameters must be specified in PARAM VALUE pairs");
        }
        Tokens group = tokens.group("PARAMS", n);
        Map<String, byte[]> parameters = new LinkedHashMap<>();
        while (group.hasNext()) {
            String name = group.next();
            if (parameters.put(name, group.nextBytes()) != null) {
                throw CommandException.of("ERR Duplicate parameter `%s`", ByteStrings.toUnicode(name));
            }
        }
        return parameters;
    }

    /// The number behind DIALECT.
    static int dialect(Tokens tokens) {
        if (!tokens.hasNext()) {
            throw new CommandException("ERR Need an argument for DIALECT");
        }
        try {
            long value = Tokens.parseInteger(tokens.next());
            if (value >= 1 && value <= MAX_DIALECT) {
                return (int) value;
            }
        } catch (NumberFormatException malformed) {
            // Falls through to the same words as a number out of range.
        }
        throw new CommandException("ERR DIALECT requires a non negative integer >=1 and <= 4");
    }

    private static long timeout(Tokens tokens) {
        if (!tokens.hasNext()) {
            throw new CommandException("ERR Need argument for TIMEOUT");
        }
        try {
            long value = Tokens.parseInteger(tokens.next());
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException malformed) {
            // Falls through to the same words as a negative number.
        }
        throw new CommandException("ERR TIMEOUT requires a non negative integer");
    }

    private List<String> names(String option) {
        Tokens group = tokens.group(option, tokens.integer(option, 0, Integer.MAX_VALUE));
        List<String> names = new ArrayList<>();
        while (group.hasNext()) {
            names.add(group.next());
        }
        return List.copyOf(names);
    }

    private NumericFilter filter() {
        if (tokens.remaining() < 3) {
            throw new CommandException("ERR FILTER requires 3 arguments");
        }
        String field = tokens.next();
        String low = tokens.next();
        String high = tokens.next();
        double min = bound(low);
        double max = bound(high);
        if (Double.isNaN(min)) {
            throw CommandException.of("ERR Bad lower range: %s", ByteStrings.toUnicode(low));
        }
        if (Double.isNaN(max)) {
            throw CommandException.of("ERR Bad upper range: %s", ByteStrings.toUnicode(high));
        }
        return new NumericFilter(field, min, !low.startsWith("("), max, !high.startsWith("("));
    }

    private static double bound(String text) {
        return Tokens.parseReal(text.startsWith("(") ? text.substring(1) : text);
    }
}
