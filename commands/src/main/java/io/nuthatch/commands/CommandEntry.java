package io.nuthatch.commands;

import java.util.List;

/// A command in the table, with what the dispatcher asks of its spec at every call laid out in fields.
public final class CommandEntry {
    private final Command command;
    private final CommandSpec spec;
    private final int id;
    private final boolean isContainer;
    private final int flags;
    private final int singleKey;
    private final boolean mayPool;
    private final boolean isQuick;

    CommandEntry(Command command, int id, boolean isContainer) {
        this.command = command;
        this.spec = command.spec();
        this.id = id;
        this.isContainer = isContainer;
        int bits = 0;
        for (CommandFlag flag : spec.flags()) {
            bits |= 1 << flag.ordinal();
        }
        this.flags = bits;
        this.mayPool =
                spec.placement() == Placement.QUERY_POOL || spec.flags().contains(CommandFlag.TRANSACTION_CONTROL);
        this.isQuick = spec.placement() == Placement.EVENT_LOOP
                && (spec.flags().contains(CommandFlag.FAST) || spec.name().equals("SET"))
                && !spec.flags().contains(CommandFlag.TRANSACTION_CONTROL);
        List<KeySpec> keys = spec.keys();
        this.singleKey = keys.size() == 1
                        && !keys.get(0).isCounted()
                        && keys.get(0).first() > 0
                        && keys.get(0).first() == keys.get(0).last()
                ? keys.get(0).first()
                : 0;
    }

    public Command command() {
        return command;
    }

    public CommandSpec spec() {
        return spec;
    }

    /// Dense number of the command in its table, from 0.
    public int id() {
        return id;
    }

    /// Whether subcommands exist.
    public boolean isContainer() {
        return isContainer;
    }

    /// Whether calls may have to go to the query pool.
    boolean mayPool() {
        return mayPool;
    }

    /// Whether a call takes about a microsecond whatever its arguments, so that several may share one look at
    /// the clock.
    boolean isQuick() {
        return isQuick;
    }

    /// Whether the flag is set.
    public boolean is(CommandFlag flag) {
        return (flags & (1 << flag.ordinal())) != 0;
    }

    /// Index of the only key among the arguments, or 0 when there is none or there may be several.
    public int singleKey() {
        return singleKey;
    }

    @Override
    public String toString() {
        return spec.name();
    }
}
