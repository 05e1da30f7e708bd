package io.nuthatch.commands.keys;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.Durability;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// A value goes, or is copied, to another key or database, with its expiry.
final class MoveCommands {
    private MoveCommands() {}

    static void rename(CommandContext context, Args args, ReplyWriter reply) {
        rename(context, args, true);
        reply.ok();
    }

    static void renameIfMissing(CommandContext context, Args args, ReplyWriter reply) {
        reply.integer(rename(context, args, false) ? 1 : 0);
    }

    /// `COPY source destination [DB destination-db] [REPLACE]`.
    static void copy(CommandContext context, Args args, ReplyWriter reply) {
        Database source = context.database();
        Database target = source;
        boolean replaces = false;
        for (int i = 3; i < args.count(); i++) {
            if (args.is(i, "REPLACE")) {
                replaces = true;
            } else if (args.is(i, "DB") && i + 1 < args.count()) {
                i++;
                target = database(context, Arguments.integer(args, i));
            } else {
                throw CommandException.syntax();
            }
        }
        if (target == source && isSame(args, 1, 2)) {
            throw sameObjects();
        }
        Key from = context.key(args, 1);
        Key to = context.key(args, 2);
        long now = context.nowMillis();
        if (context.lookUp(from) == 0 || !replaces && target.peek(to, now) != 0) {
            reply.integer(0);
            return;
        }
        checkFits(context, source, from);
        source.copyTo(target, from, to, now);
        target.signal(to, KeyEvent.COPY_TO);
        reply.integer(1);
    }

    /// `MOVE key db`.
    static void move(CommandContext context, Args args, ReplyWriter reply) {
        Database source = context.database();
        Database target = database(context, Arguments.integer(args, 2));
        if (target == source) {
            throw sameObjects();
        }
        Key key = context.key(args, 1);
        long now = context.nowMillis();
        if (source.find(key, now) == 0 || target.peek(key, now) != 0) {
            reply.integer(0);
            return;
        }
        checkFits(context, source, key);
        source.moveTo(target, key, key, now);
        source.signal(key, KeyEvent.MOVE_FROM);
        target.signal(key, KeyEvent.MOVE_TO);
        reply.integer(1);
    }

    /// The database that a client names by number.
    static Database database(CommandContext context, long index) {
        if (index < 0 || index >= context.keyspace().databases()) {
            throw new CommandException("ERR DB index is out of range");
        }
        return context.keyspace().database((int) index);
    }

    /// Whether the key has its new name; false only when that is taken and not to be replaced.
    private static boolean rename(CommandContext context, Args args, boolean replaces) {
        Database database = context.database();
        Key from = context.key(args, 1);
        Key to = context.key(args, 2);
        long now = context.nowMillis();
        if (database.find(from, now) == 0) {
            throw new CommandException("ERR no such key");
        }
        if (isSame(args, 1, 2)) {
            return replaces;
        }
        if (!replaces && database.peek(to, now) != 0) {
            return false;
        }
        checkFits(context, database, from);
        database.rename(from, to, now);
        database.signal(from, KeyEvent.RENAME_FROM);
        database.signal(to, KeyEvent.RENAME_TO);
        return true;
    }

    /// A log holds the whole value that got a new name, in one record.
    private static void checkFits(CommandContext context, Database database, Key key) {
        if (context.keyspace().effects() == null) {
            return;
        }
        long bytes = database.loggedBytes(key, database.peek(key, context.nowMillis()));
        if (bytes > Durability.MAX_RECORD_BYTES) {
            throw new CommandException("ERR a value of " + bytes + " bytes does not fit into one record of the log: at"
                    + " most " + Durability.MAX_RECORD_BYTES + " bytes get another name while appendonly is yes");
        }
    }

    private static boolean isSame(Args args, int one, int other) {
        return args.length(one) == args.length(other)
                && Memory.equal(args.address(one), args.address(other), args.length(one));
    }

    private static CommandException sameObjects() {
        return new CommandException("ERR source and destination objects are the same");
    }
}
