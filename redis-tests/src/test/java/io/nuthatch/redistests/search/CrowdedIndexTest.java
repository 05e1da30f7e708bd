package io.nuthatch.redistests.search;

import static io.nuthatch.redistests.Floats.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.TestServer;
import io.nuthatch.server.SystemClock;
import java.io.ByteArrayOutputStream;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Clients that bring vectors faster than the index threads link them: they wait, and nobody else does.
class CrowdedIndexTest {
    private static final int DIM = 64;
    private static final int MOST_WAITING = 768 + 2 * 64; // And what two connections have in one batch.

    private final Random random = new Random(20261122);

    @Test
    void aWriterWaitsWhileTheOthersAreServed() {
        try (TestServer server = start();
                RespClient writer = server.connect();
                RespClient other = server.connect()) {
            create(other, "idx", "d:");
            int count = 4000;
            writer.sendRaw(upserts("d:", count));

            int looks = 0;
            long done;
            do { // All on the loop that the writer is on.
                assertThat(other.call("HSET", "elsewhere:" + looks, "v", bytes(vector())))
                        .isEqualTo(1L);
                assertThat(other.call("SET", "d:text", "any")).isEqualTo("OK");
                assertThat(waiting(server)).isLessThanOrEqualTo(MOST_WAITING);
                done = number(other, "num_docs");
                looks++;
            } while (done < count);

            for (int i = 0; i < count; i++) {
                assertThat(writer.read()).isEqualTo(1L);
            }
            assertThat(looks).isGreaterThan(5);
            assertThat(waits(other)).isPositive();
        }
    }

    @Test
    void aTransactionIsTakenWhole() {
        try (TestServer server = start();
                RespClient writer = server.connect()) {
            create(writer, "idx", "d:");
            for (int round = 0; round < 2; round++) {
                int count = 2500;
                ByteArrayOutputStream pipeline = new ByteArrayOutputStream();
                pipeline.writeBytes(RespClient.request("MULTI"));
                pipeline.writeBytes(upserts("d:" + round + ":", count));
                pipeline.writeBytes(RespClient.request("EXEC"));
                writer.sendRaw(pipeline.toByteArray());
                assertThat(writer.read()).isEqualTo("OK");
                for (int i = 0; i < count; i++) {
                    assertThat(writer.read()).isEqualTo("QUEUED");
                }
                assertThat(writer.read()).isEqualTo(Collections.nCopies(count, 1L));
            }
            assertThat(number(writer, "num_docs")).isEqualTo(5000);
            assertThat(waits(writer)).as("the second transaction").isPositive();
        }
    }

    @Test
    void aDroppedIndexLetsItsWriterGo() {
        try (TestServer server = start();
                RespClient writer = server.connect();
                RespClient other = server.connect()) {
            create(other, "idx", "d:");
            int count = 20_000;
            writer.sendRaw(upserts("d:", count));
            while (waits(other) == 0) {
                Thread.onSpinWait();
            }
            assertThat(other.call("FT.DROPINDEX", "idx")).isEqualTo("OK");
            for (int i = 0; i < count; i++) {
                assertThat(writer.read()).isEqualTo(1L);
            }
            assertThat(other.call("DBSIZE")).isEqualTo((long) count);
        }
    }

    @Test
    void aScanOfWhatIsThereWaits() {
        try (TestServer server = start();
                RespClient client = server.connect()) {
            int count = 6000;
            client.sendRaw(upserts("d:", count));
            for (int i = 0; i < count; i++) {
                assertThat(client.read()).isEqualTo(1L);
            }
            create(client, "idx", "d:");
            long most = 0;
            do {
                most = Math.max(most, waiting(server));
            } while (number(client, "indexing") != 0);
            assertThat(number(client, "num_docs")).isEqualTo(count);
            assertThat(most).isBetween(1L, 768L + 64); // 6,000 keys are less than one a slot.
        }
    }

    private static TestServer start() {
        return TestServer.startWith(new SystemClock(), "--io-threads", "1", "--index-threads", "1");
    }

    /// A graph that takes its time.
    private static void create(RespClient client, String name, String prefix) {
        assertThat(client.call(
                        "FT.CREATE",
                        name,
                        "PREFIX",
                        "1",
                        prefix,
                        "SCHEMA",
                        "v",
                        "VECTOR",
                        "HNSW",
                        "10",
                        "TYPE",
                        "FLOAT32",
                        "DIM",
                        Integer.toString(DIM),
                        "DISTANCE_METRIC",
                        "L2",
                        "M",
                        "32",
                        "EF_CONSTRUCTION",
                        "400"))
                .isEqualTo("OK");
    }

    private static long number(RespClient client, String name) {
        List<?> info = (List<?>) Objects.requireNonNull(client.call("FT.INFO", "idx"));
        return Long.parseLong(String.valueOf(info.get(info.indexOf(name) + 1)));
    }

    /// Vectors that are not in their graph yet.
    private static long waiting(TestServer server) {
        return server.server().indexes().all().getFirst().vectorLag();
    }

    /// Commands that had to wait.
    private static long waits(RespClient client) {
        String info = String.valueOf(client.call("INFO", "stats"));
        return info.lines()
                .filter(line -> line.startsWith("index_waits:"))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
                .sum();
    }

    private byte[] upserts(String prefix, int count) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            out.writeBytes(RespClient.request("HSET", prefix + i, "v", bytes(vector())));
        }
        return out.toByteArray();
    }

    private float[] vector() {
        float[] vector = new float[DIM];
        for (int i = 0; i < DIM; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }
}
