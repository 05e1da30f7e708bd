package io.nuthatch.commands.keys;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `DUMP` and `RESTORE`: values as Redis's payloads; see [Payload].
final class DumpCommands {
    private DumpCommands() {}

    static void dump(CommandContext context, Args args, ReplyWriter reply) {
        Key key = context.key(args, 1);
        long record = context.lookUp(key);
        Payload.Value value = record == 0 ? null : valueOf(context, key, record);
        if (value == null) {
            reply.nullValue();
            return;
        }
        reply.bulk(
                switch (value) {
                    case Payload.StringValue string -> Payload.encode(string);
                    case Payload.HashValue hash -> Payload.encode(hash);
                });
    }

    /// The key's value as payloads hold it; null for a hash whose last field has just expired.
    static Payload.@Nullable Value valueOf(CommandContext context, Key key, long record) {
        if (Record.isString(record)) {
            return new Payload.StringValue(Memory.toBytes(Record.valueAddress(record), Record.valueLength(record)));
        }
        HashValue hash = context.database().hash(key, context.nowMillis());
        if (hash == null) {
            return null;
        }
        List<Payload.Field> fields = new ArrayList<>(hash.size());
        hash.forEach((field, fieldLength, value, valueLength, expireAt) -> fields.add(
                new Payload.Field(Memory.toBytes(field, fieldLength), Memory.toBytes(value, valueLength), expireAt)));
        return new Payload.HashValue(fields);
    }

    /// `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`.
    ///
    /// Fields that have expired are left out, and a value that has expired as a whole is not created.
    static void restore(CommandContext context, Args args, ReplyWriter reply) {
        Options options = Options.parse(args);
        Database database = context.database();
        Key key = context.key(args, 1);
        long now = context.nowMillis();
        boolean exists = database.peek(key, now) != 0;
        if (exists && !options.replaces) {
            throw new CommandException("BUSYKEY Target key name already exists.");
        }
        long ttl = Arguments.integer(args, 2);
        if (ttl < 0 || !options.isAbsolute && ttl > Long.MAX_VALUE - now) {
            throw new CommandException("ERR Invalid TTL value, must be >= 0");
        }
        long at = ttl == 0 || options.isAbsolute ? ttl : ttl + now;
        Payload.Value value = Payload.decode(args.bytes(3));
        if (exists) {
            database.remove(key);
        }
        if (at != 0 && at <= now || !create(context, key, value, at)) {
            if (exists) {
                database.signal(key, KeyEvent.DEL);
            }
            reply.ok();
            return;
        }
        long record = database.peek(key, now);
        if (options.idleSeconds >= 0 && !context.keyspace().countsFrequency()) {
            database.setIdleSeconds(record, options.idleSeconds, now);
        } else if (options.frequency >= 0 && context.keyspace().countsFrequency()) {
            database.setFrequency(record, options.frequency, now);
        }
        database.signal(key, KeyEvent.RESTORE);
        reply.ok();
    }

    /// Creates the key, which is not there, unless nothing is left of the value; whether it did.
    private static boolean create(CommandContext context, Key key, Payload.Value value, long at) {
        Database database = context.database();
        switch (value) {
            case Payload.StringValue string -> {
                byte[] bytes = string.bytes();
                long target = context.scratch(bytes.length);
                Memory.copyIn(bytes, 0, target, bytes.length);
                database.putString(key, target, bytes.length, at);
            }
            case Payload.HashValue hash -> {
                HashValue fields = database.hashForWrite(key, context.nowMillis());
                for (Payload.Field field : hash.fields()) {
                    if (field.expireAt() == 0 || field.expireAt() > context.nowMillis()) {
                        put(context, fields, field);
                    }
                }
                if (fields.record() == 0) {
                    return false;
                }
                if (at != 0) {
                    database.setExpireAt(key, fields.record(), at);
                }
            }
        }
        return true;
    }

    private static void put(CommandContext context, HashValue hash, Payload.Field field) {
        int nameLength = field.name().length;
        int valueLength = field.value().length;
        long name = context.scratch(nameLength + valueLength);
        Memory.copyIn(field.name(), 0, name, nameLength);
        Memory.copyIn(field.value(), 0, name + nameLength, valueLength);
        hash.put(name, nameLength, name + nameLength, valueLength);
        if (field.expireAt() != 0) {
            hash.setExpireAt(name, nameLength, field.expireAt());
        }
    }

    /// @param idleSeconds -1 when not given
    /// @param frequency 0 to 255, -1 when not given
    private record Options(boolean replaces, boolean isAbsolute, long idleSeconds, int frequency) {
        static Options parse(Args args) {
            boolean replaces = false;
            boolean isAbsolute = false;
            long idleSeconds = -1;
            long frequency = -1;
            for (int i = 4; i < args.count(); i++) {
                boolean hasValue = i + 1 < args.count();
                if (args.is(i, "REPLACE")) {
                    replaces = true;
                } else if (args.is(i, "ABSTTL")) {
                    isAbsolute = true;
                } else if (args.is(i, "IDLETIME") && hasValue && frequency == -1) {
                    i++;
                    idleSeconds = Arguments.integer(args, i);
                    if (idleSeconds < 0) {
                        throw new CommandException("ERR Invalid IDLETIME value, must be >= 0");
                    }
                } else if (args.is(i, "FREQ") && hasValue && idleSeconds == -1) {
                    i++;
                    frequency = Arguments.integer(args, i);
                    if (frequency < 0 || frequency > 255) {
                        throw new CommandException("ERR Invalid FREQ value, must be >= 0 and <= 255");
                    }
                } else {
                    throw CommandException.syntax();
                }
            }
            return new Options(replaces, isAbsolute, idleSeconds, (int) frequency);
        }
    }
}
