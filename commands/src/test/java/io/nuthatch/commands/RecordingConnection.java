package io.nuthatch.commands;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A client without a socket: keeps what is pushed to it, in RESP3 as it would go out, CR and LF as spaces.
public final class RecordingConnection implements Connection {
    private final List<String> pushed = new ArrayList<>();

    /// A session of a client that only listens.
    public static Session session(RecordingConnection connection) {
        return new Session(1, connection, 0);
    }

    /// The messages so far.
    public List<String> pushed() {
        return pushed;
    }

    @Override
    public void push(Consumer<ReplyWriter> message) {
        ByteBuf out = Unpooled.buffer();
        ReplyWriter reply = new ReplyWriter(out);
        reply.setProtocol(3);
        message.accept(reply);
        pushed.add(
                out.toString(StandardCharsets.ISO_8859_1).replace("\r\n", " ").strip());
    }

    @Override
    public String remoteAddress() {
        return "192.0.2.7:1234";
    }

    @Override
    public String localAddress() {
        return "192.0.2.1:6379";
    }

    @Override
    public boolean unblock(boolean isError) {
        return false;
    }

    @Override
    public void closeAfterFlush() {}

    @Override
    public boolean isClosing() {
        return false;
    }

    @Override
    public void close() {}

    @Override
    public long outputBytes() {
        return 0;
    }

    @Override
    public long queryBytes() {
        return 0;
    }
}
