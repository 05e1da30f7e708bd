package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.ServerProcess;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A server that is killed (SIGKILL) in the middle of its clients' writes, again and again, over one log and
/// the checkpoints that cut it: BGREWRITEAOF and BGSAVE come all the time, by hand and by
/// `auto-aof-rewrite-percentage`, and so do changes of the indexes.
class KillStormTest {
    private static final long SEED = Long.getLong("nuthatch.seed", System.nanoTime());
    private static final int ROUNDS = Integer.getInteger("nuthatch.kills", 4);
    private static final int CLIENTS = 4;
    private static final int QUERIES = 10;
    private static final int NEAREST = 5;
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
        int checkpoints = 0;
        for (int round = 0; ; round++) {
            try (ServerProcess server = start(folder, appendfsync)) {
                try (RespClient client = server.connect()) {
                    if (round == 0) {
                        create(client, "idx");
                    }
                    Map<String, byte[]> vectors = new TreeMap<>();
                    for (RecordingClient each : clients) {
                        lost += each.check(client, promisedUntil);
                        vectors.putAll(each.vectors());
                    }
                    for (Object index : (List<?>) client.call("FT._LIST")) {
                        checkAnswers(client, String.valueOf(index), vectors, random, "round " + round + ": " + index);
                    }
                }
                if (round == ROUNDS) {
                    break;
                }
                List<Thread> threads = new ArrayList<>();
                for (RecordingClient each : clients) {
                    threads.add(Thread.ofPlatform().start(() -> each.writeUntilKilled(server.port())));
                }
                int[] written = new int[1];
                long seed = random.nextLong();
                threads.add(
                        Thread.ofPlatform().start(() -> written[0] = keepUntilKilled(server.port(), new Random(seed))));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50 + random.nextInt(600)));
                long killed = System.nanoTime();
                server.kill();
                for (Thread thread : threads) {
                    thread.join();
                }
                checkpoints += written[0];
                promisedUntil = appendfsync.equals("always") ? Long.MAX_VALUE : killed - MOST_LOST_NANOS;
                for (RecordingClient each : clients) {
                    answered += each.answered();
                }
            }
        }
        System.out.println(appendfsync + ": " + ROUNDS + " kills, " + answered + " answered steps, " + lost + " lost, "
                + checkpoints + " checkpoints begun");
        assertThat(answered).isPositive();
        assertThat(checkpoints).isPositive();
    }

    private static ServerProcess start(Path folder, String appendfsync) {
        return ServerProcess.start(
                "--dir",
                folder.toString(),
                "--appendonly",
                "yes",
                "--appendfsync",
                appendfsync,
                "--auto-aof-rewrite-min-size",
                "64kb");
    }

    private static void create(RespClient client, String index) {
        client.call(
                "FT.CREATE",
                index,
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

    /// Asks for checkpoints, and makes and drops a second index, until the connection breaks. Returns how
    /// many checkpoints were begun.
    private static int keepUntilKilled(int port, Random random) {
        int begun = 0;
        try (RespClient client = RespClient.connect(port)) {
            while (true) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(40)));
                switch (random.nextInt(5)) {
                    case 0, 1, 2 -> {
                        client.send(random.nextBoolean() ? "BGREWRITEAOF" : "BGSAVE");
                        begun += client.read() instanceof RespClient.ErrorReply ? 0 : 1; // One is under way.
                    }
                    case 3 -> {
                        client.send("FT.DROPINDEX", "other");
                        client.read(); // There may be none.
                    }
                    default -> create(client, "other");
                }
            }
        } catch (UncheckedIOException dead) {
            return begun;
        }
    }

    /// Every document is found, and the nearest ones are those that a look at all of them finds.
    private static void checkAnswers(
            RespClient client, String index, Map<String, byte[]> vectors, Random random, String as) {
        while (!isScanned(client, index)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        assertThat(nearest(client, index, new byte[32], 1000)).as(as).hasSameSizeAs(vectors.keySet());
        int found = 0;
        int wanted = 0;
        for (int i = 0; i < QUERIES && !vectors.isEmpty(); i++) {
            byte[] query = new byte[32];
            for (int j = 0; j < query.length; j++) {
                query[j] = (byte) (j % 4 == 3 ? 0x3f : random.nextInt(128));
            }
            List<String> exact = vectors.keySet().stream()
                    .sorted(Comparator.comparingDouble(key -> distance(query, vectors.get(key))))
                    .limit(NEAREST)
                    .toList();
            List<String> answered = nearest(client, index, query, NEAREST);
            wanted += exact.size();
            found += (int) exact.stream().filter(answered::contains).count();
        }
        assertThat(found).as(as + ": nearest documents").isGreaterThanOrEqualTo((int) Math.floor(wanted * 0.99));
    }

    private static boolean isScanned(RespClient client, String index) {
        List<?> info = (List<?>) client.call("FT.INFO", index);
        return String.valueOf(info.get(info.indexOf("percent_indexed") + 1)).equals("1");
    }

    private static double distance(byte[] one, byte[] other) {
        ByteBuffer left = ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer right = ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN);
        double sum = 0;
        while (left.hasRemaining()) {
            double difference = left.getFloat() - right.getFloat();
            sum += difference * difference;
        }
        return sum;
    }

    private static List<String> nearest(RespClient client, String index, byte[] query, int count) {
        List<?> reply = (List<?>) client.call(
                "FT.SEARCH",
                index,
                "*=>[KNN " + count + " @vec $v]",
                "PARAMS",
                2,
                "v",
                query,
                "NOCONTENT",
                "LIMIT",
                0,
                count,
                "DIALECT",
                2);
        return reply.subList(1, reply.size()).stream().map(String::valueOf).toList();
    }
}
