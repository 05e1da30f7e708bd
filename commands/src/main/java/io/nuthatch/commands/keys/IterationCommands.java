package io.nuthatch.commands.keys;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.Glob;
import io.nuthatch.commands.ScanOptions;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;

/// Commands that walk over the keys of a database. They take the stripes themselves, hash slot by hash slot.
final class IterationCommands {
    private IterationCommands() {}

    static void randomKey(CommandContext context, Args args, ReplyWriter reply) {
        byte[] key = context.database().randomKey(context.nowMillis());
        if (key == null) {
            reply.nullValue();
        } else {
            reply.bulk(key);
        }
    }

    /// The keys that are there all along are all given; of those written meanwhile some may be.
    static void keys(CommandContext context, Args args, ReplyWriter reply) {
        Glob pattern = Glob.of(args.bytes(1));
        boolean takesAll = pattern.matchesEverything();
        List<byte[]> found = new ArrayList<>();
        context.database().forEachKey(context.nowMillis(), (key, record) -> {
            if (takesAll || pattern.matches(key.address(), key.length())) {
                found.add(key.toBytes());
            }
        });
        reply.array(found.size());
        for (byte[] key : found) {
            reply.bulk(key);
        }
    }

    static void scan(CommandContext context, Args args, ReplyWriter reply) {
        long cursor = ScanOptions.cursor(args, 1);
        ScanOptions options = ScanOptions.parse(args, 2, ScanOptions.Kind.KEYS);
        Glob pattern = options.pattern();
        List<byte[]> found = new ArrayList<>();
        long next = context.database().scan(cursor, options.count(), context.nowMillis(), (key, record) -> {
            boolean isOfType = options.type() == null
                    || options.type().equals(Record.valueType(record).typeName());
            if (isOfType && (pattern == null || pattern.matches(key.address(), key.length()))) {
                found.add(key.toBytes());
            }
        });
        ScanOptions.writeReply(next, found, reply);
    }
}
