package io.nuthatch.commands;

import io.nuthatch.resp.ReplyWriter;
import java.util.function.Consumer;

/// A client's socket as the commands see it; implemented by the server.
public interface Connection {
    /// The client's address, `ip:port`.
    String remoteAddress();

    /// The server's side of the socket, `ip:port`.
    String localAddress();

    /// Queues a message outside the request-reply order (pub/sub, invalidation, MONITOR) and flushes it soon.
    /// From any thread; `message` is called once, on the connection's event loop, with a writer in the
    /// connection's protocol.
    void push(Consumer<ReplyWriter> message);

    /// Ends the wait of a client in a blocking command, with what is there by now or with the error
    /// `UNBLOCKED`; false when it waits in none. From any thread.
    boolean unblock(boolean isError);

    /// Closes once everything written so far is sent. From any thread.
    void closeAfterFlush();

    /// Whether it is being closed, so that nothing more will reach the client. From any thread.
    boolean isClosing();

    /// Closes at once. From any thread.
    void close();

    /// Bytes of replies that wait for the client to read them.
    long outputBytes();

    /// Bytes of requests that were read and not yet executed.
    long queryBytes();
}
