package io.nuthatch.commands.keys;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// Whether keys are there, what they are, and away with them.
final class BasicCommands {
    private BasicCommands() {}

    static void delete(CommandContext context, Args args, ReplyWriter reply) {
        Database database = context.database();
        int deleted = 0;
        for (int i = 1; i < args.count(); i++) {
            Key key = context.key(args, i);
            if (database.peek(key, context.nowMillis()) != 0) {
                database.remove(key);
                database.signal(key, KeyEvent.DEL);
                deleted++;
            }
        }
        reply.integer(deleted);
    }

    /// A key named twice counts twice.
    static void exists(CommandContext context, Args args, ReplyWriter reply) {
        int count = 0;
        for (int i = 1; i < args.count(); i++) {
            count += context.lookUpUntouched(context.key(args, i)) != 0 ? 1 : 0;
        }
        reply.integer(count);
    }

    static void touch(CommandContext context, Args args, ReplyWriter reply) {
        int count = 0;
        for (int i = 1; i < args.count(); i++) {
            count += context.database().find(context.key(args, i), context.nowMillis()) != 0 ? 1 : 0;
        }
        reply.integer(count);
    }

    static void type(CommandContext context, Args args, ReplyWriter reply) {
        long record = context.lookUpUntouched(context.key(args, 1));
        reply.simpleString(record == 0 ? "none" : Record.valueType(record).typeName());
    }

    static void persist(CommandContext context, Args args, ReplyWriter reply) {
        Database database = context.database();
        Key key = context.key(args, 1);
        long record = database.find(key, context.nowMillis());
        boolean expires = record != 0 && Record.expireAt(record) != 0;
        if (expires) {
            database.setExpireAt(key, record, 0);
            database.signal(key, KeyEvent.PERSIST);
        }
        reply.integer(expires ? 1 : 0);
    }
}
