package io.nuthatch.commands.admin;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Locking;
import io.nuthatch.commands.Placement;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.persistence.checkpoint.Rewrites;
import io.nuthatch.persistence.checkpoint.Saves;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `SAVE`, `BGSAVE`, `BGREWRITEAOF`, `LASTSAVE`, `SHUTDOWN` and `DEBUG RELOAD`: the commands about
/// checkpoints.
public final class SaveCommands implements CommandFamily {
    private static final Logger LOG = LoggerFactory.getLogger(SaveCommands.class);
    private static final String IN_PROGRESS = "ERR Background save already in progress";
    private static final String REWRITE_IN_PROGRESS = "ERR Background append only file rewriting already in progress";
    private static final String REWRITE_IN_THE_WAY = "ERR Another child process is active (AOF?): can't BGSAVE right"
            + " now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.";

    private static final CommandSpec SAVE = CommandSpec.named("SAVE")
            .summary("Writes a checkpoint while every other client waits")
            .since("1.0.0")
            .group("server")
            .complexity("O(N) where N is the number of keys in all databases")
            .arity(1)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.NO_ASYNC_LOADING, CommandFlag.NO_MULTI)
            .locking(Locking.ALL)
            .placement(Placement.QUERY_POOL)
            .details("The checkpoint is of one moment. `BGSAVE` stops nobody, and what it writes is of one moment for"
                    + " each key.")
            .build();

    private static final CommandSpec BGSAVE = CommandSpec.named("BGSAVE")
            .summary("Writes a checkpoint in the background")
            .syntax("[SCHEDULE]")
            .since("1.0.0")
            .group("server")
            .arity(-1)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.NO_ASYNC_LOADING)
            .details("Nothing is forked and nothing is held in memory twice. Each key is written as it is at one moment"
                    + " between the begin and the end; a transaction over several hash slots that runs meanwhile may"
                    + " be in it in part. `INFO persistence` says how far it is and how it ended.")
            .build();

    private static final CommandSpec BGREWRITEAOF = CommandSpec.named("BGREWRITEAOF")
            .summary("Writes a checkpoint in the background and cuts the log before it")
            .since("1.0.0")
            .group("server")
            .arity(1)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.NO_ASYNC_LOADING)
            .details("There is no file of commands to rewrite: a checkpoint is written as by `BGSAVE`, and the log that"
                    + " it makes unnecessary goes. It comes by itself as `auto-aof-rewrite-percentage` and"
                    + " `auto-aof-rewrite-min-size` say. While `BGSAVE` writes, it is scheduled.")
            .build();

    private static final CommandSpec LASTSAVE = CommandSpec.named("LASTSAVE")
            .summary("Gives the time of the last checkpoint")
            .since("1.0.0")
            .group("server")
            .arity(1)
            .flags(CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .acl(AclCategory.ADMIN, AclCategory.DANGEROUS)
            .tips("nondeterministic_output")
            .build();

    private static final CommandSpec SHUTDOWN = CommandSpec.named("SHUTDOWN")
            .summary("Stops the server")
            .syntax("[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]")
            .since("1.0.0")
            .group("server")
            .complexity("O(N) when saving, where N is the number of keys in all databases")
            .arity(-1)
            .flags(
                    CommandFlag.ADMIN,
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.NO_MULTI,
                    CommandFlag.ALLOW_BUSY)
            .details("Without `SAVE` or `NOSAVE` it writes a checkpoint if `save` has points. When that fails the"
                    + " server goes on and says so, unless `FORCE` is given. No write is answered that the checkpoint"
                    + " does not hold. `NOW` changes nothing, as there are no replicas to wait for.")
            .build();

    private static final CommandSpec RELOAD = CommandSpec.named("DEBUG|RELOAD")
            .summary("Writes a checkpoint, empties the server and reads it back")
            .syntax("[NOSAVE]")
            .group("server")
            .arity(-2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .placement(Placement.QUERY_POOL)
            .build();

    /// Empties the server and reads the last checkpoint, after writing one when `isSaving`.
    public interface Reload {
        void run(boolean isSaving) throws IOException;
    }

    private final ServerState state;
    private final Stripes stripes;
    private final Saves saves;
    private final Rewrites rewrites;
    private final Reload reload;

    public SaveCommands(ServerState state, Stripes stripes, Saves saves, Rewrites rewrites, Reload reload) {
        this.state = state;
        this.stripes = stripes;
        this.saves = saves;
        this.rewrites = rewrites;
        this.reload = reload;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(SAVE, this::save),
                SimpleCommand.of(BGSAVE, this::saveInBackground),
                SimpleCommand.of(BGREWRITEAOF, this::rewrite),
                SimpleCommand.of(LASTSAVE, (context, args, reply) -> reply.integer(saves.lastSaveMillis() / 1000)),
                SimpleCommand.of(SHUTDOWN, this::shutdown),
                SimpleCommand.of(RELOAD, this::reload));
    }

    private void save(CommandContext context, Args args, ReplyWriter reply) {
        try {
            if (!saves.saveNow()) {
                throw new CommandException(IN_PROGRESS);
            }
            reply.ok();
        } catch (IOException failure) {
            LOG.error("SAVE failed", failure);
            throw CommandException.of("ERR SAVE failed: %s", String.valueOf(failure.getMessage()));
        }
    }

    private void saveInBackground(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() > 2 || args.count() == 2 && !args.is(1, "SCHEDULE")) {
            throw CommandException.syntax();
        }
        if (!saves.startInBackground(Saves.Purpose.SAVE)) {
            if (!saves.isRewriting()) {
                throw new CommandException(IN_PROGRESS);
            }
            if (args.count() == 1) {
                throw new CommandException(REWRITE_IN_THE_WAY);
            }
            saves.schedule();
            reply.simpleString("Background saving scheduled");
            return;
        }
        reply.simpleString("Background saving started");
    }

    private void rewrite(CommandContext context, Args args, ReplyWriter reply) {
        switch (rewrites.start()) {
            case STARTED -> reply.simpleString("Background append only file rewriting started");
            case SCHEDULED -> reply.simpleString("Background append only file rewriting scheduled");
            case REFUSED -> throw new CommandException(REWRITE_IN_PROGRESS);
        }
    }

    private void shutdown(CommandContext context, Args args, ReplyWriter reply) {
        boolean isSaving = saves.hasPoints();
        boolean isForced = false;
        boolean says = false;
        for (int i = 1; i < args.count(); i++) {
            if ((args.is(i, "SAVE") || args.is(i, "NOSAVE")) && !says) {
                says = true;
                isSaving = args.is(i, "SAVE");
            } else if (args.is(i, "FORCE")) {
                isForced = true;
            } else if (args.is(i, "ABORT") && args.count() == 2) {
                throw new CommandException("ERR No shutdown in progress.");
            } else if (!args.is(i, "NOW")) {
                throw CommandException.syntax();
            }
        }
        if (isSaving && state.durability().loading() == null) {
            saveAndStop(isForced);
        } else {
            state.stopExecuting();
        }
        state.requestShutdown(); // No reply: the connection closes.
    }

    /// Nothing is executed between the checkpoint and the end.
    private void saveAndStop(boolean isForced) {
        while (!state.isStopping()) {
            saves.giveUp("the server stops"); // Before the stripes are taken: it may be waiting for one.
            stripes.lockAll();
            try {
                if (saves.saveNow()) { // Else one has begun again just now.
                    state.stopExecuting();
                }
            } catch (IOException failure) {
                LOG.error("SHUTDOWN could not save", failure);
                if (!isForced) {
                    throw new CommandException("ERR Errors trying to SHUTDOWN. Check logs.");
                }
                state.stopExecuting();
            } finally {
                stripes.unlockAll();
            }
        }
    }

    private void reload(CommandContext context, Args args, ReplyWriter reply) {
        boolean isSaving = true;
        for (int i = 2; i < args.count(); i++) {
            if (!args.is(i, "NOSAVE")) {
                throw new CommandException("ERR DEBUG RELOAD only supports the NOSAVE option.");
            }
            isSaving = false;
        }
        try {
            reload.run(isSaving);
            reply.ok();
        } catch (IOException failure) {
            LOG.error("DEBUG RELOAD failed", failure);
            throw CommandException.of(
                    "ERR Error trying to load the RDB dump, check server logs: %s",
                    String.valueOf(failure.getMessage()));
        }
    }
}
