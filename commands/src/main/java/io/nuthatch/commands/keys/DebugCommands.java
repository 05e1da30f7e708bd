package io.nuthatch.commands.keys;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Glob;
import io.nuthatch.commands.KeySpec;
import io.nuthatch.commands.Locking;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The parts of `DEBUG` that look into values, for tests of this server and of Redis.
///
/// Digests are our own: equal for equal data whatever the order in which it came to be, 40 zeros for none,
/// and not those of Redis.
final class DebugCommands {
    /// The container of all `DEBUG` subcommands, those of other families too.
    static final CommandSpec CONTAINER = spec("DEBUG", -2)
            .summary("Looks into the server, for tests")
            .complexity("Depends on the subcommand")
            .build();

    static final CommandSpec OBJECT = spec("DEBUG|OBJECT", 3)
            .summary("Shows how a value is kept, on one line")
            .syntax("key")
            .keys(KeySpec.readOne(2))
            .build();
    static final CommandSpec DIGEST = spec("DEBUG|DIGEST", 2)
            .summary("Gives a digest of all data, equal for equal data")
            .complexity("O(N) for N keys")
            .locking(Locking.ALL)
            .build();
    static final CommandSpec DIGEST_VALUE = spec("DEBUG|DIGEST-VALUE", -2)
            .summary("Gives a digest of each value")
            .syntax("key [key ...]")
            .keys(KeySpec.range(2, -1, 1, "RO", "ACCESS"))
            .build();
    static final CommandSpec STRINGMATCH_LEN = spec("DEBUG|STRINGMATCH-LEN", 4)
            .summary("Matches a pattern against as many letters a as are asked for")
            .syntax("length pattern")
            .build();
    static final CommandSpec SET_ACTIVE_EXPIRE = spec("DEBUG|SET-ACTIVE-EXPIRE", 3)
            .summary("Switches the removal of expired keys that nobody asks for")
            .syntax("0 | 1")
            .build();

    private static final int DIGEST_BYTES = 20;
    private static final int MAX_MATCHED_BYTES = 1 << 20;

    private DebugCommands() {}

    static void object(CommandContext context, Args args, ReplyWriter reply) {
        Database database = context.database();
        Key key = context.key(args, 2);
        long record = database.peek(key, context.nowMillis());
        Payload.Value value = record == 0 ? null : DumpCommands.valueOf(context, key, record);
        if (value == null) {
            throw new CommandException("ERR no such key");
        }
        int length = switch (value) {
            case Payload.StringValue string -> Payload.encode(string).length;
            case Payload.HashValue hash -> Payload.encode(hash).length;
        };
        long idle = database.idleSeconds(record, context.nowMillis());
        reply.simpleString(String.format(
                Locale.ROOT,
                "Value at:0x%x refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
                record,
                Record.encoding(record),
                length - 11, // The value alone, without type, version and checksum.
                context.nowMillis() / 1000 - idle & 0xffffff,
                idle));
    }

    /// Under every stripe, so that it is the digest of one instant.
    static void digest(CommandContext context, Args args, ReplyWriter reply) {
        byte[] sum = new byte[DIGEST_BYTES];
        for (int i = 0; i < context.keyspace().databases(); i++) {
            Database database = context.keyspace().database(i);
            List<byte[]> names = new ArrayList<>();
            database.forEachKey(context.nowMillis(), (key, record) -> names.add(key.toBytes()));
            for (byte[] name : names) {
                Key key = Key.copyOf(name);
                long record = database.peek(key, context.nowMillis());
                byte[] value = record == 0 ? null : digestOf(database, key, record, context.nowMillis());
                if (value != null) {
                    byte[] expires = {(byte) i, (byte) (Record.expireAt(record) != 0 ? 1 : 0)};
                    xor(sum, hash(expires, name, value));
                }
            }
        }
        reply.simpleString(HexFormat.of().formatHex(sum));
    }

    static void digestOfValues(CommandContext context, Args args, ReplyWriter reply) {
        reply.array(args.count() - 2);
        for (int i = 2; i < args.count(); i++) {
            Key key = context.key(args, i);
            long record = context.database().peek(key, context.nowMillis());
            byte[] value = record == 0 ? null : digestOf(context.database(), key, record, context.nowMillis());
            reply.bulk(HexFormat.of().formatHex(value == null ? new byte[DIGEST_BYTES] : value));
        }
    }

    /// `DEBUG STRINGMATCH-LEN length pattern`.
    static void matchLong(CommandContext context, Args args, ReplyWriter reply) {
        int length = (int) Arguments.integer(args, 2, 0, MAX_MATCHED_BYTES);
        byte[] text = "a".repeat(length).getBytes(StandardCharsets.US_ASCII);
        reply.integer(Glob.of(args.bytes(3)).matches(text) ? 1 : 0);
    }

    /// `0` or `1` in argument 2.
    static boolean isOn(Args args) {
        return Arguments.integer(args, 2) != 0;
    }

    private static CommandSpec.Builder spec(String name, int arity) {
        return CommandSpec.named(name)
                .since("1.0.0")
                .group("server")
                .arity(arity)
                .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE);
    }

    private static byte @Nullable [] digestOf(Database database, Key key, long record, long now) {
        if (Record.isString(record)) {
            byte[] bytes = Memory.toBytes(Record.valueAddress(record), Record.valueLength(record));
            return hash(new byte[] {'s'}, bytes, new byte[0]);
        }
        HashValue hash = database.hash(key, now);
        if (hash == null) {
            return null;
        }
        byte[] sum = new byte[DIGEST_BYTES];
        hash.forEach((field, fieldLength, value, valueLength, expireAt) -> xor(
                sum,
                hash(
                        new byte[] {'h', (byte) (expireAt != 0 ? 1 : 0)},
                        Memory.toBytes(field, fieldLength),
                        Memory.toBytes(value, valueLength))));
        return sum;
    }

    private static byte[] hash(byte[] tag, byte[] one, byte[] other) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            for (byte[] part : List.of(tag, one, other)) {
                digest.update((part.length + ":").getBytes(StandardCharsets.US_ASCII));
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible); // Every Java platform has SHA-1.
        }
    }

    private static void xor(byte[] sum, byte[] more) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] ^= more[i];
        }
    }
}
