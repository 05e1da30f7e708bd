package io.nuthatch.commands.search;

import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.text.StopWords;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.resp.Args;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Parses `FT.CREATE index [option …] SCHEMA field …`.
///
/// Options come in any order and any case. One that would change answers and is not built is refused by name;
/// one that could only save work or memory elsewhere is taken and shown by FT.INFO.
final class CreateSyntax {
    static final String DEFAULT_LANGUAGE = "english";
    private static final Set<String> NOT_BUILT = Set.of(
            "FILTER",
            "LANGUAGE_FIELD",
            "SCORE_FIELD",
            "PAYLOAD_FIELD",
            "TEMPORARY",
            "NOOFFSETS",
            "NOFIELDS",
            "NOFREQS",
            "ASYNC");

    /// What FT.CREATE asks.
    ///
    /// @param isScanSkipped whether keys that exist already stay out of the index (SKIPINITIALSCAN)
    record Request(IndexDefinition definition, boolean isScanSkipped) {}

    private CreateSyntax() {}

    /// Reads the whole request; pure.
    static Request parse(Args args, Compression compression) {
        Tokens tokens = new Tokens(args, 1);
        String name = tokens.next();
        List<String> prefixes = List.of();
        StopWords stopWords = StopWords.DEFAULT;
        String language = DEFAULT_LANGUAGE;
        double score = 1;
        List<String> options = new ArrayList<>();
        boolean scanSkipped = false;
        while (!tokens.take("SCHEMA")) {
            if (!tokens.hasNext()) {
                throw new CommandException("ERR No schema found");
            }
            String written = tokens.next();
            String option = written.toUpperCase(Locale.ROOT);
            switch (option) {
                case "ON" -> type(tokens);
                case "PREFIX" -> prefixes = list(tokens, "PREFIX");
                case "LANGUAGE" -> language = ByteStrings.lower(tokens.next("LANGUAGE"));
                case "SCORE" -> score = score(tokens);
                case "STOPWORDS" -> {
                    List<String> words = list(tokens, "STOPWORDS");
                    stopWords = words.isEmpty() ? StopWords.NONE : StopWords.of(words);
                }
                case "SKIPINITIALSCAN" -> scanSkipped = true;
                // Room for more than 32 TEXT fields, and no highlighting: neither limits anything here.
                case "MAXTEXTFIELDS", "NOHL" -> options.add(option);
                default -> {
                    if (NOT_BUILT.contains(option)) {
                        throw CommandException.of("ERR %s is not supported yet", option);
                    }
                    throw CommandException.of("ERR Unknown argument `%s`", ByteStrings.toUnicode(written));
                }
            }
        }
        return new Request(
                new IndexDefinition(
                        name, prefixes, SchemaSyntax.fields(tokens, compression), stopWords, language, score, options),
                scanSkipped);
    }

    private static void type(Tokens tokens) {
        String type = tokens.next("ON").toUpperCase(Locale.ROOT);
        if (type.equals("JSON")) {
            throw new CommandException("ERR ON JSON is not supported yet; only ON HASH is");
        }
        if (!type.equals("HASH")) {
            throw CommandException.of("ERR Invalid rule type: %s", ByteStrings.toUnicode(type));
        }
    }

    private static double score(Tokens tokens) {
        double score = Tokens.parseReal(tokens.next("SCORE"));
        if (!(score >= 0 && score <= 1)) {
            throw new CommandException("ERR Invalid score");
        }
        return score;
    }

    private static List<String> list(Tokens tokens, String option) {
        Tokens group = tokens.group(option, tokens.integer(option, 0, Integer.MAX_VALUE));
        List<String> items = new ArrayList<>();
        while (group.hasNext()) {
            items.add(group.next());
        }
        return List.copyOf(items);
    }
}
