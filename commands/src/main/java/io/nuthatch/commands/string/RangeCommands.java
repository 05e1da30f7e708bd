package io.nuthatch.commands.string;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.function.LongSupplier;

/// Commands on parts of a string. An expiry stays.
final class RangeCommands {
    private final LongSupplier maxStringBytes;

    RangeCommands(LongSupplier maxStringBytes) {
        this.maxStringBytes = maxStringBytes;
    }

    /// Negative positions count from the end; what lies outside the string is cut off.
    static void getRange(CommandContext context, Args args, ReplyWriter reply) {
        long start = Arguments.integer(args, 2);
        long end = Arguments.integer(args, 3);
        long record = StringCommands.read(context, args);
        long length = record == 0 ? 0 : Record.valueLength(record);
        boolean isEmpty = length == 0 || start < 0 && end < 0 && start > end;
        start = start < 0 ? Math.max(0, start + length) : start;
        end = end < 0 ? Math.max(0, end + length) : Math.min(end, length - 1);
        if (isEmpty || start > end) {
            reply.bulk(0, 0);
        } else {
            reply.bulk(Record.valueAddress(record) + start, (int) (end - start + 1));
        }
    }

    void append(CommandContext context, Args args, ReplyWriter reply) {
        long record = StringCommands.find(context, args);
        int length = record == 0 ? 0 : Record.valueLength(record);
        checkLength(length, args.length(2));
        reply.integer(write(context, args, record, length, KeyEvent.APPEND));
    }

    void setRange(CommandContext context, Args args, ReplyWriter reply) {
        long offset = Arguments.integer(args, 2);
        if (offset < 0) {
            throw new CommandException("ERR offset is out of range");
        }
        long record = StringCommands.find(context, args);
        if (args.length(3) == 0) {
            reply.integer(record == 0 ? 0 : Record.valueLength(record));
            return;
        }
        checkLength(offset, args.length(3));
        reply.integer(write(context, args, record, (int) offset, KeyEvent.SETRANGE));
    }

    /// Writes the last argument to `offset` of the string, which grows with zero bytes where needed; returns
    /// its length.
    private static int write(CommandContext context, Args args, long record, int offset, KeyEvent event) {
        Database database = context.database();
        Key key = context.key(args, 1);
        int value = args.count() - 1;
        int length = database.writeRange(key, record, offset, args.address(value), args.length(value));
        database.signal(key, event);
        return length;
    }

    private void checkLength(long offset, int length) {
        if (offset > maxStringBytes.getAsLong() - length) {
            throw new CommandException("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        }
    }
}
