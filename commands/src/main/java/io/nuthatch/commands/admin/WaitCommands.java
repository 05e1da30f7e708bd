package io.nuthatch.commands.admin;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Durability;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.commands.Wait;
import io.nuthatch.engine.Journal;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;

/// `WAIT` and `WAITAOF`: the client waits until its writes are somewhere safe.
///
/// There are no replicas, so nobody ever acknowledges for them. In a transaction both say at once what there
/// is, as in Redis.
public final class WaitCommands implements CommandFamily {
    private static final String NO_LOG = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";

    private static final CommandSpec WAIT = CommandSpec.named("WAIT")
            .summary("Waits until replicas have the connection's writes")
            .syntax("numreplicas timeout")
            .since("3.0.0")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.BLOCKING)
            .acl(AclCategory.CONNECTION)
            .tips("request_policy:all_shards", "response_policy:agg_min")
            .build();

    private static final CommandSpec WAITAOF = CommandSpec.named("WAITAOF")
            .summary("Waits until the connection's writes survive a loss of power")
            .syntax("numlocal numreplicas timeout")
            .since("7.2.0")
            .group("generic")
            .arity(4)
            .flags(CommandFlag.BLOCKING)
            .acl(AclCategory.CONNECTION)
            .tips("request_policy:all_shards", "response_policy:agg_min")
            .build();

    private final ServerState state;

    public WaitCommands(ServerState state) {
        this.state = state;
    }

    @Override
    public List<Command> commands() {
        return List.of(SimpleCommand.of(WAIT, this::waitForReplicas), SimpleCommand.of(WAITAOF, this::waitForLog));
    }

    private void waitForReplicas(CommandContext context, Args args, ReplyWriter reply) {
        long replicas = Arguments.integer(args, 1);
        Replicas wait = new Replicas(replicas, timeoutMillis(args, 2));
        if (context.isInTransaction() || wait.isOver()) {
            wait.reply(reply);
        } else {
            context.session().block(wait);
        }
    }

    private void waitForLog(CommandContext context, Args args, ReplyWriter reply) {
        long local = Arguments.integer(args, 1);
        if (local < 0 || local > 1) {
            throw new CommandException("ERR value is out of range, value must between 0 and 1");
        }
        long replicas = replicas(args, 2);
        long timeout = timeoutMillis(args, 3);
        Durability durability = state.durability();
        if (local > 0 && durability.log() == null) {
            throw new CommandException(NO_LOG);
        }
        LogWait wait = new LogWait(durability, context.session(), local, replicas, timeout);
        if (!context.isInTransaction()) {
            context.session().block(wait);
            return;
        }
        // What the transaction itself has changed until here is not even appended yet.
        Durability.Log log = durability.log();
        reply.array(2);
        reply.integer(log == null || log.effects().isRecording() ? 0 : wait.synced());
        reply.integer(0);
    }

    private static long replicas(Args args, int index) {
        long replicas;
        try {
            replicas = Arguments.integer(args, index);
        } catch (CommandException notANumber) {
            replicas = -1;
        }
        if (replicas < 0) {
            throw new CommandException("ERR value is out of range, must be positive");
        }
        return replicas;
    }

    private long timeoutMillis(Args args, int index) {
        long timeout;
        try {
            timeout = Arguments.integer(args, index);
        } catch (CommandException notANumber) {
            throw new CommandException("ERR timeout is not an integer or out of range");
        }
        if (timeout < 0) {
            throw new CommandException("ERR timeout is negative");
        }
        if (timeout > Long.MAX_VALUE - state.clock().nowMillis()) {
            throw new CommandException("ERR timeout is out of range");
        }
        return timeout;
    }

    /// For replicas that will never be there.
    private record Replicas(long wanted, long timeoutMillis) implements Wait {
        @Override
        public boolean isOver() {
            return wanted <= 0;
        }

        @Override
        public boolean whenChanged(Runnable again) {
            return false;
        }

        @Override
        public void reply(ReplyWriter reply) {
            reply.integer(0);
        }
    }

    /// For the sync of everything that the client has written.
    private record LogWait(Durability durability, Session session, long local, long replicas, long timeoutMillis)
            implements Wait {
        /// 1 when the log has them all, for good; 0 when not, or when there is no log.
        int synced() {
            Durability.Log log = durability.log();
            return log != null && log.journal().syncedLsn() >= session.newestLsn(log.journal()) ? 1 : 0;
        }

        @Override
        public boolean isOver() {
            return replicas == 0 && synced() >= local || isLogGone();
        }

        private boolean isLogGone() {
            return local > 0 && durability.log() == null; // By CONFIG SET appendonly no.
        }

        @Override
        public boolean whenChanged(Runnable again) {
            Journal journal = durability.journal();
            if (journal == null || local == 0) {
                return false;
            }
            // Replicas never come, but the log may go.
            journal.whenSynced(replicas == 0 ? session.newestLsn(journal) : Long.MAX_VALUE, again);
            return true;
        }

        @Override
        public void reply(ReplyWriter reply) {
            if (isLogGone()) {
                reply.error(NO_LOG);
                return;
            }
            reply.array(2);
            reply.integer(synced());
            reply.integer(0);
        }
    }
}
