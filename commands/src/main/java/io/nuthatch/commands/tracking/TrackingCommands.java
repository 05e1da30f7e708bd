package io.nuthatch.commands.tracking;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.ByteString;
import io.nuthatch.commands.Clients;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `CLIENT TRACKING`, `CLIENT CACHING`, `CLIENT GETREDIR` and `CLIENT TRACKINGINFO`.
public final class TrackingCommands implements CommandFamily {
    private static final int MAX_PREFIXES = 1024;

    private static final CommandSpec CLIENT_TRACKING = CommandSpec.named("CLIENT|TRACKING")
            .summary("Turns invalidation messages for keys read by the connection on or off")
            .syntax("<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] "
                    + "[OPTOUT] [NOLOOP]")
            .since("6.0.0")
            .group("connection")
            .complexity("O(1). Some options may introduce additional complexity")
            .arity(-3)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_CACHING = CommandSpec.named("CLIENT|CACHING")
            .summary("Says whether the keys of the next command are tracked in OPTIN or OPTOUT mode")
            .syntax("<YES | NO>")
            .since("6.0.0")
            .group("connection")
            .arity(3)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_GETREDIR = CommandSpec.named("CLIENT|GETREDIR")
            .summary("Gives the id of the client that gets this connection's invalidations")
            .since("6.0.0")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private static final CommandSpec CLIENT_TRACKINGINFO = CommandSpec.named("CLIENT|TRACKINGINFO")
            .summary("Describes the tracking of the connection")
            .since("6.2.0")
            .group("connection")
            .arity(2)
            .flags(CommandFlag.NOSCRIPT, CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.CONNECTION)
            .build();

    private final TrackingTable table;
    private final Clients clients;

