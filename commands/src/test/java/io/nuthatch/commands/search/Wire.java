package io.nuthatch.commands.search;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Replies as text, in the notation the expected ones were recorded in: `:n` integer, `+x` simple string,
/// quoted bulk, `,x` double, `$nil` or `_` null, `[…]` array, `~[…]` set, `%{k: v}` map, `-x` error.
final class Wire {
    private Wire() {}

    /// What `command` writes in `protocol`; exactly one reply.
    static String of(int protocol, Consumer<ReplyWriter> command) {
        ByteBuf buffer = Unpooled.buffer();
        ReplyWriter writer = new ReplyWriter(buffer);
        writer.setProtocol(protocol);
        command.accept(writer);
        String text = read(buffer);
        if (buffer.isReadable()) {
            throw new AssertionError("bytes after the reply: " + buffer.toString(StandardCharsets.ISO_8859_1));
        }
        return text;
    }

    private static String read(ByteBuf buffer) {
        byte type = buffer.readByte();
        int end = buffer.indexOf(buffer.readerIndex(), buffer.writerIndex(), (byte) '\r');
        String line = buffer.toString(buffer.readerIndex(), end - buffer.readerIndex(), StandardCharsets.ISO_8859_1);
        buffer.readerIndex(end + 2);
        return switch (type) {
            case '+', '-', ':', ',', '#' -> (char) type + line;
            case '_' -> "_";
            case '$' -> {
                int length = Integer.parseInt(line);
                if (length < 0) {
                    yield "$nil";
                }
                String bulk = buffer.toString(buffer.readerIndex(), length, StandardCharsets.ISO_8859_1);
                buffer.readerIndex(buffer.readerIndex() + length + 2);
                yield "'" + bulk + "'";
            }
            case '*' -> "[" + elements(buffer, Integer.parseInt(line)) + "]";
            case '~' -> "~[" + elements(buffer, Integer.parseInt(line)) + "]";
            case '%' -> {
                List<String> pairs = new ArrayList<>();
                for (int i = Integer.parseInt(line); i > 0; i--) {
                    pairs.add(read(buffer) + ": " + read(buffer));
                }
                yield "%{" + String.join(", ", pairs) + "}";
            }
            default -> throw new AssertionError("reply type " + (char) type);
        };
    }

    private static String elements(ByteBuf buffer, int count) {
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(read(buffer));
        }
        return String.join(", ", elements);
    }
}
