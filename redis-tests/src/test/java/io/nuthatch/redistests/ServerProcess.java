package io.nuthatch.redistests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A server in a process of its own, on a free port: for what only the start of a process decides, and for
/// what must be able to die. It saves nothing by itself. Its JVM is set up for a short life.
public final class ServerProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile(".* ready on .*:(\\d+).* in \\d+ ms.*");

    private final Process process;
    private final int port;

    private ServerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /// Starts one and waits for its ready line.
    ///
    /// @param arguments as of `bin/nuthatch-server`
    /// @throws IllegalStateException when it ends instead; what it said is in the message
    public static ServerProcess start(String... arguments) {
        return startWithHeap("256m", arguments);
    }

    /// As [#start], with another limit of the Java heap, as `96m`.
    public static ServerProcess startWithHeap(String heap, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // Ready in six tenths of the time.
                "@../conf/chronicle.options",
                "-cp",
                System.getProperty("java.class.path"),
                "io.nuthatch.server.NuthatchServer",
                "--port",
                "0",
                "--warm-up",
                "no",
                "--save",
                ""));
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            return new ServerProcess(process, portOf(process));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static int portOf(Process process) throws IOException {
        StringBuilder said = new StringBuilder();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            Matcher ready = READY.matcher(line);
            if (ready.matches()) {
                Thread.ofVirtual().start(() -> out.lines().forEach(rest -> {})); // A full pipe would stop the server.
                return Integer.parseInt(ready.group(1));
            }
            said.append(line).append('\n');
        }
        throw new IllegalStateException("the server did not start:\n" + said);
    }

    public int port() {
        return port;
    }

    /// The number that the system knows it by.
    public long pid() {
        return process.pid();
    }

    /// A new connection.
    public RespClient connect() {
        return RespClient.connect(port);
    }

    /// What its threads do, for a test that waits in vain.
    public String threads() {
        try {
            Process jcmd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            String.valueOf(process.pid()),
                            "Thread.print")
                    .redirectErrorStream(true)
                    .start();
            return new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            return failure.toString();
        }
    }

    /// Waits until it has ended by itself, a minute at most, and returns its status.
    public int awaitExit() {
        awaitEnd();
        return process.exitValue();
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /// Ends it with SIGTERM, and with SIGKILL when it takes longer than a minute.
    @Override
    public void close() {
        process.destroy();
        awaitEnd();
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(1, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException stop) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
