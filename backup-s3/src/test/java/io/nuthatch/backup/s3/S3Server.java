package io.nuthatch.backup.s3;

import io.nuthatch.persistence.backup.BackupStores;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A server that speaks S3, Adobe's S3Mock, in a process of its own; it keeps its buckets in a folder and
/// takes any credentials.
final class S3Server implements AutoCloseable {
    static final String BUCKET = "flights";

    private static final long START_NANOS = TimeUnit.MINUTES.toNanos(2);

    private final Process process;
    private final int port;

    private S3Server(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /// Starts one with [#BUCKET] in it, and has the library of this process find credentials.
    static S3Server start(Path folder) throws IOException, InterruptedException {
        System.setProperty("aws.accessKeyId", "somebody");
        System.setProperty("aws.secretAccessKey", Secret.TEXT);
        System.setProperty("aws.disableEc2Metadata", "true");
        int port = freePort();
        Path said = folder.resolve("s3.log");
        String store = "-Dcom.adobe.testing.s3mock.store.";
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dhttp.port=" + port,
                        "-Dserver.port=0",
                        store + "root=" + Files.createDirectory(folder.resolve("s3")),
                        store + "initialBuckets=" + BUCKET,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.adobe.testing.s3mock.S3MockApplication"))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        long start = System.nanoTime();
        while (!isListening(port)) {
            if (!process.isAlive() || System.nanoTime() - start > START_NANOS) {
                process.destroyForcibly();
                throw new IllegalStateException("S3Mock did not start:\n" + Files.readString(said));
            }
            Thread.sleep(50);
        }
        return new S3Server(process, port);
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    String endpoint() {
        return endpoint(port);
    }

    static String endpoint(int port) {
        return "http://127.0.0.1:" + port;
    }

    /// What a server's settings say to reach `port`.
    static BackupStores.Settings settings(int port) {
        return name -> Map.of("backup-s3-endpoint", endpoint(port), "backup-s3-path-style", "auto")
                .getOrDefault(name, "");
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException stop) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /// What must be nowhere to be read.
    static final class Secret {
        static final String TEXT = "this-is-the-secret-of-the-test";

        private Secret() {}
    }
}
