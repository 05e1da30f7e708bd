package io.nuthatch.commands;

import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `CONFIG SET appendonly` on its way: turning the log on takes as long as a checkpoint, and the client waits
/// so long for its answer. Any thread.
public final class LogSwitch implements Wait {
    private final List<Runnable> waiting = new ArrayList<>(); // Guarded by this, as the next.
    private @Nullable String error;
    private boolean isOver;

    /// It is done, or failed with that error.
    public void end(@Nullable String failure) {
        List<Runnable> told;
        synchronized (this) {
            error = failure;
            isOver = true;
            told = List.copyOf(waiting);
            waiting.clear();
        }
        told.forEach(Runnable::run);
    }

    @Override
    public long timeoutMillis() {
        return 0;
    }

    @Override
    public synchronized boolean isOver() {
        return isOver;
    }

    @Override
    public boolean whenChanged(Runnable again) {
        synchronized (this) {
            if (!isOver) {
                waiting.add(again);
                return true;
            }
        }
        again.run();
        return true;
    }

    /// Before the end, to a client that was woken, `OK`: it goes on by itself.
    @Override
    public synchronized void reply(ReplyWriter reply) {
        if (error == null) {
            reply.ok();
        } else {
            reply.error("ERR CONFIG SET failed (possibly related to argument 'appendonly') - " + error);
        }
    }
}
