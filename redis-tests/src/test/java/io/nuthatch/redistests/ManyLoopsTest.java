package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient.Push;
import io.nuthatch.server.SystemClock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// `WATCH` and `CLIENT TRACKING` while writers and readers are served by different event loops.
class ManyLoopsTest {
    private static final int LOOPS = 4;
    private static final int CLIENTS = 12;
    private static final int ROUNDS = 400;
    private static final int KEYS = 6;

    private final TestServer server = TestServer.start(new SystemClock(), options -> options.withIoThreads(LOOPS));
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
        server.close();
    }

    /// Each successful EXEC adds one to a counter that it has read before; a change that WATCH did not see
    /// would be overwritten, and the sum would be too small.
    @Test
    void noUpdateIsLostBetweenWatchAndExec() throws Exception {
        List<Integer> successes = inParallel(CLIENTS, number -> {
            SplittableRandom random = new SplittableRandom(number);
            int done = 0;
            try (RespClient client = server.connect()) {
                for (int round = 0; round < ROUNDS; round++) {
                    String key = "counter:" + random.nextInt(KEYS);
                    if (number % 4 == 0) {
                        client.call("INCR", key); // Not every writer is careful.
                        done++;
                        continue;
                    }
                    client.call("WATCH", key, "counter:" + random.nextInt(KEYS));
                    Object value = client.call("GET", key);
                    long next = value == null ? 1 : Long.parseLong((String) value) + 1;
                    client.call("MULTI");
                    client.call("SET", key, next);
                    if (client.call("EXEC") != null) {
                        done++;
                    }
                }
            }
            return done;
        });
        try (RespClient client = server.connect()) {
            long sum = 0;
            for (int key = 0; key < KEYS; key++) {
                sum += Long.parseLong((String) client.call("GET", "counter:" + key));
            }
            assertThat(sum)
                    .isEqualTo(successes.stream().mapToInt(Integer::intValue).sum());
            assertThat((String) client.call("INFO", "clients"))
                    .contains("watching_clients:0\r\n")
                    .contains("total_watched_keys:0\r\n");
        }
    }

    /// Readers keep what they have read until they are told to forget it. When the writers have ended,
    /// whatever a reader still keeps must be what the server has.
    @Test
    void trackedReadersNeverKeepAStaleValue() throws Exception {
        List<Integer> kept = inParallel(CLIENTS, number -> {
            try (RespClient client = server.connect()) {
                if (number < 3) {
                    SplittableRandom random = new SplittableRandom(number);
                    for (int round = 0; round < 4 * ROUNDS; round++) {
                        client.call("SET", "k" + random.nextInt(KEYS), number + ":" + round);
                    }
                    return 0;
                }
                return new CachingReader(client).read(number, 2 * ROUNDS);
            }
        });
        assertThat(kept).hasSize(CLIENTS);
    }

    @Test
    void aBroadcastReaderHearsOfEveryKeyThatOtherLoopsWrite() throws Exception {
        try (RespClient listener = server.connect()) {
            listener.call("HELLO", 3);
            listener.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "own:");
            inParallel(CLIENTS, number -> {
                try (RespClient client = server.connect()) {
                    for (int round = 0; round < ROUNDS; round++) {
                        client.call("SET", (round % 2 == 0 ? "own:" : "other:") + number + ":" + round, "x");
                    }
                }
                return 0;
            });
            Set<String> heard = new HashSet<>();
            replyTo(listener, push -> heard.addAll(keysOf(push)), "PING");
            replyTo(listener, push -> heard.addAll(keysOf(push)), "PING");
            assertThat(heard).hasSize(CLIENTS * ROUNDS / 2).allMatch(key -> key.startsWith("own:"));
        }
    }

    /// A client-side cache as Redis's manual describes it.
    private static final class CachingReader {
        private final RespClient client;
        private final Map<String, String> cache = new HashMap<>();

        CachingReader(RespClient client) {
            this.client = client;
            client.call("HELLO", 3);
            client.call("CLIENT", "TRACKING", "ON");
        }

        /// Returns how many values it keeps at the end; each was compared.
        int read(long seed, int rounds) {
            SplittableRandom random = new SplittableRandom(seed);
            for (int round = 0; round < rounds; round++) {
                String key = "k" + random.nextInt(KEYS);
                if (!cache.containsKey(key)) {
                    Object value = call("GET", key);
                    if (value != null) {
                        cache.put(key, (String) value);
                    }
                } else {
                    call("PING"); // Brings what was pushed.
                }
            }
            // A value may be cached and changed again by writers that are slower than this reader. Reading it
            // once more leaves it tracked, so that only an invalidation that was lost makes the two differ.
            for (String key : List.copyOf(cache.keySet())) {
                Object now = call("GET", key);
                call("PING");
                call("PING"); // A push may be queued behind a reply, but not behind two.
                String mine = cache.get(key);
                if (mine != null && !mine.equals(now)) {
                    throw new AssertionError(key + ": kept " + mine + ", the server had " + now);
                }
            }
            return cache.size();
        }

        private @Nullable Object call(Object... arguments) {
            return replyTo(client, push -> keysOf(push).forEach(cache::remove), arguments);
        }
    }

    private interface PushHandler {
        void accept(Push push);
    }

    private static @Nullable Object replyTo(RespClient client, PushHandler handler, Object... arguments) {
        client.send(arguments);
        while (true) {
            Object read = client.read();
            if (!(read instanceof Push push)) {
                return read;
            }
            handler.accept(push);
        }
    }

    private static List<String> keysOf(Push push) {
        assertThat(push.elements().get(0)).isEqualTo("invalidate");
        List<String> keys = new ArrayList<>();
        for (Object key : (List<?>) push.elements().get(1)) {
            keys.add((String) key);
        }
        return keys;
    }

    private interface Client {
        int run(int number) throws Exception;
    }

    private List<Integer> inParallel(int clients, Client client) throws Exception {
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            int number = i;
            tasks.add(() -> client.run(number));
        }
        List<Integer> results = new ArrayList<>();
        for (Future<Integer> result : threads.invokeAll(tasks)) {
            results.add(result.get());
        }
        return results;
    }
}
