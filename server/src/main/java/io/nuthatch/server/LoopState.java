package io.nuthatch.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.Dispatcher;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// What the connections of one event loop share: the batch being executed, the context, the output buffer.
///
/// One connection at a time uses it, from the first byte read until its replies are handed to the socket, so
/// none of this is needed per connection and an idle one stays small. The event loop's own.
final class LoopState {
    /// Commands framed before the first is executed; their keys' memory is touched together, as the server
    /// waits for DRAM, and 64 misses in flight wait once.
    static final int BATCH = 64;

    private static final int OUTPUT_BYTES = 16 * 1024;
    private static final int KEPT_OUTPUT_BYTES = 256 * 1024;

    final CommandContext context;
    final Args[] args = new Args[BATCH];
    final long[] starts = new long[BATCH];
    final @Nullable CommandEntry[] entries = new CommandEntry[BATCH];
    final Key[] keys = new Key[BATCH]; // The only key of each command that has one.
    final boolean[] hasKey = new boolean[BATCH];
    final Key[] touched = new Key[BATCH];
    final ReplyWriter reply;
    private final ByteBufAllocator allocator;
    private ByteBuf output;
    private @Nullable ByteBuf spare;
    private @Nullable ClientConnection owner;

    LoopState(Dispatcher dispatcher, ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.context = dispatcher.newContext();
        for (int i = 0; i < BATCH; i++) {
            args[i] = new Args();
            keys[i] = new Key();
            touched[i] = keys[i];
        }
        this.output = allocator.directBuffer(OUTPUT_BYTES);
        this.reply = new ReplyWriter(output);
    }

    /// The buffer that replies go to.
    ByteBuf output() {
        return output;
    }

    /// Makes `connection` the one whose replies the output holds. The former one's go to its socket first:
    /// with io_uring another connection's read may come before the end of a read.
    void claim(ClientConnection connection) {
        ClientConnection former = owner;
        if (former != connection) {
            if (former != null && output.isReadable()) {
                former.surrender();
            }
            output.clear();
            owner = connection;
        }
    }

    /// Drops the output; its connection is broken.
    void discardOutput() {
        output.clear();
    }

    /// Takes the output so far, if it is `connection`'s, to be written to the socket and then handed to
    /// [#giveBack]; null when there is none.
    ///
    /// Replies go to another buffer from now on: writing may call back into the connection, which must not
    /// find the same replies again.
    @Nullable
    ByteBuf takeOutput(ClientConnection connection) {
        if (owner != connection || !output.isReadable()) {
            return null;
        }
        ByteBuf taken = output;
        ByteBuf next = spare;
        spare = null;
        output = next == null ? allocator.directBuffer(OUTPUT_BYTES) : next;
        reply.setBuffer(output);
        return taken;
    }

    /// Takes a buffer back whose other owner is the socket: used again if that has sent all of it.
    void giveBack(ByteBuf taken) {
        if (spare == null && taken.refCnt() == 1 && taken.capacity() <= KEPT_OUTPUT_BYTES) {
            spare = taken.clear();
        } else {
            taken.release();
        }
    }

    void release() {
        output.release();
        if (spare != null) {
            spare.release();
        }
    }
}
