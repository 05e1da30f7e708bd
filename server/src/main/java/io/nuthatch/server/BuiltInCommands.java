package io.nuthatch.server;

import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.SimpleCommand;
import java.util.List;

final class BuiltInCommands implements CommandFamily {
    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(
                        CommandSpec.named("PING")
                                .summary("Answers PONG")
                                .group("connection")
                                .arity(-1)
                                .flags(CommandFlag.FAST)
                                .build(),
                        (context, args, reply) -> {
                            if (args.count() > 1) {
                                reply.bulk(args.address(1), args.length(1));
                            } else {
                                reply.simpleString("PONG");
                            }
                        }),
                SimpleCommand.of(
                        CommandSpec.named("ECHO")
                                .summary("Answers its argument")
                                .group("connection")
                                .arity(2)
                                .flags(CommandFlag.FAST)
                                .build(),
                        (context, args, reply) -> reply.bulk(args.address(1), args.length(1))));
    }
}
