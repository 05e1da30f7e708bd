package io.nuthatch.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.server.NuthatchServer;
import io.nuthatch.server.ServerOptions;
import io.nuthatch.server.SystemClock;
import io.nuthatch.server.config.ServerConfig;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class AdminServerTest {
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void metricsNameCommandsKeysMemoryAndIndexes() throws Exception {
        ServerConfig config = ServerConfig.of(
                List.of("--port", "0", "--bind", "127.0.0.1", "--admin-port", "0", "--io-threads", "1"),
                InputStream.nullInputStream());
        SystemClock clock = new SystemClock();
        try (NuthatchServer server = NuthatchServer.start(ServerOptions.of(config), config, clock, clock);
                Socket client = new Socket("127.0.0.1", server.port())) {
            call(client, "FT.CREATE docs SCHEMA v VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2");
            call(client, "HSET d:1 v 12345678");
            call(client, "FT.SEARCH docs *");
            call(client, "SET a");
            String metrics = server.meters().scrape();
            assertThat(value(metrics, "nuthatch_command_duration_seconds_count{command=\"hset\"}"))
                    .isEqualTo(1);
            assertThat(value(metrics, "nuthatch_command_duration_seconds_bucket{command=\"hset\",le=\"+Inf\"}"))
                    .isEqualTo(1);
            assertThat(value(metrics, "nuthatch_command_rejections_total{command=\"set\"}"))
                    .isEqualTo(1);
            assertThat(value(metrics, "nuthatch_connections")).isEqualTo(1);
            assertThat(value(metrics, "nuthatch_keys{database=\"0\"}")).isEqualTo(1);
            assertThat(value(metrics, "nuthatch_index_documents{index=\"docs\"}"))
                    .isEqualTo(1);
            assertThat(value(metrics, "nuthatch_index_uses_total{index=\"docs\"}"))
                    .isPositive();
            assertThat(metrics).contains("nuthatch_index_lag_vectors{index=\"docs\"}");
            assertThat(metrics).contains("nuthatch_memory_bytes{owner=").contains("jvm_memory_used_bytes");
        }
    }

    @Test
    void readinessFollowsTheServerAndHealthDoesNot() throws Exception {
        AtomicBoolean isReady = new AtomicBoolean(true);
        try (AdminServer admin =
                new AdminServer(new java.net.InetSocketAddress("127.0.0.1", 0), () -> "m 1\n", isReady::get)) {
            assertThat(get(admin, "/readyz").statusCode()).isEqualTo(200);
            isReady.set(false);
            assertThat(get(admin, "/readyz").statusCode()).isEqualTo(503);
            assertThat(get(admin, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(admin, "/metrics").body()).isEqualTo("m 1\n");
            assertThat(get(admin, "/other").statusCode()).isEqualTo(404);
            HttpRequest post = HttpRequest.newBuilder(uri(admin, "/metrics"))
                    .POST(HttpRequest.BodyPublishers.ofString("x"))
                    .build();
            assertThat(http.send(post, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(405);
        }
    }

    private HttpResponse<String> get(AdminServer admin, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(uri(admin, path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static URI uri(AdminServer admin, String path) {
        return URI.create("http://127.0.0.1:" + admin.port() + path);
    }

    /// Sends an inline command and waits for some reply.
    private static void call(Socket client, String command) throws Exception {
        client.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
        assertThat(client.getInputStream().read(new byte[4096])).isPositive();
    }

    private static double value(String metrics, String series) {
        var line = Pattern.compile("^" + Pattern.quote(series) + " (.*)$", Pattern.MULTILINE)
                .matcher(metrics);
        assertThat(line.find()).as(series + " in\n" + metrics).isTrue();
        return Double.parseDouble(line.group(1));
    }
}
