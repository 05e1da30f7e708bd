package io.nuthatch.commands.feed;

import io.nuthatch.commands.Connection;
import io.nuthatch.commands.Session;
import io.nuthatch.engine.Journal;
import io.nuthatch.persistence.wal.LogCursor;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/// One client's place in the log.
///
/// The log is read no further than the client reads: what is on its way to it stays about
/// [#MAX_OUTPUT_BYTES], and the rest stays on the disk. Nothing of the log is kept for it, so a client that
/// is too slow learns that its place was cut, and is closed.
///
/// The feed's thread alone, but for [#close].
final class Tail {
    /// What a step did.
    enum Step {
        /// Sent something; there may be more.
        MOVED,
        /// Waits for the client to read.
        BLOCKED,
        /// Waits for the log to grow.
        AT_END,
        ENDED
    }

    private static final long MAX_OUTPUT_BYTES = 256 << 10;
    private static final long STEP_BYTES = 64 << 10;

    private final Session session;
    private final LogCursor cursor;
    private final AtomicLong underway = new AtomicLong(); // Pushed, and not yet in the connection's output.
    private boolean isWaiting; // The journal will call.
    private volatile boolean isClosed;

    Tail(Session session, LogCursor cursor) {
        this.session = session;
        this.cursor = cursor;
    }

    /// Sends what is committed and fits. `wake` is called when there may be more, if there is no more now.
    Step step(Journal journal, Runnable wake) {
        Connection connection = session.connection();
        if (isClosed || connection.isClosing() || session.protocol() < 3) {
            return Step.ENDED;
        }
        if (connection.outputBytes() + underway.get() >= MAX_OUTPUT_BYTES) {
            return Step.BLOCKED;
        }
        long next = cursor.nextLsn();
        if (next > journal.committedLsn()) {
            if (!isWaiting) {
                isWaiting = true;
                journal.whenCommitted(next, wake);
            }
            return Step.AT_END;
        }
        isWaiting = false;
        try {
            cursor.read(
                    journal.committedLsn(),
                    STEP_BYTES,
                    (lsn, address, bytes) -> send(connection, TailMessage.of(lsn, address, bytes)));
            return Step.MOVED;
        } catch (IOException | IllegalArgumentException failure) {
            String why = "ERR the tail ends: " + failure.getMessage();
            connection.push(reply -> {
                if (reply.isResp3()) {
                    reply.push(2);
                    reply.bulk(TailMessage.KIND);
                    reply.error(why);
                }
            });
            connection.push(reply -> connection.closeAfterFlush());
            return Step.ENDED;
        }
    }

    private void send(Connection connection, TailMessage message) {
        underway.addAndGet(message.bytes());
        connection.push(reply -> {
            if (!isClosed && reply.isResp3()) {
                message.writeTo(reply);
            }
            underway.addAndGet(-message.bytes());
        });
    }

    /// The client has gone, resets, or asked for another place. Any thread.
    void close() {
        isClosed = true;
    }

    /// Lets the log go.
    void release() {
        cursor.close();
    }
}
