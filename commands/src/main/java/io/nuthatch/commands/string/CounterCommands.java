package io.nuthatch.commands.string;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.LongDouble;
import io.nuthatch.commands.LongText;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;

/// `INCR` and its like: a string as a number. An expiry stays.
final class CounterCommands {
    private CounterCommands() {}

    static void increment(CommandContext context, Args args, ReplyWriter reply) {
        add(context, args, 1, reply);
    }

    static void decrement(CommandContext context, Args args, ReplyWriter reply) {
        add(context, args, -1, reply);
    }

    static void incrementBy(CommandContext context, Args args, ReplyWriter reply) {
        add(context, args, Arguments.integer(args, 2), reply);
    }

    static void decrementBy(CommandContext context, Args args, ReplyWriter reply) {
        long decrement = Arguments.integer(args, 2);
        if (decrement == Long.MIN_VALUE) {
            throw new CommandException("ERR decrement would overflow");
        }
        add(context, args, -decrement, reply);
    }

    /// The sum is kept and given with 17 digits after the point at most, without trailing zeros; see
    /// [LongDouble].
    static void incrementByReal(CommandContext context, Args args, ReplyWriter reply) {
        long record = StringCommands.find(context, args);
        LongDouble value = LongDouble.ZERO;
        if (record != 0) {
            value = LongDouble.parse(text(Record.valueAddress(record), Record.valueLength(record)));
        }
        LongDouble sum = value.plus(LongDouble.parse(text(args.address(2), args.length(2))));
        if (sum.isInfinite()) {
            throw new CommandException("ERR increment would produce NaN or Infinity");
        }
        byte[] digits = sum.format().getBytes(StandardCharsets.ISO_8859_1);
        long expireAt = record == 0 ? 0 : Record.expireAt(record);
        Key key = context.key(args, 1);
        long target = context.scratch(digits.length);
        Memory.copyIn(digits, 0, target, digits.length);
        context.database().putString(key, target, digits.length, expireAt);
        context.database().signal(key, KeyEvent.INCRBYFLOAT);
        reply.bulk(digits);
    }

    private static void add(CommandContext context, Args args, long increment, ReplyWriter reply) {
        long record = StringCommands.find(context, args);
        long value = 0;
        long expireAt = 0;
        if (record != 0) {
            long address = Record.valueAddress(record);
            int length = Record.valueLength(record);
            if (!LongText.isLong(address, length)) {
                throw CommandException.notAnInteger();
            }
            value = LongText.valueOf(address, length);
            expireAt = Record.expireAt(record);
        }
        long sum = value + increment;
        if (((value ^ sum) & (increment ^ sum)) < 0) {
            throw new CommandException("ERR increment or decrement would overflow");
        }
        Database database = context.database();
        Key key = context.key(args, 1);
        long digits = context.scratch(LongText.MAX_BYTES);
        database.putString(key, digits, LongText.print(sum, digits), expireAt);
        database.signal(key, KeyEvent.INCRBY);
        reply.integer(sum);
    }

    private static String text(long address, int length) {
        return new String(Memory.toBytes(address, length), StandardCharsets.ISO_8859_1);
    }
}
