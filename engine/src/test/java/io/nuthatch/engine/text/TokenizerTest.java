package io.nuthatch.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Recorded from RediSearch 2.10.5 (FT.DEBUG DUMP_TERMS), but for those marked as ours.
class TokenizerTest {
    private static List<String> words(String unicode) {
        String text = ByteStrings.of(unicode.getBytes(StandardCharsets.UTF_8));
        return Tokenizer.words(text, StopWords.DEFAULT).stream()
                .map(ByteStrings::toUnicode)
                .toList();
    }

    @Test
    void separatorsPartWords() {
        assertThat(words("Foo_Bar x")).containsExactly("foo_bar", "x");
        assertThat(words("it's don't")).containsExactly("s", "don", "t");
        assertThat(words("1.5 -10 2e5")).containsExactly("1", "5", "10", "2e5");
        assertThat(words("z@b.c 100% --x tail-")).containsExactly("z", "b", "c", "100", "x", "tail");
        assertThat(words("U.S.A C++ c#")).containsExactly("u", "s", "c", "c");
        assertThat(words("x\ty")).containsExactly("x", "y");
        assertThat(words("")).isEmpty();
        assertThat(words(" ,.")).isEmpty();
    }

    @Test
    void aBackslashMakesASeparatorPartOfTheWord() {
        assertThat(words("hello\\-world")).containsExactly("hello-world");
        assertThat(words("hello\\ world")).containsExactly("hello world");
        assertThat(words("back\\\\slash")).containsExactly("back\\slash");
        assertThat(words("z\\b")).containsExactly("zb");
        assertThat(words("end\\")).containsExactly("end");
        assertThat(words("\\-x")).containsExactly("-x");
        assertThat(words("\\")).isEmpty();
    }

    @Test
    void stopWordsAreLeftOut() {
        assertThat(words("The of CAT")).containsExactly("cat");
        assertThat(Tokenizer.words("the cat", StopWords.NONE)).containsExactly("the", "cat");
        assertThat(Tokenizer.words("the Cat", StopWords.of(List.of("CAT")))).containsExactly("the");
    }

    @Test
    void bytesAbove127BelongToWords() {
        assertThat(words("漢字 テスト")).containsExactly("漢字", "テスト");
        assertThat(words("emoji😀x “quoted”")).containsExactly("emoji😀x", "“quoted”");
        assertThat(words("\u00a0nb sp")).containsExactly("\u00a0nb", "sp");
    }

    /// Ours: RediSearch 2.10 lowers ASCII only, and glues words over a line end.
    @Test
    void unicodeIsLoweredAndLineEndsPartWords() {
        assertThat(words("ÀÉ Straße Ü")).containsExactly("àé", "straße", "ü");
        assertThat(words("hello\nworld\r\nagain")).containsExactly("hello", "world", "again");
        assertThat(words("x\u0001y")).containsExactly("xy");
    }

    @Test
    void bytesThatAreNoUtf8StayAsTheyAre() {
        String bytes = "AB\u00ff\u00fe";
        assertThat(Tokenizer.words(bytes, StopWords.NONE)).containsExactly("ab\u00ff\u00fe");
        assertThat(ByteStrings.bytes(bytes)).isEqualTo(new byte[] {'A', 'B', -1, -2});
    }
}
