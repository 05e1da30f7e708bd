package io.nuthatch.commands.search;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Locking;
import io.nuthatch.commands.Placement;
import io.nuthatch.commands.Settings;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.commands.admin.InfoSection;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.engine.kernel.NativeKernel;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.recall.LiveRecall;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Simd;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The `FT.*` commands.
///
/// An index name is no key: it is never routed by hash slot, and no stripe is held for it. Whatever parses a
/// query, walks an index or takes stripes itself runs on the query pool; but for searches that are short
/// ([ShortSearches]).
public final class SearchCommands implements CommandFamily {
    static final String GROUP = "search";

    /// The database whose hashes are documents; RediSearch knows no other.
    static final int DATABASE = 0;

    private final Indexes indexes;
    private final SearchSettings settings;
    private final DialectUse dialects = new DialectUse();
    private final NanoClock clock;

    /// `clock` measures the time a search takes.
    public SearchCommands(Indexes indexes, Settings settings, NanoClock clock) {
        this.indexes = indexes;
        this.settings = new SearchSettings(settings);
        this.clock = clock;
    }

    @Override
    public List<Command> commands() {
        SchemaCommands schema = new SchemaCommands(indexes, this.settings, dialects);
        return List.of(
                new FtCommand(SchemaCommands.CREATE, schema::create),
                new FtCommand(SchemaCommands.ALTER, schema::alter),
                new FtCommand(SchemaCommands.DROPINDEX, schema::drop),
                new FtCommand(SearchCommand.SPEC, new SearchCommand(indexes, settings, dialects, clock)),
                new FtCommand(
                        spec("FT.EXPLAIN", "Shows how a query is understood", "index query [DIALECT dialect]")
                                .arity(-3)
                                .locking(Locking.WALK)
                                .placement(Placement.QUERY_POOL)
                                .build(),
                        (context, args, reply) -> reply.bulk(ByteStrings.bytes(explain(args)))),
                new FtCommand(
                        spec(
                                        "FT.EXPLAINCLI",
                                        "Shows how a query is understood, line by line",
                                        "index query [DIALECT" + " dialect]")
                                .arity(-3)
                                .locking(Locking.WALK)
                                .placement(Placement.QUERY_POOL)
                                .build(),
                        (context, args, reply) -> {
                            String[] lines = explain(args).split("\n", -1);
                            reply.array(lines.length);
                            for (String line : lines) {
                                reply.bulk(ByteStrings.bytes(line));
                            }
                        }),
                new FtCommand(
                        spec("FT.INFO", "Returns an index's schema and statistics", "index")
                                .arity(2)
                                .locking(Locking.WALK)
                                .placement(Placement.QUERY_POOL)
                                .complexity("O(N) for N different words and tags, whose sizes are summed")
                                .details("Among the statistics of an HNSW field: `recall`, what searches reached of"
                                        + " late, by band of filter (`all` for none, `over-30%`, `3-30%`, `under-3%`"
                                        + " match), with 95 % bounds, the searches checked since the index was made,"
                                        + " and the last one's width of walk (0: a scan); `recall_targets`, the"
                                        + " width of walk for each recall asked for, by band and k, and whether it"
                                        + " is known yet or a guess; `recall_default`, the field's `RECALL`, 0 for"
                                        + " none.")
                                .build(),
                        (context, args, reply) -> {
                            SearchIndex index = find(indexes, name(args, 1));
                            if (reply.isResp3() && settings.shape(context.session()) == ReplyShape.ARRAY) {
                                ValkeyInfoReply.write(reply, index.info());
                            } else {
                                InfoReply.write(reply, index.info(), dialects.of(index.name()));
                            }
                        }),
                new FtCommand(
                        spec("FT._LIST", "Returns the names of all indexes", "")
                                .arity(1)
                                .complexity("O(N) for N indexes")
                                .build(),
                        (context, args, reply) -> set(reply, indexes.names())),
                new FtCommand(
                        spec("FT.TAGVALS", "Returns the values of a TAG field", "index field")
                                .arity(3)
                                .locking(Locking.WALK)
                                .placement(Placement.QUERY_POOL)
                                .complexity("O(N) for N different values")
                                .build(),
                        (context, args, reply) ->
                                set(reply, find(indexes, name(args, 1)).tagValues(name(args, 2)))),
                alias(
                        spec("FT.ALIASADD", "Gives an index another name", "alias index")
                                .arity(3)
                                .build(),
                        args -> indexes.addAlias(name(args, 1), name(args, 2))),
                alias(
                        spec(
                                        "FT.ALIASUPDATE",
                                        "Gives an index another name, which may be another index's",
                                        "alias index")
                                .arity(3)
                                .build(),
                        args -> indexes.updateAlias(name(args, 1), name(args, 2))),
                alias(
                        spec("FT.ALIASDEL", "Takes another name of an index away", "alias")
                                .arity(2)
                                .build(),
                        args -> indexes.deleteAlias(name(args, 1))),
                SimpleCommand.container(spec("FT.CONFIG", "Reads and changes the settings of search", "")
                        .arity(-2)
                        .build()),
                SimpleCommand.of(
                        spec("FT.CONFIG|GET", "Returns the settings of search whose names match", "name")
                                .arity(3)
                                .build(),
                        (context, args, reply) -> config(reply, settings.matching(name(args, 2)))),
                SimpleCommand.of(
                        spec("FT.CONFIG|SET", "Changes a setting of search", "name value")
                                .arity(4)
                                .acl(AclCategory.ADMIN, AclCategory.DANGEROUS)
                                .build(),
                        (context, args, reply) -> {
                            settings.set(name(args, 2), args.text(3));
                            reply.ok();
                        }));
    }

