package io.nuthatch.engine.text;

import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.tartarus.snowball.SnowballStemmer;
import org.tartarus.snowball.ext.ArabicStemmer;
import org.tartarus.snowball.ext.ArmenianStemmer;
import org.tartarus.snowball.ext.BasqueStemmer;
import org.tartarus.snowball.ext.CatalanStemmer;
import org.tartarus.snowball.ext.DanishStemmer;
import org.tartarus.snowball.ext.DutchStemmer;
import org.tartarus.snowball.ext.EnglishStemmer;
import org.tartarus.snowball.ext.FinnishStemmer;
import org.tartarus.snowball.ext.FrenchStemmer;
import org.tartarus.snowball.ext.GermanStemmer;
import org.tartarus.snowball.ext.GreekStemmer;
import org.tartarus.snowball.ext.HindiStemmer;
import org.tartarus.snowball.ext.HungarianStemmer;
import org.tartarus.snowball.ext.IndonesianStemmer;
import org.tartarus.snowball.ext.IrishStemmer;
import org.tartarus.snowball.ext.ItalianStemmer;
import org.tartarus.snowball.ext.LithuanianStemmer;
import org.tartarus.snowball.ext.NepaliStemmer;
import org.tartarus.snowball.ext.NorwegianStemmer;
import org.tartarus.snowball.ext.PortugueseStemmer;
import org.tartarus.snowball.ext.RomanianStemmer;
import org.tartarus.snowball.ext.RussianStemmer;
import org.tartarus.snowball.ext.SerbianStemmer;
import org.tartarus.snowball.ext.SpanishStemmer;
import org.tartarus.snowball.ext.SwedishStemmer;
import org.tartarus.snowball.ext.TamilStemmer;
import org.tartarus.snowball.ext.TurkishStemmer;
import org.tartarus.snowball.ext.YiddishStemmer;

/// The stem of a word in one language, by Snowball's rules.
///
/// Threads: any; each thread has a Snowball program of its own, since those keep state.
public final class Stemmer {
    private static final Map<String, Supplier<SnowballStemmer>> LANGUAGES = Map.ofEntries(
            Map.entry("arabic", ArabicStemmer::new),
            Map.entry("armenian", ArmenianStemmer::new),
            Map.entry("basque", BasqueStemmer::new),
            Map.entry("catalan", CatalanStemmer::new),
            Map.entry("danish", DanishStemmer::new),
            Map.entry("dutch", DutchStemmer::new),
            Map.entry("english", EnglishStemmer::new),
            Map.entry("finnish", FinnishStemmer::new),
            Map.entry("french", FrenchStemmer::new),
            Map.entry("german", GermanStemmer::new),
            Map.entry("greek", GreekStemmer::new),
            Map.entry("hindi", HindiStemmer::new),
            Map.entry("hungarian", HungarianStemmer::new),
            Map.entry("indonesian", IndonesianStemmer::new),
            Map.entry("irish", IrishStemmer::new),
            Map.entry("italian", ItalianStemmer::new),
            Map.entry("lithuanian", LithuanianStemmer::new),
            Map.entry("nepali", NepaliStemmer::new),
            Map.entry("norwegian", NorwegianStemmer::new),
            Map.entry("portuguese", PortugueseStemmer::new),
            Map.entry("romanian", RomanianStemmer::new),
            Map.entry("russian", RussianStemmer::new),
            Map.entry("serbian", SerbianStemmer::new),
            Map.entry("spanish", SpanishStemmer::new),
            Map.entry("swedish", SwedishStemmer::new),
            Map.entry("tamil", TamilStemmer::new),
            Map.entry("turkish", TurkishStemmer::new),
            Map.entry("yiddish", YiddishStemmer::new));

    private static final int MAX_STEM_CHARS =
            256; // Longer words are identifiers; stemming them costs and finds nothing.

    private final ThreadLocal<SnowballStemmer> programs;

    private Stemmer(Supplier<SnowballStemmer> program) {
        this.programs = ThreadLocal.withInitial(program);
    }

    /// Whether there is a stemmer for `language`, in any case.
    public static boolean isLanguage(String language) {
        return LANGUAGES.containsKey(language.toLowerCase(Locale.ROOT));
    }

    /// The stemmer of a language for which [#isLanguage] holds.
    public static Stemmer of(String language) {
        Supplier<SnowballStemmer> program = LANGUAGES.get(language.toLowerCase(Locale.ROOT));
        if (program == null) {
            throw new IllegalArgumentException("no stemmer for " + language);
        }
        return new Stemmer(program);
    }

    /// The stem of `word`, a byte string in lower case; the word itself when it has no shorter one.
    public String stem(String word) {
        if (word.isEmpty() || word.length() > MAX_STEM_CHARS) {
            return word;
        }
        SnowballStemmer program = programs.get();
        program.setCurrent(ByteStrings.toUnicode(word));
        program.stem();
        String stem = ByteStrings.ofUnicode(program.getCurrent());
        return stem.isEmpty() ? word : stem;
    }
}
