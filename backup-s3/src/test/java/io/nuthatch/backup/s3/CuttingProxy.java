package io.nuthatch.backup.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/// Passes connections on to a port, and cuts them: the network between a server and a storage.
final class CuttingProxy implements AutoCloseable {
    private static final long NEVER = Long.MAX_VALUE;

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong sendable = new AtomicLong(NEVER);
    private volatile long answerBytes = NEVER;

    CuttingProxy(int target) throws IOException {
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /// Bytes that went to the storage.
    long sent() {
        return sent.get();
    }

    /// When so many more bytes have gone to the storage, every connection is cut, and each new one, too.
    void breakAfterSending(long bytes) {
        sendable.set(bytes);
    }

    /// Cuts each connection from now on when the storage has answered so many bytes.
    void cutAnswersAfter(long bytes) {
        answerBytes = bytes;
    }

    void heal() {
        sendable.set(NEVER);
        answerBytes = NEVER;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket storage = new Socket(InetAddress.getLoopbackAddress(), target);
                long mostAnswered = answerBytes;
                Thread.ofVirtual().start(() -> pass(client, storage, sent, sendable));
                Thread.ofVirtual().start(() -> pass(storage, client, new AtomicLong(), new AtomicLong(mostAnswered)));
            }
        } catch (IOException closed) {
            // The end of the test.
        }
    }

    private static void pass(Socket from, Socket to, AtomicLong count, AtomicLong left) {
        byte[] buffer = new byte[16 << 10];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (left.get() != NEVER && left.addAndGet(-read) < 0) {
                    return;
                }
                out.write(buffer, 0, read);
                out.flush();
                count.addAndGet(read);
            }
        } catch (IOException cut) {
            // By the other direction.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
