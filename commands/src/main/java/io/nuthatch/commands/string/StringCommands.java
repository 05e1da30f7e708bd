package io.nuthatch.commands.string;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.resp.Args;
import java.util.List;
import java.util.function.LongSupplier;

/// The commands on strings.
public final class StringCommands implements CommandFamily {
    private final List<Command> commands;

    /// `maxStringBytes`: the longest string that a command may make (`proto-max-bulk-len`).
    public StringCommands(LongSupplier maxStringBytes) {
        RangeCommands ranges = new RangeCommands(maxStringBytes);
        this.commands = List.of(
                SimpleCommand.of(StringSpecs.GET, GetCommands::get),
                SimpleCommand.of(StringSpecs.MGET, GetCommands::getMany),
                SimpleCommand.of(StringSpecs.STRLEN, GetCommands::length),
                SimpleCommand.of(StringSpecs.GETDEL, GetCommands::getAndDelete),
                SimpleCommand.of(StringSpecs.GETEX, GetCommands::getAndExpire),
                SimpleCommand.of(StringSpecs.SET, SetCommands::set),
                SimpleCommand.of(StringSpecs.SETEX, SetCommands::setWithSeconds),
                SimpleCommand.of(StringSpecs.PSETEX, SetCommands::setWithMillis),
                SimpleCommand.of(StringSpecs.SETNX, SetCommands::setIfMissing),
                SimpleCommand.of(StringSpecs.GETSET, SetCommands::getAndSet),
                SimpleCommand.of(StringSpecs.MSET, SetCommands::setMany),
                SimpleCommand.of(StringSpecs.MSETNX, SetCommands::setManyIfMissing),
                SimpleCommand.of(StringSpecs.INCR, CounterCommands::increment),
                SimpleCommand.of(StringSpecs.DECR, CounterCommands::decrement),
                SimpleCommand.of(StringSpecs.INCRBY, CounterCommands::incrementBy),
                SimpleCommand.of(StringSpecs.DECRBY, CounterCommands::decrementBy),
                SimpleCommand.of(StringSpecs.INCRBYFLOAT, CounterCommands::incrementByReal),
                SimpleCommand.of(StringSpecs.APPEND, ranges::append),
                SimpleCommand.of(StringSpecs.SETRANGE, ranges::setRange),
                SimpleCommand.of(StringSpecs.GETRANGE, RangeCommands::getRange),
                SimpleCommand.of(StringSpecs.SUBSTR, RangeCommands::getRange),
                new LcsCommand(maxStringBytes));
    }

    @Override
    public List<Command> commands() {
        return commands;
    }

    /// The record of the string at argument 1 for a command that reads it, 0 when there is none; `WRONGTYPE`
    /// for another type.
    static long read(CommandContext context, Args args) {
        return checked(context.lookUp(context.key(args, 1)));
    }

    /// As [#read], for a command that changes the string.
    static long find(CommandContext context, Args args) {
        return checked(context.database().find(context.key(args, 1), context.nowMillis()));
    }

    private static long checked(long record) {
        if (record != 0 && !Record.isString(record)) {
            throw CommandException.wrongType();
        }
        return record;
    }
}
