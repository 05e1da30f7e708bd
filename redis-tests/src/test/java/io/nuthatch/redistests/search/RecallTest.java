package io.nuthatch.redistests.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.RespClient.ErrorReply;
import io.nuthatch.redistests.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `RECALL` and what the server says of the recall it reaches, over sockets.
class RecallTest {
    private static final String KNN = "*=>[KNN 10 @v $b]";

    private final TestServer server = TestServer.start();
    private final RespClient client = server.connect();

    @BeforeEach
    void fill() {
        client.call("CONFIG", "SET", "search-recall-every", "1");
        create("idx", "RECALL", "0.9");
        for (int i = 0; i < Passages.count(); i++) {
            client.call("HSET", "d:" + i, "cat", "c" + i % 4, "v", Passages.row(i));
        }
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private Object create(String name, String... more) {
        List<Object> words = new ArrayList<>(List.of("FT.CREATE", name, "PREFIX", 1, "d:", "SCHEMA", "cat", "TAG"));
        words.addAll(List.of("v", "VECTOR", "HNSW", 6 + more.length, "TYPE", "FLOAT32", "DIM", Passages.dim()));
        words.addAll(List.of("DISTANCE_METRIC", "COSINE"));
        words.addAll(List.of(more));
        return Objects.requireNonNull(client.call(words.toArray()));
    }

    private Object search(String query, Object... parameters) {
        List<Object> words = new ArrayList<>(List.of("FT.SEARCH", "idx", query, "NOCONTENT", "PARAMS"));
        words.add(2 + parameters.length);
        words.addAll(List.of("b", Passages.query(0)));
        words.addAll(List.of(parameters));
        return Objects.requireNonNull(client.call(words.toArray()));
    }

    private String error(String query, Object... parameters) {
        Object reply = search(query, parameters);
        assertThat(reply).as(query).isInstanceOf(ErrorReply.class);
        return ((ErrorReply) reply).message();
    }

    /// Waits for the server's own thread to come to `count` checks.
    private void awaitChecks(int count) throws InterruptedException {
        while (!info().contains("search_recall_checked:" + count + "\r\n")) {
            Thread.sleep(20);
        }
    }

    private String info() {
        Object reply = Objects.requireNonNull(client.call("INFO", "search"));
        return String.valueOf(reply);
    }

    @Test
    void whatSearchesReachIsShown() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            search(KNN);
            search("@cat:{c1}=>[KNN 10 @v $b EF_RUNTIME 100]");
        }
        awaitChecks(6);
        assertThat(info())
                .contains("search_recall_sampled:6\r\n")
                .contains("search_recall_dropped:0\r\n")
                .contains("search_recall_estimate:1.0000\r\n");
        List<?> reply = (List<?>) Objects.requireNonNull(client.call("FT.INFO", "idx"));
        List<?> statistics = (List<?>) reply.get(reply.indexOf("field statistics") + 1);
        List<?> field = (List<?>) statistics.get(1);
        assertThat(field.get(field.indexOf("recall_default") + 1)).isEqualTo("0.9");
        List<?> bands = (List<?>) field.get(field.indexOf("recall") + 1);
        assertThat(bands).hasSize(2);
        assertThat((List<Object>) bands.get(0)).startsWith("filter", "all", "estimate", "1", "low");
        assertThat((List<Object>) bands.get(1)).startsWith("filter", "3-30%", "estimate", "1", "low");
        List<?> targets = (List<?>) field.get(field.indexOf("recall_targets") + 1);
        assertThat(targets).hasSize(1);
        assertThat((List<Object>) targets.get(0)).startsWith("filter", "all", "k", 10L, "recall");
        String metrics = server.server().meters().scrape();
        assertThat(metrics)
                .contains("nuthatch_recall_ratio{field=\"v\",filter=\"all\",index=\"idx\"} 1.0")
                .contains("nuthatch_recall_checks_total{field=\"v\",filter=\"3-30%\",index=\"idx\"} 3.0")
                .contains("nuthatch_recall_ef_runtime{field=\"v\",filter=\"all\",index=\"idx\",k=\"10\"}")
                .contains("nuthatch_recall_samples_total 6.0");
    }

    @Test
    void offMeasuresNothing() {
        client.call("CONFIG", "SET", "search-recall-every", "0");
        search(KNN);
        search("*=>[KNN 10 @v $b RECALL 0.99]");
        assertThat(info()).contains("search_recall_sampled:0\r\n").contains("search_recall_estimate:\r\n");
    }

    @Test
    void everyWayToAskFindsTheSame() {
        Object exact = search("*=>[KNN 10 @v $b RECALL 1.0]");
        assertThat((List<?>) exact).hasSize(11);
        for (String query : List.of(
                KNN,
                "*=>[KNN 10 @v $b RECALL 0.99]",
                "*=>[KNN 10 @v $b RECALL $r]",
                "*=>[KNN 10 @v $b]=>{$RECALL: 0.99}",
                "*=>[KNN 10 @v $b EF_RUNTIME 200]",
                "@cat:{c0|c1|c2|c3}=>[KNN 10 @v $b RECALL 0.99 HYBRID_POLICY ADHOC_BF]")) {
            assertThat(search(query, "r", "0.99")).as(query).isEqualTo(exact);
        }
    }

    @Test
    void whatIsNoRecallIsRefused() {
        String invalid = "ERR Error parsing vector similarity parameters: Invalid value was given: RECALL ";
        for (String value : List.of("2", "0", "abc", "inf", "1.0001")) {
            assertThat(error("*=>[KNN 10 @v $b RECALL " + value + "]"))
                    .isEqualTo(invalid + value + ", must be above 0 and up to 1");
            assertThat(error("*=>[KNN 10 @v $b]=>{$RECALL: $r}", "r", value)).startsWith(invalid + value);
        }
        assertThat(error("*=>[KNN 10 @v $b RECALL 0.9 EF_RUNTIME 20]"))
                .isEqualTo("ERR Error parsing vector similarity parameters: EF_RUNTIME and RECALL exclude each other,"
                        + " give one of them");
        assertThat(error("@v:[VECTOR_RANGE 1 $b]=>{$RECALL: 0.9}"))
                .isEqualTo("ERR Error parsing vector similarity parameters: Invalid option");
        assertThat(create("bad", "RECALL", "1.5"))
                .isEqualTo(new ErrorReply(
                        "ERR Bad arguments for vector similarity HNSW index recall: must be above 0 and up to 1"));
        assertThat(client.call("CONFIG", "SET", "search-recall-every", "-1")).isInstanceOf(ErrorReply.class);
    }

    @Test
    void explainShowsTheWidth() {
        Object reply =
                client.call("FT.EXPLAIN", "idx", "*=>[KNN 10 @v $b RECALL 0.8]", "PARAMS", 2, "b", Passages.query(0));
        assertThat("" + reply).contains("RECALL = 0.8").contains("EF_RUNTIME for recall 0.8 at present = 50");
    }
}
