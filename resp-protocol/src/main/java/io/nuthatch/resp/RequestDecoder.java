package io.nuthatch.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Frames the requests of one connection, in place.
///
/// A read buffer is handed over with [#feed]; [#next] then points an [Args] at the bytes of one request after
/// the other, without copying any. When a read ends inside a request, [#retainUnread] keeps that tail: it is
/// copied once into a buffer with room for what the request has announced, and what was parsed of it is
/// remembered, so that no byte is looked at twice however a request is cut up. Both protocols send the same
/// requests: arrays of bulk strings, or inline commands with Redis's quoting. Empty arrays and empty lines
/// are skipped.
///
/// A request that breaks a [RespLimits] or the protocol stops the decoder for good: [#hasFailed] is true and
/// [#failure] is the text for the client, which is then to be closed.
///
/// What the buffers hold is trusted nowhere: every access by raw address is behind a comparison with `end`.
/// Ownership: the decoder owns the buffers fed to it and one cumulation; [#close] releases them. Not
/// thread-safe.
public final class RequestDecoder implements AutoCloseable {
    /// A request that announced this much gets room for all of it at once; above, room follows what has
    /// arrived, since thousands of clients may announce much and send nothing.
    private static final int TRUSTED_ANNOUNCEMENT_BYTES = 16 << 10;
    /// How many times what has arrived is reserved for a bigger announcement.
    private static final int GROWTH = 4;
    /// Bigger cumulations come from the system and go back to it at once: the pool would keep them for good.
    private static final int MOST_POOLED_BYTES = 64 << 10;

    private static final ByteBufAllocator UNPOOLED = new UnpooledByteBufAllocator(true);

    private static final int SMALLEST_CUMULATION_BYTES = 256;

    private final ByteBufAllocator allocator;
    private RespLimits limits;

    private @Nullable ByteBuf buffer;
    private boolean isCumulation; // Whether `buffer` is our own, with room behind its bytes.
    private long position; // Address of the next byte to parse.
    private long end; // Address behind the last byte.
    private long requestStart; // Address of the first byte of the request being parsed.

    private long scanned; // Bytes from `position` on that are known to hold no end of line.
    private int bulksMissing; // Bulk strings still to come of the request; 0 between requests.
    private int bulkLength = -1; // Length of the bulk string being read; -1 before its header is.
    private @Nullable Args partial; // The arguments of a request that is not whole yet.
    private long number; // What `readNumber` read.

    private boolean failed;
    private @Nullable String failure;

    public RequestDecoder(ByteBufAllocator allocator, RespLimits limits) {
        this.allocator = allocator;
        this.limits = limits;
    }

    /// The limits for what is framed from now on.
    public void setLimits(RespLimits value) {
        this.limits = value;
    }

    /// Takes over `in` and its bytes.
    public void feed(ByteBuf in) {
        ByteBuf held = buffer;
        if (held == null) {
            if (!in.hasMemoryAddress()) {
                ByteBuf direct = allocator.directBuffer(Math.max(in.readableBytes(), 1));
                direct.writeBytes(in);
                in.release();
                in = direct;
            }
            buffer = in;
            isCumulation = false;
            position = in.memoryAddress() + in.readerIndex();
            requestStart = position;
            end = in.memoryAddress() + in.writerIndex();
            return;
        }
        append(held, in);
    }

    /// Frames the next request into `args`, whose arguments stay valid until [#feed] or [#retainUnread] is
    /// called.
    ///
    /// Returns false when the bytes at hand hold no further whole request, or when the decoder [#hasFailed].
    public boolean next(Args args) {
        if (failed) {
            return false;
        }
        while (true) {
            if (bulksMissing == 0) {
                requestStart = position;
                if (position >= end) {
                    return false;
                }
                if (WireMemory.get(position) != '*') {
                    if (!readInline(args)) {
                        return false;
                    }
                    if (args.count() > 0) {
                        return true;
                    }
                    continue;
                }
                if (!readNumber("too big mbulk count string", "invalid multibulk length")) {
                    return false;
                }
                if (number > limits.arguments()) {
                    return fail(
                            limits.isBeforeAuth() && number <= Integer.MAX_VALUE
                                    ? "Protocol error: unauthenticated multibulk length"
                                    : "Protocol error: invalid multibulk length");
                }
                if (number <= 0) {
                    continue;
                }
                bulksMissing = (int) number;
                bulkLength = -1;
                args.clear();
            }
            return readBulks(args);
        }
    }

