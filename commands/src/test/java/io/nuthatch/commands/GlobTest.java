package io.nuthatch.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.Memory;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    /// Expected answers recorded with `DEBUG STRINGMATCH-LEN` and `SCAN MATCH` of Redis 8.2.3.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        *          | hello    | true
        h*o        | hello    | true
        h?llo      | hello    | true
        h??llo     | hello    | false
        h[ae]llo   | hallo    | true
        h[^e]llo   | hello    | false
        h[^e]llo   | hallo    | true
        h[a-b]llo  | hbllo    | true
        h[b-a]llo  | hbllo    | true
        h[a-b]llo  | hcllo    | false
        \\*        | *        | true
        \\*        | a        | false
        a\\        | a\\      | true
        [abc       | c        | true
        [abc       | d        | false
        [\\]]      | ]        | true
        a*b*c      | aXbXbXc  | true
        a*b*c      | aXbXbX   | false
        **a**      | bab      | true
        a*         | a        | true
        [a-        | -        | true
        [^         | x        | true
        []         | x        | false
        hello?     | hello    | false
        """)
    void matchesAsRedisDoes(String pattern, String text, boolean matches) {
        assertThat(Glob.of(bytes(pattern.replace("\\\\", "\\"))).matches(text.replace("\\\\", "\\")))
                .isEqualTo(matches);
    }

    @Test
    void theEmptyTextMatchesOnlyTheEmptyPattern() {
        assertThat(Glob.of(bytes("")).matches("")).isTrue();
        assertThat(Glob.of(bytes("*")).matches("")).isFalse();
        assertThat(Glob.of(bytes("")).matches("a")).isFalse();
    }

    @Test
    void caseIsIgnoredOnlyWhenAsked() {
        assertThat(Glob.of(bytes("HE[L-M]*")).matches("hello")).isFalse();
        assertThat(Glob.ignoringCase(bytes("HE[L-M]*")).matches("hello")).isTrue();
    }

    @Test
    void manyStarsDoNotTakeExponentialTime() {
        Glob glob = Glob.of(bytes("a*".repeat(200) + "b"));
        assertThat(glob.matches("a".repeat(100_000))).isFalse();
    }

    @Test
    void starsBeyondAThousandDoNotMatch() {
        assertThat(Glob.of(bytes("*a".repeat(1000) + "*")).matches("a".repeat(2000)))
                .isTrue();
        assertThat(Glob.of(bytes("*a".repeat(1001))).matches("a".repeat(2000))).isFalse();
    }

    @Test
    void agreesWithAPlainBacktrackingMatcherOnRandomPatterns() {
        long seed = Long.getLong("nuthatch.seed", 0x5eedL);
        Random random = new Random(seed);
        try (Arena arena = Arena.ofConfined()) {
            long address = arena.allocate(16).address();
            for (int run = 0; run < 200_000; run++) {
                String pattern = random(random, "ab*?[]^-\\", 8);
                String text = random(random, "ab-]^\\", 7);
                boolean expected = text.isEmpty() ? pattern.isEmpty() : model(pattern, 0, text, 0);
                String reproduce = "pattern=" + pattern + " text=" + text + " -Dnuthatch.seed=" + seed;
                assertThat(Glob.of(bytes(pattern)).matches(text)).as(reproduce).isEqualTo(expected);
                Memory.copyIn(bytes(text), 0, address, text.length());
                assertThat(Glob.of(bytes(pattern)).matches(address, text.length()))
                        .as(reproduce)
                        .isEqualTo(expected);
            }
        }
    }

    /// The definition: every place for every star.
    private static boolean model(String pattern, int p, String text, int t) {
        if (p == pattern.length()) {
            return t == text.length();
        }
        if (pattern.charAt(p) == '*') {
            for (int from = t; from <= text.length(); from++) {
                if (model(pattern, p + 1, text, from)) {
                    return true;
                }
            }
            return false;
        }
        if (t == text.length()) {
            return false;
        }
        char c = text.charAt(t);
        switch (pattern.charAt(p)) {
            case '?':
                return model(pattern, p + 1, text, t + 1);
            case '\\':
                int escaped = p + 1 < pattern.length() ? p + 1 : p;
                return pattern.charAt(escaped) == c && model(pattern, escaped + 1, text, t + 1);
            case '[':
                int at = p + 1;
                boolean isNegated = at < pattern.length() && pattern.charAt(at) == '^';
                at += isNegated ? 1 : 0;
                boolean found = false;
                for (; at < pattern.length() && pattern.charAt(at) != ']'; at++) {
                    if (pattern.charAt(at) == '\\' && at + 1 < pattern.length()) {
                        at++;
                        found |= pattern.charAt(at) == c;
                    } else if (at + 2 < pattern.length() && pattern.charAt(at + 1) == '-') {
                        char low = (char) Math.min(pattern.charAt(at), pattern.charAt(at + 2));
                        char high = (char) Math.max(pattern.charAt(at), pattern.charAt(at + 2));
                        found |= c >= low && c <= high;
                        at += 2;
                    } else {
                        found |= pattern.charAt(at) == c;
                    }
                }
                return found != isNegated && model(pattern, Math.min(at + 1, pattern.length()), text, t + 1);
            default:
                return pattern.charAt(p) == c && model(pattern, p + 1, text, t + 1);
        }
    }

    private static String random(Random random, String alphabet, int maxLength) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(maxLength + 1); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
