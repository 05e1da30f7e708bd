package io.nuthatch.commands.transaction;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.ByteString;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.KeySpec;
import io.nuthatch.commands.Placement;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.commands.Transaction;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;

/// `MULTI`, `EXEC`, `DISCARD`, `WATCH` and `UNWATCH`; the dispatcher does the queueing in between.
public final class TransactionCommands implements CommandFamily {
    /// Most keys that one client may watch.
    private static final int MAX_WATCHED_KEYS = 1_000_000;

    private static final CommandSpec MULTI = CommandSpec.named("MULTI")
            .summary("Opens a transaction")
            .since("1.2.0")
            .group("transactions")
            .arity(1)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.ALLOW_BUSY,
                    CommandFlag.TRANSACTION_CONTROL)
            .acl(AclCategory.TRANSACTION)
            .build();

    private static final CommandSpec EXEC = CommandSpec.named("EXEC")
            .summary("Executes the queued commands as one")
            .since("1.2.0")
            .group("transactions")
            .complexity("Depends on commands in the transaction")
            .arity(1)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.SKIP_SLOWLOG,
                    CommandFlag.TRANSACTION_CONTROL)
            .acl(AclCategory.TRANSACTION)
            .build();

    private static final CommandSpec DISCARD = CommandSpec.named("DISCARD")
            .summary("Forgets the queued commands")
            .since("2.0.0")
            .group("transactions")
            .complexity("O(N), when N is the number of queued commands")
            .arity(1)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.ALLOW_BUSY,
                    CommandFlag.TRANSACTION_CONTROL)
            .acl(AclCategory.TRANSACTION)
            .build();

    private static final CommandSpec WATCH = CommandSpec.named("WATCH")
            .summary("Lets EXEC fail if one of the keys changes until then")
            .syntax("key [key ...]")
            .since("2.2.0")
            .group("transactions")
            .complexity("O(1) for every key")
            .arity(-2)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.ALLOW_BUSY,
                    CommandFlag.TRANSACTION_CONTROL)
            .acl(AclCategory.TRANSACTION)
            .keys(KeySpec.range(1, -1, 1, "RO", ""))
            .build();

    private static final CommandSpec UNWATCH = CommandSpec.named("UNWATCH")
            .summary("Forgets the watched keys")
            .since("2.2.0")
            .group("transactions")
            .arity(1)
            .flags(
                    CommandFlag.NOSCRIPT,
                    CommandFlag.LOADING,
                    CommandFlag.STALE,
                    CommandFlag.FAST,
                    CommandFlag.ALLOW_BUSY)
            .acl(AclCategory.TRANSACTION)
            .build();

    private final WatchTable watches;

    public TransactionCommands(WatchTable watches) {
        this.watches = watches;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(MULTI, (context, args, reply) -> {
                    if (context.session().transaction() != null) {
                        throw new CommandException("ERR MULTI calls can not be nested");
                    }
                    context.session().setTransaction(new Transaction());
                    reply.ok();
                }),
                new ExecCommand(watches),
                SimpleCommand.of(DISCARD, (context, args, reply) -> {
                    if (context.session().transaction() == null) {
                        throw new CommandException("ERR DISCARD without MULTI");
                    }
                    context.session().setTransaction(null);
                    watches.unwatch(context.session());
                    reply.ok();
                }),
                SimpleCommand.of(WATCH, this::watch),
                SimpleCommand.of(UNWATCH, (context, args, reply) -> {
                    watches.unwatch(context.session());
                    reply.ok();
                }));
    }

    private void watch(CommandContext context, Args args, ReplyWriter reply) {
        Session session = context.session();
        if (session.transaction() != null) {
            throw new CommandException("ERR WATCH inside MULTI is not allowed");
        }
        Watches mine = session.state(Watches.class);
        if (mine != null && mine.count() + args.count() > MAX_WATCHED_KEYS) {
            throw CommandException.of("ERR a client may watch at most %d keys", MAX_WATCHED_KEYS);
        }
        if (mine != null && mine.isDirty()) {
            reply.ok(); // EXEC is going to fail anyway.
            return;
        }
        Database database = context.database();
        for (int i = 1; i < args.count(); i++) {
            Key key = context.key(args, i);
            long record = database.peek(key, context.nowMillis());
            long expireAt = record == 0 ? 0 : Record.expireAt(record);
            watches.watch(
                    session,
                    session.databaseIndex(),
                    ByteString.of(args, i),
                    record != 0,
                    expireAt <= 0 ? Long.MAX_VALUE : expireAt);
        }
        reply.ok();
    }

    /// `EXEC`: runs the queued commands under the union of their locks, unless a watched key has changed.
    private static final class ExecCommand implements Command {
        private final WatchTable watches;

        ExecCommand(WatchTable watches) {
            this.watches = watches;
        }

        @Override
        public CommandSpec spec() {
            return EXEC;
        }

        @Override
        public Placement placement(Session session) {
            Transaction transaction = session.transaction();
            return transaction != null && transaction.hasPoolCommand() && !transaction.isAborted()
                    ? Placement.QUERY_POOL
                    : Placement.EVENT_LOOP;
        }

        @Override
        public void execute(CommandContext context, Args args, ReplyWriter reply) {
            Session session = context.session();
            Transaction transaction = session.transaction();
            if (transaction == null) {
                throw new CommandException("ERR EXEC without MULTI");
            }
            session.setTransaction(null);
            try {
                if (transaction.isAborted()) {
                    throw new CommandException("EXECABORT Transaction discarded because of previous errors.");
                }
                boolean ran = context.transactions()
                        .execute(
                                context,
                                transaction.queue(),
                                reply,
                                () -> watches.mayExecute(session, context.nowMillis()));
                if (!ran) {
                    reply.nullArray();
                }
            } finally {
                watches.unwatch(session);
            }
        }
    }
}
