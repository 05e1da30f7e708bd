package io.nuthatch.server;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.resp.Args;
import java.util.Set;

/// What a command has to wait for before it begins: the end of `CLIENT PAUSE`, room in the log, and, when it
/// may add vectors, room before the graphs of the indexes over its key.
///
/// The event loops execute commands; a vector's way into its graph is a hundred times as long as a command.
/// So the index threads go it, and who brings vectors faster than they can is not read from until they have
/// gained on him: all other clients of the loop are served meanwhile. Any thread.
final class Admission {
    private final ServerState state;
    private final Indexes indexes;

    Admission(ServerState state, Indexes indexes) {
        this.state = state;
        this.indexes = indexes;
    }

    /// Whether the command, whose arguments are as many as it takes, has to wait; if so `resume` is run once,
    /// in any thread, when it may be asked for again.
    boolean holds(CommandEntry entry, Args args, Session client, long nowMillis, Runnable resume) {
        if (state.pause().isActive() && state.pause().holds(entry, client, nowMillis)) {
            state.pause().onResume(resume);
            return true;
        }
        Journal full = state.durability().holdUp(entry, client);
        if (full != null) {
            full.whenRoom(resume);
            return true;
        }
        if (!indexes.hasRoom() && addsTooMuch(entry, args, client)) {
            state.stats().indexWaits.increment();
            indexes.whenRoom(resume);
            return true;
        }
        return false;
    }

    private boolean addsTooMuch(CommandEntry entry, Args args, Session client) {
        if (client.databaseIndex() != 0 || !client.executesAny(entry, Admission::mayAdd)) {
            return false;
        }
        int key = entry.singleKey();
        if (key == 0) {
            return true;
        }
        boolean isQueued = client.transaction() != null; // It is EXEC that waits.
        return !isQueued && !indexes.hasRoom(args.address(key), args.length(key));
    }

    private static boolean mayAdd(CommandEntry entry) {
        Set<AclCategory> categories = entry.spec().categories();
        return entry.is(CommandFlag.WRITE)
                && entry.is(CommandFlag.DENYOOM)
                && (categories.contains(AclCategory.HASH) || categories.contains(AclCategory.KEYSPACE));
    }
}
