package io.nuthatch.tools.client;

import io.nuthatch.tools.client.ReplyReader.ErrorReply;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A connection that sends commands while replies to earlier ones are on their way.
///
/// At most `window` commands are unanswered; who would send one more waits. Memory is one buffer, two numbers
/// for each unanswered command, and the argument in hand.
///
/// One thread sends. A thread of the pipeline's own reads replies and tells [Listener] of refusals.
public final class Pipeline implements Closeable {
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
    private static final int BUFFER_BYTES = 1 << 17;
    private static final int SOCKET_BUFFER_BYTES = 1 << 20;

    /// Hears what the server refused; called by the thread that reads replies.
    public interface Listener {
        /// The server answered the command of `place` with an error.
        void refused(long place, String message);
    }

    private final Socket socket;
    private final OutputStream out;
    private final ReplyReader replies;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final byte[] digits = new byte[20];
    private int buffered;

    private final Listener listener;
    private final int window; // A power of two.
    private final long[] places; // Of unanswered commands, by their number modulo window.
    private final long[] marks;

    private final AtomicLong sent = new AtomicLong(); // Commands; written by the sender.
    private final AtomicLong answered = new AtomicLong(); // Commands; written by the reader.
    private volatile long answeredMark;
    private volatile @Nullable Thread waiting; // The sender, while it waits for replies.
    private volatile @Nullable IOException failure;
    private volatile boolean isClosing;
    private @Nullable Thread reader;

    private Pipeline(Socket socket, int window, Listener listener) throws IOException {
        this.socket = socket;
        this.out = socket.getOutputStream();
        this.replies = new ReplyReader(socket.getInputStream());
        this.listener = listener;
        this.window = window;
        this.places = new long[window];
        this.marks = new long[window];
    }

    /// Connects, authenticates and selects the database.
    ///
    /// @param window the most unanswered commands, rounded up to a power of two
    /// @throws IOException when there is no server, or it refuses; the message says what to do
    public static Pipeline connect(ServerAddress address, int window, Listener listener) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
            socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_TIMEOUT_MILLIS);
            Pipeline pipeline = new Pipeline(socket, Integer.highestOneBit(Math.max(2, window) * 2 - 1), listener);
            if (address.password() != null) {
                if (address.user() == null) {
                    pipeline.require("AUTH", address.password());
                } else {
                    pipeline.require("AUTH", address.user(), address.password());
                }
            }
            if (address.database() != 0) {
                pipeline.require("SELECT", Integer.toString(address.database()));
            }
            pipeline.require("PING");
            return pipeline;
        } catch (IOException failed) {
            socket.close();
            throw new IOException(address.host() + ":" + address.port() + ": " + failed.getMessage(), failed);
        }
    }

    /// Sends one command and waits for its reply; before [#start] alone. A reply of the server's is a
    /// `String`, `Long`, `List` or null, an error an [IOException].
    public @Nullable Object call(String... arguments) throws IOException {
        if (reader != null) {
            throw new IllegalStateException("the pipeline has been started");
        }
        begin(arguments.length);
        for (String argument : arguments) {
            byte[] bytes = argument.getBytes(StandardCharsets.UTF_8);
            argument(bytes, 0, bytes.length);
        }
        flush();
        return replies.read();
    }

    private void require(String... command) throws IOException {
        if (call(command) instanceof ErrorReply refused) {
            throw new IOException(command[0] + " was refused: " + refused.message());
        }
    }

    /// Begins to read replies by a thread of its own.
    public void start() {
        reader = Thread.ofPlatform().name("replies").daemon().start(this::readReplies);
    }

    /// Begins a command of `count` arguments, its name among them; waits while the window is full.
    public void begin(int count) throws IOException {
        if (sent.get() - answered.get() >= window) {
            flush();
            awaitAnswered(sent.get() - window / 2);
        }
        header('*', count);
    }

    /// An argument of the command.
    public void argument(byte[] bytes, int from, int length) throws IOException {
        header('$', length);
        if (length + 2 > buffer.length - buffered) {
            flush();
        }
        if (length + 2 > buffer.length) {
            send(bytes, from, length);
        } else {
            System.arraycopy(bytes, from, buffer, buffered, length);
            buffered += length;
        }
        buffer[buffered++] = '\r';
        buffer[buffered++] = '\n';
    }

    /// Ends the command.
    ///
    /// @param place told to [Listener#refused] should the server refuse it
    /// @param mark what [#answeredMark] is once the reply is here
    public void end(long place, long mark) throws IOException {
        long number = sent.get();
        int slot = (int) (number & (window - 1));
        places[slot] = place;
        marks[slot] = mark;
        sent.setRelease(number + 1);
        IOException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    /// Sends what is in the buffer.
    public void flush() throws IOException {
        int count = buffered;
        buffered = 0;
        send(buffer, 0, count);
    }

    private void send(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (SocketException broken) {
            IOException failed = failure; // Says more when the reader met it first.
            throw failed != null ? failed : new IOException("the connection broke: " + broken.getMessage(), broken);
        }
    }

    /// Sends everything and waits until every reply is here.
    public void drain() throws IOException {
        flush();
        awaitAnswered(sent.get());
    }

    /// Commands sent so far; for the thread that sends.
    public long sent() {
        return sent.get();
    }

    /// The mark of the last command whose reply is here; 0 before the first. Any thread.
    public long answeredMark() {
        return answeredMark;
    }

    private void awaitAnswered(long count) throws IOException {
        waiting = Thread.currentThread();
        while (answered.get() < count) {
            IOException failed = failure;
            if (failed != null) {
                throw failed;
            }
            LockSupport.park(this);
        }
        waiting = null;
    }

    private void readReplies() {
        long number = 0;
        try {
            while (true) {
                Object reply = replies.read();
                if (number >= sent.getAcquire()) {
                    awaitSent(number);
                }
                int slot = (int) (number & (window - 1));
                report(places[slot], reply);
                long mark = marks[slot];
                number++;
                if (!replies.hasMore() || (number & 0xff) == 0) {
                    answeredMark = mark;
                    answered.set(number);
                    LockSupport.unpark(waiting);
                }
            }
        } catch (IOException failed) {
            if (!isClosing) {
                failure = failed instanceof EOFException
                        ? failed
                        : new IOException("the connection broke: " + failed.getMessage(), failed);
                LockSupport.unpark(waiting);
            }
        }
    }

    /// A large command is answered at times, with an error, before its last byte was sent.
    private void awaitSent(long number) throws IOException {
        while (number >= sent.getAcquire()) {
            if (isClosing) {
                throw new EOFException("closed");
            }
            LockSupport.parkNanos(100_000);
        }
    }

    private void report(long place, @Nullable Object reply) {
        if (reply instanceof ErrorReply error) {
            listener.refused(place, error.message());
        } else if (reply instanceof List<?> list) { // The replies of a transaction.
            for (Object element : list) {
                report(place, element);
            }
        }
    }

    private void header(char type, long number) throws IOException {
        if (buffer.length - buffered < digits.length + 3) {
            flush();
        }
        buffer[buffered++] = (byte) type;
        int at = digits.length;
        do {
            digits[--at] = (byte) ('0' + number % 10);
            number /= 10;
        } while (number > 0);
        System.arraycopy(digits, at, buffer, buffered, digits.length - at);
        buffered += digits.length - at;
        buffer[buffered++] = '\r';
        buffer[buffered++] = '\n';
    }

    /// Closes the connection; what was not answered may or may not have been done.
    @Override
    public void close() throws IOException {
        isClosing = true;
        socket.close();
    }
}