    public TrackingCommands(TrackingTable table, Clients clients) {
        this.table = table;
        this.clients = clients;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.of(CLIENT_TRACKING, this::tracking),
                SimpleCommand.of(CLIENT_CACHING, TrackingCommands::caching),
                SimpleCommand.of(CLIENT_GETREDIR, (context, args, reply) -> {
                    Tracking tracking = context.session().state(Tracking.class);
                    reply.integer(tracking == null ? -1 : tracking.options().redirect());
                }),
                SimpleCommand.of(
                        CLIENT_TRACKINGINFO,
                        (context, args, reply) -> info(context.session().state(Tracking.class), reply)));
    }

    private void tracking(CommandContext context, Args args, ReplyWriter reply) {
        Session session = context.session();
        boolean isOn = args.is(2, "ON");
        boolean isBroadcast = false;
        boolean isOptIn = false;
        boolean isOptOut = false;
        boolean isNoLoop = false;
        long redirect = 0;
        List<ByteString> prefixes = new ArrayList<>();
        for (int i = 3; i < args.count(); i++) {
            boolean hasMore = i + 1 < args.count();
            if (args.is(i, "REDIRECT") && hasMore) {
                if (redirect != 0) {
                    throw new CommandException("ERR A client can only redirect to a single other client");
                }
                redirect = Arguments.integer(args, ++i);
                if (clients.find(redirect) == null) {
                    throw new CommandException("ERR The client ID you want redirect to does not exist");
                }
            } else if (args.is(i, "BCAST")) {
                isBroadcast = true;
            } else if (args.is(i, "OPTIN")) {
                isOptIn = true;
            } else if (args.is(i, "OPTOUT")) {
                isOptOut = true;
            } else if (args.is(i, "NOLOOP")) {
                isNoLoop = true;
            } else if (args.is(i, "PREFIX") && hasMore) {
                if (prefixes.size() == MAX_PREFIXES) {
                    throw CommandException.of("ERR more than %d prefixes", MAX_PREFIXES);
                }
                prefixes.add(ByteString.of(args, ++i));
            } else {
                throw CommandException.syntax();
            }
        }
        if (isOn) {
            Tracking old = session.state(Tracking.class);
            check(old == null ? null : old.options(), isBroadcast, isOptIn, isOptOut, prefixes);
            List<ByteString> all = new ArrayList<>();
            if (isBroadcast) {
                if (old != null) {
                    all.addAll(old.options().prefixes());
                }
                all.addAll(prefixes.isEmpty() ? List.of(ByteString.of("")) : prefixes);
                if (all.size() > MAX_PREFIXES) {
                    throw CommandException.of("ERR more than %d prefixes", MAX_PREFIXES);
                }
            }
            table.enable(
                    session,
                    new Tracking.Options(
                            isBroadcast,
                            isOptIn,
                            isOptOut,
                            isNoLoop,
                            redirect,
                            all.stream().distinct().toList()));
        } else if (args.is(2, "OFF")) {
            table.disable(session);
        } else {
            throw CommandException.syntax();
        }
        reply.ok();
    }

    private static void check(
            Tracking.@Nullable Options old,
            boolean isBroadcast,
            boolean isOptIn,
            boolean isOptOut,
            List<ByteString> prefixes) {
        if (!isBroadcast && !prefixes.isEmpty()) {
            throw new CommandException("ERR PREFIX option requires BCAST mode to be enabled");
        }
        if (old != null && old.isBroadcast() != isBroadcast) {
            throw new CommandException("ERR You can't switch BCAST mode on/off before disabling tracking for this"
                    + " client, and then re-enabling it with a different mode.");
        }
        if (isBroadcast && (isOptIn || isOptOut)) {
            throw new CommandException("ERR OPTIN and OPTOUT are not compatible with BCAST");
        }
        if (isOptIn && isOptOut) {
            throw new CommandException("ERR You can't specify both OPTIN mode and OPTOUT mode");
        }
        if (old != null && ((isOptIn && old.isOptOut()) || (isOptOut && old.isOptIn()))) {
            throw new CommandException("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this"
                    + " client, and then re-enabling it with a different mode.");
        }
        for (int i = 0; i < prefixes.size(); i++) {
            ByteString prefix = prefixes.get(i);
            for (ByteString other : old == null ? List.<ByteString>of() : old.prefixes()) {
                if (overlap(prefix, other)) {
                    throw CommandException.of(
                            "ERR Prefix '%s' overlaps with an existing prefix '%s'. Prefixes for a single client must"
                                    + " not overlap.",
                            prefix.toString(), other.toString());
                }
            }
            for (ByteString other : prefixes.subList(i + 1, prefixes.size())) {
                if (overlap(prefix, other)) {
                    throw CommandException.of(
                            "ERR Prefix '%s' overlaps with another provided prefix '%s'. Prefixes for a single client"
                                    + " must not overlap.",
                            prefix.toString(), other.toString());
                }
            }
        }
    }

    private static boolean overlap(ByteString one, ByteString other) {
        return one.startsWith(other) || other.startsWith(one);
    }

    private static void caching(CommandContext context, Args args, ReplyWriter reply) {
        Tracking tracking = context.session().state(Tracking.class);
        if (tracking == null) {
            throw new CommandException("ERR CLIENT CACHING can be called only when the client is in tracking mode with"
                    + " OPTIN or OPTOUT mode enabled");
        }
        if (args.is(2, "YES")) {
            if (!tracking.options().isOptIn()) {
                throw new CommandException(
                        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
            }
            tracking.setNextIsCached(true);
        } else if (args.is(2, "NO")) {
            if (!tracking.options().isOptOut()) {
                throw new CommandException(
                        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
            }
            tracking.setNextIsCached(false);
        } else {
            throw CommandException.syntax();
        }
        reply.ok();
    }

    private static void info(@Nullable Tracking tracking, ReplyWriter reply) {
        List<String> flags = new ArrayList<>();
        if (tracking == null) {
            flags.add("off");
        } else {
            flags.add("on");
            if (tracking.options().isBroadcast()) {
                flags.add("bcast");
            }
            if (tracking.options().isOptIn()) {
                flags.add("optin");
                if (Boolean.TRUE.equals(tracking.nextIsCached())) {
                    flags.add("caching-yes");
                }
            }
            if (tracking.options().isOptOut()) {
                flags.add("optout");
                if (Boolean.FALSE.equals(tracking.nextIsCached())) {
                    flags.add("caching-no");
                }
            }
            if (tracking.options().isNoLoop()) {
                flags.add("noloop");
            }
            if (tracking.isRedirectBroken()) {
                flags.add("broken_redirect");
            }
        }
        reply.map(3);
        reply.bulk("flags");
        reply.set(flags.size());
        flags.forEach(reply::bulk);
        reply.bulk("redirect");
        reply.integer(tracking == null ? -1 : tracking.options().redirect());
        reply.bulk("prefixes");
        List<ByteString> prefixes =
                tracking == null ? List.of() : tracking.options().prefixes();
        reply.array(prefixes.size());
        prefixes.forEach(prefix -> reply.bulk(prefix.bytes()));
    }
}
