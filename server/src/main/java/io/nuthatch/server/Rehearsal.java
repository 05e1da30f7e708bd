package io.nuthatch.server;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.SuppressForbidden;
import io.nuthatch.server.config.ConfigException;
import io.nuthatch.server.config.ServerConfig;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What clients usually do, done once in advance: connections come and go, keys are set and read at every
/// depth of pipeline, documents are indexed and searched.
///
/// [#warmUp] plays it to a scratch server in this process, so that the JIT has compiled the paths of commands
/// and connections, and for the right case, when clients need them; the process's own server and its
/// statistics see nothing of it. As a program it plays to a server that it starts as usual and then stops:
/// with `-XX:ArchiveClassesAtExit` the JVM leaves the classes that all later starts will load. That server
/// finds a checkpoint and a log behind it, left by one that ran before in the same process.
final class Rehearsal {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    private static final int ROUNDS_OF_CONNECTIONS = 60;
    private static final int CONNECTIONS = 50;
    private static final int KEYS = 20_000;
    private static final int COMMANDS = 60_000; // Per command and depth of pipeline.
    private static final int[] PIPELINES = {1, 16, 64};
    private static final int DOCUMENTS = 2_000;
    private static final int SEARCHES = 500;
    private static final int DIM = 64;
    private static final byte[] LAST = "$4\r\nover\r\n".getBytes(StandardCharsets.US_ASCII);

    private final int port;
    private final @Nullable String password;
    private final Random random = new Random(1);
    private final byte[] in = new byte[64 * 1024]; // One client reads at a time.

    private Rehearsal(int port, @Nullable String password) {
        this.port = port;
        this.password = password;
    }

    /// Plays to a scratch server on the loopback interface that nobody else can use; takes a second or two.
    static void warmUp(EpochClock clock, NanoClock nanoClock) {
        String password = new BigInteger(256, new SecureRandom()).toString(Character.MAX_RADIX);
        try {
            ServerConfig config = ServerConfig.of(
                    List.of("--admin-port", "0", "--requirepass", password), InputStream.nullInputStream());
            ServerOptions options =
                    ServerOptions.defaults().withPort(0).withIoThreads(1).withQueryPool(1, 16);
            try (NuthatchServer scratch = NuthatchServer.start(options, config, clock, nanoClock)) {
                new Rehearsal(scratch.port(), password).play();
            }
        } catch (IOException | ConfigException failure) {
            LOG.debug("warm-up ended early", failure);
        }
    }

    /// Two short lives of the server; status 0 when all was answered.
    @SuppressForbidden("a program of its own")
    public static void main(String[] args) throws InterruptedException, IOException, ConfigException {
        Path folder = Files.createTempDirectory("nuthatch-rehearsal");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        leaveData(folder);
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Rehearsal rehearsal = new Rehearsal(port, null);
        Thread.ofPlatform().name("client").daemon().start(() -> {
            try {
                rehearsal.awaitStart();
                rehearsal.play();
                rehearsal.shutDown();
            } catch (IOException | InterruptedException failure) {
                System.err.println("rehearsal: " + failure);
                System.exit(1);
            }
        });
        List<String> arguments =
                new ArrayList<>(List.of("--port", String.valueOf(port), "--admin-port", "0", "--warm-up", "no"));
        arguments.addAll(onDisk(folder));
        NuthatchServer.main(arguments.toArray(String[]::new));
    }

    /// A checkpoint, and as much again in the log behind it.
    private static void leaveData(Path folder) throws IOException, ConfigException {
        SystemClock clock = new SystemClock();
        List<String> arguments = new ArrayList<>(List.of("--warm-up", "no", "--admin-port", "0"));
        arguments.addAll(onDisk(folder));
        ServerConfig config = ServerConfig.of(arguments, InputStream.nullInputStream());
        ServerOptions options =
                ServerOptions.of(config).withPort(0).withIoThreads(1).withQueryPool(1, 16);
        try (NuthatchServer server = NuthatchServer.start(options, config, clock, clock)) {
            Rehearsal rehearsal = new Rehearsal(server.port(), null);
            try (Client client = rehearsal.new Client()) {
                rehearsal.index(client);
                client.send("SAVE");
                client.finish();
                rehearsal.index(client);
                rehearsal.set(client, 16);
            }
        }
    }

