package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Every command of the server by name. Immutable after construction; safe for any thread.
public final class CommandTable {
    private static final int MAX_NAME_BYTES = 64;

    private final Map<String, Command> commands = new TreeMap<>();
    private final Map<String, Map<String, Command>> subcommands = new LinkedHashMap<>();
    // Open addressing over the upper-case name, so that a look-up makes no garbage.
    private final @Nullable CommandEntry[] byHash;
    private final int mask;
    private final Map<String, Map<String, CommandEntry>> subEntries = new LinkedHashMap<>();
    private final List<CommandEntry> entries = new ArrayList<>();

    /// A table of the families' commands; a name given twice is an error.
    public CommandTable(Collection<? extends CommandFamily> families) {
        for (CommandFamily family : families) {
            for (Command command : family.commands()) {
                String name = command.spec().name();
                int bar = name.indexOf('|');
                Command former = bar < 0
                        ? commands.put(name, command)
                        : subcommands
                                .computeIfAbsent(name.substring(0, bar), container -> new TreeMap<>())
                                .put(name.substring(bar + 1), command);
                if (former != null) {
                    throw new IllegalArgumentException("two commands named " + name);
                }
            }
        }
        int size = Integer.highestOneBit(Math.max(16, commands.size() * 4));
        byHash = new CommandEntry[size];
        mask = size - 1;
        for (Command command : commands.values()) {
            String name = command.spec().name();
            int hash = 0;
            for (int i = 0; i < name.length(); i++) {
                hash = hash * 31 + name.charAt(i);
            }
            int at = mix(hash) & mask;
            while (byHash[at] != null) {
                at = (at + 1) & mask;
            }
            CommandEntry entry = new CommandEntry(command, entries.size(), subcommands.containsKey(name));
            entries.add(entry);
            byHash[at] = entry;
        }
        subcommands.forEach((container, children) -> {
            if (!commands.containsKey(container)) {
                throw new IllegalArgumentException("subcommands of " + container + ", which is no command");
            }
            Map<String, CommandEntry> byName = new TreeMap<>();
            children.forEach((name, command) -> {
                CommandEntry entry = new CommandEntry(command, entries.size(), false);
                entries.add(entry);
                byName.put(name, entry);
            });
            subEntries.put(container, byName);
        });
    }

    /// The command named by argument 0, or null; of a container, not its subcommand.
    public @Nullable CommandEntry entry(Args args) {
        int length = args.length(0);
        if (length == 0 || length > MAX_NAME_BYTES) {
            return null;
        }
        int hash = 0;
        for (int i = 0; i < length; i++) {
            int b = args.byteAt(0, i);
            hash = hash * 31 + (b >= 'a' && b <= 'z' ? b - 32 : b);
        }
        int at = mix(hash) & mask;
        while (true) {
            CommandEntry entry = byHash[at];
            if (entry == null || args.is(0, entry.spec().name())) {
                return entry;
            }
            at = (at + 1) & mask;
        }
    }

    /// The subcommand of a container by argument 1, or null.
    public @Nullable CommandEntry subEntry(CommandEntry container, Args args) {
        Map<String, CommandEntry> children = subEntries.get(container.spec().name());
        return children == null || args.count() < 2 || args.length(1) > MAX_NAME_BYTES
                ? null
                : children.get(args.text(1).toUpperCase(Locale.ROOT));
    }

    /// Every command and subcommand, at the index of its [CommandEntry#id].
    public List<CommandEntry> entries() {
        return Collections.unmodifiableList(entries);
    }

    /// The command named by argument 0, or null.
    public @Nullable Command find(Args args) {
        CommandEntry entry = entry(args);
        return entry == null ? null : entry.command();
    }

    /// Whether `name` (upper case) has subcommands.
    public boolean isContainer(String name) {
        return subcommands.containsKey(name);
    }

    /// The command or subcommand of an upper-case name such as `CONFIG|GET`, or null.
    public @Nullable Command byName(String name) {
        int bar = name.indexOf('|');
        if (bar < 0) {
            return commands.get(name);
        }
        Map<String, Command> children = subcommands.get(name.substring(0, bar));
        return children == null ? null : children.get(name.substring(bar + 1));
    }

    /// The commands without their subcommands, by name.
    public Collection<Command> all() {
        return commands.values();
    }

    /// The subcommands of a container by name; empty when it has none.
    public Collection<Command> subcommandsOf(String container) {
        return subcommands.getOrDefault(container, Map.of()).values();
    }

    private static int mix(int hash) {
        return hash ^ (hash >>> 15) ^ (hash >>> 7);
    }
}
