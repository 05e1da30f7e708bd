package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient.ErrorReply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What recorded replies cannot show of keys: time, whole walks, payloads that nobody ever made.
class KeysTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eedL);

    @Test
    void aKeyIsGoneFromTheMillisecondOfItsExpiry() {
        SimulatedClock clock = new SimulatedClock(1_800_000_000_000L);
        try (TestServer server = TestServer.start(clock);
                RespClient client = server.connect()) {
            client.call("SET", "k", "v", "PX", 100);
            client.call("HSET", "h", "f", "1", "g", "2");
            client.call("HPEXPIRE", "h", 100, "FIELDS", 1, "f");
            clock.advance(99);
            assertThat(client.call("GET", "k")).isEqualTo("v");
            assertThat(client.call("PTTL", "k")).isEqualTo(1L);
            assertThat(client.call("HPTTL", "h", "FIELDS", 1, "f")).isEqualTo(List.of(1L));
            clock.advance(1);
            assertThat(client.call("GET", "k")).isNull();
            assertThat(client.call("EXISTS", "k")).isEqualTo(0L);
            assertThat(client.call("HGETALL", "h")).isEqualTo(List.of("g", "2"));
            client.call("HPEXPIRE", "h", 100, "FIELDS", 1, "g");
            clock.advance(100);
            assertThat(client.call("EXISTS", "h")).isEqualTo(0L);
        }
    }

    /// SCAN's guarantee: what is there from the first call to the last is given, whatever comes and goes
    /// meanwhile.
    @Test
    void aScanGivesEveryKeyThatStaysAmongOthersThatComeAndGo() {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Random random = new Random(SEED);
            Set<String> staying = new HashSet<>();
            for (int i = 0; i < 2_000; i++) {
                staying.add("stay:" + i);
                client.call("SET", "stay:" + i, i);
                client.call("HSET", "hash", "stay:" + i, i);
            }
            Set<Object> met = new HashSet<>();
            Set<Object> metFields = new HashSet<>();
            String cursor = "0";
            String fieldCursor = "0";
            do {
                List<?> reply = (List<?>) Objects.requireNonNull(client.call("SCAN", cursor, "COUNT", 20));
                cursor = (String) Objects.requireNonNull(reply.get(0));
                met.addAll((List<?>) Objects.requireNonNull(reply.get(1)));
                change(client, random);
            } while (!cursor.equals("0"));
            do {
                List<?> reply = (List<?>)
                        Objects.requireNonNull(client.call("HSCAN", "hash", fieldCursor, "COUNT", 20, "NOVALUES"));
                fieldCursor = (String) Objects.requireNonNull(reply.get(0));
                metFields.addAll((List<?>) Objects.requireNonNull(reply.get(1)));
                change(client, random);
            } while (!fieldCursor.equals("0"));
            assertThat(met).as("-Dnuthatch.seed=%d", SEED).containsAll(staying);
            assertThat(metFields).as("-Dnuthatch.seed=%d", SEED).containsAll(staying);
        }
    }

    @Test
    void aScanRemovesTheExpiredKeysItComesUpon() {
        SimulatedClock clock = new SimulatedClock(1_800_000_000_000L);
        try (TestServer server = TestServer.start(clock);
                RespClient client = server.connect()) {
            client.call("SET", "stays", 1);
            for (int i = 0; i < 100; i++) {
                client.call("SET", "goes:" + i, i, "PX", 10);
            }
            clock.advance(10);
            assertThat(client.call("SCAN", 0, "COUNT", 1000)).isEqualTo(List.of("0", List.of("stays")));
            assertThat(client.call("DBSIZE")).isEqualTo(1L);
        }
    }

    @Test
    void whatIsDumpedIsRestored() {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            client.call("SET", "s", "\u0000binary\r\n" + "x".repeat(70_000));
            client.call("HSET", "h", "a", 1, "b", "y".repeat(1000), "c", -70_000);
            client.call("HPEXPIREAT", "h", 33_177_117_420_123L, "FIELDS", 1, "b");
            for (String key : List.of("s", "h")) {
                byte[] payload = RespClient.bytes(client.call("DUMP", key));
                assertThat(client.call("RESTORE", key + "2", 0, payload)).isEqualTo("OK");
            }
            assertThat(client.call("GET", "s2")).isEqualTo(client.call("GET", "s"));
            assertThat(client.call("HGETALL", "h2")).isEqualTo(client.call("HGETALL", "h"));
            assertThat(client.call("HPEXPIRETIME", "h2", "FIELDS", 2, "a", "b"))
                    .isEqualTo(List.of(-1L, 33_177_117_420_123L));
        }
    }

    @Test
    void noPayloadBreaksTheServer() {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            Random random = new Random(SEED);
            client.call("HSET", "h", "a", 1, "b", "y".repeat(100));
            byte[] payload = RespClient.bytes(client.call("DUMP", "h"));
            for (int run = 0; run < 2_000; run++) {
                byte[] mutated = payload.clone();
                mutated[random.nextInt(mutated.length)] ^= (byte) (1 + random.nextInt(255));
                assertThat(client.call("RESTORE", "r", 0, mutated, "REPLACE"))
                        .as("-Dnuthatch.seed=%d", SEED)
                        .isEqualTo(new ErrorReply("ERR DUMP payload version or checksum are wrong"));
            }
            assertThat(client.call("PING")).isEqualTo("PONG");
        }
    }

    /// A walk over the keyspace inside a transaction, beside other connections that do the same: none waits
    /// for ever.
    @Test
    void transactionsWithWalksDoNotBlockEachOther() throws InterruptedException {
        try (TestServer server = TestServer.start()) {
            List<Thread> threads = new ArrayList<>();
            List<@Nullable Object> replies = Collections.synchronizedList(new ArrayList<>());
            for (int t = 0; t < 4; t++) {
                int id = t;
                threads.add(Thread.ofPlatform().start(() -> {
                    try (RespClient client = server.connect()) {
                        for (int i = 0; i < 200; i++) {
                            client.call("MULTI");
                            client.call("SET", "k:" + (i * 7 + id), i);
                            client.call(i % 2 == 0 ? "SCAN" : "KEYS", i % 2 == 0 ? "0" : "nothing");
                            client.call("DEL", "k:" + (i * 3 + id));
                            replies.add(client.call("EXEC"));
                        }
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join(60_000);
                assertThat(thread.isAlive()).isFalse();
            }
            assertThat(replies)
                    .hasSize(800)
                    .allSatisfy(reply -> assertThat(reply)
                            .asInstanceOf(InstanceOfAssertFactories.LIST)
                            .hasSize(3));
        }
    }

    @Test
    void readsAreCountedAsHitsAndMisses() {
        try (TestServer server = TestServer.start();
                RespClient client = server.connect()) {
            client.call("SET", "k", "v");
            client.call("CONFIG", "RESETSTAT");
            client.call("GET", "k");
            client.call("MGET", "k", "no", "k");
            client.call("HGET", "no", "f");
            client.call("EXISTS", "k");
            assertThat((String) client.call("INFO", "stats")).contains("keyspace_hits:4\r\n", "keyspace_misses:2\r\n");
        }
    }

    private static void change(RespClient client, Random random) {
        for (int i = 0; i < 20; i++) {
            String name = "comes:" + random.nextInt(4_000);
            if (random.nextBoolean()) {
                client.call("SET", name, 1);
                client.call("HSET", "hash", name, 1);
            } else {
                client.call("DEL", name);
                client.call("HDEL", "hash", name);
            }
        }
    }
}
