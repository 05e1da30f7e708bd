package io.nuthatch.commands.hash;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.Expiry;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.resp.Args;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The commands on hashes.
///
/// A hash that is looked up has lost its expired fields before a command sees it, so none of them meets one.
public final class HashCommands implements CommandFamily {
    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(HashSpecs.HSET, WriteCommands::set),
                SimpleCommand.of(HashSpecs.HMSET, WriteCommands::setOldForm),
                SimpleCommand.of(HashSpecs.HSETNX, WriteCommands::setIfMissing),
                SimpleCommand.of(HashSpecs.HDEL, WriteCommands::delete),
                SimpleCommand.of(HashSpecs.HINCRBY, WriteCommands::incrementBy),
                SimpleCommand.of(HashSpecs.HINCRBYFLOAT, WriteCommands::incrementByReal),
                SimpleCommand.of(HashSpecs.HGET, ReadCommands::get),
                SimpleCommand.of(HashSpecs.HMGET, ReadCommands::getMany),
                SimpleCommand.of(HashSpecs.HGETALL, ReadCommands::getAll),
                SimpleCommand.of(HashSpecs.HKEYS, ReadCommands::fields),
                SimpleCommand.of(HashSpecs.HVALS, ReadCommands::values),
                SimpleCommand.of(HashSpecs.HLEN, ReadCommands::size),
                SimpleCommand.of(HashSpecs.HEXISTS, ReadCommands::exists),
                SimpleCommand.of(HashSpecs.HSTRLEN, ReadCommands::valueLength),
                SimpleCommand.of(HashSpecs.HSCAN, ReadCommands::scan),
                SimpleCommand.of(HashSpecs.HRANDFIELD, RandomFieldCommand::execute),
                new FieldExpireCommand(HashSpecs.HEXPIRE, Expiry.SECONDS),
                new FieldExpireCommand(HashSpecs.HPEXPIRE, Expiry.MILLIS),
                new FieldExpireCommand(HashSpecs.HEXPIREAT, Expiry.UNIX_SECONDS),
                new FieldExpireCommand(HashSpecs.HPEXPIREAT, Expiry.UNIX_MILLIS),
                new FieldTtlCommand(HashSpecs.HTTL, Expiry.SECONDS),
                new FieldTtlCommand(HashSpecs.HPTTL, Expiry.MILLIS),
                new FieldTtlCommand(HashSpecs.HEXPIRETIME, Expiry.UNIX_SECONDS),
                new FieldTtlCommand(HashSpecs.HPEXPIRETIME, Expiry.UNIX_MILLIS),
                SimpleCommand.of(HashSpecs.HPERSIST, FieldCommands::persist),
                SimpleCommand.of(HashSpecs.HGETDEL, FieldCommands::getAndDelete),
                SimpleCommand.of(HashSpecs.HGETEX, FieldCommands::getAndExpire),
                SimpleCommand.of(HashSpecs.HSETEX, FieldSetCommand::execute));
    }

    /// The hash at argument 1 for a command that reads it, null when there is none.
    static @Nullable HashValue read(CommandContext context, Args args) {
        return context.lookUpHash(context.key(args, 1));
    }

    /// As [#read], for a command that changes the hash.
    static @Nullable HashValue find(CommandContext context, Args args) {
        return context.findHash(context.key(args, 1));
    }

    /// The hash at argument 1, which the first field put creates.
    static HashValue findOrCreate(CommandContext context, Args args) {
        return context.findOrCreateHash(context.key(args, 1));
    }

    /// Tells that `hash` lost fields, and that the key went with the last of them.
    static void signalDeleted(Database database, Key key, HashValue hash) {
        database.signal(key, KeyEvent.HDEL);
        if (hash.record() == 0) {
            database.signal(key, KeyEvent.DEL);
        }
    }
}