    /// The section of `INFO` about search.
    public static InfoSection info(Indexes indexes) {
        return new InfoSection("search", "Search", true, out -> {
            Indexes.CacheStats kept = indexes.cacheStats();
            out.append("search_indexes:").append(indexes.names().size()).append("\r\n");
            out.append("search_kernel:").append(NativeKernel.name()).append("\r\n");
            out.append("search_simd_bits:").append(Simd.bits()).append("\r\n");
            out.append("search_query_cache_hits:").append(kept.queryHits()).append("\r\n");
            out.append("search_query_cache_misses:").append(kept.queryMisses()).append("\r\n");
            out.append("search_filter_cache_hits:").append(kept.filterHits()).append("\r\n");
            out.append("search_filter_cache_misses:")
                    .append(kept.filterMisses())
                    .append("\r\n");
            LiveRecall.Stats recall = indexes.liveRecall().stats();
            out.append("search_recall_sampled:").append(recall.sampled()).append("\r\n");
            out.append("search_recall_checked:").append(recall.checked()).append("\r\n");
            out.append("search_recall_stale:").append(recall.stale()).append("\r\n");
            out.append("search_recall_dropped:").append(recall.dropped()).append("\r\n");
            out.append("search_recall_waiting:").append(recall.waiting()).append("\r\n");
            out.append("search_recall_estimate:").append(overallRecall(indexes)).append("\r\n");
        });
    }

    /// The recall of all indexes together, each band of each field by its checks; empty before the first.
    private static String overallRecall(Indexes indexes) {
        double sum = 0;
        long checks = 0;
        for (SearchIndex index : indexes.all()) {
            for (FieldRecall field : index.recalls().values()) {
                for (FieldRecall.Estimate estimate : field.estimates()) {
                    sum += estimate.estimate() * estimate.checks();
                    checks += estimate.checks();
                }
            }
        }
        return checks == 0 ? "" : String.format(Locale.ROOT, "%.4f", sum / checks);
    }

    /// What all specs of the family share.
    static CommandSpec.Builder spec(String name, String summary, String syntax) {
        return CommandSpec.named(name)
                .summary(summary)
                .syntax(syntax)
                .group(GROUP)
                .flags(CommandFlag.READONLY)
                .acl(AclCategory.SEARCH);
    }

    /// An argument as the engine takes names.
    static String name(Args args, int index) {
        return ByteStrings.of(args.bytes(index));
    }

    /// The index of that name or alias, or the error that says there is none.
    static SearchIndex find(Indexes indexes, String name) {
        @Nullable SearchIndex index = indexes.find(name);
        if (index == null) {
            throw FtCommand.noSuchIndex(name);
        }
        return index;
    }

    private static Command alias(CommandSpec spec, Consumer<Args> action) {
        return new FtCommand(spec, (context, args, reply) -> {
            action.accept(args);
            reply.ok();
        });
    }

    private String explain(Args args) {
        SearchArguments request = SearchSyntax.parse(args);
        SearchIndex index = find(indexes, request.index());
        int dialect = request.dialect() == 0 ? settings.defaultDialect() : request.dialect();
        Query query = index.parse(request.query(), request.parameters(), dialect);
        return index.explain(
                SearchCommand.filtered(query, request.filters()), request.is(SearchArguments.Flag.VERBATIM));
    }

    private static void set(ReplyWriter reply, List<String> members) {
        reply.set(members.size());
        for (String member : members) {
            reply.bulk(ByteStrings.bytes(member));
        }
    }

    /// `[[name, value], …]` in RESP2, a map in RESP3.
    private static void config(ReplyWriter reply, Map<String, String> values) {
        if (reply.isResp3()) {
            reply.map(values.size());
        } else {
            reply.array(values.size());
        }
        values.forEach((name, value) -> {
            if (!reply.isResp3()) {
                reply.array(2);
            }
            reply.simpleString(name);
            reply.bulk(value);
        });
    }
}
