package io.nuthatch.redistests;

import static io.nuthatch.redistests.MemoryAccountTest.info;
import static io.nuthatch.redistests.MemoryAccountTest.number;
import static io.nuthatch.redistests.MemoryAccountTest.pause;
import static io.nuthatch.redistests.MemoryAccountTest.residentBytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `maxmemory` with Redis's policies, over documents of an index: a server is filled far above its limit.
@EnabledOnOs(OS.LINUX)
class EvictionTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final long LIMIT = 200L << 20;
    // A server seconds old, filled as fast as it goes: rows and the process count every tenth of a second.
    private static final long MOST = LIMIT + LIMIT / 5;
    private static final int DIMENSION = 1024;
    private static final int DOCUMENTS = 28_000; // 4 KiB each and more: with the process, far above the limit.
    private static final int BATCH = 100;
    private static final int KEPT = 50; // Without an expiry.
    private static final long FREE_BLOCKS = 16L << 20; // Fewer are not worth moving keys for.
    private static final Pattern EVICTED = Pattern.compile("evicted_keys:(\\d+)\r\n");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "allkeys-lru",
                "allkeys-lfu",
                "allkeys-random",
                "volatile-lru",
                "volatile-lfu",
                "volatile-random",
                "volatile-ttl"
            })
    void evictedDocumentsLeaveTheIndexToo(String policy) {
        boolean isVolatile = policy.startsWith("volatile");
        try (ServerProcess server = start(policy);
                RespClient client = server.connect();
                RespClient listener = server.connect()) {
            createIndex(client);
            listener.call("PSUBSCRIBE", "__keyevent@0__:evicted");
            Random random = new Random(SEED);
            for (int i = 0; i < KEPT; i++) {
                client.call("SET", "kept:" + i, "x".repeat(1_000));
            }
            Set<String> evicted = new HashSet<>();
            long most = 0;
            for (int base = 0; base < DOCUMENTS; base += BATCH) {
                assertThat(write(client, random, base, isVolatile))
                        .as("%s at %d", policy, base)
                        .isZero();
                drain(client, listener, evicted);
                most = Math.max(most, residentBytes(server));
            }
            assertThat(most).as("the most that was resident\n%s", info(client)).isLessThan(MOST);
            client.call("CONFIG", "SET", "maxmemory", 0); // Nothing goes from now on.
            pause(300); // A tick's slice may be under way.
            drain(client, listener, evicted);

            assertThat(evicted.size()).as("keys evicted").isBetween(1_000, DOCUMENTS - 1_000);
            Matcher count = EVICTED.matcher(String.valueOf(client.call("INFO", "stats")));
            assertThat(count.find()).isTrue();
            assertThat(Long.parseLong(count.group(1))).isEqualTo(evicted.size());
            long kept = 0;
            for (int i = 0; i < KEPT; i++) {
                kept += (Long) client.call("EXISTS", "kept:" + i);
            }
            if (isVolatile) {
                assertThat(kept).as("keys without an expiry").isEqualTo(KEPT);
            }
            assertThat(client.call("DBSIZE")).isEqualTo(DOCUMENTS + KEPT - (long) evicted.size());
            assertThat(documents(client)).isEqualTo(DOCUMENTS + KEPT - evicted.size() - kept);
            for (int i = 0; i < 5; i++) {
                for (String key : search(client, vector(random))) {
                    assertThat(evicted).doesNotContain(key);
                    assertThat(client.call("EXISTS", key)).isEqualTo(1L);
                }
            }
        }
    }

    @Test
    void noevictionRefusesWritesAndServesReads() {
        try (ServerProcess server = start("noeviction");
                RespClient client = server.connect()) {
            createIndex(client);
            Random random = new Random(SEED);
            int refused = 0;
            int base = 0;
            for (; refused == 0 && base < DOCUMENTS; base += BATCH) {
                refused = write(client, random, base, false);
            }
            assertThat(refused).as("writes refused at %d", base).isPositive();
            assertThat(residentBytes(server)).as(info(client)).isLessThan(MOST);
            String error = "OOM command not allowed when used memory > 'maxmemory'.";
            assertThat(client.error("HSET", "doc:more", "v", vector(random))).isEqualTo(error);
            assertThat(client.error("SET", "more", "x")).isEqualTo(error);
            assertThat(client.call("EXISTS", "doc:0")).isEqualTo(1L);
            assertThat(search(client, vector(random))).hasSize(10);
            assertThat(documents(client)).isEqualTo(client.call("DBSIZE"));

            for (int i = 0; i < base / 2; i++) { // Deleting is how a client gets out of it.
                client.call("DEL", "doc:" + i);
            }
            assertThat(client.call("SET", "more", "x")).isEqualTo("OK");
        }
    }

    /// Below what the process itself needs, all data goes, and the server answers.
    @Test
    void aLimitBelowTheProcessEvictsEverything() {
        try (ServerProcess server = start("allkeys-lru");
                RespClient client = server.connect()) {
            client.call("MSET", "a", "1", "b", "2");
            client.call("CONFIG", "SET", "maxmemory", "10mb");
            awaitKeys(client, 0);
            assertThat(client.error("SET", "a", "1")).startsWith("OOM ");
            assertThat(client.call("GET", "a")).isNull();
            client.call("CONFIG", "SET", "maxmemory", 0);
            assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
        }
    }

    /// From ten times the data to a tenth of it, at once: the server answers all the while, and memory goes
    /// back.
    @Test
    void aLimitLoweredByTenTimesIsReachedInSlices() {
        try (ServerProcess server = start("allkeys-random");
                RespClient client = server.connect()) {
            long idle = number(info(client), "used_memory");
            client.call("CONFIG", "SET", "maxmemory", 0);
            String value = "v".repeat(1_000);
            int count = 150_000;
            for (int base = 0; base < count; base += 1_000) {
                for (int i = base; i < base + 1_000; i++) {
                    client.send("SET", "key:" + i, value);
                }
                for (int i = 0; i < 1_000; i++) {
                    client.read();
                }
            }
            long full = number(info(client), "used_memory");
            long limit = idle + (full - idle) / 10;
            client.call("CONFIG", "SET", "maxmemory", limit);
            int answered = 0;
            while ((Long) client.call("DBSIZE") > count / 4) {
                assertThat(client.call("GET", "key:" + answered)).isIn(value, null);
                assertThat(client.call("SET", "other:" + answered % 100, value)).isEqualTo("OK");
                answered++;
            }
            assertThat(answered).as("calls answered meanwhile").isPositive();
            long bound = limit + limit / 20 + FREE_BLOCKS;
            long held = Long.MAX_VALUE;
            for (int i = 0; i < 200 && held > bound; i++) {
                pause(100);
                held = residentBytes(server);
            }
            assertThat(held).as("limit %d\n%s", limit, info(client)).isLessThanOrEqualTo(bound);
            assertThat((Long) client.call("DBSIZE")).as("keys left").isGreaterThan(count / 200);
        }
    }

    private static ServerProcess start(String policy) {
        return ServerProcess.startWithHeap(
                "96m",
                "--maxmemory",
                String.valueOf(LIMIT),
                "--maxmemory-policy",
                policy,
                "--simd", // The first compiler alone makes kernels of vectors slow.
                "no",
                "--notify-keyspace-events",
                "Ee");
    }

    private static void createIndex(RespClient client) {
        List<Object> create =
                new ArrayList<>(List.of("FT.CREATE", "i", "PREFIX", 1, "doc:", "SCHEMA", "t", "TAG", "v"));
        create.addAll(List.of("VECTOR", "FLAT", 6, "TYPE", "FLOAT32", "DIM", DIMENSION, "DISTANCE_METRIC", "L2"));
        assertThat(client.call(create.toArray())).isEqualTo("OK");
    }

    /// Writes a batch of documents; returns how many were refused for memory.
    private static int write(RespClient client, Random random, int base, boolean expire) {
        for (int i = base; i < base + BATCH; i++) {
            client.send("HSET", "doc:" + i, "t", "t" + i % 7, "v", vector(random));
            if (expire) {
                client.send("EXPIRE", "doc:" + i, 100_000 + i % 1_000);
            }
        }
        int refused = 0;
        for (int i = base; i < base + BATCH; i++) {
            if (client.read() instanceof RespClient.ErrorReply error) {
                assertThat(error.message()).startsWith("OOM ");
                refused++;
            }
            if (expire) {
                client.read(); // 0 when the document was the next to go.
            }
        }
        return refused;
    }

    /// Takes what the listener was told so far.
    private static void drain(RespClient client, RespClient listener, Set<String> evicted) {
        String mark = "mark " + evicted.size();
        client.call("PUBLISH", "__keyevent@0__:evicted", mark);
        while (true) {
            List<?> message = (List<?>) listener.read();
            String key = String.valueOf(message.get(3));
            if (key.equals(mark)) {
                return;
            }
            assertThat(evicted.add(key)).as("told once: %s", key).isTrue();
        }
    }

    private static long documents(RespClient client) {
        List<?> info = (List<?>) client.call("FT.INFO", "i");
        return Long.parseLong(String.valueOf(info.get(info.indexOf("num_docs") + 1)));
    }

    private static List<String> search(RespClient client, byte[] query) {
        Object reply =
                client.call("FT.SEARCH", "i", "*=>[KNN 10 @v $q]", "NOCONTENT", "PARAMS", 2, "q", query, "DIALECT", 2);
        List<?> found = (List<?>) reply;
        return found.subList(1, found.size()).stream().map(String::valueOf).toList();
    }

    private static void awaitKeys(RespClient client, long count) {
        @Nullable Object size = null;
        for (int i = 0; i < 100 && !Long.valueOf(count).equals(size); i++) {
            pause(100);
            size = client.call("DBSIZE");
        }
        assertThat(size).isEqualTo(count);
    }

    private static byte[] vector(Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(DIMENSION * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < DIMENSION; i++) {
            bytes.putFloat(random.nextFloat());
        }
        return bytes.array();
    }
}
