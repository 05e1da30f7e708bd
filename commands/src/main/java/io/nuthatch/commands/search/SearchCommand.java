package io.nuthatch.commands.search;

import static io.nuthatch.commands.search.SearchCommands.GROUP;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Locking;
import io.nuthatch.commands.Placement;
import io.nuthatch.commands.search.SearchArguments.Flag;
import io.nuthatch.commands.search.SearchArguments.NumericFilter;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.engine.document.SearchRequest;
import io.nuthatch.engine.document.SearchRequest.Scorer;
import io.nuthatch.engine.document.SearchRequest.SortBy;
import io.nuthatch.engine.document.SearchResult;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.text.Stemmer;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `FT.SEARCH`: parse, search, reply.
///
/// Threads: stateless but for its services; runs on the query pool, or on an event loop when it is short, and
/// holds no stripe while it searches.
final class SearchCommand implements FtCommand.Body {
    static final CommandSpec SPEC = CommandSpec.named("FT.SEARCH")
            .summary("Searches an index with a query")
            .syntax("index query [NOCONTENT] [VERBATIM] [WITHSCORES] [WITHPAYLOADS] [WITHSORTKEYS]"
                    + " [FILTER field min max]... [INKEYS count key...] [INFIELDS count field...]"
                    + " [RETURN count field [AS name]...] [SORTBY field [ASC | DESC]] [LIMIT offset num]"
                    + " [SCORER BM25STD | TFIDF] [LANGUAGE language] [TIMEOUT milliseconds]"
                    + " [PARAMS count name value...] [DIALECT 1 | 2 | 3 | 4]")
            .since("1.0.0")
            .group(GROUP)
            .complexity("O(log N) a vector query, O(N) a filter, for N matching documents")
            .arity(-2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.SEARCH, AclCategory.READ)
            .locking(Locking.WALK)
            .placement(Placement.QUERY_POOL)
            .details("Options come in any order. The reply is an array in RESP2 and a map in RESP3; valkey-glide gets"
                    + " the array in both (`search-resp3-shape`). Neighbours come nearest first without SORTBY."
                    + " A KNN clause takes `EF_RUNTIME n` or, instead, `RECALL r` with 0 < r <= 1, also as"
                    + " `=>{$RECALL: r}`: the server picks the width of walk that reaches this share of the true"
                    + " neighbours, from what it measures (`search-recall-every`, FT.INFO); 1 is an exact scan."
                    + " `NOSTOPWORDS`, `SLOP`, `INORDER`, `SUMMARIZE`, `HIGHLIGHT`, `GEOFILTER`, `EXPANDER`,"
                    + " `EXPLAINSCORE` and `PAYLOAD` are refused.")
            .build();

    private static final Set<String> SCORERS_NOT_BUILT =
            Set.of("BM25", "BM25STD.TANH", "BM25STD.NORM", "TFIDF.DOCNORM", "DISMAX", "DOCSCORE", "HAMMING");

    private final Indexes indexes;
    private final SearchSettings settings;
    private final DialectUse dialects;
    private final NanoClock clock;
    private final ShortSearches shorts;

    SearchCommand(Indexes indexes, SearchSettings settings, DialectUse dialects, NanoClock clock) {
        this.indexes = indexes;
        this.settings = settings;
        this.dialects = dialects;
        this.clock = clock;
        this.shorts = new ShortSearches(clock);
    }

    @Override
    public boolean isShort(Args args) {
        return settings.runsShortOnEventLoop() && shorts.contains(args);
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        if (!settings.runsShortOnEventLoop()) {
            search(context, args, reply);
            return;
        }
        long start = clock.nanoTime();
        try {
            search(context, args, reply);
        } finally {
            shorts.took(args, clock.nanoTime() - start);
        }
    }

