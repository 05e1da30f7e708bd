package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A server that is killed (SIGKILL) in the middle of its clients' writes, again and again, over one log.
class KillStormTest {
    private static final long SEED = Long.getLong("nuthatch.seed", System.nanoTime());
    private static final int ROUNDS = Integer.getInteger("nuthatch.kills", 4);
    private static final int CLIENTS = 4;
    private static final long MOST_LOST_NANOS = TimeUnit.SECONDS.toNanos(2);

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    void whatWasAnsweredIsThereAfterTheKill(String appendfsync, @TempDir Path folder) throws InterruptedException {
        System.out.println("-Dnuthatch.seed=" + SEED);
        Random random = new Random(SEED);
        List<RecordingClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new RecordingClient(i, random.nextLong()));
        }
        long promisedUntil = Long.MIN_VALUE;
        long answered = 0;
        long lost = 0;
        for (int round = 0; ; round++) {
            try (ServerProcess server = ServerProcess.start(
                    "--dir", folder.toString(), "--appendonly", "yes", "--appendfsync", appendfsync)) {
                try (RespClient client = server.connect()) {
                    if (round == 0) {
                        client.call(
                                "FT.CREATE",
                                "idx",
                                "SCHEMA",
                                "t",
                                "TEXT",
                                "vec",
                                "VECTOR",
                                "HNSW",
                                6,
                                "TYPE",
                                "FLOAT32",
                                "DIM",
                                8,
                                "DISTANCE_METRIC",
                                "L2");
                    }
                    long vectors = 0;
                    for (RecordingClient each : clients) {
                        lost += each.check(client, promisedUntil);
                        vectors += each.vectors();
                    }
                    assertThat(found(client))
                            .as("round %d: documents by a search", round)
                            .isEqualTo(vectors);
                }
                if (round == ROUNDS) {
                    break;
                }
                List<Thread> threads = new ArrayList<>();
                for (RecordingClient each : clients) {
                    threads.add(Thread.ofPlatform().start(() -> each.writeUntilKilled(server.port())));
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50 + random.nextInt(600)));
                long killed = System.nanoTime();
                server.kill();
                for (Thread thread : threads) {
                    thread.join();
                }
                promisedUntil = appendfsync.equals("always") ? Long.MAX_VALUE : killed - MOST_LOST_NANOS;
                for (RecordingClient each : clients) {
                    answered += each.answered();
                }
            }
        }
        System.out.println(appendfsync + ": " + ROUNDS + " kills, " + answered + " answered steps, " + lost + " lost");
        assertThat(answered).isPositive();
    }

    private static long found(RespClient client) {
        List<?> reply = (List<?>) client.call(
                "FT.SEARCH",
                "idx",
                "*=>[KNN 1000 @vec $v]",
                "PARAMS",
                2,
                "v",
                new byte[32],
                "NOCONTENT",
                "LIMIT",
                0,
                0,
                "DIALECT",
                2);
        return (Long) reply.getFirst();
    }
}
