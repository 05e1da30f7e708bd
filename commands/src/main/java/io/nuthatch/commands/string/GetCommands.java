package io.nuthatch.commands.string;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.Expiry;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// `GET` and those that read a string as a whole.
final class GetCommands {
    private GetCommands() {}

    static void get(CommandContext context, Args args, ReplyWriter reply) {
        write(StringCommands.read(context, args), reply);
    }

    /// A key that holds something else than a string counts as missing.
    static void getMany(CommandContext context, Args args, ReplyWriter reply) {
        reply.array(args.count() - 1);
        for (int i = 1; i < args.count(); i++) {
            long record = context.lookUp(context.key(args, i));
            write(record != 0 && Record.isString(record) ? record : 0, reply);
        }
    }

    static void length(CommandContext context, Args args, ReplyWriter reply) {
        long record = StringCommands.read(context, args);
        reply.integer(record == 0 ? 0 : Record.valueLength(record));
    }

    static void getAndDelete(CommandContext context, Args args, ReplyWriter reply) {
        long record = StringCommands.read(context, args);
        write(record, reply);
        if (record != 0) {
            delete(context, context.key(args, 1));
        }
    }

    static void getAndExpire(CommandContext context, Args args, ReplyWriter reply) {
        GetExOptions options = GetExOptions.parse(args);
        long record = StringCommands.read(context, args);
        if (record == 0) {
            reply.nullValue();
            return;
        }
        long now = context.nowMillis();
        long at = options.expiry == null ? 0 : options.expiry.positiveAt(args, options.expiryIndex, now, "getex");
        write(record, reply);
        Key key = context.key(args, 1);
        Database database = context.database();
        if (at != 0 && at <= now) {
            delete(context, key);
        } else if (at != 0) {
            database.setExpireAt(key, record, at);
            database.signal(key, KeyEvent.EXPIRE);
        } else if (options.isPersist && Record.expireAt(record) != 0) {
            database.setExpireAt(key, record, 0);
            database.signal(key, KeyEvent.PERSIST);
        }
    }

    /// The string of `record`, or null for 0.
    static void write(long record, ReplyWriter reply) {
        if (record == 0) {
            reply.nullValue();
        } else {
            reply.bulk(Record.valueAddress(record), Record.valueLength(record));
        }
    }

    private static void delete(CommandContext context, Key key) {
        context.database().remove(key);
        context.database().signal(key, KeyEvent.DEL);
    }

    /// What follows the key of `GETEX`.
    ///
    /// @param expiry how the expiry is given, null when it is not
    /// @param expiryIndex the argument that holds it
    /// @param isPersist whether the expiry is to be removed
    record GetExOptions(@Nullable Expiry expiry, int expiryIndex, boolean isPersist) {
        static GetExOptions parse(Args args) {
            Expiry expiry = null;
            int expiryIndex = 0;
            boolean isPersist = false;
            for (int i = 2; i < args.count(); i++) {
                Expiry named = SetOptions.expiryNamed(args, i);
                if (named != null && i + 1 < args.count() && !isPersist && (expiry == null || expiry == named)) {
                    expiry = named;
                    i++;
                    expiryIndex = i;
                } else if (args.is(i, "PERSIST") && expiry == null) {
                    isPersist = true;
                } else {
                    throw CommandException.syntax();
                }
            }
            return new GetExOptions(expiry, expiryIndex, isPersist);
        }
    }
}
