package io.nuthatch.commands.hash;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.LongDouble;
import io.nuthatch.commands.LongText;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Slice;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;

/// Commands that change fields without a word on their expiry: a new value takes it away, a sum keeps it.
final class WriteCommands {
    private WriteCommands() {}

    static void set(CommandContext context, Args args, ReplyWriter reply) {
        reply.integer(setAll(context, args, "hset"));
    }

    static void setOldForm(CommandContext context, Args args, ReplyWriter reply) {
        setAll(context, args, "hmset");
        reply.ok();
    }

    static void setIfMissing(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.findOrCreate(context, args);
        boolean isMissing = !hash.contains(args.address(2), args.length(2));
        if (isMissing) {
            hash.put(args.address(2), args.length(2), args.address(3), args.length(3));
            context.database().signal(context.key(args, 1), KeyEvent.HSET);
        }
        reply.integer(isMissing ? 1 : 0);
    }

    static void delete(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.find(context, args);
        int deleted = 0;
        if (hash != null) {
            for (int i = 2; i < args.count() && hash.record() != 0; i++) {
                deleted += hash.remove(args.address(i), args.length(i)) ? 1 : 0;
            }
            if (deleted > 0) {
                HashCommands.signalDeleted(context.database(), context.key(args, 1), hash);
            }
        }
        reply.integer(deleted);
    }

    static void incrementBy(CommandContext context, Args args, ReplyWriter reply) {
        long increment = Arguments.integer(args, 3);
        HashValue hash = HashCommands.findOrCreate(context, args);
        Slice old = context.slice();
        long value = 0;
        if (hash.get(args.address(2), args.length(2), old)) {
            if (!LongText.isLong(old.address, old.length)) {
                throw new CommandException("ERR hash value is not an integer");
            }
            value = LongText.valueOf(old.address, old.length);
        }
        long sum = value + increment;
        if (((value ^ sum) & (increment ^ sum)) < 0) {
            throw new CommandException("ERR increment or decrement would overflow");
        }
        long digits = context.scratch(LongText.MAX_BYTES);
        hash.putKeepingExpiry(args.address(2), args.length(2), digits, LongText.print(sum, digits));
        context.database().signal(context.key(args, 1), KeyEvent.HINCRBY);
        reply.integer(sum);
    }

    /// The sum is kept and given with 17 digits after the point at most, without trailing zeros; see
    /// [LongDouble].
    static void incrementByReal(CommandContext context, Args args, ReplyWriter reply) {
        LongDouble increment = LongDouble.parse(new String(args.bytes(3), StandardCharsets.ISO_8859_1));
        if (increment.isInfinite()) {
            throw new CommandException("ERR value is NaN or Infinity");
        }
        HashValue hash = HashCommands.findOrCreate(context, args);
        Slice old = context.slice();
        LongDouble value = LongDouble.ZERO;
        if (hash.get(args.address(2), args.length(2), old)) {
            try {
                value = LongDouble.parse(new String(old.toBytes(), StandardCharsets.ISO_8859_1));
            } catch (CommandException notANumber) {
                throw new CommandException("ERR hash value is not a float");
            }
        }
        LongDouble sum = value.plus(increment);
        if (sum.isInfinite()) {
            throw new CommandException("ERR increment would produce NaN or Infinity");
        }
        byte[] digits = sum.format().getBytes(StandardCharsets.ISO_8859_1);
        long target = context.scratch(digits.length);
        Memory.copyIn(digits, 0, target, digits.length);
        hash.putKeepingExpiry(args.address(2), args.length(2), target, digits.length);
        context.database().signal(context.key(args, 1), KeyEvent.HINCRBYFLOAT);
        reply.bulk(digits);
    }

    private static int setAll(CommandContext context, Args args, String command) {
        if (args.count() % 2 != 0) {
            throw CommandException.wrongArity(command);
        }
        HashValue hash = HashCommands.findOrCreate(context, args);
        int created = 0;
        if (args.count() > 4) {
            hash.reserve(args.count() / 2 - 1, args.totalBytes());
        }
        for (int i = 2; i < args.count(); i += 2) {
            created += hash.put(args.address(i), args.length(i), args.address(i + 1), args.length(i + 1)) ? 1 : 0;
        }
        Key key = context.key(args, 1);
        context.database().signal(key, KeyEvent.HSET);
        return created;
    }
}
