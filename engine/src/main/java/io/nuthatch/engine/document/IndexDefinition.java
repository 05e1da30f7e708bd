package io.nuthatch.engine.document;

import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.Stemmer;
import io.nuthatch.engine.text.StopWords;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What FT.CREATE says about an index over HASH keys. Immutable; strings are byte strings.
///
/// @param name what commands call it
/// @param prefixes keys that begin with one of them are its documents; one empty prefix takes every key
/// @param fields its schema, in order
/// @param language whose stemmer TEXT fields use, a name of [Stemmer#isLanguage]
/// @param score scales every document's score
/// @param options words of FT.CREATE that change nothing here and that FT.INFO shows, such as `MAXTEXTFIELDS`
public record IndexDefinition(
        String name,
        List<String> prefixes,
        List<FieldSpec> fields,
        StopWords stopWords,
        String language,
        double score,
        List<String> options) {
    public static final int MAX_NAME_BYTES = 64 << 10;
    public static final int MAX_FIELDS = 1024;
    public static final int MAX_PREFIXES = 1024;
    public static final int MAX_TEXT_FIELDS = 128;
    public static final int MAX_STOP_WORDS = 10_000;

    /// Checks everything that one look at the definition can tell; throws [SearchException] with the reply's
    /// text.
    public IndexDefinition {
        prefixes = prefixes.isEmpty() ? List.of("") : List.copyOf(new LinkedHashSet<>(prefixes));
        fields = List.copyOf(fields);
        options = List.copyOf(options);
        if (name.isEmpty() || name.length() > MAX_NAME_BYTES) {
            throw new SearchException("Invalid index name");
        }
        if (fields.isEmpty()) {
            throw new SearchException("Fields arguments are missing");
        }
        if (fields.size() > MAX_FIELDS) {
            throw SearchException.of("Schema is limited to %d fields", MAX_FIELDS);
        }
        if (prefixes.size() > MAX_PREFIXES) {
            throw SearchException.of("PREFIX is limited to %d prefixes", MAX_PREFIXES);
        }
        if (stopWords.words().size() > MAX_STOP_WORDS) {
            throw SearchException.of("STOPWORDS is limited to %d words", MAX_STOP_WORDS);
        }
        if (!(score >= 0 && score <= 1)) {
            throw new SearchException("Invalid score");
        }
        if (!Stemmer.isLanguage(language)) {
            throw new SearchException("Invalid language");
        }
        Set<String> names = new HashSet<>();
        int texts = 0;
        for (FieldSpec field : fields) {
            if (!names.add(field.name())) {
                throw SearchException.of("Duplicate field in schema - %s", field.name());
            }
            texts += field.type() instanceof FieldType.Text ? 1 : 0;
        }
        if (texts > MAX_TEXT_FIELDS) {
            throw SearchException.of("Schema is limited to %d TEXT fields", MAX_TEXT_FIELDS);
        }
    }

    /// An index with the defaults of everything but its name, prefixes and fields.
    public static IndexDefinition of(String name, List<String> prefixes, List<FieldSpec> fields) {
        return new IndexDefinition(name, prefixes, fields, StopWords.DEFAULT, "english", 1, List.of());
    }

    /// The field that queries call `name`, or null.
    public @Nullable FieldSpec field(String name) {
        for (FieldSpec field : fields) {
            if (field.name().equals(name)) {
                return field;
            }
        }
        return null;
    }

    /// The same index with more fields at the end; checked again.
    public IndexDefinition withFields(List<FieldSpec> more) {
        List<FieldSpec> all = new ArrayList<>(fields);
        all.addAll(more);
        return new IndexDefinition(name, prefixes, all, stopWords, language, score, options);
    }
}
