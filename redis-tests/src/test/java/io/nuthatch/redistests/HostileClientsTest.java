package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.commands.Session;
import io.nuthatch.server.ConnectionPolicy;
import io.nuthatch.server.SystemClock;
import io.nuthatch.server.TransportKind;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Clients that send too much, too little or nonsense, or do not take their replies: each gets its error or
/// is held back, and nobody else notices.
class HostileClientsTest {
    private static final int MB = 1 << 20;
    /// What the kernel's socket buffers may take beside what the server holds.
    private static final long KERNEL_BYTES = 16L * MB;

    private TestServer server;
    private RespClient bystander;

    @BeforeEach
    void start() {
        server = TestServer.start();
        bystander = server.connect();
        assertThat(bystander.call("PING")).isEqualTo("PONG"); // So that the server has accepted it.
    }

    @AfterEach
    void nobodyElseNoticedAndNothingIsLeft() {
        assertThat(bystander.call("PING")).isEqualTo("PONG");
        await(() -> server.server().state().clients().count() == 1);
        bystander.close();
        server.close();
    }

    @Test
    void anEndlessInlineCommandIsRefusedWithoutBeingKept() {
        try (RespClient client = server.connect()) {
            byte[] part = "x".repeat(MB).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            for (int sent = 0; sent < 100; sent++) {
                client.sendRaw(part);
            }
            // The server has long answered and reads no more than to drop it, so that its error is not lost.
            assertThat(client.read())
                    .isEqualTo(new RespClient.ErrorReply("ERR Protocol error: too big inline request"));
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void aRefusedClientThatGoesOnSendingIsClosed() {
        try (RespClient client = server.connect()) {
            byte[] part = new byte[MB];
            client.sendRaw("*x\r\n");
            assertThatThrownBy(() -> {
                        for (int sent = 0; sent < 1_000; sent++) {
                            client.sendRaw(part);
                        }
                    })
                    .isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void halfAFrameAndSilenceHoldLittleMemory() {
        List<RespClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                RespClient client = server.connect();
                client.sendRaw("*2\r\n$4\r\nECHO\r\n$104857600\r\nab");
                clients.add(client);
            }
            await(() -> held() > 0 && server.server().state().clients().count() == 51);
            assertThat(bystander.call("PING")).isEqualTo("PONG");
            assertThat(held()).isLessThan(50L * 64);
        } finally {
            clients.forEach(RespClient::close);
        }
    }

    @Test
    void whatHalfARequestTakesFollowsWhatHasArrivedAndIsGivenBack() {
        long before = directBytes();
        byte[] half = new byte[3 * MB];
        List<RespClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                RespClient client = server.connect();
                client.sendRaw("*2\r\n$4\r\nECHO\r\n$104857600\r\nab");
                clients.add(client);
            }
            await(() -> server.server().state().clients().count() == 201 && held() > 200 * 24);
            assertThat(directBytes() - before).isLessThan(16L * MB);
            for (RespClient client : clients.subList(0, 8)) {
                client.sendRaw(half);
            }
            await(() -> held() > 8L * half.length);
            assertThat(directBytes() - before).isBetween(8L * half.length, 8L * half.length * 5 + 16 * MB);
        } finally {
            clients.forEach(RespClient::close);
        }
        await(() -> directBytes() - before < 16L * MB);
    }

