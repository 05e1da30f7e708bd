package io.nuthatch.commands.keys;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Expiry;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// `EXPIRE key seconds [NX | XX | GT | LT]` and its three siblings; a time that has passed deletes the key.
///
/// Reply: 1, or 0 when there is no such key or the condition does not hold.
final class ExpireCommand implements Command {
    private final CommandSpec spec;
    private final Expiry expiry;

    ExpireCommand(CommandSpec spec, Expiry expiry) {
        this.spec = spec;
        this.expiry = expiry;
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        Conditions conditions = args.count() == 3 ? Conditions.NONE : Conditions.parse(args);
        long now = context.nowMillis();
        long at = expiry.at(args, 2, now, spec.wireName());
        Database database = context.database();
        Key key = context.key(args, 1);
        long record = database.find(key, now);
        if (record == 0 || !conditions.hold(Record.expireAt(record), at)) {
            reply.integer(0);
            return;
        }
        if (at <= now) {
            database.remove(key);
            database.signal(key, KeyEvent.DEL);
        } else {
            database.setExpireAt(key, record, at);
            database.signal(key, KeyEvent.EXPIRE);
        }
        reply.integer(1);
    }

    /// What must hold of the expiry that the key has.
    ///
    /// @param isNone `NX`: it has none
    /// @param isSome `XX`: it has one
    /// @param isEarlier `GT`: it has one before the new one
    /// @param isLater `LT`: it has one after the new one, or none
    record Conditions(boolean isNone, boolean isSome, boolean isEarlier, boolean isLater) {
        static final Conditions NONE = new Conditions(false, false, false, false);

        Conditions {
            if (isNone && (isSome || isEarlier || isLater)) {
                throw new CommandException("ERR NX and XX, GT or LT options at the same time are not compatible");
            }
            if (isEarlier && isLater) {
                throw new CommandException("ERR GT and LT options at the same time are not compatible");
            }
        }

        static Conditions parse(Args args) {
            boolean isNone = false;
            boolean isSome = false;
            boolean isEarlier = false;
            boolean isLater = false;
            for (int i = 3; i < args.count(); i++) {
                if (args.is(i, "NX")) {
                    isNone = true;
                } else if (args.is(i, "XX")) {
                    isSome = true;
                } else if (args.is(i, "GT")) {
                    isEarlier = true;
                } else if (args.is(i, "LT")) {
                    isLater = true;
                } else {
                    throw CommandException.of("ERR Unsupported option %s", args.text(i));
                }
            }
            return new Conditions(isNone, isSome, isEarlier, isLater);
        }

        /// `old` is 0 for none.
        boolean hold(long old, long at) {
            return !(isNone && old != 0)
                    && !(isSome && old == 0)
                    && !(isEarlier && (old == 0 || at <= old))
                    && !(isLater && old != 0 && at >= old);
        }
    }
}
