package io.nuthatch.commands.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.document.SearchResult;
import io.nuthatch.engine.document.SearchResult.Hit;
import io.nuthatch.engine.document.SearchResult.SortKey;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Expected replies were recorded from Redis 8.2.3 with RediSearch 2.10.5.
class SearchReplyTest {
    private static final List<Row> KNN = List.of(
            row("d:0", 0, null, "s", "0", "t", "hello world 0"),
            row("d:1", 0, null, "s", "0.292893230915", "t", "hello world 1"));

    /// A hit, and what its document holds; null for one that is gone.
    private record Row(Hit hit, @Nullable List<String> fields) {}

    private static Row row(String key, double score, @Nullable SortKey sortKey, String... fields) {
        return new Row(new Hit(bytes(key), score, new double[0], sortKey), List.of(fields));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// Documents as the rows have them; says when one was left open.
    private static final class Rows implements SearchReply.Content {
        private final Map<Hit, List<String>> documents = new IdentityHashMap<>();
        private @Nullable List<String> open;

        Rows(List<Row> rows) {
            for (Row row : rows) {
                if (row.fields != null) {
                    documents.put(row.hit, row.fields);
                }
            }
        }

        @Override
        public boolean open(Hit hit) {
            assertThat(open).isNull();
            open = documents.get(hit);
            return open != null;
        }

        @Override
        public int count() {
            return Objects.requireNonNull(open).size() / 2;
        }

        @Override
        public void write(ReplyWriter reply) {
            Objects.requireNonNull(open).forEach(reply::bulk);
        }

        @Override
        public void close() {
            assertThat(open).isNotNull();
            open = null;
        }
    }

    private static String reply(int protocol, String options, long total, List<Row> rows) {
        return reply(protocol, protocol == 3 ? ReplyShape.MAP : ReplyShape.ARRAY, options, total, rows, false);
    }

    private static String reply(
            int protocol, ReplyShape shape, String options, long total, List<Row> rows, boolean timedOut) {
        SearchArguments request =
                SearchSyntax.parse(Args.of(("FT.SEARCH idx * " + options).trim().split(" ")));
        SearchResult result =
                new SearchResult(total, rows.stream().map(Row::hit).toList(), List.of(), timedOut);
        return Wire.of(
                protocol,
                writer -> SearchReply.write(
                        writer, shape, request, result, request.isWithContent() ? new Rows(rows) : null));
    }

    @Test
    void documentsThatAreGoneAreLeftOutAndNotCounted() {
        List<Row> rows = List.of(
                new Row(row("d:9", 0, null).hit, null), KNN.get(0), new Row(row("d:8", 0, null).hit, null), KNN.get(1));
        assertThat(reply(2, "", 4, rows)).isEqualTo(reply(2, "", 2, KNN));
        assertThat(reply(3, "", 4, rows)).isEqualTo(reply(3, "", 2, KNN));
        List<Row> nobody = List.of(rows.get(0), rows.get(2));
        assertThat(reply(2, "", 12, nobody)).isEqualTo("[:10]");
    }

    @Test
    void resp2IsAFlatArray() {
        assertThat(reply(2, "RETURN 2 t s", 2, KNN))
                .isEqualTo("[:2, 'd:0', ['s', '0', 't', 'hello world 0'], 'd:1', ['s', '0.292893230915', 't', 'hello"
                        + " world 1']]");
        assertThat(reply(2, "", 0, List.of())).isEqualTo("[:0]");
        assertThat(reply(2, "LIMIT 0 0", 3, List.of())).isEqualTo("[:3]");
    }

    @Test
    void resp3IsAMap() {
        assertThat(reply(3, "RETURN 2 t s", 2, KNN))
                .isEqualTo("%{+attributes: [], +total_results: :2, +format: +STRING, +results: [%{+id: 'd:0',"
                        + " +extra_attributes: %{'s': '0', 't': 'hello world 0'}, +values: []}, %{+id: 'd:1',"
                        + " +extra_attributes: %{'s': '0.292893230915', 't': 'hello world 1'}, +values: []}],"
                        + " +warning: []}");
        assertThat(reply(3, "LIMIT 0 0", 3, List.of()))
                .isEqualTo("%{+attributes: [], +total_results: :3, +format: +STRING, +results: [], +warning: []}");
    }

    @Test
    void eachOptionAddsItsPart() {
        List<Row> rows = List.of(row("d:0", 2 / 3.0, new SortKey(0, null), "t", "hello world 0"));
        String options = "WITHSCORES WITHSORTKEYS WITHPAYLOADS RETURN 1 t";
        assertThat(reply(2, options, 3, rows))
                .isEqualTo("[:3, 'd:0', '0.6666666666666666', $nil, '#0', ['t', 'hello world 0']]");
        assertThat(reply(3, options, 3, rows))
                .isEqualTo("%{+attributes: [], +total_results: :3, +format: +STRING, +results: [%{+id: 'd:0', +score:"
                        + " ,0.6666666666666666, +payload: _, +sortkey: '#0', +extra_attributes: %{'t': 'hello world"
                        + " 0'}, +values: []}], +warning: []}");
    }

    @Test
    void sortKeysSayWhatTheyAre() {
        List<Row> rows = List.of(row("d:0", 0, new SortKey(0, "a|b")), row("d:1", 0, null));
        assertThat(reply(2, "NOCONTENT WITHSORTKEYS", 3, rows)).isEqualTo("[:3, 'd:0', '$a|b', 'd:1', $nil]");
        assertThat(reply(
                        2, "NOCONTENT WITHSORTKEYS", 1, List.of(row("d:0", 0, new SortKey(0.10557281970977783, null)))))
                .isEqualTo("[:1, 'd:0', '#0.10557281970977783']");
    }

    @Test
    void withoutContentThereAreKeysOnly() {
        List<Row> rows = List.of(row("d:0", 0, null), row("d:1", 0, null));
        for (String options : List.of("NOCONTENT", "RETURN 0")) {
            assertThat(reply(2, options, 3, rows)).isEqualTo("[:3, 'd:0', 'd:1']");
            assertThat(reply(3, options, 3, rows))
                    .isEqualTo("%{+attributes: [], +total_results: :3, +format: +STRING, +results: [%{+id: 'd:0',"
                            + " +values: []}, %{+id: 'd:1', +values: []}], +warning: []}");
        }
    }

    @Test
    void aDocumentWithoutTheFieldHasAnEmptyList() {
        assertThat(reply(2, "RETURN 1 nofield", 4, List.of(row("d:0", 0, null))))
                .isEqualTo("[:4, 'd:0', []]");
        assertThat(reply(3, "RETURN 1 nofield", 4, List.of(row("d:0", 0, null))))
                .contains("+extra_attributes: %{}");
    }

    @Test
    void valkeyGlideGetsTheFlatArrayOverResp3() {
        assertThat(reply(3, ReplyShape.ARRAY, "RETURN 2 t s WITHSCORES", 2, KNN.subList(0, 1), false))
                .isEqualTo("[:2, 'd:0', '0', ['s', '0', 't', 'hello world 0']]");
    }

    @Test
    void aSearchThatWasCutShortSaysSoWhereItCan() {
        assertThat(reply(3, ReplyShape.MAP, "", 0, List.of(), true))
                .endsWith("+warning: [+Timeout limit was reached]}");
    }
}
