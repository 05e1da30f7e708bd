package io.nuthatch.commands.hash;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Expiry;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// `HTTL key FIELDS numfields field [field ...]` and its three siblings: when fields expire.
///
/// Reply, for each field: the time, seconds rounded up; -1 when it never expires, -2 when there is no such
/// field.
final class FieldTtlCommand implements Command {
    private static final int NO_FIELD = -2;
    private static final int NO_EXPIRY = -1;

    private final CommandSpec spec;
    private final Expiry unit;

    FieldTtlCommand(CommandSpec spec, Expiry unit) {
        this.spec = spec;
        this.unit = unit;
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        FieldList fields = FieldList.parse(args, 2, FieldCommands.BAD_COUNT);
        reply.array(fields.count());
        long origin = unit.isRelative() ? context.nowMillis() : 0;
        for (int i = fields.first(); i < args.count(); i++) {
            reply.integer(time(hash, args.address(i), args.length(i), origin));
        }
    }

    private long time(@Nullable HashValue hash, long field, int length, long origin) {
        if (hash == null || !hash.contains(field, length)) {
            return NO_FIELD;
        }
        long at = hash.expireAt(field, length);
        if (at == 0) {
            return NO_EXPIRY;
        }
        boolean isMillis = unit == Expiry.MILLIS || unit == Expiry.UNIX_MILLIS;
        return isMillis ? at - origin : (at - origin + 999) / 1000;
    }
}
