package io.nuthatch.commands.keys;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.Expiry;
import io.nuthatch.commands.SimpleCommand;
import java.util.List;

/// The commands on keys whatever they hold, on whole databases, and the parts of `DEBUG` that look into them.
public final class KeyCommands implements CommandFamily {
    private final ActiveExpiry activeExpiry;

    /// `activeExpiry` is what `DEBUG SET-ACTIVE-EXPIRE` switches.
    public KeyCommands(ActiveExpiry activeExpiry) {
        this.activeExpiry = activeExpiry;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(KeysSpecs.DEL, BasicCommands::delete),
                SimpleCommand.of(KeysSpecs.UNLINK, BasicCommands::delete),
                SimpleCommand.of(KeysSpecs.EXISTS, BasicCommands::exists),
                SimpleCommand.of(KeysSpecs.TOUCH, BasicCommands::touch),
                SimpleCommand.of(KeysSpecs.TYPE, BasicCommands::type),
                SimpleCommand.of(KeysSpecs.RENAME, MoveCommands::rename),
                SimpleCommand.of(KeysSpecs.RENAMENX, MoveCommands::renameIfMissing),
                SimpleCommand.of(KeysSpecs.COPY, MoveCommands::copy),
                SimpleCommand.of(KeysSpecs.MOVE, MoveCommands::move),
                new ExpireCommand(KeysSpecs.EXPIRE, Expiry.SECONDS),
                new ExpireCommand(KeysSpecs.PEXPIRE, Expiry.MILLIS),
                new ExpireCommand(KeysSpecs.EXPIREAT, Expiry.UNIX_SECONDS),
                new ExpireCommand(KeysSpecs.PEXPIREAT, Expiry.UNIX_MILLIS),
                new TtlCommand(KeysSpecs.TTL, Expiry.SECONDS),
                new TtlCommand(KeysSpecs.PTTL, Expiry.MILLIS),
                new TtlCommand(KeysSpecs.EXPIRETIME, Expiry.UNIX_SECONDS),
                new TtlCommand(KeysSpecs.PEXPIRETIME, Expiry.UNIX_MILLIS),
                SimpleCommand.of(KeysSpecs.PERSIST, BasicCommands::persist),
                SimpleCommand.of(KeysSpecs.RANDOMKEY, IterationCommands::randomKey),
                SimpleCommand.of(KeysSpecs.KEYS, IterationCommands::keys),
                SimpleCommand.of(KeysSpecs.SCAN, IterationCommands::scan),
                SimpleCommand.of(KeysSpecs.DUMP, DumpCommands::dump),
                SimpleCommand.of(KeysSpecs.RESTORE, DumpCommands::restore),
                SimpleCommand.container(KeysSpecs.OBJECT),
                SimpleCommand.of(KeysSpecs.OBJECT_ENCODING, ObjectCommands::encoding),
                SimpleCommand.of(KeysSpecs.OBJECT_FREQ, ObjectCommands::frequency),
                SimpleCommand.of(KeysSpecs.OBJECT_IDLETIME, ObjectCommands::idleTime),
                SimpleCommand.of(KeysSpecs.OBJECT_REFCOUNT, ObjectCommands::referenceCount),
                SimpleCommand.of(KeysSpecs.OBJECT_HELP, ObjectCommands::help),
                SimpleCommand.of(KeysSpecs.DBSIZE, DatabaseCommands::size),
                SimpleCommand.of(KeysSpecs.FLUSHDB, DatabaseCommands::flush),
                SimpleCommand.of(KeysSpecs.FLUSHALL, DatabaseCommands::flushAll),
                SimpleCommand.of(KeysSpecs.SWAPDB, DatabaseCommands::swap),
                SimpleCommand.container(DebugCommands.CONTAINER),
                SimpleCommand.of(DebugCommands.OBJECT, DebugCommands::object),
                SimpleCommand.of(DebugCommands.DIGEST, DebugCommands::digest),
                SimpleCommand.of(DebugCommands.DIGEST_VALUE, DebugCommands::digestOfValues),
                SimpleCommand.of(DebugCommands.STRINGMATCH_LEN, DebugCommands::matchLong),
                SimpleCommand.of(DebugCommands.SET_ACTIVE_EXPIRE, (context, args, reply) -> {
                    activeExpiry.setEnabled(DebugCommands.isOn(args));
                    reply.ok();
                }));
    }
}
