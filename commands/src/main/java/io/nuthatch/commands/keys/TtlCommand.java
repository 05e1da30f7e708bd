package io.nuthatch.commands.keys;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Expiry;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;

/// `TTL key` and its three siblings: when a key expires.
///
/// Reply: the time, seconds rounded to the nearest; -1 when it never expires, -2 when there is no such key.
final class TtlCommand implements Command {
    private final CommandSpec spec;
    private final Expiry unit;

    TtlCommand(CommandSpec spec, Expiry unit) {
        this.spec = spec;
        this.unit = unit;
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        long record = context.lookUpUntouched(context.key(args, 1));
        if (record == 0) {
            reply.integer(-2);
            return;
        }
        long at = Record.expireAt(record);
        if (at == 0) {
            reply.integer(-1);
            return;
        }
        long millis = at - (unit.isRelative() ? context.nowMillis() : 0);
        boolean isMillis = unit == Expiry.MILLIS || unit == Expiry.UNIX_MILLIS;
        reply.integer(isMillis ? millis : millis / 1000 + (millis % 1000 >= 500 ? 1 : 0));
    }
}