    /// Bytes of direct buffers in this process.
    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    @Test
    void aBrowserIsHungUpOn() {
        for (String request : List.of("POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n")) {
            try (RespClient client = server.connect()) {
                client.sendRaw(request + "\r\nSET stolen 1\r\n");
                if (request.startsWith("GET")) {
                    assertThat(client.read())
                            .isEqualTo(new RespClient.ErrorReply("ERR wrong number of arguments for 'get' command"));
                }
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
        assertThat(bystander.call("EXISTS", "stolen")).isEqualTo(0L);
    }

    private long held() {
        return server.server().state().clients().all().stream()
                .mapToLong(session -> session.connection().queryBytes())
                .sum();
    }

    @Test
    void aMillionEmptyArraysAreSkipped() {
        try (RespClient client = server.connect()) {
            String empties = "*0\r\n*-1\r\n\r\n".repeat(10_000);
            for (int i = 0; i < 34; i++) {
                client.sendRaw(empties);
            }
            assertThat(client.call("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void nestedArraysAreNoRequests() {
        try (RespClient client = server.connect()) {
            client.sendRaw("*1\r\n".repeat(10_000));
            assertThat(client.read()).isEqualTo(new RespClient.ErrorReply("ERR Protocol error: expected '$', got '*'"));
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void aClientThatNeverReadsIsNoLongerReadFrom() throws Exception {
        try (RespClient client = server.connect()) {
            byte[] echo = RespClient.request("ECHO", new byte[256 * 1024]);
            client.socket().setSendBufferSize(256 * 1024);
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 400; i++) { // 100 MB.
                        client.sendRaw(echo);
                    }
                } catch (UncheckedIOException closed) {
                    Thread.currentThread().interrupt();
                }
            });
            Session session = newest();
            await(() -> session.connection().outputBytes() > 256 * 1024);
            sender.join(300);
            assertThat(sender.isAlive()).as("the sender is held back").isTrue();
            long commands = session.commands();
            assertThat(commands * 256L * 1024).isLessThan(KERNEL_BYTES + 4 * MB);
            assertThat(session.connection().outputBytes()).isLessThan(2L * MB);
            for (int i = 0; i < 400; i++) {
                assertThat((String) client.read()).hasSize(256 * 1024);
            }
            sender.join();
            assertThat(client.call("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void aSubscriberThatNeverReadsIsClosedAtItsLimit() {
        server.server().policy().setPubSub(new ConnectionPolicy.OutputLimit(4L * MB, 0, 0));
        try (RespClient client = server.connect()) {
            client.call("SUBSCRIBE", "news");
            Session session = newest();
            byte[] message = new byte[MB];
            for (int i = 0; i < 100 && server.server().state().clients().find(session.id()) != null; i++) {
                bystander.call("PUBLISH", "news", message);
            }
            await(() -> server.server().state().clients().find(session.id()) == null);
            assertThat(server.server().state().stats().outputBufferClosings.sum())
                    .isEqualTo(1);
        }
    }

    @Test
    void aMonitorThatNeverReadsIsClosedAtTheSameLimit() {
        server.server().policy().setPubSub(new ConnectionPolicy.OutputLimit(4L * MB, 0, 0));
        try (RespClient client = server.connect()) {
            client.call("MONITOR");
            Session session = newest();
            byte[] message = new byte[MB];
            for (int i = 0; i < 100 && server.server().state().clients().find(session.id()) != null; i++) {
                bystander.call("PUBLISH", "news", message);
            }
            await(() -> server.server().state().clients().find(session.id()) == null);
        }
    }

    @Test
    void moreClientsThanAllowedAreToldSo() {
        server.server().policy().setMaxClients(2);
        try (RespClient second = server.connect();
                RespClient third = server.connect()) {
            assertThat(second.call("PING")).isEqualTo("PONG");
            assertThat(third.read()).isEqualTo(new RespClient.ErrorReply("ERR max number of clients reached"));
            assertThat(third.isClosedByServer()).isTrue();
        }
        await(() -> server.server().state().clients().count() == 1);
        try (RespClient again = server.connect()) {
            assertThat(again.call("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void beforeAuthenticationRequestsAreSmall() {
        server.server().state().setPassword("secret");
        String tooMany = "*11\r\n";
        String tooLong = "*2\r\n$4\r\nECHO\r\n$16385\r\n";
        for (List<String> pair : List.of(
                List.of(tooMany, "ERR Protocol error: unauthenticated multibulk length"),
                List.of(tooLong, "ERR Protocol error: unauthenticated bulk length"))) {
            try (RespClient client = server.connect()) {
                assertThat(client.error("ECHO", "x")).isEqualTo("NOAUTH Authentication required.");
                client.sendRaw(pair.get(0));
                assertThat(client.read()).isEqualTo(new RespClient.ErrorReply(pair.get(1)));
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
        try (RespClient client = server.connect()) {
            client.sendRaw(RespClient.request("AUTH", "secret"));
            client.sendRaw(RespClient.request("ECHO", new byte[100_000]));
            assertThat(client.read()).isEqualTo("OK");
            assertThat((String) client.read()).hasSize(100_000);
        }
    }

    @Test
    void idleClientsAreClosedAfterTheTimeout() {
        SimulatedClock clock = new SimulatedClock(1_700_000_000_000L);
        try (TestServer timed = TestServer.start(clock);
                RespClient idle = timed.connect();
                RespClient subscriber = timed.connect()) {
            timed.server().policy().setTimeoutSeconds(60);
            assertThat(idle.call("PING")).isEqualTo("PONG");
            subscriber.call("SUBSCRIBE", "news");
            clock.advance(61_000);
            assertThat(idle.isClosedByServer()).isTrue();
            await(() -> timed.server().state().clients().count() == 1);
        }
    }

    @Test
    void aRequestPastTheQueryBufferLimitClosesItsClient() {
        server.server().policy().setMaxRequestBytes(MB);
        try (RespClient client = server.connect()) {
            client.sendRaw("*2\r\n$4\r\nECHO\r\n$2000000\r\n");
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(server.server().state().stats().queryBufferClosings.sum()).isEqualTo(1);
    }

    @Test
    void tenThousandPipelinedCommandsAreAnsweredInOrder() throws Exception {
        try (RespClient client = server.connect()) {
            Thread sender = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 10_000; i++) {
                    client.send("ECHO", i);
                }
            });
            for (int i = 0; i < 10_000; i++) {
                assertThat(client.read()).isEqualTo(Integer.toString(i));
            }
            sender.join();
        }
    }

    @Test
    void aClientKilledByItsNeighbourGetsNoneOfItsReplies() {
        try (TestServer one = TestServer.start(new SystemClock(), options -> options.withIoThreads(1));
                RespClient killer = one.connect();
                RespClient victim = one.connect()) {
            Object id = victim.call("CLIENT", "ID");
            java.io.ByteArrayOutputStream batch = new java.io.ByteArrayOutputStream();
            batch.writeBytes(RespClient.request("ECHO", "before"));
            batch.writeBytes(RespClient.request("CLIENT", "KILL", "ID", String.valueOf(id)));
            batch.writeBytes(RespClient.request("ECHO", "after"));
            killer.sendRaw(batch.toByteArray());
            assertThat(killer.read()).isEqualTo("before");
            assertThat(killer.read()).isEqualTo(1L);
            assertThat(killer.read()).isEqualTo("after");
            assertThat(victim.isClosedByServer()).isTrue();
        }
    }

    @Test
    void everyTransportServesTheSame() {
        for (TransportKind kind : TransportKind.values()) {
            try (TestServer other = TestServer.start(new SystemClock(), options -> options.withTransport(kind));
                    RespClient client = other.connect()) {
                byte[] value = new byte[300_000];
                new java.util.SplittableRandom(5).nextBytes(value);
                for (int i = 0; i < 20; i++) {
                    assertThat(client.call("SET", "key" + i, value)).isEqualTo("OK");
                    assertThat(RespClient.bytes(client.call("GET", "key" + i))).isEqualTo(value);
                }
            }
        }
    }

    @Test
    void aCommandCutIntoSingleBytesIsUnderstood() {
        try (RespClient client = server.connect()) {
            for (byte b : RespClient.request("ECHO", "hello")) {
                client.sendRaw(new byte[] {b});
            }
            assertThat(client.read()).isEqualTo("hello");
        }
    }

    @Test
    void twentyMegabytesComeBackUnchanged() {
        byte[] value = new byte[20 * MB];
        new java.util.SplittableRandom(3).nextBytes(value);
        try (RespClient client = server.connect()) {
            client.send("ECHO", value);
            assertThat(RespClient.bytes(client.read())).isEqualTo(value);
        }
    }

    private Session newest() {
        await(() -> server.server().state().clients().count() == 2);
        return server.server().state().clients().all().stream()
                .max((one, other) -> Long.compare(one.id(), other.id()))
                .orElseThrow();
    }

    /// Waits for something that is about to happen; fails after 20 seconds.
    private static void await(BooleanSupplier condition) {
        SystemClock clock = new SystemClock();
        long end = clock.nowMillis() + 20_000;
        while (!condition.getAsBoolean()) {
            assertThat(clock.nowMillis()).as("in time").isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
