package io.nuthatch.commands.string;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]`: what two strings have in common.
///
/// Reply: the subsequence; with `LEN` its length; with `IDX` a map of the stretches (`matches`, last first)
/// and the length (`len`).
final class LcsCommand implements Command {
    private static final byte[] EMPTY = {};

    private final LongSupplier limitBytes;

    LcsCommand(LongSupplier limitBytes) {
        this.limitBytes = limitBytes;
    }

    @Override
    public CommandSpec spec() {
        return StringSpecs.LCS;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        byte[] a = value(context, args, 1);
        byte[] b = value(context, args, 2);
        Request request = Request.parse(args);
        LongestCommonSubsequence found =
                new LongestCommonSubsequence(a, b, request.form != Form.LENGTH, limitBytes.getAsLong());
        switch (request.form) {
            case SEQUENCE -> reply.bulk(found.sequence());
            case LENGTH -> reply.integer(found.length());
            case RANGES -> writeRanges(found, request, reply);
        }
    }

    private static void writeRanges(LongestCommonSubsequence found, Request request, ReplyWriter reply) {
        List<LongestCommonSubsequence.Range> ranges = new ArrayList<>();
        for (LongestCommonSubsequence.Range range : found.ranges()) {
            if (range.length() >= request.minLength) {
                ranges.add(range);
            }
        }
        reply.map(2);
        reply.bulk("matches");
        reply.array(ranges.size());
        for (LongestCommonSubsequence.Range range : ranges) {
            reply.array(request.withLengths ? 3 : 2);
            reply.array(2);
            reply.integer(range.startA());
            reply.integer(range.endA());
            reply.array(2);
            reply.integer(range.startB());
            reply.integer(range.endB());
            if (request.withLengths) {
                reply.integer(range.length());
            }
        }
        reply.bulk("len");
        reply.integer(found.length());
    }

    private static byte[] value(CommandContext context, Args args, int index) {
        long record = context.lookUp(context.key(args, index));
        if (record == 0) {
            return EMPTY;
        }
        if (!Record.isString(record)) {
            throw new CommandException("ERR The specified keys must contain string values");
        }
        return Memory.toBytes(Record.valueAddress(record), Record.valueLength(record));
    }

    private enum Form {
        SEQUENCE,
        LENGTH,
        RANGES
    }

    private record Request(Form form, long minLength, boolean withLengths) {
        static Request parse(Args args) {
            boolean isLength = false;
            boolean isRanges = false;
            boolean withLengths = false;
            long minLength = 0;
            for (int i = 3; i < args.count(); i++) {
                if (args.is(i, "IDX")) {
                    isRanges = true;
                } else if (args.is(i, "LEN")) {
                    isLength = true;
                } else if (args.is(i, "WITHMATCHLEN")) {
                    withLengths = true;
                } else if (args.is(i, "MINMATCHLEN") && i + 1 < args.count()) {
                    i++;
                    minLength = Arguments.integer(args, i);
                } else {
                    throw CommandException.syntax();
                }
            }
            if (isLength && isRanges) {
                throw new CommandException("ERR If you want both the length and indexes, please just use IDX.");
            }
            Form form = isRanges ? Form.RANGES : isLength ? Form.LENGTH : Form.SEQUENCE;
            return new Request(form, minLength, withLengths);
        }
    }
}
