package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nuthatch.engine.text.ByteStrings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Scores recorded from RediSearch 2.10.5 with WITHSCORES and SCORER, over the same documents.
class ScoringTest {
    private final TestStore store = new TestStore();

    @BeforeEach
    void load() {
        store.indexes.create(
                IndexDefinition.of(
                        "s",
                        List.of("s:"),
                        List.of(
                                IndexesTest.field("t", new FieldType.Text(1, false)),
                                IndexesTest.field("u", new FieldType.Text(2.5, false)),
                                IndexesTest.field("w", new FieldType.Text(0.5, false)),
                                IndexesTest.field("n", new FieldType.Numeric()))),
                false);
        store.hset("s:0", "t", "hello world", "n", "1");
        store.hset("s:1", "t", "hello hello there running", "u", "world", "n", "2");
        store.hset("s:2", "t", "run runs running", "w", "hello foo", "n", "3");
        store.hset("s:3", "t", "foo bar baz qux", "u", "foo bar", "n", "4");
        store.hset("s:4", "u", "hello", "t", "the quick brown fox", "n", "5");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Map<String, Double> scores(String query, SearchRequest.Scorer scorer) {
        SearchIndex index = store.index("s");
        SearchResult result = index.search(new SearchRequest(
                index.parse(query, Map.of(), 2), 0, 10, null, scorer, false, null, null, true, Long.MAX_VALUE));
        Map<String, Double> scores = new TreeMap<>();
        double last = Double.MAX_VALUE;
        for (SearchResult.Hit hit : result.hits()) {
            assertThat(hit.score()).isLessThanOrEqualTo(last);
            last = hit.score();
            scores.put(ByteStrings.of(hit.key()), hit.score());
        }
        return scores;
    }

    private void expect(String query, Map<String, Double> expected) {
        Map<String, Double> scores = scores(query, SearchRequest.Scorer.BM25STD);
        assertThat(scores.keySet()).describedAs(query).isEqualTo(new TreeMap<>(expected).keySet());
        expected.forEach((key, score) ->
                assertThat(scores.get(key)).describedAs("%s %s", query, key).isCloseTo(score, within(1e-6)));
    }

    @Test
    void bm25IsThatOfRediSearch() {
        expect("hello", Map.of("s:1", 0.39556289, "s:4", 0.39556289, "s:0", 0.34396773, "s:2", 0.28768210));
        expect("@t:hello", Map.of("s:1", 0.39556289, "s:0", 0.34396773));
        expect("hello world", Map.of("s:1", 1.59933247, "s:0", 1.39072388));
        expect("hello | world", Map.of("s:1", 1.59933247, "s:0", 1.39072388, "s:4", 0.39556289, "s:2", 0.28768210));
        expect("run", Map.of("s:2", 2.59006394, "s:1", 0.87546878));
        expect("running", Map.of("s:2", 3.46553271, "s:1", 1.75093755));
        expect("\"hello world\"", Map.of("s:0", 1.39072388));
        expect("hel*", Map.of("s:1", 0.39556289, "s:4", 0.39556289, "s:0", 0.34396773, "s:2", 0.28768210));
        expect("foo", Map.of("s:3", 1.26712587, "s:2", 0.87546878));
        expect("%hallo%", Map.of("s:1", 0.39556289, "s:4", 0.39556289, "s:0", 0.34396773, "s:2", 0.28768210));
        expect("hello -foo", Map.of("s:1", 0.39556289, "s:4", 0.39556289, "s:0", 0.34396773));
        expect("hello @n:[1 3]", Map.of("s:1", 0.39556289, "s:0", 0.34396773, "s:2", 0.28768210));
        expect("hello ~foo", Map.of("s:2", 1.16315088, "s:1", 0.39556289, "s:4", 0.39556289, "s:0", 0.34396773));
        expect("(hello world)=>{$weight:3}", Map.of("s:1", 4.79799741, "s:0", 4.17217165));
        expect("@n:[1 3]", Map.of("s:0", 0.0, "s:1", 0.0, "s:2", 0.0));
    }

    @Test
    void tfidfOfOneWordIsThatOfRediSearch() {
        Map<String, Double> scores = scores("hello", SearchRequest.Scorer.TFIDF);
        Map.of("s:1", 2 / 3.0, "s:4", 2 / 3.0, "s:0", 0.5, "s:2", 1 / 3.0)
                .forEach((key, score) -> assertThat(scores.get(key)).isCloseTo(score, within(1e-9)));
    }
}