    /// Address of the first byte of the request that [#next] framed last; what [#rewind] takes.
    public long requestStart() {
        return requestStart;
    }

    /// Goes back to the start of a request framed since the last [#feed] or [#retainUnread], to frame it
    /// again later.
    public void rewind(long start) {
        assert buffer != null && start <= position : "rewind forward";
        position = start;
        requestStart = start;
        bulksMissing = 0;
        bulkLength = -1;
        scanned = 0;
        partial = null;
        failed = false;
        failure = null;
    }

    /// To be called when the requests framed so far have been executed: releases what they stood in and keeps
    /// the rest.
    public void retainUnread() {
        ByteBuf held = buffer;
        if (held == null) {
            return;
        }
        long start = bulksMissing == 0 ? position : requestStart;
        long unread = end - start;
        if (unread == 0) {
            held.release();
            buffer = null;
            position = 0;
            end = 0;
            requestStart = 0;
            scanned = 0;
            return;
        }
        long offset = start - held.memoryAddress();
        long wanted = wantedCapacity(start);
        if (isCumulation && (offset == 0 || held.capacity() - offset >= wanted)) {
            return; // A request that grows gets more room when it is full, not at each read.
        }
        moveTo(held, start, wanted);
    }

    /// Bytes received and not framed yet.
    public long unreadBytes() {
        return buffer == null ? 0 : end - (bulksMissing == 0 ? position : requestStart);
    }

    /// Bytes of memory that the connection's unread requests take.
    public long heldBytes() {
        return buffer == null ? 0 : buffer.capacity();
    }

    /// Whether the client broke the protocol or a limit.
    public boolean hasFailed() {
        return failed;
    }

    /// The error for the client without its `ERR `; null when it is to be closed without a word (query buffer
    /// limit).
    public @Nullable String failure() {
        return failure;
    }

    @Override
    public void close() {
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
        position = 0;
        end = 0;
        requestStart = 0;
        bulksMissing = 0;
        partial = null;
    }

    private void append(ByteBuf held, ByteBuf in) {
        int bytes = in.readableBytes();
        long start = bulksMissing == 0 ? position : requestStart;
        if (!isCumulation || held.capacity() - held.writerIndex() < bytes) {
            held = moveTo(held, start, Math.max(wantedCapacity(start), 2 * (end - start + bytes)));
        }
        held.writeBytes(in);
        in.release();
        end = held.memoryAddress() + held.writerIndex();
    }

    /// Bytes that the request which starts at `start` is known to take, as far as they may be reserved.
    private long wantedCapacity(long start) {
        long unread = end - start;
        if (bulksMissing == 0 || bulkLength < 0) {
            return Math.max(unread, SMALLEST_CUMULATION_BYTES);
        }
        long announced = position - start + bulkLength + 2L;
        long reserved = Math.min(announced, Math.max(TRUSTED_ANNOUNCEMENT_BYTES, GROWTH * unread));
        return Math.max(Math.max(reserved, unread), SMALLEST_CUMULATION_BYTES);
    }

    /// Copies the unread bytes into a new cumulation of `capacity` bytes and goes on there.
    private ByteBuf moveTo(ByteBuf held, long start, long capacity) {
        int unread = (int) (end - start);
        int size = (int) Math.min(Math.max(capacity, unread), RespLimits.MAX_REQUEST_BYTES + 2048);
        ByteBuf moved = (size <= MOST_POOLED_BYTES ? allocator : UNPOOLED).directBuffer(size);
        long target = moved.memoryAddress();
        WireMemory.copy(start, target, unread);
        moved.writerIndex(unread);
        long by = target - start;
        position += by;
        requestStart += by;
        end = target + unread;
        if (partial != null) {
            partial.relocate(by);
        }
        held.release();
        buffer = moved;
        isCumulation = true;
        return moved;
    }

