package io.nuthatch.server;

import io.netty.buffer.ByteBuf;
import io.nuthatch.commands.Durability;
import io.nuthatch.engine.Journal;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Holds the replies of one connection back, with `appendfsync always`, until what they tell of would survive
/// a loss of power.
///
/// Replies wait for every record that was appended before them, not only for the client's own: what a client
/// has read is safe, too, as in Redis. While the disk refuses writes, replies that tell of no write of this
/// client go out all the same, so that reads go on; they may tell of what a crash then loses. When a sync has
/// failed, replies to writes will never be true: the connection is to be closed.
///
/// The connection's event loop alone.
final class ReplyGate {
    /// Replies on their way, with the newest record at that time and the client's own newest, 0 for none.
    ///
    /// @param journal null for replies that wait for those before them alone: the log was turned off
    private record Held(ByteBuf out, @Nullable Journal journal, long seenLsn, long ownLsn) {
        boolean mayGo() {
            if (journal == null) {
                return true;
            }
            long committed = journal.committedLsn();
            return committed >= seenLsn || journal.refusal() != null && committed >= ownLsn;
        }
    }

    private final Durability durability;
    private final Consumer<ByteBuf> exit;
    private final ArrayDeque<Held> held = new ArrayDeque<>(0);
    private long bytes;
    private boolean isArmed; // The journal will call.

    /// `exit` takes replies that may go.
    ReplyGate(Durability durability, Consumer<ByteBuf> exit) {
        this.durability = durability;
        this.exit = exit;
    }

    /// Lets the replies go, now or later; takes them over. `ownLsn`: the client's newest record, 0 for none
    /// since the last call. `later` runs on `loop` when there may be something to [#release].
    void pass(ByteBuf out, long ownLsn, Executor loop, Runnable later) {
        Journal journal = durability.journal();
        if (held.isEmpty() && (journal == null || journal.policy() != Journal.Policy.ALWAYS)) {
            exit.accept(out);
            return;
        }
        Held reply = new Held(out, journal, journal == null ? 0 : journal.appendedLsn(), ownLsn);
        if (held.isEmpty() && reply.mayGo()) {
            exit.accept(out);
            return;
        }
        held.add(reply);
        bytes += out.readableBytes();
        arm(loop, later);
    }

    private void arm(Executor loop, Runnable later) {
        Held first = held.peek();
        if (first != null && first.journal != null && !isArmed) {
            isArmed = true;
            first.journal.whenCommitted(
                    first.seenLsn,
                    () -> loop.execute(() -> {
                        isArmed = false;
                        later.run();
                    }));
        }
    }

    /// Lets go what may. False when the next reply can never go: then the connection is at its end.
    boolean release(Executor loop, Runnable later) {
        for (Held first = held.peek(); first != null && first.mayGo(); first = held.peek()) {
            held.remove();
            bytes -= first.out.readableBytes();
            exit.accept(first.out);
        }
        Held next = held.peek();
        if (next == null) {
            return true;
        }
        if (next.journal != null && next.journal.isFailed()) {
            return false;
        }
        arm(loop, later);
        return true;
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    /// Bytes held back.
    long bytes() {
        return bytes;
    }

    /// Forgets all replies; the client has gone.
    void close() {
        held.forEach(reply -> reply.out.release());
        held.clear();
        bytes = 0;
    }
}
