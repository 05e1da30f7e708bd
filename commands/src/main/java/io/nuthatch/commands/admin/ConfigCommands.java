package io.nuthatch.commands.admin;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Durability;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.LogSwitch;
import io.nuthatch.commands.Settings;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `CONFIG` and its subcommands, over the server's table of settings.
public final class ConfigCommands implements CommandFamily {
    private static final CommandSpec CONFIG = CommandSpec.named("CONFIG")
            .summary("Container of the commands about settings")
            .since("2.0.0")
            .group("server")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec CONFIG_GET = CommandSpec.named("CONFIG|GET")
            .summary("Gives settings by patterns")
            .syntax("parameter [parameter ...]")
            .since("2.0.0")
            .group("server")
            .complexity("O(N)")
            .arity(-3)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec CONFIG_HELP = CommandSpec.named("CONFIG|HELP")
            .summary("Lists the subcommands")
            .since("5.0.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec CONFIG_RESETSTAT = CommandSpec.named("CONFIG|RESETSTAT")
            .summary("Sets the counters of INFO back")
            .since("2.0.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .build();

    private static final CommandSpec CONFIG_REWRITE = CommandSpec.named("CONFIG|REWRITE")
            .summary("Writes the settings in force into the configuration file")
            .since("2.8.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .build();

    private static final CommandSpec CONFIG_SET = CommandSpec.named("CONFIG|SET")
            .summary("Changes settings")
            .syntax("parameter value [parameter value ...]")
            .since("2.0.0")
            .group("server")
            .complexity("O(N)")
            .arity(-4)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .build();

    private final Settings settings;
    private final Durability durability;
    private final Runnable resetStatistics;

    /// `resetStatistics` sets back what `INFO` counts.
    public ConfigCommands(Settings settings, Durability durability, Runnable resetStatistics) {
        this.settings = settings;
        this.durability = durability;
        this.resetStatistics = resetStatistics;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.container(CONFIG),
                SimpleCommand.of(CONFIG_GET, this::get),
                SimpleCommand.of(CONFIG_SET, this::set),
                SimpleCommand.of(CONFIG_REWRITE, this::rewrite),
                SimpleCommand.of(CONFIG_RESETSTAT, (context, args, reply) -> {
                    resetStatistics.run();
                    reply.ok();
                }),
                SimpleCommand.of(
                        CONFIG_HELP,
                        (context, args, reply) -> Help.write(
                                reply,
                                "CONFIG",
                                "GET <pattern> [<pattern> ...]",
                                "    Return the settings whose names match a pattern, with their values.",
                                "SET <setting> <value> [<setting> <value> ...]",
                                "    Change settings: all of them or none.",
                                "RESETSTAT",
                                "    Set the counters of INFO back.",
                                "REWRITE",
                                "    Write the settings in force into the configuration file.")));
    }

    private void get(CommandContext context, Args args, ReplyWriter reply) {
        Map<String, String> found = settings.matching(texts(args, 2, 1));
        reply.map(found.size());
        found.forEach((name, value) -> {
            reply.bulk(name);
            reply.bulk(value);
        });
    }

    private void set(CommandContext context, Args args, ReplyWriter reply) {
        if (args.count() % 2 != 0) {
            throw CommandException.wrongArity("config|set");
        }
        LogSwitch before = durability.logSwitch();
        settings.set(texts(args, 2, 2), texts(args, 3, 2));
        LogSwitch begun = durability.logSwitch();
        if (begun != null && begun != before && !context.isInTransaction()) {
            context.session().block(begun);
        } else {
            reply.ok();
        }
    }

    private void rewrite(CommandContext context, Args args, ReplyWriter reply) {
        try {
            settings.rewrite();
        } catch (IOException failure) {
            throw CommandException.of("ERR Rewriting config file: %s", String.valueOf(failure.getMessage()));
        }
        reply.ok();
    }

    private static List<String> texts(Args args, int from, int step) {
        List<String> texts = new ArrayList<>();
        for (int i = from; i < args.count(); i += step) {
            texts.add(args.text(i));
        }
        return texts;
    }
}
