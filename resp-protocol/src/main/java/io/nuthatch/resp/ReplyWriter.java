package io.nuthatch.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/// Writes replies in the connection's protocol into one output buffer.
///
/// Aggregates are written header first, then exactly the announced number of elements. In RESP2 a map of `n`
/// pairs is an array of `2n`, a set is an array, a double, a boolean and a big number are what Redis makes of
/// them. A command that fails half-way is undone with [#mark] and [#rollback]. Not thread-safe: one writer
/// belongs to one connection or to one task.
public final class ReplyWriter {
    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] OK = "+OK\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] QUEUED = "+QUEUED\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL_BULK = "$-1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL_ARRAY = "*-1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL3 = "_\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_ERROR_CHARS = 1024;
    private static final byte[] MIN_VALUE = Long.toString(Long.MIN_VALUE).getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = 24; // Type, sign, 19 digits, CRLF.

    private ByteBuf out;
    private int protocol = 2;

    /// A writer into `out`, which stays the caller's.
    public ReplyWriter(ByteBuf out) {
        this.out = out;
    }

    /// Goes on in another buffer.
    public void setBuffer(ByteBuf buffer) {
        this.out = buffer;
    }

    /// The buffer written to.
    public ByteBuf buffer() {
        return out;
    }

    /// 2 or 3.
    public int protocol() {
        return protocol;
    }

    /// Sets the protocol of what follows, 2 or 3.
    public void setProtocol(int version) {
        assert version == 2 || version == 3 : "protocol " + version;
        this.protocol = version;
    }

    /// Whether replies are RESP3.
    public boolean isResp3() {
        return protocol == 3;
    }

    /// The place to which [#rollback] can return.
    public int mark() {
        return out.writerIndex();
    }

    /// Takes back everything written since `mark`.
    public void rollback(int mark) {
        out.writerIndex(mark);
    }

    /// Whether what was written since `mark` begins with an error.
    public boolean isErrorAt(int mark) {
        return out.writerIndex() > mark && out.getByte(mark) == '-';
    }

    /// `+OK`.
    public void ok() {
        out.writeBytes(OK);
    }

    /// `+QUEUED`.
    public void queued() {
        out.writeBytes(QUEUED);
    }

    /// A simple string; `text` has no line break.
    public void simpleString(String text) {
        assert text.indexOf('\r') < 0 && text.indexOf('\n') < 0 : text;
        out.writeByte('+');
        out.writeCharSequence(text, StandardCharsets.UTF_8);
        out.writeBytes(CRLF);
    }

    /// An error; `message` begins with its code (`ERR`, `WRONGTYPE`). Line breaks become spaces and an
    /// overlong text is clipped, so that no client can forge a second reply.
    public void error(String message) {
        String text = message.length() > MAX_ERROR_CHARS ? message.substring(0, MAX_ERROR_CHARS) : message;
        out.writeByte('-');
        out.writeCharSequence(text.replace('\r', ' ').replace('\n', ' '), StandardCharsets.UTF_8);
        out.writeBytes(CRLF);
    }

    /// An integer.
    public void integer(long value) {
        header(':', value);
    }

    /// A bulk string of `length` bytes at a native `address`.
    public void bulk(long address, int length) {
        ByteBuf buffer = out;
        buffer.ensureWritable(Math.addExact(length, HEADER_BYTES + 2));
        if (!buffer.hasMemoryAddress()) {
            byte[] bytes = new byte[length];
            WireMemory.copy(address, bytes);
            bulk(bytes);
            return;
        }
        long base = buffer.memoryAddress();
        long at = putHeader(base + buffer.writerIndex(), '$', length);
        WireMemory.copy(address, at, length);
        at += length;
        WireMemory.put(at, (byte) '\r');
        WireMemory.put(at + 1, (byte) '\n');
        buffer.writerIndex((int) (at + 2 - base));
    }

    /// A bulk string.
    public void bulk(byte[] bytes) {
        header('$', bytes.length);
        out.writeBytes(bytes);
        out.writeBytes(CRLF);
    }

    /// A bulk string of the UTF-8 bytes of `text`.
    public void bulk(String text) {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    /// A bulk string of the decimal digits of `value`.
    public void bulkLong(long value) {
        bulk(Long.toString(value));
    }

    /// The null bulk string, `_` in RESP3.
    public void nullValue() {
        out.writeBytes(protocol == 3 ? NULL3 : NULL_BULK);
    }

    /// The null array, `_` in RESP3.
    public void nullArray() {
        out.writeBytes(protocol == 3 ? NULL3 : NULL_ARRAY);
    }

    /// Header of an array of `count` elements.
    public void array(int count) {
        header('*', count);
    }

    /// Header of a map of `pairs` keys and values.
    public void map(int pairs) {
        if (protocol == 3) {
            header('%', pairs);
        } else {
            header('*', 2L * pairs);
        }
    }

    /// Header of a set of `count` elements.
    public void set(int count) {
        header(protocol == 3 ? '~' : '*', count);
    }

    /// Header of a push message of `count` elements; an array in RESP2.
    public void push(int count) {
        header(protocol == 3 ? '>' : '*', count);
    }

    /// A double: `,` in RESP3, a bulk string in RESP2, in the shortest digits that read back as `value`.
    public void doubleValue(double value) {
        String text = Numbers.format(value);
        if (protocol == 3) {
            out.writeByte(',');
            out.writeCharSequence(text, StandardCharsets.US_ASCII);
            out.writeBytes(CRLF);
        } else {
            bulk(text);
        }
    }

    /// A boolean: `#t` or `#f`, in RESP2 the integer 1 or 0.
    public void bool(boolean value) {
        if (protocol == 3) {
            out.writeByte('#');
            out.writeByte(value ? 't' : 'f');
            out.writeBytes(CRLF);
        } else {
            integer(value ? 1 : 0);
        }
    }

    /// A big number; a bulk string in RESP2. `digits` is a decimal integer.
    public void bigNumber(String digits) {
        if (protocol == 3) {
            out.writeByte('(');
            out.writeCharSequence(digits, StandardCharsets.US_ASCII);
            out.writeBytes(CRLF);
        } else {
            bulk(digits);
        }
    }

    /// A verbatim string; a bulk string in RESP2. `format` has three characters, as `txt`.
    public void verbatim(String format, String text) {
        assert format.length() == 3 : format;
        if (protocol == 3) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            header('=', bytes.length + 4L);
            out.writeCharSequence(format, StandardCharsets.US_ASCII);
            out.writeByte(':');
            out.writeBytes(bytes);
            out.writeBytes(CRLF);
        } else {
            bulk(text);
        }
    }

    /// Header of RESP3 attributes, `pairs` of them, before the reply they belong to. RESP3 only.
    public void attributes(int pairs) {
        assert protocol == 3 : "attributes need RESP3";
        header('|', pairs);
    }

    /// Bytes that are a whole reply already.
    public void rawReply(ByteBuf reply) {
        out.writeBytes(reply);
    }

    private void header(char type, long value) {
        ByteBuf buffer = out;
        buffer.ensureWritable(HEADER_BYTES);
        if (buffer.hasMemoryAddress()) {
            long base = buffer.memoryAddress();
            buffer.writerIndex((int) (putHeader(base + buffer.writerIndex(), type, value) - base));
        } else {
            buffer.writeByte(type);
            buffer.writeCharSequence(Long.toString(value), StandardCharsets.US_ASCII);
            buffer.writeBytes(CRLF);
        }
    }

    /// Writes `<type><value>CRLF`, at most [#HEADER_BYTES] bytes, and returns the address behind it.
    private static long putHeader(long address, char type, long value) {
        long at = address;
        WireMemory.put(at++, (byte) type);
        if (value < 0) {
            if (value == Long.MIN_VALUE) { // Has no positive twin.
                for (int i = 0; i < MIN_VALUE.length; i++) {
                    WireMemory.put(at++, MIN_VALUE[i]);
                }
                value = -1;
            } else {
                WireMemory.put(at++, (byte) '-');
                value = -value;
            }
        }
        if (value >= 0) {
            int digits = 1;
            for (long rest = value; rest >= 10; rest /= 10) {
                digits++;
            }
            long rest = value;
            for (int i = digits - 1; i >= 0; i--) {
                WireMemory.put(at + i, (byte) ('0' + rest % 10));
                rest /= 10;
            }
            at += digits;
        }
        WireMemory.put(at, (byte) '\r');
        WireMemory.put(at + 1, (byte) '\n');
        return at + 2;
    }
}
