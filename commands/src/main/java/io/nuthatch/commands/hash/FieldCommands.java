package io.nuthatch.commands.hash;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.Expiry;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// `HPERSIST`, and the commands that give fields and do something to them: `HGETDEL`, `HGETEX`.
final class FieldCommands {
    static final String BAD_COUNT = "ERR Number of fields must be a positive integer";

    private FieldCommands() {}

    /// Reply, for each field: 1 its expiry went, -1 it had none, -2 no such field.
    static void persist(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.find(context, args);
        FieldList fields = FieldList.parse(args, 2, BAD_COUNT);
        reply.array(fields.count());
        int changed = 0;
        for (int i = fields.first(); i < args.count(); i++) {
            if (hash == null || !hash.contains(args.address(i), args.length(i))) {
                reply.integer(-2);
            } else if (hash.expireAt(args.address(i), args.length(i)) == 0) {
                reply.integer(-1);
            } else {
                hash.setExpireAt(args.address(i), args.length(i), 0);
                changed++;
                reply.integer(1);
            }
        }
        if (changed > 0) {
            context.database().signal(context.key(args, 1), KeyEvent.HPERSIST);
        }
    }

    static void getAndDelete(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.find(context, args);
        FieldList fields = FieldList.parse(args, 2, BAD_COUNT);
        reply.array(fields.count());
        int deleted = 0;
        for (int i = fields.first(); i < args.count(); i++) {
            HashValue left = hash != null && hash.record() != 0 ? hash : null;
            ReadCommands.write(left, args, i, context.slice(), reply);
            deleted += left != null && left.remove(args.address(i), args.length(i)) ? 1 : 0;
        }
        if (deleted > 0 && hash != null) {
            HashCommands.signalDeleted(context.database(), context.key(args, 1), hash);
        }
    }

    static void getAndExpire(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.find(context, args);
        long now = context.nowMillis();
        boolean isPersist = args.is(2, "PERSIST");
        Expiry expiry = expiryNamed(args, 2);
        long at = expiry == null || args.count() < 4
                ? 0
                : expiry.fieldsAt(args, 3, FieldExpireCommand.LATEST_MILLIS, now, "hgetex");
        FieldList fields = FieldList.parse(args, expiry != null ? 4 : isPersist ? 3 : 2, BAD_COUNT);
        reply.array(fields.count());
        int deleted = 0;
        int set = 0;
        int persisted = 0;
        for (int i = fields.first(); i < args.count(); i++) {
            HashValue left = hash != null && hash.record() != 0 ? hash : null;
            ReadCommands.write(left, args, i, context.slice(), reply);
            long field = args.address(i);
            int length = args.length(i);
            if (left == null || !left.contains(field, length)) {
                continue;
            }
            if (expiry != null && at <= now) {
                left.remove(field, length);
                deleted++;
            } else if (expiry != null) {
                left.setExpireAt(field, length, at);
                set++;
            } else if (isPersist && left.expireAt(field, length) != 0) {
                left.setExpireAt(field, length, 0);
                persisted++;
            }
        }
        Database database = context.database();
        Key key = context.key(args, 1);
        if (set > 0) {
            database.signal(key, KeyEvent.HEXPIRE);
        }
        if (persisted > 0) {
            database.signal(key, KeyEvent.HPERSIST);
        }
        if (deleted > 0 && hash != null) {
            HashCommands.signalDeleted(database, key, hash);
        }
    }

    /// What `EX`, `PX`, `EXAT` or `PXAT` at argument `index` mean; null for any other word.
    static @Nullable Expiry expiryNamed(Args args, int index) {
        if (args.is(index, "EX")) {
            return Expiry.SECONDS;
        }
        if (args.is(index, "PX")) {
            return Expiry.MILLIS;
        }
        if (args.is(index, "EXAT")) {
            return Expiry.UNIX_SECONDS;
        }
        return args.is(index, "PXAT") ? Expiry.UNIX_MILLIS : null;
    }
}