    private boolean readBulks(Args args) {
        Args into = partial == null ? args : partial;
        while (bulksMissing > 0) {
            if (bulkLength < 0) {
                if (position < end && WireMemory.get(position) == '$') {
                    if (!readNumber("too big bulk count string", "invalid bulk length")) {
                        return suspend(into);
                    }
                } else if (!readWrongBulkHeader()) {
                    return suspend(into);
                }
                if (number < 0 || number > limits.bulkBytes()) {
                    return fail(
                            limits.isBeforeAuth() && number > 0 && number <= RespLimits.DEFAULT.bulkBytes()
                                    ? "Protocol error: unauthenticated bulk length"
                                    : "Protocol error: invalid bulk length");
                }
                if (position - requestStart + number + 2 > limits.requestBytes()) {
                    failed = true; // Redis closes such a client without a word.
                    return false;
                }
                bulkLength = (int) number;
            }
            if (end - position < bulkLength + 2L) {
                return suspend(into);
            }
            into.add(position, bulkLength);
            position += bulkLength + 2L; // As Redis, not looking at what stands where CRLF should.
            bulkLength = -1;
            bulksMissing--;
        }
        if (into != args) {
            args.swap(into);
            partial = null;
        }
        return true;
    }

    /// Keeps what was parsed of a request for the next read.
    private boolean suspend(Args parsed) {
        if (partial == null && !failed) {
            partial = new Args();
            partial.swap(parsed);
        }
        return false;
    }

    /// Redis looks for the end of the line first and only then at its first byte.
    private boolean readWrongBulkHeader() {
        long newline = findEndOfHeader("too big bulk count string");
        if (newline == 0) {
            return false;
        }
        char got = (char) (WireMemory.get(position) & 0xff);
        return fail("Protocol error: expected '$', got '" + got + "'");
    }

    /// Reads `<type byte><decimal>\r\n` at `position` into `number` and steps over it. Returns false when the
    /// line is not whole, or when it fails.
    private boolean readNumber(String tooBig, String invalid) {
        long first = position + 1;
        long at = first;
        long value = 0;
        long limit = Math.min(end, first + 10);
        while (at < limit) {
            int digit = WireMemory.get(at) - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = value * 10 + digit;
            at++;
        }
        if (at > first
                && at + 1 < end
                && WireMemory.get(at) == '\r'
                && (at == first + 1 || WireMemory.get(first) != '0')) {
            number = value;
            position = at + 2;
            scanned = 0;
            return true;
        }
        return readNumberSlowly(tooBig, invalid);
    }

    private boolean readNumberSlowly(String tooBig, String invalid) {
        long newline = findEndOfHeader(tooBig);
        if (newline == 0) {
            return false;
        }
        long at = position + 1;
        boolean negative = at < newline && WireMemory.get(at) == '-';
        if (negative) {
            at++;
        }
        long digits = newline - at;
        boolean valid = digits > 0 && digits <= 18 && (WireMemory.get(at) != '0' || (digits == 1 && !negative));
        long value = 0;
        for (; valid && at < newline; at++) {
            int digit = WireMemory.get(at) - '0';
            valid = digit >= 0 && digit <= 9;
            value = value * 10 + digit;
        }
        if (!valid) {
            return fail("Protocol error: " + invalid);
        }
        number = negative ? -value : value;
        position = newline + 2;
        scanned = 0;
        return true;
    }

    /// The address of the next CR that has a byte behind it, or 0. As in Redis a NUL hides what follows it.
    private long findEndOfHeader(String tooBig) {
        long at = position + scanned;
        while (at < end) {
            byte b = WireMemory.get(at);
            if (b == '\r' || b == 0) {
                break;
            }
            at++;
        }
        scanned = at - position;
        boolean hasEnd = at < end && WireMemory.get(at) == '\r';
        if ((hasEnd ? at : end) - position > limits.inlineBytes()) {
            fail("Protocol error: " + tooBig);
            return 0;
        }
        return hasEnd && at + 1 < end ? at : 0;
    }

