package io.nuthatch.redistests.search;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.redistests.search.Passages.Hit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.args.SortingOrder;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.search.FTCreateParams;
import redis.clients.jedis.search.FTSearchParams;
import redis.clients.jedis.search.IndexDataType;
import redis.clients.jedis.search.SearchResult;
import redis.clients.jedis.search.schemafields.NumericField;
import redis.clients.jedis.search.schemafields.SchemaField;
import redis.clients.jedis.search.schemafields.TagField;
import redis.clients.jedis.search.schemafields.TextField;
import redis.clients.jedis.search.schemafields.VectorField;

/// The tour of `clients/README.md` with Jedis.
class JedisTest {
    private static Target target;

    @BeforeAll
    static void start() {
        target = Target.open();
    }

    @AfterAll
    static void stop() {
        target.close();
    }

    @ParameterizedTest
    @EnumSource(RedisProtocol.class)
    void jedisLoadsSearchesAndDrops(RedisProtocol protocol) {
        String name = "jedis-" + protocol;
        String prefix = name + ":";
        try (RedisClient client = RedisClient.builder()
                .hostAndPort("127.0.0.1", target.port())
                .clientConfig(
                        DefaultJedisClientConfig.builder().protocol(protocol).build())
                .build()) {
            assertThat(client.ping()).isEqualTo("PONG");
            List<SchemaField> schema = List.of(
                    TextField.of("text"),
                    TagField.of("cat"),
                    NumericField.of("num").sortable(),
                    VectorField.builder()
                            .fieldName("v")
                            .algorithm(VectorField.VectorAlgorithm.HNSW)
                            .attributes(Map.of(
                                    "TYPE",
                                    "FLOAT32",
                                    "DIM",
                                    Passages.dim(),
                                    "DISTANCE_METRIC",
                                    "COSINE",
                                    "EF_RUNTIME",
                                    64,
                                    "EPSILON",
                                    0.5))
                            .build());
            FTCreateParams create =
                    FTCreateParams.createParams().on(IndexDataType.HASH).prefix(prefix);
            assertThat(client.ftCreate(name, create, schema)).isEqualTo("OK");
            load(client, prefix);

            List<List<Hit>> found = new ArrayList<>();
            for (int q = 0; q < Passages.queries(); q++) {
                found.add(hits(knn(client, name, "*", q)));
            }
            Passages.checkKnn(prefix, found);

            SearchResult filtered = knn(client, name, "(@cat:{c1} @num:[0 99])", 0);
            assertThat(filtered.getDocuments()).hasSize(Passages.K).allSatisfy(document -> {
                assertThat(document.getString("cat")).isEqualTo("c1");
                assertThat(Integer.parseInt(document.getString("num"))).isBetween(0, 99);
            });
            SearchResult within = client.ftSearch(
                    name,
                    "@v:[VECTOR_RANGE $r $q]=>{$YIELD_DISTANCE_AS: d}",
                    options().limit(0, 100).addParam("r", Passages.radius(0, 5)).addParam("q", Passages.query(0)));
            assertThat(hits(within)).hasSize(5);
            assertThat(within.getTotalResults()).isEqualTo(5);
            SearchResult text = client.ftSearch(name, "@text:(passage 17)");
            assertThat(text.getDocuments()).map(document -> document.getId()).containsExactly(prefix + 17);

            String nearest = prefix + Passages.truth(0, 0);
            assertThat(client.del(nearest)).isEqualTo(1);
            assertThat(hits(knn(client, name, "*", 0)))
                    .hasSize(Passages.K)
                    .noneMatch(hit -> hit.key().equals(nearest));

            assertThat(client.ftInfo(name)).containsKey("num_docs");
            assertThat(client.ftTagVals(name, "cat")).containsExactlyInAnyOrder("c0", "c1", "c2", "c3");
            assertThat(client.ftList()).contains(name);
            assertThat(client.ftAliasAdd(name + "-alias", name)).isEqualTo("OK");
            assertThat(client.ftSearch(name + "-alias", "@cat:{c2}").getTotalResults())
                    .isEqualTo(Passages.count() / 4);
            assertThat(client.ftDropIndexDD(name)).isEqualTo("OK");
            assertThat(client.exists(prefix + 17)).isFalse();
            assertThatThrownBy(() -> client.ftSearch(name, "*"))
                    .isInstanceOf(JedisDataException.class)
                    .hasMessageContaining("no such index");
        }
    }

    private static void load(RedisClient client, String prefix) {
        List<Response<Long>> replies = new ArrayList<>();
        try (Pipeline pipeline = client.pipelined()) {
            for (int i = 0; i < Passages.count(); i++) {
                Map<byte[], byte[]> fields = new HashMap<>();
                Passages.fields(i).forEach((field, value) -> fields.put(field.getBytes(UTF_8), value.getBytes(UTF_8)));
                fields.put("v".getBytes(UTF_8), Passages.row(i));
                replies.add(pipeline.hset((prefix + i).getBytes(UTF_8), fields));
            }
        }
        assertThat(replies).map(Response::get).containsOnly(4L);
    }

    private static FTSearchParams options() {
        return FTSearchParams.searchParams()
                .returnFields("cat", "num", "d")
                .sortBy("d", SortingOrder.ASC)
                .dialect(2);
    }

    private static SearchResult knn(RedisClient client, String name, String filter, int q) {
        FTSearchParams options =
                options().limit(0, Passages.K).addParam("k", Passages.K).addParam("q", Passages.query(q));
        return client.ftSearch(name, filter + "=>[KNN $k @v $q AS d]", options);
    }

    private static List<Hit> hits(SearchResult result) {
        return result.getDocuments().stream()
                .map(document -> new Hit(document.getId(), Double.parseDouble(document.getString("d"))))
                .toList();
    }
}
