package io.nuthatch.engine.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.text.StopWords;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Expected trees and error texts were recorded from RediSearch 2.10.5 (FT.EXPLAIN), but for those marked as
/// ours.
class QueryParserTest {
    private static final Map<String, byte[]> PARAMETERS = Map.of(
            "b",
            new byte[8],
            "p",
            ByteStrings.bytes("foo bar"),
            "k",
            ByteStrings.bytes("3"),
            "r",
            ByteStrings.bytes("0.5"));

    private static Query parse(String query, int dialect) {
        return QueryParser.parse(query, PARAMETERS, dialect, StopWords.DEFAULT);
    }

    /// The explanation without expansions, on one line.
    private static String explain(String query, int dialect) {
        return Explain.explain(parse(query, dialect), "", (fields, term) -> List.of())
                .strip()
                .replaceAll("\\s+", " ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '\0', textBlock = """
        hello world # INTERSECT { hello world }
        hello world | foo bar # UNION { INTERSECT { hello world } INTERSECT { foo bar } }
        a1 | b1 c1 # UNION { a1 INTERSECT { b1 c1 } }
        hello | world | foo # UNION { hello world foo }
        hello (world foo) # INTERSECT { hello INTERSECT { world foo } }
        (hello world)|(foo bar) baz # UNION { INTERSECT { hello world } INTERSECT { INTERSECT { foo bar } baz } }
        @t:hello world # INTERSECT { @t:hello world }
        @t:(hello world) # @t:INTERSECT { @t:hello @t:world }
        @t|u:hello world # INTERSECT { @t|u:hello world }
        @t:hello | world # UNION { @t:hello world }
        @t:(hello | world) foo # INTERSECT { @t:UNION { @t:hello @t:world } foo }
        hello-world # INTERSECT { hello NOT{ world } }
        -hello # NOT{ hello }
        --hello # NOT{ NOT{ hello } }
        -hello world # INTERSECT { NOT{ hello } world }
        ~hello world # INTERSECT { OPTIONAL{ hello } world }
        @t:-hello # NOT{ @t:hello }
        "hello world" # EXACT { hello world }
        @t:"hello world" # @t:EXACT { @t:hello @t:world }
        @t:("lc") # @t:lc
        hello "foo bar"~2 # INTERSECT { hello EXACT { foo bar } OPTIONAL{ 2 } }
        the cat # cat
        the # <empty>
        hel* # PREFIX{hel*}
        *llo # SUFFIX{*llo}
        *ell* # INFIX{*ell*}
        %helo% # FUZZY{helo}
        %%helo%% # FUZZY{helo}
        w'he*o' # WILDCARD{he*o}
        hello*world # INTERSECT { PREFIX{hello*} world }
        hello \\-world # INTERSECT { hello -world }
        foo_bar # foo_bar
        foo.bar,baz # INTERSECT { foo bar baz }
        Hello WORLD # INTERSECT { hello world }
        -10 # -10
        1.5 # 1.5
        $p # foo bar
        @t:$p # @t:foo bar
        . # <empty>
        hello . # hello
        @g:{a} # TAG:@g { a }
        @g:{ a | b c } # TAG:@g { a b c }
        @g:{a\\-b} # TAG:@g { a-b }
        @g:{a\\ b|c} # TAG:@g { a b c }
        @g:{\\*a} # TAG:@g { *a }
        @g:{"a b"|"c|d}"} # TAG:@g { a b c|d} }
        @g:{$p} # TAG:@g { foo bar }
        @g:{a*} # TAG:@g { PREFIX{a*} }
        @g:{*a} # TAG:@g { SUFFIX{*a} }
        @g:{*a*} # TAG:@g { INFIX{*a*} }
        @g:{w'a*b'} # TAG:@g { WILDCARD{a*b} }
        @g:{a}|@g:{b} # UNION { TAG:@g { a } TAG:@g { b } }
        @n:[1 2] # NUMERIC {1.000000 <= @n <= 2.000000}
        @n:[1, 2] # NUMERIC {1.000000 <= @n <= 2.000000}
        @n:[(1 +inf] # NUMERIC {1.000000 < @n <= inf}
        @n:[1 inf] # NUMERIC {1.000000 <= @n <= inf}
        @n:[-inf (10] # NUMERIC {-inf <= @n < 10.000000}
        @n:[1] # NUMERIC {1.000000 <= @n <= 1.000000}
        @n:[$k 5] # NUMERIC {3.000000 <= @n <= 5.000000}
        @n:[1e3 2e3] # NUMERIC {1000.000000 <= @n <= 2000.000000}
        @n:[-1 -0.5] # NUMERIC {-1.000000 <= @n <= -0.500000}
        @n==1 # NUMERIC {1.000000 <= @n <= 1.000000}
        @n == $k # NUMERIC {3.000000 <= @n <= 3.000000}
        @n>=1 # NUMERIC {1.000000 <= @n <= inf}
        @n>1 # NUMERIC {1.000000 < @n <= inf}
        @n<=1 # NUMERIC {-inf <= @n <= 1.000000}
        @n<1 # NUMERIC {-inf <= @n < 1.000000}
        @n!=1 # NOT{ NUMERIC {1.000000 <= @n <= 1.000000} }
        @n:[1 2] @n:[3 4] # INTERSECT { NUMERIC {1.000000 <= @n <= 2.000000} NUMERIC {3.000000 <= @n <= 4.000000} }
        ismissing(@t) # ISMISSING{t}
        ismissing (foo) # INTERSECT { ismissing foo }
        @a\\-b:x1 # @a-b:x1
        * # <WILDCARD>
        (*) # <WILDCARD>
        (hello world)=>{$weight: 3} # INTERSECT { hello world } => { $weight: 3; }
        hello world => {$weight: 2} # INTERSECT { hello world => {$weight: 2;} }
        @g:{a} => {$weight:3} # TAG:@g { a } => { $weight: 3; }
        *=>[KNN 2 @v $b AS s] # VECTOR {K=2 nearest vectors to `$b` in vector index associated with field @v, yields distance as `s`}
        (*)=>[ KNN 2 @v $b AS s ] # VECTOR {K=2 nearest vectors to `$b` in vector index associated with field @v, yields distance as `s`}
        * =>[knn $k @v $b] # VECTOR {K=3 nearest vectors to `$b` in vector index associated with field @v, yields distance as `__v_score`}
        @g:{a}=>[KNN 2 @v $b EF_RUNTIME 10 AS s] # VECTOR { TAG:@g { a } } => {K=2 nearest vectors to `$b` in vector index associated with field @v, EF_RUNTIME = 10, yields distance as `s`}
        @g:{a}=>[KNN 2 @v $b]=>{$yield_distance_as: s; $EF_RUNTIME: 10} # VECTOR { TAG:@g { a } } => {K=2 nearest vectors to `$b` in vector index associated with field @v, EF_RUNTIME = 10, yields distance as `s`}
        @v:[VECTOR_RANGE 0.5 $b] # VECTOR {Vectors that are within 0.5 distance radius from `$b` in vector index associated with field @v}
        @v:[VECTOR_RANGE $r $b]=>{$YIELD_DISTANCE_AS: d; $EPSILON: 0.1} @g:{a} # INTERSECT { VECTOR {Vectors that are within 0.5 distance radius from `$b` in vector index associated with field @v, EPSILON = 0.1, yields distance as `d`} TAG:@g { a } }
        """)
    void theTreeIsThatOfRediSearch(String query, String expected) {
        assertThat(explain(query.replace("\\\\", "\\"), 2)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '\0', textBlock = """
        @t:hello world # @t:INTERSECT { @t:hello @t:world }
        -hello world # NOT{ INTERSECT { hello world } }
        ~hello world # OPTIONAL{ INTERSECT { hello world } }
        hello -world foo # INTERSECT { hello NOT{ INTERSECT { world foo } } }
        """)
    void inDialect1AFieldOrSignReachesOverAllWordsBehindIt(String query, String expected) {
        assertThat(explain(query, 1)).isEqualTo(expected);
    }

    /// RediSearch refuses these, clients send them: ours.
    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '\0', textBlock = """
        @g:{550e8400-e29b-41d4-a716-446655440000} # TAG:@g { 550e8400-e29b-41d4-a716-446655440000 }
        @g:{x-1} # TAG:@g { x-1 }
        @g:{a.b@c.d/e f} # TAG:@g { a.b@c.d/e f }
        @g:{a:b} # TAG:@g { a:b }
        @g:{'x'} # TAG:@g { 'x' }
        """)
    void tagsTakeSignsUnescaped(String query, String expected) {
        assertThat(explain(query, 2)).isEqualTo(expected);
        assertThat(explain(query, 1)).isEqualTo(expected);
    }

    @Test
    void knnIsTakenInDialect1() {
        assertThatCode(() -> parse("*=>[KNN 2 @v $b]", 1)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '\0', textBlock = """
        (( # Syntax error at offset 1 near
        hello) # Syntax error at offset 5 near hello
        @t: # Syntax error at offset 2 near t
        @g:{} # Syntax error at offset 4 near g
        @n:[a b] # Syntax error at offset 4 near a
        @n:[-1 5 # Syntax error at offset 7 near 5
        %hel # Syntax error at offset 1 near hel
        hel% # Syntax error at offset 3 near hel
        hello=> # Syntax error at offset 5 near >
        () # Syntax error at offset 1 near
        -* # Syntax error at offset 1 near
        @t:* # Syntax error at offset 3 near t
        @t hello # Syntax error at offset 3 near hello
        @t:( hello @u:world ) # Syntax error at offset 11 near u
        [1 2] # Syntax error at offset 0 near
        ; # Syntax error at offset 0 near
        *=>[KNN -1 @v $b] # Syntax error at offset 8 near -1
        *=>[KNN 1.5 @v $b] # Syntax error at offset 8 near 1.5
        *=>[KNN x @v $b] # Syntax error at offset 8 near x
        *=>[KNN 2 v $b] # Syntax error at offset 10 near v
        *=>[KNN 2 @v] # Syntax error at offset 12 near v
        *=>[KNN 2 @v $b AS] # Syntax error at offset 18 near AS
        *=>[RANGE 2 @v $b] # Syntax error: Expecting Vector Similarity command at offset 4 near RANGE
        *=>[KNN 2 @v $b] @t:hello # Syntax error at offset 17 near t
        (*=>[KNN 2 @v $b]) # Syntax error at offset 2 near >[
        *=>[KNN 2 @v $zz] # No such parameter `zz`
        *=>[KNN $p @v $b] # Invalid numeric value (foo bar) for parameter `p`
        @v:[VECTOR_RANGE x $b] # Syntax error at offset 17 near x
        @v:[VECTOR_RANGE 1 $zz] # No such parameter `zz`
        $zz # No such parameter `zz`
        @n:[$p 5] # Invalid numeric value (foo bar) for parameter `p`
        hello=>{$bad: 1} # Invalid attribute bad
        hello=>{$weight: x} # Invalid value (x) for `weight`
        @geo:[1 2 3 km] # GEO filters are not supported yet: @geo
        """)
    void errorsHaveTheTextsOfRediSearch(String query, String message) {
        assertThatThrownBy(() -> parse(query, 2))
                .isInstanceOf(SearchException.class)
                .satisfies(error ->
                        assertThat(((SearchException) error).text().strip()).isEqualTo(message));
    }

    @Test
    void depthAndLengthAndClausesAreLimited() {
        assertThatThrownBy(() -> parse("(".repeat(100_000), 2)).hasMessageContaining("nested too deeply");
        assertThatThrownBy(() -> parse("-".repeat(100_000) + "a", 2)).hasMessageContaining("nested too deeply");
        assertThatThrownBy(() -> parse("a".repeat(QueryParser.MAX_BYTES + 1), 2))
                .hasMessageContaining("too long");
        assertThatThrownBy(() -> parse("x1 ".repeat(100_000), 2)).hasMessageContaining("too many clauses");
        assertThatThrownBy(() -> parse("@g:{" + "x|".repeat(100_000) + "x}", 2))
                .hasMessageContaining("too many clauses");
    }

    @Test
    void anyBytesAreAQueryOrAnError() {
        long seed = Long.getLong("nuthatch.seed", 0x5eed);
        Random random = new Random(seed);
        String[] pieces = {
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            "@t:",
            "@g:{",
            "|",
            "-",
            "~",
            "*",
            "=>",
            "=>{$weight:",
            "=>[KNN",
            " ",
            "\"",
            "'",
            "\\",
            "$p",
            "$b",
            "%",
            "hello",
            "1",
            "inf",
            "AS",
            "VECTOR_RANGE",
            ";",
            ":",
            "w'",
            "\0",
            "\u00ff"
        };
        for (int round = 0; round < 20_000; round++) {
            StringBuilder query = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                query.append(
                        random.nextInt(10) == 0
                                ? "" + (char) random.nextInt(256)
                                : pieces[random.nextInt(pieces.length)]);
            }
            for (int dialect = 1; dialect <= 2; dialect++) {
                try {
                    Explain.explain(parse(query.toString(), dialect), "", (fields, term) -> List.of());
                } catch (SearchException expected) {
                    assertThat(expected.text()).isNotEmpty();
                } catch (RuntimeException | StackOverflowError | AssertionError bug) {
                    throw new AssertionError("query '" + query + "', reproduce with -Dnuthatch.seed=" + seed, bug);
                }
            }
        }
    }
}
