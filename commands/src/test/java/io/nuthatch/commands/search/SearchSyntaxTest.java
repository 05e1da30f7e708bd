package io.nuthatch.commands.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.search.SearchArguments.Flag;
import io.nuthatch.commands.search.SearchArguments.NumericFilter;
import io.nuthatch.commands.search.SearchArguments.ReturnField;
import io.nuthatch.commands.search.SearchArguments.SortBy;
import io.nuthatch.resp.Args;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SearchSyntaxTest {
    private static SearchArguments parse(String... options) {
        String[] all = new String[options.length + 3];
        all[0] = "FT.SEARCH";
        all[1] = "idx";
        all[2] = "*";
        System.arraycopy(options, 0, all, 3, options.length);
        return SearchSyntax.parse(Args.of(all));
    }

    private static SearchArguments parseWords(String options) {
        return parse(options.split(" "));
    }

    @Test
    void whatIsNotSaidHasRedisDefaults() {
        SearchArguments request = parse();
        assertThat(request.index()).isEqualTo("idx");
        assertThat(request.query()).isEqualTo("*");
        assertThat(request.flags()).isEmpty();
        assertThat(request.offset()).isZero();
        assertThat(request.count()).isEqualTo(10);
        assertThat(request.returned()).isNull();
        assertThat(request.sortBy()).isNull();
        assertThat(request.parameters()).isEmpty();
        assertThat(request.dialect()).isZero();
        assertThat(request.timeoutMillis()).isEqualTo(-1);
        assertThat(request.isWithContent()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RETURN 2 t s SORTBY s ASC DIALECT 2 LIMIT 0 3 PARAMS 2 b x", // redis-py
                "RETURN 2 t s SORTBY s LIMIT 0 3 PARAMS 2 b x DIALECT 2", // node-redis
                "limit 0 3 return 2 t s params 2 b x sortby s asc dialect 2", // RedisVL 0.4, in lower case
                "DIALECT 2 PARAMS 2 b x LIMIT 0 3 SORTBY s RETURN 2 t s"
            })
    void optionsComeInAnyOrderAndCase(String options) {
        SearchArguments request = parseWords(options);
        assertThat(request.returned()).containsExactly(new ReturnField("t", "t"), new ReturnField("s", "s"));
        assertThat(request.sortBy()).isEqualTo(new SortBy("s", false));
        assertThat(request.count()).isEqualTo(3);
        assertThat(request.dialect()).isEqualTo(2);
        assertThat(request.parameters()).containsOnlyKeys("b");
        assertThat(request.parameters().get("b")).asString().isEqualTo("x");
    }

    @Test
    void everyOptionIsRead() {
        SearchArguments request = parseWords("NOCONTENT VERBATIM WITHSCORES WITHPAYLOADS WITHSORTKEYS"
                + " INKEYS 2 a b INFIELDS 1 t FILTER n (1 +inf FILTER m -inf (2.5 SCORER BM25STD LANGUAGE french"
                + " SORTBY n DESC TIMEOUT 50 LIMIT 7 9");
        assertThat(request.flags()).containsExactlyInAnyOrder(Flag.values());
        assertThat(request.inKeys()).containsExactly("a", "b");
        assertThat(request.inFields()).containsExactly("t");
        assertThat(request.filters())
                .containsExactly(
                        new NumericFilter("n", 1, false, Double.POSITIVE_INFINITY, true),
                        new NumericFilter("m", Double.NEGATIVE_INFINITY, true, 2.5, false));
        assertThat(request.scorer()).isEqualTo("BM25STD");
        assertThat(request.language()).isEqualTo("french");
        assertThat(request.sortBy()).isEqualTo(new SortBy("n", true));
        assertThat(request.timeoutMillis()).isEqualTo(50);
        assertThat(request.offset()).isEqualTo(7);
        assertThat(request.count()).isEqualTo(9);
    }

    @Test
    void returnCountsEveryTokenBehindIt() {
        assertThat(parseWords("RETURN 4 t AS title n LIMIT 0 1").returned())
                .containsExactly(new ReturnField("t", "title"), new ReturnField("n", "n"));
        assertThat(parseWords("RETURN 1 AS").returned()).containsExactly(new ReturnField("AS", "AS"));
        assertThat(parseWords("RETURN 0").isWithContent()).isFalse();
    }

    @Test
    void parametersAndNamesKeepTheirBytes() {
        byte[] blob = {0, 1, (byte) 0xFF, '\r', '\n'};
        SearchArguments request = SearchSyntax.parse(Args.of(
                "FT.SEARCH".getBytes(StandardCharsets.US_ASCII),
                new byte[] {(byte) 0xFE},
                "*".getBytes(StandardCharsets.US_ASCII),
                "PARAMS".getBytes(StandardCharsets.US_ASCII),
                "2".getBytes(StandardCharsets.US_ASCII),
                "b".getBytes(StandardCharsets.US_ASCII),
                blob));
        assertThat(request.index()).isEqualTo("\u00FE");
        assertThat(request.parameters().get("b")).isEqualTo(blob);
    }

    /// The texts are RediSearch's, behind the code word that valkey-glide needs.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RETURN 2 t AS | ERR RETURN path AS name - must be accompanied with NAME",
                "RETURN 2 t | ERR Bad arguments for RETURN: Expected an argument, but none provided",
                "RETURN x t | ERR Bad arguments for RETURN: Could not convert argument to expected type",
                "RETURN -1 t | ERR Bad arguments for RETURN: Value is outside acceptable bounds",
                "LIMIT -1 10 | ERR LIMIT needs two numeric arguments",
                "LIMIT 0 -1 | ERR LIMIT needs two numeric arguments",
                "LIMIT a b | ERR LIMIT needs two numeric arguments",
                "LIMIT 0 99999999999999999999 | ERR LIMIT needs two numeric arguments",
                "LIMIT 0 | ERR LIMIT requires two arguments",
                "LIMIT 5 0 | ERR The `offset` of the LIMIT must be 0 when `num` is 0",
                "LIMIT 0 1000001 | ERR LIMIT exceeds maximum of 1000000",
                "LIMIT 1000001 1 | ERR OFFSET exceeds maximum of 1000000",
                "SORTBY | ERR Bad SORTBY arguments",
                "SORTBY n SORTBY m | ERR Multiple SORTBY steps are not allowed",
                "SORTBY n DOWN | ERR Unknown argument `DOWN` at position 3 for <main>",
                "PARAMS 1 a | ERR Parameters must be specified in PARAM VALUE pairs",
                "PARAMS 0 | ERR Parameters must be specified in PARAM VALUE pairs",
                "PARAMS 4 a b a c | ERR Duplicate parameter `a`",
                "PARAMS x a b | ERR Bad arguments for PARAMS: Could not convert argument to expected type",
                "PARAMS 4 a b | ERR Bad arguments for PARAMS: Expected an argument, but none provided",
                "PARAMS 2 a b PARAMS 2 c d | ERR Multiple PARAMS are not allowed. Parameters can be defined only once",
                "DIALECT 0 | ERR DIALECT requires a non negative integer >=1 and <= 4",
                "DIALECT 9 | ERR DIALECT requires a non negative integer >=1 and <= 4",
                "DIALECT x | ERR DIALECT requires a non negative integer >=1 and <= 4",
                "DIALECT | ERR Need an argument for DIALECT",
                "TIMEOUT -1 | ERR TIMEOUT requires a non negative integer",
                "TIMEOUT | ERR Need argument for TIMEOUT",
                "SCORER | ERR Bad arguments for SCORER: Expected an argument, but none provided",
                "INKEYS 2 a | ERR Bad arguments for INKEYS: Expected an argument, but none provided",
                "INKEYS 2147483648 a | ERR Bad arguments for INKEYS: Value is outside acceptable bounds",
                "SLOP 0 | ERR SLOP is not supported yet",
                "INORDER | ERR INORDER is not supported yet",
                "NOSTOPWORDS | ERR NOSTOPWORDS is not supported yet",
                "FILTER n 1 | ERR FILTER requires 3 arguments",
                "FILTER n x 2 | ERR Bad lower range: x",
                "FILTER n 1 (y | ERR Bad upper range: (y",
                "BOGUS | ERR Unknown argument `BOGUS` at position 1 for <main>",
                "NOCONTENT bogus x | ERR Unknown argument `bogus` at position 2 for <main>",
                "SUMMARIZE | ERR SUMMARIZE is not supported yet",
                "highlight | ERR HIGHLIGHT is not supported yet",
                "GEOFILTER g 1 2 3 km | ERR GEOFILTER is not supported yet",
                "WITHSCORES EXPLAINSCORE | ERR EXPLAINSCORE is not supported yet",
            })
    void wrongOptionsAreNamed(String options, String error) {
        assertThatThrownBy(() -> parseWords(options))
                .isInstanceOf(CommandException.class)
                .hasMessage(error);
    }

    @Test
    void aRequestWithoutAQueryIsRefused() {
        assertThatThrownBy(() -> SearchSyntax.parse(Args.of("FT.SEARCH", "idx")))
                .hasMessage("ERR No query string provided");
    }

    @Test
    void numbersAreReadAsCReadsThem() {
        assertThat(List.of("inf", "+inf", "-INF", "1e3", "-.5", "+2"))
                .map(Tokens::parseReal)
                .containsExactly(
                        Double.POSITIVE_INFINITY,
                        Double.POSITIVE_INFINITY,
                        Double.NEGATIVE_INFINITY,
                        1000.0,
                        -0.5,
                        2.0);
        assertThat(List.of("", "1d", "0x1p3", " 1", "1 ", "x", "nan", "--1"))
                .map(Tokens::parseReal)
                .containsOnly(Double.NaN);
    }
}