    private boolean readInline(Args args) {
        long at = position + scanned;
        while (at < end) {
            byte b = WireMemory.get(at);
            if (b == '\n' || b == 0) {
                break;
            }
            at++;
        }
        scanned = at - position;
        boolean hasLine = at < end && WireMemory.get(at) == '\n';
        if ((hasLine ? at : end) - position > limits.inlineBytes()) {
            return fail("Protocol error: too big inline request");
        }
        if (!hasLine) {
            return false;
        }
        long lineEnd = at > position && WireMemory.get(at - 1) == '\r' ? at - 1 : at;
        boolean isSplit = splitInline(args, position, lineEnd);
        position = at + 1;
        scanned = 0;
        return isSplit || fail("Protocol error: unbalanced quotes in request");
    }

    /// Splits a line into arguments; false when its quotes are not balanced.
    private static boolean splitInline(Args args, long from, long to) {
        args.clear();
        long at = from;
        while (true) {
            while (at < to && isSpace(WireMemory.get(at))) {
                at++;
            }
            if (at == to) {
                return true;
            }
            long start = at;
            while (at < to && !endsWord(WireMemory.get(at))) {
                byte b = WireMemory.get(at);
                if (b == '"' || b == '\'') {
                    return splitQuoted(args, from, to); // Rare: such a line is unescaped into memory of its own.
                }
                at++;
            }
            args.add(start, (int) (at - start));
        }
    }

    private static boolean splitQuoted(Args args, long from, long to) {
        byte[] line = new byte[(int) (to - from)];
        WireMemory.copy(from, line);
        List<byte[]> words = InlineSplitter.split(line);
        if (words == null) {
            return false;
        }
        args.setOwned(words.toArray(new byte[0][]));
        return true;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    private static boolean endsWord(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private boolean fail(String text) {
        failed = true;
        failure = text;
        return false;
    }

    /// Redis's quoting of inline commands and of configuration lines.
    static final class InlineSplitter {
        private InlineSplitter() {}

        /// The words of `line`, or null when its quotes are not balanced.
        static @Nullable List<byte[]> split(byte[] line) {
            List<byte[]> words = new ArrayList<>();
            byte[] word = new byte[line.length];
            int at = 0;
            while (true) {
                while (at < line.length && isSpace(line[at])) {
                    at++;
                }
                if (at == line.length) {
                    return words;
                }
                int length = 0;
                byte quote = 0;
                while (true) {
                    if (at == line.length) {
                        if (quote != 0) {
                            return null;
                        }
                        break;
                    }
                    byte b = line[at];
                    if (quote == 0) {
                        if (endsWord(b)) {
                            break;
                        }
                        if (b == '"' || b == '\'') {
                            quote = b;
                        } else {
                            word[length++] = b;
                        }
                        at++;
                    } else if (b == quote) {
                        at++;
                        if (at < line.length && !isSpace(line[at])) {
                            return null; // A closing quote must end the word.
                        }
                        break;
                    } else if (b != '\\' || at + 1 == line.length) {
                        word[length++] = b;
                        at++;
                    } else if (quote == '\'') {
                        boolean isQuote = line[at + 1] == '\'';
                        word[length++] = isQuote ? (byte) '\'' : b;
                        at += isQuote ? 2 : 1;
                    } else if (line[at + 1] == 'x'
                            && at + 3 < line.length
                            && hex(line[at + 2]) >= 0
                            && hex(line[at + 3]) >= 0) {
                        word[length++] = (byte) (hex(line[at + 2]) * 16 + hex(line[at + 3]));
                        at += 4;
                    } else {
                        word[length++] = unescape(line[at + 1]);
                        at += 2;
                    }
                }
                words.add(java.util.Arrays.copyOf(word, length));
            }
        }

        private static byte unescape(byte b) {
            return switch (b) {
                case 'n' -> (byte) '\n';
                case 'r' -> (byte) '\r';
                case 't' -> (byte) '\t';
                case 'b' -> (byte) '\b';
                case 'a' -> (byte) 7;
                default -> b;
            };
        }

        private static int hex(byte b) {
            return Character.digit(b, 16);
        }
    }
}
