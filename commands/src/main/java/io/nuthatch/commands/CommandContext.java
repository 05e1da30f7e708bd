package io.nuthatch.commands;

import io.nuthatch.resp.ReplyWriter;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What one execution of a command stands on: the client, and the time at which the command was taken.
///
/// One belongs to each thread that executes commands and is handed on from command to command; not
/// thread-safe.
public final class CommandContext {
    /// Executes queued commands under the union of their locks; what `EXEC` calls.
    public interface TransactionExecutor {
        /// Takes every lock that the commands need, asks `mayRun` (which may look at watched keys), and if it
        /// says yes writes an array of the commands' replies, errors among them. Returns whether it did; when
        /// not, nothing was written.
        boolean execute(
                CommandContext context, List<Transaction.Queued> commands, ReplyWriter reply, BooleanSupplier mayRun);
    }

    private @Nullable Session session;
    private final @Nullable TransactionExecutor transactions;
    private final CommandStats.@Nullable Recorder recorder;
    private long nowMillis;

    /// A context for `session` outside a server, for tests: it executes no transaction.
    public CommandContext(Session session) {
        this.session = session;
        this.transactions = null;
        this.recorder = null;
    }

    CommandContext(TransactionExecutor transactions, CommandStats.Recorder recorder) {
        this.transactions = transactions;
        this.recorder = recorder;
    }

    public Session session() {
        Session current = session;
        if (current == null) {
            throw new IllegalStateException("no session");
        }
        return current;
    }

    /// Goes on with another client.
    public void setSession(Session value) {
        this.session = value;
    }

    /// Unix milliseconds at which the command was taken: the time that decides every expiry it meets.
    public long nowMillis() {
        return nowMillis;
    }

    /// Sets the command's time.
    public void setNowMillis(long value) {
        this.nowMillis = value;
    }

    /// What executes a transaction.
    public TransactionExecutor transactions() {
        if (transactions == null) {
            throw new IllegalStateException("a context without a dispatcher");
        }
        return transactions;
    }

    CommandStats.Recorder recorder() {
        if (recorder == null) {
            throw new IllegalStateException("a context without a dispatcher");
        }
        return recorder;
    }
}
