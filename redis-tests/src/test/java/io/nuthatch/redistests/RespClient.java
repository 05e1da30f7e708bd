package io.nuthatch.redistests;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A RESP client as small as can be: what goes over the wire is what the test says, and each reply comes back
/// with its type. A read that gets nothing for 30 seconds fails.
///
/// A reply is a `String` (simple and bulk strings; bytes as ISO-8859-1, see [#text] and [#bytes]), a `Long`,
/// `null`, a `List`, a `Map`, a `Set`, a `Double`, a `Boolean`, an [ErrorReply], a [Push], a [Verbatim] or a
/// [BigNumber]. Not thread-safe.
public final class RespClient implements AutoCloseable {
    /// An error reply, without its `-`.
    public record ErrorReply(String message) {}

    /// An out-of-band message of RESP3.
    public record Push(List<@Nullable Object> elements) {}

    /// A RESP3 verbatim string.
    public record Verbatim(String format, String text) {}

    /// A RESP3 big number.
    public record BigNumber(String digits) {}

    private static final int TIMEOUT_MILLIS = 30_000;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private RespClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
        this.out = socket.getOutputStream();
    }

    /// Connects to a port of this machine.
    public static RespClient connect(int port) {
        try {
            Socket socket = new Socket();
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MILLIS);
            return new RespClient(socket);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Sends a command and reads its reply.
    public @Nullable Object call(Object... arguments) {
        send(arguments);
        return read();
    }

    /// Sends a command and reads its reply, which must be an error; returns its message.
    public String error(Object... arguments) {
        Object reply = call(arguments);
        if (reply instanceof ErrorReply error) {
            return error.message();
        }
        throw new AssertionError("expected an error, got " + reply);
    }

    /// Sends a command; `byte[]` arguments go as they are, anything else as UTF-8 text.
    public void send(Object... arguments) {
        sendRaw(request(arguments));
    }

    /// The bytes of a command.
    public static byte[] request(Object... arguments) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ascii("*" + arguments.length + "\r\n"));
        for (Object argument : arguments) {
            byte[] value =
                    argument instanceof byte[] raw ? raw : argument.toString().getBytes(StandardCharsets.UTF_8);
            bytes.writeBytes(ascii("$" + value.length + "\r\n"));
            bytes.writeBytes(value);
            bytes.writeBytes(ascii("\r\n"));
        }
        return bytes.toByteArray();
    }

    /// Sends bytes as they are.
    public void sendRaw(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Sends text as ISO-8859-1.
    public void sendRaw(String text) {
        sendRaw(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Reads the next reply or push. Throws [UncheckedIOException] over an [EOFException] when the server has
    /// closed.
    public @Nullable Object read() {
        try {
            return readReply();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Reads the line that a reply begins with, its type first, for tests that look at every byte.
    public String readRawLine() {
        try {
            int type = in.read();
            if (type < 0) {
                throw new EOFException("closed by the server");
            }
            return (char) type + readLine();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Reads the `length` bytes of a bulk string, as ISO-8859-1, and the line end behind.
    public String readRawBulk(int length) {
        try {
            return Objects.requireNonNull(readBulk(length));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Whether the server closes the connection without sending anything more.
    public boolean isClosedByServer() {
        try {
            return in.read() < 0;
        } catch (java.net.SocketTimeoutException still) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    /// Sets how long a read may wait.
    public void setTimeout(int millis) {
        try {
            socket.setSoTimeout(millis);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The bytes of a bulk reply as UTF-8.
    public static @Nullable String text(@Nullable Object reply) {
        return reply == null
                ? null
                : new String(((String) reply).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /// The bytes of a bulk reply.
    public static byte[] bytes(@Nullable Object reply) {
        return ((String) Objects.requireNonNull(reply)).getBytes(StandardCharsets.ISO_8859_1);
    }

    public Socket socket() {
        return socket;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private @Nullable Object readReply() throws IOException {
        int type = in.read();
        if (type < 0) {
            throw new EOFException("closed by the server");
        }
        String line = readLine();
        return switch (type) {
            case '+' -> line;
            case '-' -> new ErrorReply(line);
            case ':' -> Long.parseLong(line);
            case '$' -> readBulk(Integer.parseInt(line));
            case '*' -> line.equals("-1") ? null : readList(Integer.parseInt(line));
            case '>' -> new Push(readList(Integer.parseInt(line)));
            case '~' -> readSet(Integer.parseInt(line));
            case '%' -> readMap(Integer.parseInt(line));
            case '|' -> {
                readMap(Integer.parseInt(line));
                yield readReply();
            }
            case '_' -> null;
            case '#' -> line.equals("t");
            case ',' ->
                switch (line) {
                    case "inf" -> Double.POSITIVE_INFINITY;
                    case "-inf" -> Double.NEGATIVE_INFINITY;
                    case "nan" -> Double.NaN;
                    default -> Double.parseDouble(line);
                };
            case '(' -> new BigNumber(line);
            case '=' -> {
                String text = Objects.requireNonNull(readBulk(Integer.parseInt(line)));
                yield new Verbatim(text.substring(0, 3), text.substring(4));
            }
            default -> throw new IOException("not a reply type: " + (char) type + line);
        };
    }

    private @Nullable String readBulk(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length || in.read() != '\r' || in.read() != '\n') {
            throw new EOFException("bulk string of " + length + " bytes is cut off");
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private List<@Nullable Object> readList(int count) throws IOException {
        List<@Nullable Object> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(readReply());
        }
        return list;
    }

    private Set<@Nullable Object> readSet(int count) throws IOException {
        Set<@Nullable Object> set = new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            set.add(readReply());
        }
        return set;
    }

    private Map<@Nullable Object, @Nullable Object> readMap(int count) throws IOException {
        Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            map.put(readReply(), readReply());
        }
        return map;
    }

    private String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("closed by the server inside a line");
            }
            if (b == '\r') {
                if (in.read() != '\n') {
                    throw new IOException("CR without LF");
                }
                return line.toString(StandardCharsets.ISO_8859_1);
            }
            line.write(b);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
