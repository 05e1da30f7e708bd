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

/// `SET` and those that replace a value as a whole, whatever type it had.
final class SetCommands {
    private SetCommands() {}

    static void set(CommandContext context, Args args, ReplyWriter reply) {
        SetOptions options = SetOptions.parse(args);
        if (options == SetOptions.NONE) {
            put(context, args, 1, 2, 0);
            reply.ok();
            return;
        }
        long now = context.nowMillis();
        long at = options.expiry() == null ? 0 : options.expiry().positiveAt(args, options.expiryIndex(), now, "set");
        long old = context.database().find(context.key(args, 1), now);
        if (options.givesOld()) {
            if (old != 0 && !Record.isString(old)) {
                throw CommandException.wrongType();
            }
            GetCommands.write(old, reply);
        }
        boolean isStored = switch (options.condition()) {
            case ALWAYS -> true;
            case IF_MISSING -> old == 0;
            case IF_PRESENT -> old != 0;
        };
        if (isStored) {
            put(context, args, 1, 2, options.keepsExpiry() && old != 0 ? Record.expireAt(old) : at);
            if (options.expiry() != null) {
                context.database().signal(context.key(args, 1), KeyEvent.EXPIRE);
            }
        }
        if (!options.givesOld()) {
            if (isStored) {
                reply.ok();
            } else {
                reply.nullValue();
            }
        }
    }

    static void setWithSeconds(CommandContext context, Args args, ReplyWriter reply) {
        setWithExpiry(context, args, reply, Expiry.SECONDS, "setex");
    }

    static void setWithMillis(CommandContext context, Args args, ReplyWriter reply) {
        setWithExpiry(context, args, reply, Expiry.MILLIS, "psetex");
    }

    static void setIfMissing(CommandContext context, Args args, ReplyWriter reply) {
        boolean isMissing = context.database().find(context.key(args, 1), context.nowMillis()) == 0;
        if (isMissing) {
            put(context, args, 1, 2, 0);
        }
        reply.integer(isMissing ? 1 : 0);
    }

    static void getAndSet(CommandContext context, Args args, ReplyWriter reply) {
        GetCommands.write(StringCommands.read(context, args), reply);
        put(context, args, 1, 2, 0);
    }

    static void setMany(CommandContext context, Args args, ReplyWriter reply) {
        checkPairs(args, "mset");
        putAll(context, args);
        reply.ok();
    }

    static void setManyIfMissing(CommandContext context, Args args, ReplyWriter reply) {
        checkPairs(args, "msetnx");
        for (int i = 1; i < args.count(); i += 2) {
            if (context.database().find(context.key(args, i), context.nowMillis()) != 0) {
                reply.integer(0);
                return;
            }
        }
        putAll(context, args);
        reply.integer(1);
    }

    private static void setWithExpiry(
            CommandContext context, Args args, ReplyWriter reply, Expiry expiry, String command) {
        long at = expiry.positiveAt(args, 2, context.nowMillis(), command);
        put(context, args, 1, 3, at);
        context.database().signal(context.key(args, 1), KeyEvent.EXPIRE);
        reply.ok();
    }

    private static void putAll(CommandContext context, Args args) {
        for (int i = 1; i < args.count(); i += 2) {
            put(context, args, i, i + 1, 0);
        }
    }

    private static void checkPairs(Args args, String command) {
        if (args.count() % 2 == 0) {
            throw CommandException.wrongArity(command);
        }
    }

    private static void put(CommandContext context, Args args, int keyIndex, int valueIndex, long expireAt) {
        Database database = context.database();
        Key key = context.key(args, keyIndex);
        database.putString(key, args.address(valueIndex), args.length(valueIndex), expireAt);
        database.signal(key, KeyEvent.SET);
    }
}