    private static List<String> onDisk(Path folder) {
        return List.of("--bind", "127.0.0.1", "--save", "", "--dir", folder.toString(), "--appendonly", "yes");
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException | UncheckedIOException left) {
            LOG.debug("the rehearsal's folder stays", left);
        }
    }

    private void play() throws IOException {
        connect();
        try (Client client = new Client()) {
            for (int pipeline : PIPELINES) {
                set(client, pipeline);
                get(client, pipeline);
            }
            search(client);
        }
    }

    private void shutDown() throws IOException {
        try (Client client = new Client()) {
            client.send("SHUTDOWN NOSAVE");
            client.flush();
        }
    }

    private void awaitStart() throws InterruptedException {
        while (true) {
            try (Client client = new Client()) {
                client.finish();
                return;
            } catch (IOException early) {
                Thread.sleep(10);
            }
        }
    }

    private void connect() throws IOException {
        for (int round = 0; round < ROUNDS_OF_CONNECTIONS; round++) {
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(new Client());
            }
            for (Client client : clients) {
                client.finish();
                client.close();
            }
        }
    }

    private void set(Client client, int pipeline) throws IOException {
        byte[] value = new byte[64];
        for (int i = 0; i < COMMANDS / (64 / pipeline); i++) {
            random.nextBytes(value);
            client.send(bytes("SET"), key(), value);
            if (i % pipeline == pipeline - 1) {
                client.finish();
            }
        }
        client.finish();
    }

    private void get(Client client, int pipeline) throws IOException {
        for (int i = 0; i < COMMANDS / (64 / pipeline); i++) {
            client.send(bytes("GET"), key());
            if (i % pipeline == pipeline - 1) {
                client.finish();
            }
        }
        client.finish();
    }

    private void search(Client client) throws IOException {
        index(client);
        String[] filters = {"*", "@t:{x}", "@n:[0 50]"};
        for (int i = 0; i < SEARCHES; i++) {
            client.send(
                    bytes("FT.SEARCH"),
                    bytes("i"),
                    bytes(filters[i % filters.length] + "=>[KNN 10 @v $q AS score]"),
                    bytes("PARAMS"),
                    bytes("2"),
                    bytes("q"),
                    vector(),
                    bytes("SORTBY"),
                    bytes("score"),
                    bytes("DIALECT"),
                    bytes("2"));
            client.finish();
        }
        for (String line :
                List.of("HELLO 3", "INFO", "COMMAND DOCS GET", "CONFIG GET save", "CLIENT LIST", "FT.INFO i")) {
            client.send(line);
            client.finish();
        }
    }

    /// Makes the index, unless it is there, and writes all documents.
    private void index(Client client) throws IOException {
        client.send("FT.CREATE i PREFIX 1 d: SCHEMA t TAG n NUMERIC v VECTOR HNSW 6 TYPE FLOAT32 DIM " + DIM
                + " DISTANCE_METRIC COSINE");
        for (int i = 0; i < DOCUMENTS; i++) {
            client.send(
                    bytes("HSET"),
                    bytes("d:" + i),
                    bytes("t"),
                    bytes("x"),
                    bytes("n"),
                    bytes("" + i % 100),
                    bytes("v"),
                    vector());
            if (i % 50 == 49) {
                client.finish();
            }
        }
    }

    private byte[] key() {
        return bytes("key:" + (100_000_000_000L + random.nextInt(KEYS)));
    }

    private byte[] vector() {
        ByteBuffer vector = ByteBuffer.allocate(DIM * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < DIM; i++) {
            vector.putFloat((float) random.nextGaussian());
        }
        return vector.array();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// A connection; what it sends waits for [#finish].
    private final class Client implements AutoCloseable {
        private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Client() throws IOException {
            socket.setTcpNoDelay(true);
            if (password != null) {
                send("AUTH " + password);
                finish();
            }
        }

        void send(String line) {
            out.writeBytes(bytes(line + "\r\n"));
        }

        void send(byte[]... arguments) {
            out.writeBytes(bytes("*" + arguments.length + "\r\n"));
            for (byte[] argument : arguments) {
                out.writeBytes(bytes("$" + argument.length + "\r\n"));
                out.writeBytes(argument);
                out.writeBytes(bytes("\r\n"));
            }
        }

        /// Sends what waits and reads until all of it is answered.
        void finish() throws IOException {
            send("PING over");
            flush();
            InputStream replies = socket.getInputStream();
            int filled = 0;
            while (filled < LAST.length || !endsWithLast(filled)) {
                if (filled == in.length) { // Keeps what may be the beginning of the last reply.
                    System.arraycopy(in, in.length - LAST.length, in, 0, LAST.length);
                    filled = LAST.length;
                }
                int read = replies.read(in, filled, in.length - filled);
                if (read < 0) {
                    throw new EOFException("the server hung up");
                }
                filled += read;
            }
        }

        void flush() throws IOException {
            out.writeTo(socket.getOutputStream());
            out.reset();
        }

        private boolean endsWithLast(int filled) {
            for (int i = 0; i < LAST.length; i++) {
                if (in[filled - LAST.length + i] != LAST[i]) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
