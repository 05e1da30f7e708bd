package io.nuthatch.commands.hash;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Expiry;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// `HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]` and its three siblings.
///
/// Reply, for each field: 1 set, 2 deleted as the time has passed, 0 the condition does not hold, -2 no such
/// field.
final class FieldExpireCommand implements Command {
    /// A field's expiry has 46 bits in Redis, and payloads go from here to there.
    static final long LATEST_MILLIS = (1L << 46) - 1;

    private static final String BAD_COUNT = "ERR Parameter `numFields` should be greater than 0";
    private static final int NO_FIELD = -2;
    private static final int NOT_MET = 0;
    private static final int SET = 1;
    private static final int DELETED = 2;

    private final CommandSpec spec;
    private final Expiry expiry;

    FieldExpireCommand(CommandSpec spec, Expiry expiry) {
        this.spec = spec;
        this.expiry = expiry;
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.find(context, args);
        long now = context.nowMillis();
        long at = expiry.fieldsAt(args, 2, LATEST_MILLIS, now, spec.wireName());
        Condition condition = Condition.named(args, 3);
        FieldList fields = FieldList.parse(args, condition == Condition.ALWAYS ? 3 : 4, BAD_COUNT);
        reply.array(fields.count());
        int deleted = 0;
        int set = 0;
        for (int i = fields.first(); i < args.count(); i++) {
            int result = apply(hash, args, i, at, condition, now);
            deleted += result == DELETED ? 1 : 0;
            set += result == SET ? 1 : 0;
            reply.integer(result);
        }
        Database database = context.database();
        Key key = context.key(args, 1);
        if (set > 0) {
            database.signal(key, KeyEvent.HEXPIRE);
        }
        if (deleted > 0 && hash != null) {
            HashCommands.signalDeleted(database, key, hash);
        }
    }

    private static int apply(@Nullable HashValue hash, Args args, int index, long at, Condition condition, long now) {
        long field = args.address(index);
        int length = args.length(index);
        if (hash == null || hash.record() == 0 || !hash.contains(field, length)) {
            return NO_FIELD;
        }
        if (!condition.holds(hash.expireAt(field, length), at)) {
            return NOT_MET;
        }
        if (at <= now) {
            hash.remove(field, length);
            return DELETED;
        }
        hash.setExpireAt(field, length, at);
        return SET;
    }

    /// When the expiry of a field may be set.
    enum Condition {
        ALWAYS,
        /// The field has none.
        NX,
        /// The field has one.
        XX,
        /// It is later than the one the field has; no expiry is later than all.
        GT,
        /// It is earlier than the one the field has, if any.
        LT;

        static Condition named(Args args, int index) {
            for (Condition condition : values()) {
                if (condition != ALWAYS && args.is(index, condition.name())) {
                    return condition;
                }
            }
            return ALWAYS;
        }

        /// `old` is 0 for none.
        boolean holds(long old, long at) {
            return switch (this) {
                case ALWAYS -> true;
                case NX -> old == 0;
                case XX -> old != 0;
                case GT -> old != 0 && at > old;
                case LT -> old == 0 || at < old;
            };
        }
    }
}