    private void search(CommandContext context, Args args, ReplyWriter reply) {
        SearchArguments arguments = SearchSyntax.parse(args);
        SearchIndex index = SearchCommands.find(indexes, arguments.index());
        int dialect = arguments.dialect() == 0 ? settings.defaultDialect() : arguments.dialect();
        dialects.note(index.name(), dialect);
        Query query = index.parse(arguments.query(), arguments.parameters(), dialect);
        SearchResult result = index.search(request(index, arguments, query));
        if (result.timedOut() && settings.isTimeoutAnError()) {
            throw new CommandException("ERR Timeout limit was reached");
        }
        ReplyShape shape = settings.shape(context.session());
        if (!arguments.isWithContent()) {
            SearchReply.write(reply, shape, arguments, result, null);
            return;
        }
        Database documents = context.keyspace().database(SearchCommands.DATABASE);
        DocumentFields fields =
                new DocumentFields(documents, context.nowMillis(), index.definition(), result, arguments.returned());
        try {
            SearchReply.write(reply, shape, arguments, result, fields);
        } finally {
            fields.release();
        }
    }

    private SearchRequest request(SearchIndex index, SearchArguments arguments, Query query) {
        if (arguments.count() > settings.maxResults()) {
            throw CommandException.of("ERR LIMIT exceeds maximum of %s", settings.maxResults());
        }
        checkLanguage(index, arguments.language());
        SearchArguments.SortBy sortBy = arguments.sortBy();
        return new SearchRequest(
                filtered(query, arguments.filters()),
                (int) arguments.offset(),
                (int) arguments.count(),
                sortBy == null ? null : new SortBy(sortBy.field(), !sortBy.isDescending()),
                scorer(arguments.scorer()),
                arguments.is(Flag.VERBATIM),
                set(arguments.inKeys()),
                set(arguments.inFields()),
                arguments.is(Flag.WITHSCORES),
                deadline(arguments.timeoutMillis()));
    }

    private static @Nullable Set<String> set(@Nullable List<String> names) {
        return names == null ? null : new HashSet<>(names);
    }

    /// The query's words are stemmed as the index's are; another language would search for stems that are not
    /// there.
    private static void checkLanguage(SearchIndex index, @Nullable String language) {
        if (language == null || language.equalsIgnoreCase(index.definition().language())) {
            return;
        }
        if (!Stemmer.isLanguage(ByteStrings.lower(language))) {
            throw new CommandException("ERR No such language");
        }
        throw CommandException.of(
                "ERR LANGUAGE %s is not supported yet: the index's is %s",
                language, index.definition().language());
    }

    private static Scorer scorer(@Nullable String name) {
        if (name == null) {
            return Scorer.BM25STD;
        }
        for (Scorer scorer : Scorer.values()) {
            if (scorer.name().equals(name)) {
                return scorer;
            }
        }
        if (SCORERS_NOT_BUILT.contains(name.toUpperCase(Locale.ROOT))) {
            throw CommandException.of("ERR SCORER %s is not supported yet; use BM25STD or TFIDF", name);
        }
        throw CommandException.of("ERR No such scorer %s", ByteStrings.toUnicode(name));
    }

    /// The query with the legacy FILTER ranges beside it.
    static Query filtered(Query query, List<NumericFilter> filters) {
        if (filters.isEmpty()) {
            return query;
        }
        List<QueryNode> all = new ArrayList<>();
        all.add(query.filter());
        for (NumericFilter filter : filters) {
            all.add(new QueryNode.Numeric(
                    filter.field(), filter.min(), filter.minInclusive(), filter.max(), filter.maxInclusive(), 1));
        }
        return new Query(new QueryNode.And(List.copyOf(all), -1, false, 1), query.knn(), query.parameters());
    }

    private long deadline(long askedMillis) {
        long millis = askedMillis < 0 ? settings.timeoutMillis() : askedMillis;
        if (millis <= 0 || millis > Long.MAX_VALUE / 2_000_000) {
            return Long.MAX_VALUE;
        }
        return clock.nanoTime() + millis * 1_000_000;
    }
}
