package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.commands.ClientPause;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Placement;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.server.SystemClock;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Commands that take long, beside those that do not, on one connection and on several.
class QueryPoolTest {
    /// `SLOW name` answers its name when the test lets it; `NOTE` counts; `FAIL` breaks.
    private static final class TestCommands implements CommandFamily {
        private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();
        private final AtomicInteger started = new AtomicInteger();
        private final AtomicInteger notes = new AtomicInteger();

        private CountDownLatch gate(String name) {
            return gates.computeIfAbsent(name, key -> new CountDownLatch(1));
        }

        private void open(String name) {
            gate(name).countDown();
        }

        @Override
        public List<Command> commands() {
            return List.of(
                    slow("SLOW", CommandFlag.READONLY),
                    slow("SLOWWRITE", CommandFlag.WRITE),
                    SimpleCommand.of(
                            spec("NOTE", 1).build(), (context, args, reply) -> reply.integer(notes.incrementAndGet())),
                    SimpleCommand.of(spec("FAIL", 1).build(), (context, args, reply) -> {
                        reply.array(3);
                        throw new IllegalStateException("on purpose");
                    }));
        }

        private Command slow(String name, CommandFlag flag) {
            return SimpleCommand.of(
                    spec(name, 2).flags(flag).placement(Placement.QUERY_POOL).build(), (context, args, reply) -> {
                        started.incrementAndGet();
                        try {
                            assertThat(gate(args.text(1)).await(30, TimeUnit.SECONDS))
                                    .isTrue();
                        } catch (InterruptedException stop) {
                            Thread.currentThread().interrupt();
                        }
                        reply.bulk(args.text(1));
                    });
        }

        private static CommandSpec.Builder spec(String name, int arity) {
            return CommandSpec.named(name).summary("For tests").group("server").arity(arity);
        }
    }

    private final TestCommands commands = new TestCommands();
    private TestServer server;

    @BeforeEach
    void start() {
        server = TestServer.start(new SystemClock(), options -> options.withQueryPool(2, 1), List.of(commands));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void repliesKeepTheOrderOfTheCommandsWhicheverEndsFirst() {
        try (RespClient client = server.connect()) {
            client.sendRaw(RespClient.request("SLOW", "a"));
            client.sendRaw(RespClient.request("SLOW", "b"));
            client.sendRaw(RespClient.request("ECHO", "c"));
            await(() -> commands.started.get() == 2); // Side by side.
            commands.open("b");
            client.setTimeout(200);
            assertThat(hasReply(client)).isFalse();
            client.setTimeout(30_000);
            commands.open("a");
            assertThat(client.read()).isEqualTo("a");
            assertThat(client.read()).isEqualTo("b");
            assertThat(client.read()).isEqualTo("c");
        }
    }

    @Test
    void anyOtherCommandWaitsForThoseBeforeIt() {
        try (RespClient client = server.connect();
                RespClient other = server.connect()) {
            client.sendRaw(RespClient.request("SLOW", "a"));
            client.sendRaw(RespClient.request("NOTE"));
            client.sendRaw(RespClient.request("SLOWWRITE", "b"));
            client.sendRaw(RespClient.request("NOTE"));
            await(() -> commands.started.get() == 1);
            assertThat(other.call("NOTE")).isEqualTo(1L);
            commands.open("a");
            assertThat(client.read()).isEqualTo("a");
            assertThat(client.read()).isEqualTo(2L);
            await(() -> commands.started.get() == 2);
            assertThat(other.call("NOTE")).isEqualTo(3L);
            commands.open("b");
            assertThat(client.read()).isEqualTo("b");
            assertThat(client.read()).isEqualTo(4L);
        }
    }

    @Test
    void whoFindsTheQueueFullIsReadFromLater() {
        try (RespClient first = server.connect();
                RespClient second = server.connect();
                RespClient third = server.connect();
                RespClient fourth = server.connect()) {
            first.send("SLOW", "a");
            second.send("SLOW", "b");
            await(() -> commands.started.get() == 2);
            third.send("SLOW", "c");
            fourth.sendRaw(RespClient.request("SLOW", "d"));
            fourth.sendRaw(RespClient.request("ECHO", "e"));
            await(() -> server.server().state().stats().queryPoolWaits.sum() > 0);
            for (String name : List.of("a", "b", "c", "d")) {
                commands.open(name);
            }
            assertThat(first.read()).isEqualTo("a");
            assertThat(second.read()).isEqualTo("b");
            assertThat(third.read()).isEqualTo("c");
            assertThat(fourth.read()).isEqualTo("d");
            assertThat(fourth.read()).isEqualTo("e");
        }
    }

    @Test
    void aClientThatLeavesDuringItsQueryLeavesNothingBehind() {
        RespClient client = server.connect();
        client.send("SLOW", "a");
        await(() -> commands.started.get() == 1);
        client.close();
        commands.open("a");
        await(() -> server.server().state().clients().count() == 0);
    }

    @Test
    void aBrokenCommandIsAnErrorAndTheConnectionLives() {
        try (RespClient client = server.connect()) {
            assertThat(client.error("FAIL")).startsWith("ERR internal error: ").contains("on purpose");
            assertThat(client.call("NOTE")).isEqualTo(1L);
        }
    }

    @Test
    void aPausedClientGoesOnWhenThePauseEnds() {
        ClientPause pause = server.server().state().pause();
        try (RespClient client = server.connect()) {
            long now = new SystemClock().nowMillis();
            pause.pause(ClientPause.Mode.ALL, now + 60_000, now);
            client.send("NOTE");
            client.setTimeout(200);
            assertThat(hasReply(client)).isFalse();
            client.setTimeout(30_000);
            assertThat(commands.notes.get()).isZero();
            pause.unpause();
            assertThat(client.read()).isEqualTo(1L);
        }
    }

    /// Whether a reply comes before the client's timeout; the client has read nothing of it when not.
    private static boolean hasReply(RespClient client) {
        try {
            client.read();
            return true;
        } catch (UncheckedIOException timeout) {
            return false;
        }
    }

    private static void await(BooleanSupplier condition) {
        SystemClock clock = new SystemClock();
        long end = clock.nowMillis() + 20_000;
        while (!condition.getAsBoolean()) {
            assertThat(clock.nowMillis()).as("in time").isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
