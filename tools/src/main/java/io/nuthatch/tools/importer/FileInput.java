package io.nuthatch.tools.importer;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads a file forward and knows its offset.
///
/// What the file announces is never believed: a length beyond the end of the file is refused before anything
/// is allocated for it, and where the size is not known, as of a pipe, memory grows with what has come.
/// Not thread-safe.
final class FileInput implements Closeable {
    /// The largest single piece of a file, as much as Redis takes as one argument by default.
    static final int MAX_BYTES = 512 << 20;

    private static final int BUFFER_BYTES = 1 << 18;
    private static final int FIRST_CHUNK_BYTES = 1 << 20;

    /// Sees all bytes in order.
    interface Observer {
        void read(byte[] bytes, int from, int length);
    }

    private final String name;
    private final InputStream in;
    private final @Nullable FileChannel channel;
    private final long size;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int end;
    private long bufferOffset; // Of buffer[0] in the file.
    private @Nullable Observer observer;
    private int observed; // Bytes of the buffer that the observer has seen.

    private FileInput(String name, InputStream in, @Nullable FileChannel channel, long size) {
        this.name = name;
        this.in = in;
        this.channel = channel;
        this.size = size;
    }

    /// Opens a file; its size is known when it is a regular one.
    static FileInput open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        long size = Files.isRegularFile(file) ? channel.size() : -1;
        return new FileInput(file.toString(), Channels.newInputStream(channel), size < 0 ? null : channel, size);
    }

    /// Reads a stream whose size nobody knows.
    static FileInput of(String name, InputStream in) {
        return new FileInput(name, in, null, -1);
    }

    String name() {
        return name;
    }

    long offset() {
        return bufferOffset + at;
    }

    /// Bytes of the file, or -1.
    long size() {
        return size;
    }

    /// Shows all that is read from here on to `observer`; null stops it.
    void observe(@Nullable Observer next) {
        showTo(at);
        observer = next;
        observed = at;
    }

    private void showTo(int place) {
        if (observer != null && place > observed) {
            observer.read(buffer, observed, place - observed);
        }
        observed = place;
    }

    /// The next byte without passing it, or -1 at the end.
    int peek() throws IOException {
        return at < end || fill() ? buffer[at] & 0xff : -1;
    }

    /// The byte `ahead` bytes behind the next one without passing any; it must be there and within a buffer.
    int peek(int ahead) throws IOException {
        while (end - at <= ahead) {
            if (!fill()) {
                throw cutOff();
            }
        }
        return buffer[at + ahead] & 0xff;
    }

    /// The next byte, or -1 at the end.
    int read() throws IOException {
        return at < end || fill() ? buffer[at++] & 0xff : -1;
    }

    /// The next byte; there must be one.
    int readByte() throws IOException {
        int next = read();
        if (next < 0) {
            throw cutOff();
        }
        return next;
    }

    /// Whether the file goes on with `magic`; nothing is passed.
    boolean startsWith(byte[] magic) throws IOException {
        while (end - at < magic.length) {
            if (!fill()) {
                return false;
            }
        }
        return Arrays.equals(buffer, at, at + magic.length, magic, 0, magic.length);
    }

    /// The next `length` bytes. A length that the file cannot hold, or above [#MAX_BYTES], is refused.
    byte[] readBytes(long length) throws IOException {
        checkLength(length);
        int wanted = (int) length;
        byte[] bytes = new byte[size >= 0 ? wanted : Math.min(wanted, FIRST_CHUNK_BYTES)];
        int filled = 0;
        while (filled < wanted) {
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, 2L * bytes.length));
            }
            filled += readSome(bytes, filled, bytes.length - filled);
        }
        return bytes;
    }

    /// Fills `bytes`.
    void readFully(byte[] bytes, int from, int length) throws IOException {
        int filled = 0;
        while (filled < length) {
            filled += readSome(bytes, from + filled, length - filled);
        }
    }

    private int readSome(byte[] bytes, int from, int length) throws IOException {
        if (at == end && !fill()) {
            throw cutOff();
        }
        int count = Math.min(length, end - at);
        System.arraycopy(buffer, at, bytes, from, count);
        at += count;
        return count;
    }

    /// Refuses a length that the file cannot hold from here on, or that is above [#MAX_BYTES].
    void checkLength(long length) throws MalformedFileException {
        if (length < 0 || length > MAX_BYTES) {
            throw malformed(
                    "a length of " + Long.toUnsignedString(length) + " bytes; at most " + MAX_BYTES + " are taken");
        }
        if (size >= 0 && length > size - offset()) {
            throw malformed("a length of " + length + " bytes, but the file ends after " + (size - offset()));
        }
    }

    /// A line without its end (LF or CR LF), at most `limit` bytes; null at the end of the file.
    byte @Nullable [] readLine(int limit) throws IOException {
        if (peek() < 0) {
            return null;
        }
        byte[] line = new byte[0];
        while (true) {
            int from = at;
            while (at < end && buffer[at] != '\n') {
                at++;
            }
            if ((long) line.length + at - from > limit) {
                throw malformed("a line of more than " + limit + " bytes");
            }
            int before = line.length;
            line = Arrays.copyOf(line, before + at - from);
            System.arraycopy(buffer, from, line, before, at - from);
            if (at < end) {
                at++;
                break;
            }
            if (!fill()) {
                break;
            }
        }
        return line.length > 0 && line[line.length - 1] == '\r' ? Arrays.copyOf(line, line.length - 1) : line;
    }

    /// Goes to an offset; of regular files alone. What is passed is not observed.
    void seek(long offset) throws IOException {
        if (channel == null) {
            throw new IOException(name + ": cannot go to an offset of a pipe");
        }
        channel.position(offset);
        bufferOffset = offset;
        at = 0;
        end = 0;
        observed = 0;
    }

    /// Makes room behind what is not read yet and reads more; false at the end of the file.
    private boolean fill() throws IOException {
        showTo(at);
        if (at > 0) {
            System.arraycopy(buffer, at, buffer, 0, end - at);
            bufferOffset += at;
            end -= at;
            at = 0;
            observed = 0;
        }
        int count = in.read(buffer, end, buffer.length - end);
        if (count <= 0) {
            return false;
        }
        end += count;
        return true;
    }

    /// The exception for a file that ends in the middle of something.
    MalformedFileException cutOff() {
        MalformedFileException failure = malformed("the file ends here, in the middle");
        failure.initCause(new EOFException());
        return failure;
    }

    /// An exception that names this file and this offset.
    MalformedFileException malformed(String what) {
        return new MalformedFileException(name, offset(), what);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
