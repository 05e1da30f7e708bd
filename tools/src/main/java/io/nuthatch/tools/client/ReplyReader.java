package io.nuthatch.tools.client;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads replies in RESP2 and RESP3.
///
/// A reply is a `String` (strings of every kind, bytes as ISO-8859-1), a `Long`, a `Double`, a `Boolean`,
/// null, a `List` (a map is keys and values in turn), or an [ErrorReply]. Not thread-safe.
final class ReplyReader {
    /// More nesting than any server sends.
    private static final int MAX_DEPTH = 32;

    private static final int MAX_LINE_BYTES = 1 << 16;
    private static final int BUFFER_BYTES = 1 << 16;

    /// An error, without its `-`.
    record ErrorReply(String message) {}

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int end;

    ReplyReader(InputStream in) {
        this.in = in;
    }

    /// Whether a byte of the next reply is here already, so that reading it probably need not wait.
    boolean hasMore() {
        return at < end;
    }

    /// The next reply; messages out of band are passed over.
    @Nullable
    Object read() throws IOException {
        return read(0);
    }

    private @Nullable Object read(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IOException("a reply that is nested more than " + MAX_DEPTH + " deep");
        }
        int type = readByte();
        String line = readLine();
        return switch (type) {
            case '+', '(' -> line;
            case '-' -> new ErrorReply(line);
            case ':' -> number(line);
            case '$', '=' -> number(line) < 0 ? null : readBulk(number(line));
            case '!' -> new ErrorReply(readBulk(number(line)));
            case '*', '~' -> number(line) < 0 ? null : readList(number(line), depth);
            case '%' -> readList(2 * number(line), depth);
            case '_' -> null;
            case '#' -> line.equals("t");
            case ',' -> line;
            case '>' -> {
                readList(number(line), depth);
                yield read(depth);
            }
            case '|' -> {
                readList(2 * number(line), depth);
                yield read(depth);
            }
            default -> throw new IOException("the server does not speak RESP: a reply begins with byte " + type);
        };
    }

    private static long number(String line) throws IOException {
        try {
            return Long.parseLong(line);
        } catch (NumberFormatException notANumber) {
            throw new IOException("a reply's length is '" + line + "'", notANumber);
        }
    }

    private String readBulk(long length) throws IOException {
        StringBuilder text = new StringBuilder();
        for (long left = length; left > 0; ) {
            if (at == end) {
                fill();
            }
            int count = (int) Math.min(left, end - at);
            text.append(new String(buffer, at, count, StandardCharsets.ISO_8859_1));
            at += count;
            left -= count;
        }
        if (readByte() != '\r' || readByte() != '\n') {
            throw new IOException("a bulk reply without its end");
        }
        return text.toString();
    }

    private List<@Nullable Object> readList(long count, int depth) throws IOException {
        List<@Nullable Object> list = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            list.add(read(depth + 1));
        }
        return list;
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = readByte();
            if (next == '\r') {
                if (readByte() != '\n') {
                    throw new IOException("CR without LF in a reply");
                }
                return line.toString();
            }
            line.append((char) next);
            if (line.length() > MAX_LINE_BYTES) {
                throw new IOException("a reply's line of more than " + MAX_LINE_BYTES + " bytes");
            }
        }
    }

    private int readByte() throws IOException {
        if (at == end) {
            fill();
        }
        return buffer[at++] & 0xff;
    }

    private void fill() throws IOException {
        int count = in.read(buffer, 0, buffer.length);
        if (count <= 0) {
            throw new EOFException("the server closed the connection");
        }
        at = 0;
        end = count;
    }
}
