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
    private record Held(ByteBuf out, long seenLsn, long ownLsn) {}

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
        if (journal == null || held.isEmpty() && journal.policy() != Journal.Policy.ALWAYS) {
            exit.accept(out);
            return;
        }
        Held reply = new Held(out, journal.appendedLsn(), ownLsn);
        if (held.isEmpty() && mayGo(reply, journal)) {
            exit.accept(out);
            return;
        }
        held.add(reply);
        bytes += out.readableBytes();
        arm(journal, loop, later);
    }

    private static boolean mayGo(Held reply, @Nullable Journal journal) {
        if (journal == null) {
            return true; // The log was closed in order.
        }
        long committed = journal.committedLsn();
        return committed >= reply.seenLsn || journal.refusal() != null && committed >= reply.ownLsn;
    }

    private void arm(Journal journal, Executor loop, Runnable later) {
        Held first = held.peek();
        if (first != null && !isArmed) {
            isArmed = true;
            journal.whenCommitted(
                    first.seenLsn,
                    () -> loop.execute(() -> {
                        isArmed = false;
                        later.run();
                    }));
        }
    }

    /// Lets go what may. False when the next reply can never go: then the connection is at its end.
    boolean release(Executor loop, Runnable later) {
        Journal journal = durability.journal();
        for (Held first = held.peek(); first != null && mayGo(first, journal); first = held.peek()) {
            held.remove();
            bytes -= first.out.readableBytes();
            exit.accept(first.out);
        }
        if (journal == null || held.isEmpty()) {
            return true;
        }
        if (journal.isFailed()) {
            return false;
        }
        arm(journal, loop, later);
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
