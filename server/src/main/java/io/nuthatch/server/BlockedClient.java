package io.nuthatch.server;

import io.netty.util.concurrent.EventExecutor;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.Wait;
import io.nuthatch.resp.ReplyWriter;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The waits of one client in blocking commands. Each ends by the first of these: what it waits for is there,
/// its time is over, `CLIENT UNBLOCK`, the client is gone.
///
/// The connection's event loop, but for [#end].
final class BlockedClient {
    /// Where the client is.
    enum State {
        FREE,
        WAITING,
        OVER,
        TIME_IS_UP,
        UNBLOCKED_BY_ERROR,
        GONE
    }

    private final Session session;
    private final EventExecutor loop;
    private final Runnable whenEnded;
    private final AtomicReference<State> state = new AtomicReference<>(State.FREE);
    private @Nullable Wait wait;
    private @Nullable Future<?> timer;
    private boolean isArmed; // [#changed] will be called, perhaps for an earlier wait: one call at a time is enough.

    /// `whenEnded` runs on `loop` when [#reply] is due.
    BlockedClient(Session session, EventExecutor loop, Runnable whenEnded) {
        this.session = session;
        this.loop = loop;
        this.whenEnded = whenEnded;
    }

    /// Begins to wait for what the command said; false when it is over already and [#reply] is due.
    boolean begin(Wait next) {
        wait = next;
        if (next.isOver()) {
            state.set(State.OVER);
            return false;
        }
        state.set(State.WAITING);
        if (next.timeoutMillis() > 0) {
            timer = loop.schedule(() -> end(State.TIME_IS_UP), next.timeoutMillis(), TimeUnit.MILLISECONDS);
        }
        arm(next);
        return true;
    }

    private void arm(Wait current) {
        if (!isArmed) {
            isArmed = true; // Before the call, which may come at once.
            isArmed = current.whenChanged(() -> loop.execute(this::changed));
        }
    }

    private void changed() {
        isArmed = false;
        Wait current = wait;
        if (current == null || state.get() != State.WAITING) {
            return;
        }
        if (current.isOver()) {
            end(State.OVER);
        } else {
            arm(current);
        }
    }

    /// Ends the wait; false when there is none. Any thread.
    boolean end(State why) {
        if (!state.compareAndSet(State.WAITING, why)) {
            return false;
        }
        loop.execute(whenEnded);
        return true;
    }

    /// Writes the reply after the end.
    void reply(ReplyWriter reply) {
        Wait ended = wait;
        State why = state.getAndSet(State.FREE);
        wait = null;
        stopTimer();
        boolean isSilent = session.isBlockedSilently();
        session.unblocked();
        if (ended == null || isSilent) {
            return;
        }
        if (why == State.UNBLOCKED_BY_ERROR) {
            reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
        } else {
            ended.reply(reply);
        }
    }

    /// The client is gone, waiting or not.
    void close() {
        state.set(State.GONE);
        wait = null;
        stopTimer();
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
