package io.nuthatch.commands.hash;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.Expiry;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// `HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT … | PXAT … | KEEPTTL] FIELDS numfields field
/// value …`: fields together with their expiry.
///
/// Reply: 1, or 0 when the condition did not hold and nothing was set.
final class FieldSetCommand {
    private FieldSetCommand() {}

    static void execute(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.findOrCreate(context, args);
        long now = context.nowMillis();
        Request request = Request.parse(args, now);
        if (!request.mayBeSet(hash, args)) {
            reply.integer(0);
            return;
        }
        Database database = context.database();
        Key key = context.key(args, 1);
        for (int i = request.first; i < args.count(); i += 2) {
            if (request.keepsExpiry) {
                hash.putKeepingExpiry(args.address(i), args.length(i), args.address(i + 1), args.length(i + 1));
            } else {
                hash.put(args.address(i), args.length(i), args.address(i + 1), args.length(i + 1));
                if (request.expiry != null && request.at > now) {
                    hash.setExpireAt(args.address(i), args.length(i), request.at);
                }
            }
        }
        database.signal(key, KeyEvent.HSET);
        if (request.expiry != null && request.at > now) {
            database.signal(key, KeyEvent.HEXPIRE);
        } else if (request.expiry != null) {
            removeAll(context, args, request.first);
        }
        reply.integer(1);
    }

    /// Removes what was set, as its time has passed. Looks the hash up again: whoever heard of the fields may
    /// have moved the record.
    private static void removeAll(CommandContext context, Args args, int first) {
        HashValue hash = HashCommands.find(context, args);
        if (hash == null) {
            return;
        }
        for (int i = first; i < args.count() && hash.record() != 0; i += 2) {
            hash.remove(args.address(i), args.length(i));
        }
        HashCommands.signalDeleted(context.database(), context.key(args, 1), hash);
    }

    /// Which fields must be there.
    private enum Condition {
        ALWAYS,
        NONE_PRESENT,
        ALL_PRESENT
    }

    /// @param at Unix milliseconds of the expiry; meaningless when `expiry` is null
    /// @param first the argument with the first field
    private record Request(Condition condition, @Nullable Expiry expiry, long at, boolean keepsExpiry, int first) {
        static Request parse(Args args, long nowMillis) {
            Condition condition = Condition.ALWAYS;
            Expiry expiry = null;
            long at = 0;
            boolean keepsExpiry = false;
            for (int i = 2; i < args.count(); i++) {
                Expiry named = FieldCommands.expiryNamed(args, i);
                if (args.is(i, "FIELDS")) {
                    checkFields(args, i);
                    return new Request(condition, expiry, at, keepsExpiry, i + 2);
                } else if (args.is(i, "FNX") || args.is(i, "FXX")) {
                    if (condition != Condition.ALWAYS) {
                        throw new CommandException("ERR Only one of FXX or FNX arguments can be specified");
                    }
                    condition = args.is(i, "FNX") ? Condition.NONE_PRESENT : Condition.ALL_PRESENT;
                } else if (args.is(i, "KEEPTTL") || named != null) {
                    if (expiry != null || keepsExpiry) {
                        throw new CommandException(
                                "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
                    }
                    keepsExpiry = named == null;
                    if (named != null) {
                        expiry = named;
                        i++;
                        if (i == args.count()) {
                            throw CommandException.wrongArity("hsetex");
                        }
                        at = named.fieldsAt(args, i, FieldExpireCommand.LATEST_MILLIS, nowMillis, "hsetex");
                    }
                } else {
                    throw CommandException.of("ERR unknown argument: %s", args.text(i));
                }
            }
            throw CommandException.wrongArity("hsetex");
        }

        boolean mayBeSet(HashValue hash, Args args) {
            if (condition == Condition.ALWAYS) {
                return true;
            }
            for (int i = first; i < args.count(); i += 2) {
                boolean isPresent = hash.record() != 0 && hash.contains(args.address(i), args.length(i));
                if (isPresent != (condition == Condition.ALL_PRESENT)) {
                    return false;
                }
            }
            return true;
        }

        private static void checkFields(Args args, int at) {
            long count = at + 1 < args.count() ? FieldList.count(args, at + 1) : 0;
            if (count < 1) {
                throw new CommandException("ERR invalid number of fields");
            }
            long given = args.count() - at - 2L;
            if (given % 2 != 0 || count != given / 2) {
                throw CommandException.wrongArity("hsetex");
            }
        }
    }
}
