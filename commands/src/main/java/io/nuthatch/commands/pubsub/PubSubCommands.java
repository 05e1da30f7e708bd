package io.nuthatch.commands.pubsub;

import io.nuthatch.commands.ByteString;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Glob;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.KeySpec;
import io.nuthatch.commands.Locking;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;

/// `SUBSCRIBE` and its kin, `PUBLISH`, `SPUBLISH` and `PUBSUB`.
///
/// A subscription answers with one message per name, a push in RESP3. Shard channels are a name space of
/// their own; without a cluster every shard channel is ours.
public final class PubSubCommands implements CommandFamily {
    /// Longest list of subscriptions of one client, of all kinds together.
    private static final int MAX_SUBSCRIPTIONS = 1_000_000;

    private static final CommandSpec SUBSCRIBE = CommandSpec.named("SUBSCRIBE")
            .summary("Listens to channels")
            .syntax("channel [channel ...]")
            .since("2.0.0")
            .group("pubsub")
            .complexity("O(N) where N is the number of channels to subscribe to")
            .arity(-2)
            .flags(CommandFlag.PUBSUB, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec UNSUBSCRIBE = CommandSpec.named("UNSUBSCRIBE")
            .summary("Stops listening to channels")
            .syntax("[channel [channel ...]]")
            .since("2.0.0")
            .group("pubsub")
            .complexity("O(N) where N is the number of channels to unsubscribe")
            .arity(-1)
            .flags(CommandFlag.PUBSUB, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PSUBSCRIBE = CommandSpec.named("PSUBSCRIBE")
            .summary("Listens to the channels that match patterns")
            .syntax("pattern [pattern ...]")
            .since("2.0.0")
            .group("pubsub")
            .complexity("O(N) where N is the number of patterns to subscribe to")
            .arity(-2)
            .flags(CommandFlag.PUBSUB, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PUNSUBSCRIBE = CommandSpec.named("PUNSUBSCRIBE")
            .summary("Stops listening to patterns")
            .syntax("[pattern [pattern ...]]")
            .since("2.0.0")
            .group("pubsub")
            .complexity("O(N) where N is the number of patterns to unsubscribe")
            .arity(-1)
            .flags(CommandFlag.PUBSUB, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PUBLISH = CommandSpec.named("PUBLISH")
            .summary("Sends a message to the listeners of a channel")
            .syntax("channel message")
            .since("2.0.0")
            .group("pubsub")
            .complexity("O(N+M)")
            .arity(3)
            .flags(CommandFlag.PUBSUB, CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .build();

    private static final CommandSpec SSUBSCRIBE = CommandSpec.named("SSUBSCRIBE")
            .summary("Listens to shard channels")
            .syntax("shardchannel [shardchannel ...]")
            .since("7.0.0")
            .group("pubsub")
            .complexity("O(N)")
            .arity(-2)
            .flags(CommandFlag.PUBSUB, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .keys(KeySpec.range(1, -1, 1, "NOT_KEY", ""))
            .locking(Locking.NONE)
            .build();

    private static final CommandSpec SUNSUBSCRIBE = CommandSpec.named("SUNSUBSCRIBE")
            .summary("Stops listening to shard channels")
            .syntax("[shardchannel [shardchannel ...]]")
            .since("7.0.0")
            .group("pubsub")
            .complexity("O(N) where N is the number of shard channels to unsubscribe")
            .arity(-1)
            .flags(CommandFlag.PUBSUB, CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .keys(KeySpec.range(1, -1, 1, "NOT_KEY", ""))
            .locking(Locking.NONE)
            .build();

    private static final CommandSpec SPUBLISH = CommandSpec.named("SPUBLISH")
            .summary("Sends a message to the listeners of a shard channel")
            .syntax("shardchannel message")
            .since("7.0.0")
            .group("pubsub")
            .complexity("O(N)")
            .arity(3)
            .flags(CommandFlag.PUBSUB, CommandFlag.LOADING, CommandFlag.STALE, CommandFlag.FAST)
            .keys(KeySpec.range(1, 1, 1, "NOT_KEY", ""))
            .locking(Locking.NONE)
            .build();

    private static final CommandSpec PUBSUB = CommandSpec.named("PUBSUB")
            .summary("Container of the commands that look at subscriptions")
            .since("2.8.0")
            .group("pubsub")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec PUBSUB_CHANNELS = CommandSpec.named("PUBSUB|CHANNELS")
            .summary("Lists the channels that have listeners")
            .syntax("[pattern]")
            .since("2.8.0")
            .group("pubsub")
            .complexity("O(N)")
            .arity(-2)
            .flags(CommandFlag.PUBSUB, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PUBSUB_HELP = CommandSpec.named("PUBSUB|HELP")
            .summary("Lists the subcommands")
            .since("6.2.0")
            .group("pubsub")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PUBSUB_NUMSUB = CommandSpec.named("PUBSUB|NUMSUB")
            .summary("Counts the listeners of channels")
            .syntax("[channel [channel ...]]")
            .since("2.8.0")
            .group("pubsub")
            .complexity("O(N)")
            .arity(-2)
            .flags(CommandFlag.PUBSUB, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PUBSUB_NUMPAT = CommandSpec.named("PUBSUB|NUMPAT")
            .summary("Counts the patterns listened to")
            .since("2.8.0")
            .group("pubsub")
            .arity(2)
            .flags(CommandFlag.PUBSUB, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PUBSUB_SHARDCHANNELS = CommandSpec.named("PUBSUB|SHARDCHANNELS")
            .summary("Lists the shard channels that have listeners")
            .syntax("[pattern]")
            .since("7.0.0")
            .group("pubsub")
            .complexity("O(N)")
            .arity(-2)
            .flags(CommandFlag.PUBSUB, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec PUBSUB_SHARDNUMSUB = CommandSpec.named("PUBSUB|SHARDNUMSUB")
            .summary("Counts the listeners of shard channels")
            .syntax("[shardchannel [shardchannel ...]]")
            .since("7.0.0")
            .group("pubsub")
            .complexity("O(N)")
            .arity(-2)
            .flags(CommandFlag.PUBSUB, CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private final PubSub pubSub;

    public PubSubCommands(PubSub pubSub) {
        this.pubSub = pubSub;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(
                        SUBSCRIBE, (context, args, reply) -> subscribe(context, args, reply, PubSub.Kind.CHANNEL)),
                SimpleCommand.of(
                        PSUBSCRIBE, (context, args, reply) -> subscribe(context, args, reply, PubSub.Kind.PATTERN)),
                SimpleCommand.of(
                        SSUBSCRIBE, (context, args, reply) -> subscribe(context, args, reply, PubSub.Kind.SHARD)),
                SimpleCommand.of(
                        UNSUBSCRIBE, (context, args, reply) -> unsubscribe(context, args, reply, PubSub.Kind.CHANNEL)),
                SimpleCommand.of(
                        PUNSUBSCRIBE, (context, args, reply) -> unsubscribe(context, args, reply, PubSub.Kind.PATTERN)),
                SimpleCommand.of(
                        SUNSUBSCRIBE, (context, args, reply) -> unsubscribe(context, args, reply, PubSub.Kind.SHARD)),
                SimpleCommand.of(
                        PUBLISH,
                        (context, args, reply) -> reply.integer(pubSub.publish(ByteString.of(args, 1), args.bytes(2)))),
                SimpleCommand.of(
                        SPUBLISH,
                        (context, args, reply) ->
                                reply.integer(pubSub.publishShard(ByteString.of(args, 1), args.bytes(2)))),
                SimpleCommand.container(PUBSUB),
                SimpleCommand.of(PUBSUB_CHANNELS, (context, args, reply) -> channels(args, reply, PubSub.Kind.CHANNEL)),
                SimpleCommand.of(
                        PUBSUB_SHARDCHANNELS, (context, args, reply) -> channels(args, reply, PubSub.Kind.SHARD)),
                SimpleCommand.of(PUBSUB_NUMSUB, (context, args, reply) -> numSub(args, reply, PubSub.Kind.CHANNEL)),
                SimpleCommand.of(PUBSUB_SHARDNUMSUB, (context, args, reply) -> numSub(args, reply, PubSub.Kind.SHARD)),
                SimpleCommand.of(PUBSUB_NUMPAT, (context, args, reply) -> reply.integer(pubSub.patternCount())),
                SimpleCommand.of(PUBSUB_HELP, (context, args, reply) -> help(reply)));
    }

    private void subscribe(CommandContext context, Args args, ReplyWriter reply, PubSub.Kind kind) {
        Session session = context.session();
        if (session.subscriptions() + args.count() > MAX_SUBSCRIPTIONS) {
            throw CommandException.of("ERR a client may have at most %d subscriptions", MAX_SUBSCRIPTIONS);
        }
        String word = word("subscribe", kind);
        for (int i = 1; i < args.count(); i++) {
            ByteString name = ByteString.of(args, i);
            int count = pubSub.subscribe(session, kind, name);
            reply.push(3);
            reply.bulk(word);
            reply.bulk(name.bytes());
            reply.integer(count);
        }
    }

    private void unsubscribe(CommandContext context, Args args, ReplyWriter reply, PubSub.Kind kind) {
        Session session = context.session();
        String word = word("unsubscribe", kind);
        List<ByteString> names = new ArrayList<>();
        for (int i = 1; i < args.count(); i++) {
            names.add(ByteString.of(args, i));
        }
        Subscriptions mine = session.state(Subscriptions.class);
        if (names.isEmpty() && mine != null) {
            names.addAll(mine.of(kind));
        }
        if (names.isEmpty()) {
            reply.push(3);
            reply.bulk(word);
            reply.nullValue();
            reply.integer(mine == null ? 0 : PubSub.shownCount(mine, kind));
        }
        for (ByteString name : names) {
            int count = pubSub.unsubscribe(session, kind, name);
            reply.push(3);
            reply.bulk(word);
            reply.bulk(name.bytes());
            reply.integer(count);
        }
    }

    private static String word(String word, PubSub.Kind kind) {
        return switch (kind) {
            case CHANNEL -> word;
            case PATTERN -> "p" + word;
            case SHARD -> "s" + word;
        };
    }

    private void channels(Args args, ReplyWriter reply, PubSub.Kind kind) {
        if (args.count() > 3) {
            throw CommandException.of(
                    "ERR unknown subcommand or wrong number of arguments for '%s'. Try PUBSUB HELP.", args.text(1));
        }
        Glob glob = args.count() == 3 ? Glob.of(args.bytes(2)) : null;
        List<ByteString> names = new ArrayList<>();
        pubSub.forEachChannel(kind, (name, count) -> {
            if (glob == null || glob.matches(name.bytes())) {
                names.add(name);
            }
        });
        reply.array(names.size());
        names.forEach(name -> reply.bulk(name.bytes()));
    }

    private void numSub(Args args, ReplyWriter reply, PubSub.Kind kind) {
        reply.array(2 * (args.count() - 2));
        for (int i = 2; i < args.count(); i++) {
            ByteString channel = ByteString.of(args, i);
            reply.bulk(channel.bytes());
            reply.integer(pubSub.subscribers(kind, channel));
        }
    }

    private static void help(ReplyWriter reply) {
        Help.write(
                reply,
                "PUBSUB",
                "CHANNELS [<pattern>]",
                "    List the channels that have subscribers (default pattern: '*').",
                "NUMPAT",
                "    Count the patterns subscribed to.",
                "NUMSUB [<channel> ...]",
                "    Count the subscribers of each channel, patterns aside.",
                "SHARDCHANNELS [<pattern>]",
                "    List the shard channels that have subscribers (default pattern: '*').",
                "SHARDNUMSUB [<shardchannel> ...]",
                "    Count the subscribers of each shard channel.");
    }
}
