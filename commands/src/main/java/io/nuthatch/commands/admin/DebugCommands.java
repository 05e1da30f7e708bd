package io.nuthatch.commands.admin;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// The parts of `DEBUG` that touch no key, and the gate before all of them: refused unless
/// `enable-debug-command` is `yes`, or `local` and the client comes from this machine.
public final class DebugCommands implements CommandFamily {
    private static final long MAX_SLEEP_SECONDS = 3600;

    private static final CommandSpec SLEEP = spec("DEBUG|SLEEP", 3)
            .summary("Stops the connection's event loop, and with it the other clients on it")
            .syntax("seconds")
            .build();
    private static final CommandSpec ERROR = spec("DEBUG|ERROR", 3)
            .summary("Answers an error with the given text")
            .syntax("message")
            .build();
    private static final CommandSpec PAUSE_CRON = spec("DEBUG|PAUSE-CRON", 3)
            .summary("Stops what the server does on its own, or lets it go on")
            .syntax("0 | 1")
            .build();
    private static final CommandSpec PROTOCOL = spec("DEBUG|PROTOCOL", 3)
            .summary("Answers a value of a type, for tests of clients")
            .syntax("type")
            .build();
    private static final CommandSpec HELP =
            spec("DEBUG|HELP", 2).summary("Lists the subcommands").build();

    private final Supplier<String> enabled;
    private final ServerState state;

    /// `enabled` is `enable-debug-command`.
    public DebugCommands(Supplier<String> enabled, ServerState state) {
        this.enabled = enabled;
        this.state = state;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(SLEEP, (context, args, reply) -> sleep(args, reply)),
                SimpleCommand.of(ERROR, (context, args, reply) -> reply.error(args.text(2))),
                SimpleCommand.of(PAUSE_CRON, (context, args, reply) -> {
                    state.setCronPaused(Arguments.integer(args, 2) != 0);
                    reply.ok();
                }),
                SimpleCommand.of(PROTOCOL, (context, args, reply) -> DebugProtocol.write(args, reply)),
                SimpleCommand.of(HELP, (context, args, reply) -> help(reply)));
    }

    /// The same family with the gate before its `DEBUG` subcommands.
    public CommandFamily gate(CommandFamily family) {
        return () -> family.commands().stream().map(this::gate).toList();
    }

    private Command gate(Command command) {
        if (!command.spec().name().startsWith("DEBUG|")) {
            return command;
        }
        return SimpleCommand.of(command.spec(), (context, args, reply) -> {
            check(context);
            command.execute(context, args, reply);
        });
    }

    private void check(CommandContext context) {
        String setting = enabled.get();
        String address = context.session().connection().remoteAddress();
        boolean isLocal =
                address.startsWith("127.") || address.startsWith("[::1]") || address.startsWith("[0:0:0:0:0:0:0:1]");
        if (!setting.equals("yes") && !(setting.equals("local") && isLocal)) {
            throw new CommandException("ERR DEBUG command not allowed. If the enable-debug-command option is set to"
                    + " \"local\", you can run it from a local connection, otherwise you need to set this option in the"
                    + " configuration file, and then restart the server.");
        }
    }

    private static void sleep(Args args, ReplyWriter reply) {
        double seconds;
        try {
            seconds = Double.parseDouble(args.text(2));
        } catch (NumberFormatException notANumber) {
            seconds = 0; // As C's strtod.
        }
        if (!(seconds >= 0 && seconds <= MAX_SLEEP_SECONDS)) {
            throw CommandException.of("ERR DEBUG SLEEP takes 0 to %d seconds", MAX_SLEEP_SECONDS);
        }
        try {
            TimeUnit.NANOSECONDS.sleep((long) (seconds * 1e9));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        reply.ok();
    }

    private static void help(ReplyWriter reply) {
        Help.write(
                reply,
                "DEBUG",
                "DIGEST",
                "    Return a digest of all data.",
                "DIGEST-VALUE <key> [<key> ...]",
                "    Return a digest of each value.",
                "ERROR <string>",
                "    Return an error with <string> as message.",
                "OBJECT <key>",
                "    Show how <key> and its value are held.",
                "PAUSE-CRON <0|1>",
                "    Let the server do what it does on its own (expiry, statistics, timeouts), or stop all that.",
                "PROTOCOL <type>",
                "    Reply with a test value: string, integer, double, bignum, null, array, set, map, attrib, push,"
                        + " verbatim, true, false.",
                "RELOAD [NOSAVE]",
                "    Write a checkpoint, empty the server and read it back.",
                "SET-ACTIVE-EXPIRE <0|1>",
                "    Turn the background removal of expired keys off or on.",
                "SLEEP <seconds>",
                "    Stop the event loop for <seconds>. Decimals are allowed.",
                "STRINGMATCH-LEN <length> <pattern>",
                "    Match a pattern against so many letters a.");
    }

    private static CommandSpec.Builder spec(String name, int arity) {
        return CommandSpec.named(name)
                .group("server")
                .arity(arity)
                .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE);
    }
}
