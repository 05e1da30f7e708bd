package io.nuthatch.server.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nuthatch.engine.SuppressForbidden;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// The admin port: `/metrics` in Prometheus's text format, `/healthz` (200 while the process answers) and
/// `/readyz` (200 while it takes commands, 503 otherwise). GET and HEAD alone.
///
/// It has two threads of its own, so that a slow scrape delays neither clients nor the health check.
@SuppressForbidden("jdk.httpserver is an exported module; the rule's list counts all of com.sun as internal")
public final class AdminServer implements AutoCloseable {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer http;
    private final ExecutorService threads = Executors.newFixedThreadPool(2, task -> {
        Thread thread = new Thread(task, "admin");
        thread.setDaemon(true);
        return thread;
    });

    /// Listens on `address` from now on; throws when it cannot.
    public AdminServer(InetSocketAddress address, Supplier<String> metrics, BooleanSupplier isReady)
            throws IOException {
        http = HttpServer.create(address, 16);
        http.setExecutor(threads);
        http.createContext("/", exchange -> answer(exchange, metrics, isReady));
        http.start();
    }

    /// The port it listens on.
    public int port() {
        return http.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, Supplier<String> metrics, BooleanSupplier isReady)
            throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, TEXT, "only GET and HEAD\n");
                return;
            }
            switch (exchange.getRequestURI().getPath()) {
                case "/metrics" -> send(exchange, 200, PROMETHEUS, metrics.get());
                case "/healthz" -> send(exchange, 200, TEXT, "ok\n");
                case "/readyz" -> {
                    boolean ready = isReady.getAsBoolean();
                    send(exchange, ready ? 200 : 503, TEXT, ready ? "ready\n" : "not ready\n");
                }
                default -> send(exchange, 404, TEXT, "there are /metrics, /healthz and /readyz\n");
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        http.stop(0);
        threads.shutdownNow();
    }
}
