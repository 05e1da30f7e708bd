package io.nuthatch.commands.hash;

import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.Glob;
import io.nuthatch.commands.ScanOptions;
import io.nuthatch.engine.keyspace.FieldVisitor;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Slice;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Commands that read a hash. A missing key is a hash without fields.
final class ReadCommands {
    private ReadCommands() {}

    static void get(CommandContext context, Args args, ReplyWriter reply) {
        write(HashCommands.read(context, args), args, 2, context.slice(), reply);
    }

    static void getMany(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        reply.array(args.count() - 2);
        for (int i = 2; i < args.count(); i++) {
            write(hash, args, i, context.slice(), reply);
        }
    }

    static void getAll(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        reply.map(hash == null ? 0 : hash.size());
        visit(hash, (field, fieldLength, value, valueLength, expireAt) -> {
            reply.bulk(field, fieldLength);
            reply.bulk(value, valueLength);
        });
    }

    static void fields(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        reply.array(hash == null ? 0 : hash.size());
        visit(hash, (field, fieldLength, value, valueLength, expireAt) -> reply.bulk(field, fieldLength));
    }

    static void values(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        reply.array(hash == null ? 0 : hash.size());
        visit(hash, (field, fieldLength, value, valueLength, expireAt) -> reply.bulk(value, valueLength));
    }

    static void size(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        reply.integer(hash == null ? 0 : hash.size());
    }

    static void exists(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        reply.integer(hash != null && hash.contains(args.address(2), args.length(2)) ? 1 : 0);
    }

    static void valueLength(CommandContext context, Args args, ReplyWriter reply) {
        HashValue hash = HashCommands.read(context, args);
        Slice value = context.slice();
        boolean isThere = hash != null && hash.get(args.address(2), args.length(2), value);
        reply.integer(isThere ? value.length : 0);
    }

    static void scan(CommandContext context, Args args, ReplyWriter reply) {
        long cursor = ScanOptions.cursor(args, 2);
        HashValue hash = HashCommands.read(context, args);
        ScanOptions options = ScanOptions.parse(args, 3, ScanOptions.Kind.HASH);
        Glob pattern = options.pattern();
        List<byte[]> found = new ArrayList<>();
        long next = 0;
        if (hash != null) {
            next = hash.scan(cursor, options.count(), (field, fieldLength, value, valueLength, expireAt) -> {
                if (pattern == null || pattern.matches(field, fieldLength)) {
                    found.add(Memory.toBytes(field, fieldLength));
                    if (options.withValues()) {
                        found.add(Memory.toBytes(value, valueLength));
                    }
                }
            });
        }
        ScanOptions.writeReply(next, found, reply);
    }

    /// The value of the field that argument `index` names, or null.
    static void write(@Nullable HashValue hash, Args args, int index, Slice slice, ReplyWriter reply) {
        if (hash != null && hash.get(args.address(index), args.length(index), slice)) {
            reply.bulk(slice.address, slice.length);
        } else {
            reply.nullValue();
        }
    }

    private static void visit(@Nullable HashValue hash, FieldVisitor visitor) {
        if (hash != null) {
            hash.forEach(visitor);
        }
    }
}
