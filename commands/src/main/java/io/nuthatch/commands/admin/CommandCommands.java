package io.nuthatch.commands.admin;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.CommandTable;
import io.nuthatch.commands.Glob;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.KeyPositions;
import io.nuthatch.commands.KeySpec;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `COMMAND` and its subcommands: what the specs say, as clients and redis-cli read it.
public final class CommandCommands implements CommandFamily {
    private static final int MAX_NAMES = 10_000;

    private static final CommandSpec COMMAND = CommandSpec.named("COMMAND")
            .summary("Describes all commands")
            .since("2.8.13")
            .group("server")
            .complexity("O(N) where N is the total number of Redis commands")
            .arity(-1)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("nondeterministic_output_order")
            .build();

    private static final CommandSpec COMMAND_COUNT = CommandSpec.named("COMMAND|COUNT")
            .summary("Counts the commands")
            .since("2.8.13")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec COMMAND_DOCS = CommandSpec.named("COMMAND|DOCS")
            .summary("Documents commands")
            .syntax("[command-name [command-name ...]]")
            .since("7.0.0")
            .group("server")
            .complexity("O(N) where N is the number of commands to look up")
            .arity(-2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("nondeterministic_output_order")
            .build();

    private static final CommandSpec COMMAND_GETKEYS = CommandSpec.named("COMMAND|GETKEYS")
            .summary("Lists the keys among the arguments of a call")
            .syntax("command [arg [arg ...]]")
            .since("2.8.13")
            .group("server")
            .complexity("O(N) where N is the number of arguments to the command")
            .arity(-3)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec COMMAND_GETKEYSANDFLAGS = CommandSpec.named("COMMAND|GETKEYSANDFLAGS")
            .summary("Lists the keys among the arguments of a call and what happens to each")
            .syntax("command [arg [arg ...]]")
            .since("7.0.0")
            .group("server")
            .complexity("O(N) where N is the number of arguments to the command")
            .arity(-3)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec COMMAND_HELP = CommandSpec.named("COMMAND|HELP")
            .summary("Lists the subcommands")
            .since("5.0.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec COMMAND_INFO = CommandSpec.named("COMMAND|INFO")
            .summary("Describes commands")
            .syntax("[command-name [command-name ...]]")
            .since("2.8.13")
            .group("server")
            .complexity("O(N) where N is the number of commands to look up")
            .arity(-2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("nondeterministic_output_order")
            .build();

    private static final CommandSpec COMMAND_LIST = CommandSpec.named("COMMAND|LIST")
            .summary("Lists the names of commands")
            .syntax("[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]")
            .since("7.0.0")
            .group("server")
            .complexity("O(N) where N is the total number of Redis commands")
            .arity(-2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .tips("nondeterministic_output_order")
            .build();

    private final Supplier<CommandTable> table;

    /// `table` is asked when a command is executed, as it holds these commands too.
    public CommandCommands(Supplier<CommandTable> table) {
        this.table = table;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(COMMAND, (context, args, reply) -> infoOfAll(reply)),
                SimpleCommand.of(
                        COMMAND_COUNT,
                        (context, args, reply) ->
                                reply.integer(table.get().all().size())),
                SimpleCommand.of(COMMAND_DOCS, this::docs),
                SimpleCommand.of(COMMAND_INFO, this::info),
                SimpleCommand.of(COMMAND_LIST, this::list),
                SimpleCommand.of(COMMAND_GETKEYS, (context, args, reply) -> getKeys(args, reply, false)),
                SimpleCommand.of(COMMAND_GETKEYSANDFLAGS, (context, args, reply) -> getKeys(args, reply, true)),
                SimpleCommand.of(COMMAND_HELP, (context, args, reply) -> help(reply)));
    }

    // ---- INFO

    private void infoOfAll(ReplyWriter reply) {
        Collection<Command> all = table.get().all();
        reply.array(all.size());
        all.forEach(command -> writeInfo(command.spec(), reply));
    }

    private void info(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() == 2) {
            infoOfAll(reply);
            return;
        }
        reply.array(args.count() - 2);
        for (int i = 2; i < args.count(); i++) {
            Command command = table.get().byName(args.text(i).toUpperCase(Locale.ROOT));
            if (command == null) {
                reply.nullValue();
            } else {
                writeInfo(command.spec(), reply);
            }
        }
    }

    private void writeInfo(CommandSpec spec, ReplyWriter reply) {
        Collection<Command> children = table.get().subcommandsOf(spec.name());
        int[] range = legacyRange(spec);
        reply.array(10);
        reply.bulk(spec.wireName());
        reply.integer(spec.arity());
        List<String> flags = wireFlags(spec);
        reply.set(flags.size());
        flags.forEach(reply::simpleString);
        reply.integer(range[0]);
        reply.integer(range[1]);
        reply.integer(range[2]);
        List<String> categories =
                spec.categories().stream().sorted().map(AclCategory::wireName).toList();
        reply.set(categories.size());
        categories.forEach(reply::simpleString);
        reply.set(spec.tips().size());
        spec.tips().forEach(reply::bulk);
        reply.set(spec.keys().size());
        spec.keys().forEach(keys -> writeKeySpec(keys, reply));
        if (children.isEmpty()) {
            reply.set(0);
        } else {
            reply.array(children.size());
        }
        children.forEach(child -> writeInfo(child.spec(), reply));
    }

    private static List<String> wireFlags(CommandSpec spec) {
        List<String> flags = new ArrayList<>();
        for (CommandFlag flag : CommandFlag.values()) {
            if (spec.is(flag) && flag != CommandFlag.TRANSACTION_CONTROL) {
                flags.add(flag.wireName());
            }
        }
        return flags;
    }

    /// First key, last key and step as the oldest clients read them; zeros when the keys move.
    static int[] legacyRange(CommandSpec spec) {
        int first = 0;
        int last = 0;
        int step = 0;
        for (KeySpec keys : spec.keys()) {
            if (keys.isCounted()) {
                continue;
            }
            if (first == 0) {
                first = keys.first();
                last = keys.last();
                step = keys.step();
            } else if (last >= 0 && keys.first() == last + 1) {
                last = keys.last();
            }
        }
        return new int[] {first, last, step};
    }

    private static void writeKeySpec(KeySpec keys, ReplyWriter reply) {
        reply.map(3);
        reply.bulk("flags");
        writeKeyFlags(keys, reply);
        reply.bulk("begin_search");
        reply.map(2);
        reply.bulk("type");
        reply.bulk("index");
        reply.bulk("spec");
        reply.map(1);
        reply.bulk("index");
        reply.integer(keys.first());
        reply.bulk("find_keys");
        reply.map(2);
        reply.bulk("type");
        reply.bulk(keys.isCounted() ? "keynum" : "range");
        reply.bulk("spec");
        reply.map(3);
        reply.bulk(keys.isCounted() ? "keynumidx" : "lastkey");
        reply.integer(keys.isCounted() || keys.last() == keys.first() ? 0 : relativeLast(keys));
        reply.bulk(keys.isCounted() ? "firstkey" : "keystep");
        reply.integer(keys.isCounted() ? 1 : keys.step());
        reply.bulk(keys.isCounted() ? "keystep" : "limit");
        reply.integer(keys.isCounted() ? keys.step() : 0);
    }

    private static int relativeLast(KeySpec keys) {
        return keys.last() < 0 ? keys.last() : keys.last() - keys.first();
    }

    private static void writeKeyFlags(KeySpec keys, ReplyWriter reply) {
        List<String> flags = new ArrayList<>();
        flags.add(keys.access().equals("NOT_KEY") ? "not_key" : keys.access());
        for (String intent : keys.intent().split(" ", -1)) {
            if (!intent.isEmpty()) {
                flags.add(intent.toLowerCase(Locale.ROOT));
            }
        }
        reply.set(flags.size());
        flags.forEach(reply::simpleString);
    }

    // ---- DOCS

    private void docs(CommandContext context, Args args, ReplyWriter reply) {
        List<Command> chosen = new ArrayList<>();
        if (args.count() == 2) {
            chosen.addAll(table.get().all());
        } else {
            for (int i = 2; i < Math.min(args.count(), MAX_NAMES); i++) {
                Command command = table.get().byName(args.text(i).toUpperCase(Locale.ROOT));
                if (command != null) {
                    chosen.add(command);
                }
            }
        }
        reply.map(chosen.size());
        chosen.forEach(command -> writeDocs(command.spec(), reply));
    }

    private void writeDocs(CommandSpec spec, ReplyWriter reply) {
        Collection<Command> children = table.get().subcommandsOf(spec.name());
        List<Syntax.Argument> arguments = children.isEmpty() ? Syntax.parse(spec.syntax()) : List.of();
        reply.bulk(spec.wireName());
        reply.map(4 + (arguments.isEmpty() ? 0 : 1) + (children.isEmpty() ? 0 : 1));
        reply.bulk("summary");
        reply.bulk(spec.summary());
        reply.bulk("since");
        reply.bulk(spec.since());
        reply.bulk("group");
        reply.bulk(spec.group());
        reply.bulk("complexity");
        reply.bulk(spec.complexity());
        if (!arguments.isEmpty()) {
            reply.bulk("arguments");
            reply.array(arguments.size());
            int[] keySpec = {0};
            arguments.forEach(argument -> writeArgument(argument, spec, keySpec, reply));
        }
        if (!children.isEmpty()) {
            reply.bulk("subcommands");
            reply.map(children.size());
            children.forEach(child -> writeDocs(child.spec(), reply));
        }
    }

    /// `keySpec[0]` is the index of the key spec that the next key belongs to.
    private static void writeArgument(Syntax.Argument argument, CommandSpec spec, int[] keySpec, ReplyWriter reply) {
        boolean isGroup = argument.type().equals("oneof") || argument.type().equals("block");
        boolean isKey =
                argument.type().equals("key") && keySpec[0] < spec.keys().size();
        List<String> flags = new ArrayList<>();
        if (argument.isOptional()) {
            flags.add("optional");
        }
        if (argument.isMultiple()) {
            flags.add("multiple");
        }
        if (argument.isMultipleToken()) {
            flags.add("multiple_token");
        }
        reply.map(3 + (isKey ? 1 : 0) + (argument.token() == null ? 0 : 1) + (flags.isEmpty() ? 0 : 1));
        reply.bulk("name");
        reply.bulk(argument.name());
        reply.bulk("type");
        reply.bulk(argument.type());
        if (!isGroup) {
            reply.bulk("display_text");
            reply.bulk(argument.name());
        }
        if (isKey) {
            reply.bulk("key_spec_index");
            reply.integer(keySpec[0]++);
        }
        if (argument.token() != null) {
            reply.bulk("token");
            reply.bulk(argument.token());
        }
        if (!flags.isEmpty()) {
            reply.bulk("flags");
            reply.set(flags.size());
            flags.forEach(reply::simpleString);
        }
        if (isGroup) {
            reply.bulk("arguments");
            reply.array(argument.arguments().size());
            argument.arguments().forEach(child -> writeArgument(child, spec, keySpec, reply));
        }
    }

    // ---- LIST

    private void list(CommandContext context, Args args, ReplyWriter reply) {
        List<CommandSpec> all = new ArrayList<>();
        for (Command command : table.get().all()) {
            all.add(command.spec());
            table.get().subcommandsOf(command.spec().name()).forEach(child -> all.add(child.spec()));
        }
        if (args.count() != 2 && (args.count() != 5 || !args.is(2, "FILTERBY"))) {
            throw CommandException.syntax();
        }
        boolean isFiltered = args.count() > 2; // Without a filter all are listed, subcommands among them.
        if (isFiltered && args.is(3, "PATTERN")) {
            Glob glob = Glob.ignoringCase(args.bytes(4));
            all.removeIf(spec -> !glob.matches(spec.wireName()));
        } else if (isFiltered && args.is(3, "ACLCAT")) {
            AclCategory category = category(args.text(4));
            all.removeIf(spec -> category == null || !spec.categories().contains(category));
        } else if (isFiltered && args.is(3, "MODULE")) {
            String module = args.text(4);
            all.removeIf(spec -> !module.equals(moduleOf(spec)));
        } else if (isFiltered) {
            throw CommandException.syntax();
        }
        reply.array(all.size());
        all.forEach(spec -> reply.bulk(spec.wireName()));
    }

    /// The category of a name without `@`, or null.
    static @Nullable AclCategory category(String name) {
        for (AclCategory category : AclCategory.values()) {
            if (category.name().equalsIgnoreCase(name)) {
                return category;
            }
        }
        return null;
    }

    private static @Nullable String moduleOf(CommandSpec spec) {
        return spec.name().startsWith("FT.") ? "search" : null;
    }

    // ---- GETKEYS

    private void getKeys(Args args, ReplyWriter reply, boolean withFlags) {
        byte[][] call = new byte[args.count() - 2][];
        for (int i = 0; i < call.length; i++) {
            call[i] = args.bytes(i + 2);
        }
        Args inner = Args.of(call);
        CommandEntry entry = table.get().entry(inner);
        if (entry != null && entry.isContainer() && inner.count() > 1) {
            entry = table.get().subEntry(entry, inner);
        }
        if (entry == null) {
            throw new CommandException("ERR Invalid command specified");
        }
        CommandSpec spec = entry.spec();
        if (spec.keys().stream().allMatch(keys -> keys.access().equals("NOT_KEY"))) {
            throw new CommandException("ERR The command has no key arguments");
        }
        if (!spec.accepts(inner.count())) {
            throw new CommandException("ERR Invalid number of arguments specified for command");
        }
        int[] positions = KeyPositions.of(spec, inner);
        if (positions.length == 0 && !spec.is(CommandFlag.NO_MANDATORY_KEYS)) {
            throw new CommandException("ERR Invalid arguments specified for command");
        }
        reply.array(positions.length);
        for (int position : positions) {
            if (withFlags) {
                reply.array(2);
            }
            reply.bulk(inner.bytes(position));
            if (withFlags) {
                writeKeyFlags(specOf(spec, inner, position), reply);
            }
        }
    }

    private static KeySpec specOf(CommandSpec spec, Args args, int position) {
        for (KeySpec keys : spec.keys()) {
            if (position >= KeyPositions.firstOf(keys) && position <= KeyPositions.lastOf(keys, args)) {
                return keys;
            }
        }
        return spec.keys().getFirst();
    }

    private static void help(ReplyWriter reply) {
        Help.write(
                reply,
                "COMMAND",
                "(no subcommand)",
                "    Describe all commands.",
                "COUNT",
                "    Count the commands.",
                "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
                "    List the names of commands.",
                "INFO [<command-name> ...]",
                "    Describe commands; all when none is named.",
                "DOCS [<command-name> ...]",
                "    Document commands; all when none is named.",
                "GETKEYS <full-command>",
                "    List the keys among the arguments.",
                "GETKEYSANDFLAGS <full-command>",
                "    List the keys among the arguments and what happens to each.");
    }
}
