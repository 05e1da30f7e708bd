package io.nuthatch.redistests.search;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.search.SearchReply;
import io.lettuce.core.search.arguments.CreateArgs;
import io.lettuce.core.search.arguments.FieldArgs;
import io.lettuce.core.search.arguments.NumericFieldArgs;
import io.lettuce.core.search.arguments.QueryDialects;
import io.lettuce.core.search.arguments.SearchArgs;
import io.lettuce.core.search.arguments.SortByArgs;
import io.lettuce.core.search.arguments.TagFieldArgs;
import io.lettuce.core.search.arguments.TextFieldArgs;
import io.lettuce.core.search.arguments.VectorFieldArgs;
import io.nuthatch.redistests.search.Passages.Hit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The tour of `clients/README.md` with Lettuce.
class LettuceTest {
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
    @EnumSource(
            value = ProtocolVersion.class,
            names = {"RESP2", "RESP3"})
    void lettuceLoadsSearchesAndDrops(ProtocolVersion protocol) {
        String name = "lettuce-" + protocol;
        String prefix = name + ":";
        RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", target.port()));
        client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
        try (StatefulRedisConnection<String, byte[]> connection =
                client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE))) {
            RedisCommands<String, byte[]> commands = connection.sync();
            assertThat(commands.ping()).isEqualTo("PONG");
            CreateArgs<String, byte[]> create = CreateArgs.<String, byte[]>builder()
                    .on(CreateArgs.TargetType.HASH)
                    .withPrefix(prefix)
                    .build();
            assertThat(commands.ftCreate(name, create, schema())).isEqualTo("OK");
            load(connection, prefix);

            List<List<Hit>> found = new ArrayList<>();
            for (int q = 0; q < Passages.queries(); q++) {
                found.add(hits(knn(commands, name, "*", q)));
            }
            Passages.checkKnn(prefix, found);

            SearchReply<String, byte[]> filtered = knn(commands, name, "(@cat:{c1} @num:[0 99])", 0);
            assertThat(filtered.getResults()).hasSize(Passages.K).allSatisfy(result -> {
                assertThat(text(result, "cat")).isEqualTo("c1");
                assertThat(Integer.parseInt(text(result, "num"))).isBetween(0, 99);
            });
            SearchReply<String, byte[]> within = commands.ftSearch(
                    name,
                    "@v:[VECTOR_RANGE $r $q]=>{$YIELD_DISTANCE_AS: d}".getBytes(UTF_8),
                    options(0)
                            .limit(0, 100)
                            .param("r", Double.toString(Passages.radius(0, 5)).getBytes(UTF_8))
                            .build());
            assertThat(within.getCount()).isEqualTo(5);
            assertThat(hits(within)).hasSize(5);
            SearchReply<String, byte[]> text = commands.ftSearch(name, "@text:(passage 17)".getBytes(UTF_8));
            assertThat(text.getResults()).hasSize(1).first().satisfies(result -> {
                assertThat(result.getId()).isEqualTo(prefix + 17);
                assertThat(result.getFields().get("v")).isEqualTo(Passages.row(17));
            });
            SearchReply<String, byte[]> scored = commands.ftSearch(
                    name,
                    "passage".getBytes(UTF_8),
                    SearchArgs.<String, byte[]>builder()
                            .withScores()
                            .limit(0, 2)
                            .build());
            assertThat(scored.getResults())
                    .hasSize(2)
                    .allSatisfy(result -> assertThat(result.getScore()).isPositive());

            String nearest = prefix + Passages.truth(0, 0);
            assertThat(commands.del(nearest)).isEqualTo(1);
            assertThat(hits(knn(commands, name, "*", 0)))
                    .hasSize(Passages.K)
                    .noneMatch(hit -> hit.key().equals(nearest));
            assertThat(commands.ftList()).map(bytes -> new String(bytes, UTF_8)).contains(name);
            assertThat(commands.ftDropindex(name, true)).isEqualTo("OK");
            assertThat(commands.exists(prefix + 17)).isZero();
            assertThatThrownBy(() -> commands.ftSearch(name, "*".getBytes(UTF_8)))
                    .isInstanceOf(RedisCommandExecutionException.class)
                    .hasMessageContaining("no such index");
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    private static List<FieldArgs<String>> schema() {
        return List.of(
                TextFieldArgs.<String>builder().name("text").build(),
                TagFieldArgs.<String>builder().name("cat").build(),
                NumericFieldArgs.<String>builder().name("num").sortable().build(),
                VectorFieldArgs.<String>builder()
                        .name("v")
                        .hnsw()
                        .type(VectorFieldArgs.VectorType.FLOAT32)
                        .dimensions(Passages.dim())
                        .distanceMetric(VectorFieldArgs.DistanceMetric.COSINE)
                        .attribute("EF_RUNTIME", 64)
                        .attribute("EPSILON", 0.5)
                        .build());
    }

    private static void load(StatefulRedisConnection<String, byte[]> connection, String prefix) {
        connection.setAutoFlushCommands(false);
        List<RedisFuture<Long>> replies = new ArrayList<>();
        for (int i = 0; i < Passages.count(); i++) {
            Map<String, byte[]> fields = new HashMap<>();
            Passages.fields(i).forEach((field, value) -> fields.put(field, value.getBytes(UTF_8)));
            fields.put("v", Passages.row(i));
            replies.add(connection.async().hset(prefix + i, fields));
        }
        connection.flushCommands();
        connection.setAutoFlushCommands(true);
        assertThat(LettuceFutures.awaitAll(Duration.ofSeconds(30), replies.toArray(RedisFuture[]::new)))
                .isTrue();
        assertThat(replies).map(reply -> reply.toCompletableFuture().join()).containsOnly(4L);
    }

    private static SearchArgs.Builder<String, byte[]> options(int q) {
        return SearchArgs.<String, byte[]>builder()
                .returnField("cat")
                .returnField("num")
                .returnField("d")
                .sortBy(SortByArgs.<String>builder().attribute("d").build())
                .param("q", Passages.query(q))
                .dialect(QueryDialects.DIALECT2);
    }

    private static SearchReply<String, byte[]> knn(
            RedisCommands<String, byte[]> commands, String name, String filter, int q) {
        byte[] query = (filter + "=>[KNN 10 @v $q AS d]").getBytes(UTF_8);
        return commands.ftSearch(name, query, options(q).limit(0, Passages.K).build());
    }

    private static List<Hit> hits(SearchReply<String, byte[]> reply) {
        return reply.getResults().stream()
                .map(result -> new Hit(result.getId(), Double.parseDouble(text(result, "d"))))
                .toList();
    }

    private static String text(SearchReply.SearchResult<String, byte[]> result, String field) {
        return new String(Objects.requireNonNull(result.getFields().get(field)), UTF_8);
    }
}
