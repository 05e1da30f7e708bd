package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.ServerProcess;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A server that is killed (SIGKILL) in the middle of its clients' writes, again and again, over one log and
/// the checkpoints that cut it: BGREWRITEAOF and BGSAVE come all the time, by hand and by
/// `auto-aof-rewrite-percentage`, and so do changes of the indexes. What a start makes of one kill is what
/// the next one falls upon.
///
/// The property `nuthatch.kills` is how many kills there are in all, a quarter of them for each kind of log
/// under each policy.
class KillStormTest {
    private static final long SEED = Long.getLong("nuthatch.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("nuthatch.kills", 50);
    private static final int KINDS = 4;
    private static final int CLIENTS = 4;
    private static final int MOST_LOAD_MILLIS = 600;
    private static final int ROUNDS_A_LONG_ONE = 5; // One in so many is longer than what may be lost.
    private static final long MOST_LOST_NANOS = TimeUnit.SECONDS.toNanos(2);

    private long answered;
    private long lost;
    private int checkpoints;

    @ParameterizedTest
    @CsvSource({"0, segmented, always", "1, segmented, everysec", "2, chronicle, always", "3, chronicle, everysec"})
    void whatWasAnsweredIsThereAfterTheKill(
            int kind, String engine, String appendfsync, @TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
            throws InterruptedException {
        System.out.println("-Dnuthatch.seed=" + SEED);
        Random random = new Random(SEED + kind);
        List<RecordingClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new RecordingClient(i, random.nextLong()));
        }
        boolean isAlways = appendfsync.equals("always");
        int kills = (KILLS + KINDS - 1 - kind) / KINDS;
        long promisedUntil = Long.MIN_VALUE;
        for (int round = 0; round <= kills; round++) {
            try (ServerProcess server = start(folder, engine, appendfsync)) {
                try {
                    checkAll(server, clients, promisedUntil, random, "round " + round);
                    if (round < kills) {
                        boolean isLong = !isAlways && round % ROUNDS_A_LONG_ONE == 0;
                        long millis = 50 + random.nextInt(MOST_LOAD_MILLIS) + (isLong ? 2000 : 0);
                        long killed = loadAndKill(server, clients, TimeUnit.MILLISECONDS.toNanos(millis), random);
                        promisedUntil = isAlways ? Long.MAX_VALUE : killed - MOST_LOST_NANOS;
                    }
                } catch (UncheckedIOException failure) {
                    if (failure.getCause() instanceof SocketTimeoutException) {
                        throw new AssertionError("the server does not answer:\n" + server.threads(), failure);
                    }
                    throw failure;
                }
            }
        }
        System.out.println(engine + " " + appendfsync + ": " + kills + " kills, " + answered + " answered steps, "
                + lost + " lost, " + checkpoints + " checkpoints begun");
        assertThat(answered).isPositive();
        assertThat(checkpoints).isPositive();
    }

    private static ServerProcess start(Path folder, String engine, String appendfsync) {
        return ServerProcess.start(
                "--dir",
                folder.toString(),
                "--appendonly",
                "yes",
                "--aof-engine",
                engine,
                "--appendfsync",
                appendfsync,
                "--auto-aof-rewrite-min-size",
                "64kb");
    }

    /// Compares what the clients wrote with what there is, and what indexes answer.
    private void checkAll(
            ServerProcess server, List<RecordingClient> clients, long promisedUntil, Random random, String when) {
        try (RespClient client = server.connect()) {
            if (promisedUntil == Long.MIN_VALUE) {
                assertThat(SurvivingIndexes.create(client, "idx")).isTrue();
            }
            Map<String, Map<String, Object>> hashes = new TreeMap<>();
            long lastKeptSent = Long.MIN_VALUE;
            long firstLostAnswered = Long.MAX_VALUE;
            for (RecordingClient each : clients) {
                RecordingClient.Outcome outcome = each.check(client, promisedUntil);
                lost += outcome.lost();
                lastKeptSent = Math.max(lastKeptSent, outcome.lastKeptSent());
                firstLostAnswered = Math.min(firstLostAnswered, outcome.firstLostAnswered());
                hashes.putAll(each.hashes());
            }
            assertThat(lastKeptSent)
                    .as(when + ": what is lost is an end: nothing is there that was sent after it was answered")
                    .isLessThanOrEqualTo(firstLostAnswered);
            assertThat((List<?>) client.call("FT._LIST")).as(when).asString().contains("idx");
            new SurvivingIndexes(client, hashes, random).check(when);
        }
    }

    /// Returns when the server was killed (nano time). Throws what any of the clients threw.
    private long loadAndKill(ServerProcess server, List<RecordingClient> clients, long nanos, Random random)
            throws InterruptedException {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<?>> running = new ArrayList<>();
            for (RecordingClient each : clients) {
                running.add(threads.submit(() -> each.writeUntilKilled(server.port())));
            }
            long seed = random.nextLong();
            Future<Integer> begun = threads.submit(() -> keepUntilKilled(server.port(), new Random(seed)));
            LockSupport.parkNanos(nanos);
            long killed = System.nanoTime();
            server.kill();
            for (Future<?> each : running) {
                each.get();
            }
            checkpoints += begun.get();
            for (RecordingClient each : clients) {
                answered += each.answered();
            }
            return killed;
        } catch (ExecutionException failure) {
            throw new AssertionError(failure.getCause());
        }
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
                    default -> SurvivingIndexes.create(client, "other");
                }
            }
        } catch (UncheckedIOException dead) {
            if (dead.getCause() instanceof SocketTimeoutException) {
                throw dead;
            }
            return begun;
        }
    }
}
