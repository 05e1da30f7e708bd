package io.nuthatch.server;

import io.nuthatch.engine.SuppressForbidden;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// Asks the server on this machine for a PONG: the health check of an image that has no shell.
///
/// Any answer to PING counts, an error such as NOAUTH too: it comes from a server that works.
public final class HealthCheck {
    private static final int TIMEOUT_MILLIS = 2_000;

    private HealthCheck() {}

    /// Ends with 0 when the server answered and with 1 otherwise. The port is the first argument, or 6379.
    @SuppressForbidden("its exit status is its answer")
    public static void main(String[] args) {
        System.exit(isAlive(args.length > 0 ? Integer.parseInt(args[0]) : 6379) ? 0 : 1);
    }

    static boolean isAlive(int port) {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            int first = socket.getInputStream().read();
            return first == '+' || first == '-';
        } catch (IOException notThere) {
            return false;
        }
    }
}
