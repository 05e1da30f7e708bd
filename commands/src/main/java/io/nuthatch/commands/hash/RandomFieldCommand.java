package io.nuthatch.commands.hash;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.keyspace.FieldVisitor;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// `HRANDFIELD key [count [WITHVALUES]]`: fields picked at random.
///
/// Without a count one field. A positive count gives that many different ones, all when there are fewer; a
/// negative one gives exactly as many as it says, the same field perhaps more than once, up to
/// [#MAX_REPEATED].
final class RandomFieldCommand {
    /// Fields given for one negative count at most. Redis has no limit and goes on until the client's output
    /// buffer bursts.
    static final int MAX_REPEATED = 1_000_000;
    /// Up to a third of the fields are drawn one by one; for more, it is cheaper to walk over all of them
    /// once.
    private static final int DRAWN_SHARE = 3;

    private RandomFieldCommand() {}

    static void execute(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() == 2) {
            HashValue hash = HashCommands.read(context, args);
            if (hash == null) {
                reply.nullValue();
            } else {
                hash.random((field, fieldLength, value, valueLength, expireAt) -> reply.bulk(field, fieldLength));
            }
            return;
        }
        long count = Arguments.integer(args, 2);
        if (count == Long.MIN_VALUE) {
            throw CommandException.of(
                    "ERR value is out of range, value must between %d and %d", -Long.MAX_VALUE, Long.MAX_VALUE);
        }
        boolean withValues = args.count() > 3;
        if (args.count() > 4 || withValues && !args.is(3, "WITHVALUES")) {
            throw CommandException.syntax();
        }
        if (withValues && Math.abs(count) > Long.MAX_VALUE / 2) {
            throw new CommandException("ERR value is out of range");
        }
        write(HashCommands.read(context, args), count, withValues, reply);
    }

    private static void write(@Nullable HashValue hash, long count, boolean withValues, ReplyWriter reply) {
        if (hash == null || count == 0) {
            reply.array(0);
            return;
        }
        if (-count > MAX_REPEATED) {
            throw new CommandException("ERR value is out of range");
        }
        int size = hash.size();
        int given = (int) Math.min(Math.abs(count), count < 0 ? MAX_REPEATED : size);
        reply.array(withValues && !reply.isResp3() ? given * 2 : given);
        FieldVisitor writer = (field, fieldLength, value, valueLength, expireAt) -> {
            if (withValues && reply.isResp3()) {
                reply.array(2);
            }
            reply.bulk(field, fieldLength);
            if (withValues) {
                reply.bulk(value, valueLength);
            }
        };
        if (count < 0) {
            for (int i = 0; i < given; i++) {
                hash.random(writer);
            }
        } else if ((long) given * DRAWN_SHARE <= size) {
            draw(hash, given, writer);
        } else {
            select(hash, given, writer);
        }
    }

    /// Draws until `count` different fields were met; a field is known by its address, as nothing moves
    /// meanwhile.
    private static void draw(HashValue hash, int count, FieldVisitor writer) {
        Set<Long> met = new HashSet<>();
        while (met.size() < count) {
            hash.random((field, fieldLength, value, valueLength, expireAt) -> {
                if (met.add(field)) {
                    writer.visit(field, fieldLength, value, valueLength, expireAt);
                }
            });
        }
    }

    /// Walks over all fields and takes each with the chance that is left for it (Knuth, TAOCP 3.4.2,
    /// algorithm S).
    private static void select(HashValue hash, int count, FieldVisitor writer) {
        SplittableRandom random = new SplittableRandom();
        int[] left = {hash.size(), count}; // Fields not met yet, fields still to take.
        hash.forEach((field, fieldLength, value, valueLength, expireAt) -> {
            if (random.nextInt(left[0]) < left[1]) {
                writer.visit(field, fieldLength, value, valueLength, expireAt);
                left[1]--;
            }
            left[0]--;
        });
    }
}
