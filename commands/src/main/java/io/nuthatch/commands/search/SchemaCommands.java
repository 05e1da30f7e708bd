package io.nuthatch.commands.search;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Locking;
import io.nuthatch.commands.Placement;
import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.SearchIndex;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;

/// `FT.CREATE`, `FT.ALTER` and `FT.DROPINDEX`.
///
/// They run on the query pool: they take stripes themselves, and a drop with its documents takes long.
final class SchemaCommands {
    static final CommandSpec CREATE = spec("FT.CREATE", "Creates an index over hashes")
            .syntax("index [ON HASH] [PREFIX count prefix...] [LANGUAGE language] [SCORE score] [STOPWORDS count"
                    + " word...] [MAXTEXTFIELDS] [NOHL] [SKIPINITIALSCAN] SCHEMA field [AS name] <TEXT [WEIGHT"
                    + " weight] [NOSTEM] [WITHSUFFIXTRIE] | TAG [SEPARATOR char] [CASESENSITIVE] [WITHSUFFIXTRIE]"
                    + " | NUMERIC | VECTOR <FLAT | HNSW> count TYPE type DIM dim DISTANCE_METRIC metric"
                    + " [INITIAL_CAP n] [BLOCK_SIZE n] [M n] [EF_CONSTRUCTION n] [EF_RUNTIME n] [EPSILON factor]"
                    + " [COMPRESSION NONE | SQ8 | SQ4]>"
                    + " [SORTABLE [UNF]] [NOINDEX] [INDEXMISSING] [INDEXEMPTY] [field ...]")
            .arity(-5)
            .complexity("O(1); keys that exist are indexed in the background, O(N) for N keys")
            .details("An HNSW field may say `RECALL r`, 0 < r <= 1: searches that name neither `RECALL` nor"
                    + " `EF_RUNTIME` then walk as wide as that recall takes. Options come in any order. `ON JSON`, `GEO`, `GEOSHAPE`, `SVS-VAMANA`, `PHONETIC`, `FILTER`,"
                    + " `TEMPORARY`, `LANGUAGE_FIELD`, `SCORE_FIELD`, `PAYLOAD_FIELD`, `NOOFFSETS`, `NOFIELDS`"
                    + " and `NOFREQS` are refused. `MAXTEXTFIELDS`, `NOHL`, `WITHSUFFIXTRIE`, `INITIAL_CAP` and"
                    + " `BLOCK_SIZE` are taken and change no answer. `COMPRESSION` lets an HNSW index of floats walk"
                    + " by codes of 8 or 4 bits a component; the distances of an answer are exact all the same. Who"
                    + " names none gets `search-default-compression`.")
            .build();

    static final CommandSpec ALTER = spec("FT.ALTER", "Adds fields to an index")
            .syntax("index [SKIPINITIALSCAN] SCHEMA ADD field options [field options ...]")
            .arity(-6)
            .complexity("O(1); documents are read again in the background, O(N) for N documents")
            .build();

    static final CommandSpec DROPINDEX = spec("FT.DROPINDEX", "Deletes an index, and its documents when DD is given")
            .syntax("index [DD]")
            .arity(-2)
            .complexity("O(1); O(N) with DD, for N documents")
            .build();

    private static final int MOST_DROP_ARGUMENTS = 3;

    private final Indexes indexes;
    private final SearchSettings settings;
    private final DialectUse dialects;

    SchemaCommands(Indexes indexes, SearchSettings settings, DialectUse dialects) {
        this.indexes = indexes;
        this.settings = settings;
        this.dialects = dialects;
    }

    private static CommandSpec.Builder spec(String name, String summary) {
        return CommandSpec.named(name)
                .summary(summary)
                .group(SearchCommands.GROUP)
                .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
                .acl(AclCategory.SEARCH)
                .locking(Locking.WALK)
                .placement(Placement.QUERY_POOL);
    }

    void create(CommandContext context, Args args, ReplyWriter reply) {
        if (context.session().databaseIndex() != SearchCommands.DATABASE) {
            throw new CommandException("ERR Cannot create index on db != 0");
        }
        CreateSyntax.Request request = CreateSyntax.parse(args, settings.defaultCompression());
        indexes.create(request.definition(), request.isScanSkipped());
        reply.ok();
    }

    void alter(CommandContext context, Args args, ReplyWriter reply) {
        Tokens tokens = new Tokens(args, 1);
        SearchIndex index = SearchCommands.find(indexes, tokens.next());
        boolean scanSkipped = tokens.take("SKIPINITIALSCAN");
        if (!tokens.take("SCHEMA")) {
            throw new CommandException("ERR ALTER must be followed by SCHEMA");
        }
        if (!tokens.take("ADD")) {
            throw new CommandException("ERR Unknown action passed to ALTER SCHEMA");
        }
        List<FieldSpec> fields = SchemaSyntax.fields(tokens, settings.defaultCompression());
        indexes.alter(index.name(), fields, scanSkipped);
        reply.ok();
    }

    void drop(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() > MOST_DROP_ARGUMENTS) {
            throw CommandException.wrongArity(DROPINDEX.wireName());
        }
        Indexes.Drop drop = Indexes.Drop.KEEP_DOCUMENTS;
        if (args.count() == MOST_DROP_ARGUMENTS) {
            if (!args.is(2, "DD")) {
                throw new CommandException("ERR Unknown argument; the only option of FT.DROPINDEX is DD");
            }
            drop = Indexes.Drop.DELETE_DOCUMENTS;
        }
        SearchIndex index = SearchCommands.find(indexes, SearchCommands.name(args, 1));
        if (!indexes.drop(index.name(), drop)) {
            throw FtCommand.noSuchIndex(index.name()); // Another client was quicker.
        }
        dialects.forget(index.name());
        reply.ok();
    }
}
