package io.nuthatch.commands;

import io.nuthatch.engine.Journal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the server remembers of one client between its commands.
///
/// Written by the connection's event loop (or by the query pool task that executes for it, never both at
/// once). Fields that others print in `CLIENT LIST` are volatile; each has this one writer.
public final class Session {
    private final long id;
    private final Connection connection;
    private final long createdMillis;
    private volatile int databaseIndex;
    private volatile int protocol = 2;
    private volatile @Nullable String name;
    private volatile @Nullable String user;
    private volatile @Nullable Transaction transaction;
    private volatile int subscriptions;
    private volatile boolean isMonitor;
    private volatile boolean isTailing;
    private volatile boolean isNoEvict;
    private volatile boolean isNoTouch;
    private volatile String libraryName = "";
    private volatile String libraryVersion = "";
    private volatile List<Object> states = List.of(); // Replaced, never changed.
    private volatile @Nullable Wait blockedOn;
    private boolean isBlockedSilently; // The event loop's own.
    private @Nullable Journal newestJournal; // The event loop's own, as the next: the client's newest record.
    private long newestLsn;
    private final List<Runnable> closeActions = new ArrayList<>(1); // The event loop's own.
    private ReplyMode replyMode = ReplyMode.ON;
    // Plain: the one writer is the hot path, and a reader of CLIENT LIST may be a moment behind.
    private long lastInteractionMillis;
    private @Nullable CommandEntry lastEntry;
    private long commands;

    /// `CLIENT REPLY`: what becomes of the client's replies.
    public enum ReplyMode {
        ON,
        OFF,
        /// `CLIENT REPLY SKIP` was the last command: [#beginReply] makes it [#SKIP].
        SKIP_NEXT,
        /// The reply of the command at hand is left out; the dispatcher then returns to [#ON].
        SKIP
    }

    /// A new session, not authenticated, in database 0, speaking RESP2.
    public Session(long id, Connection connection, long createdMillis) {
        this.id = id;
        this.connection = connection;
        this.createdMillis = createdMillis;
        this.lastInteractionMillis = createdMillis;
    }

    /// Unique among all clients since the start, ascending.
    public long id() {
        return id;
    }

    public Connection connection() {
        return connection;
    }

    /// Unix milliseconds.
    public long createdMillis() {
        return createdMillis;
    }

    public int databaseIndex() {
        return databaseIndex;
    }

    public void setDatabaseIndex(int index) {
        this.databaseIndex = index;
    }

    /// 2 or 3.
    public int protocol() {
        return protocol;
    }

    public void setProtocol(int version) {
        this.protocol = version;
    }

    /// The name given by `CLIENT SETNAME`, or null.
    public @Nullable String name() {
        return name;
    }

    public void setName(@Nullable String value) {
        this.name = value;
    }

    /// The user it is authenticated as; null before authentication.
    public @Nullable String user() {
        return user;
    }

    public void setUser(@Nullable String value) {
        this.user = value;
    }

    public boolean isAuthenticated() {
        return user != null;
    }

    /// Whether executing the command executes one of the kind: itself, or for `EXEC` one that is queued.
    public boolean executesAny(CommandEntry entry, Predicate<CommandEntry> kind) {
        Transaction open = transaction;
        if (open != null && entry.spec().name().equals("EXEC")) {
            return open.queue().stream().anyMatch(queued -> kind.test(queued.entry()));
        }
        return kind.test(entry);
    }

    /// The open transaction, or null outside `MULTI`.
    public @Nullable Transaction transaction() {
        return transaction;
    }

    public void setTransaction(@Nullable Transaction value) {
        this.transaction = value;
    }

    /// Channels and patterns subscribed to, of every kind; above 0 a RESP2 client may send few commands only.
    public int subscriptions() {
        return subscriptions;
    }

    public void setSubscriptions(int count) {
        this.subscriptions = count;
    }

    public ReplyMode replyMode() {
        return replyMode;
    }

    /// The mode for the command that is taken now.
    ReplyMode beginReply() {
        if (replyMode == ReplyMode.SKIP_NEXT) {
            replyMode = ReplyMode.SKIP;
        }
        return replyMode;
    }

    /// `CLIENT REPLY`.
    public void setReplyMode(ReplyMode mode) {
        this.replyMode = mode;
    }

    /// Whether `MONITOR` was sent.
    public boolean isMonitor() {
        return isMonitor;
    }

    public void setMonitor(boolean value) {
        this.isMonitor = value;
    }

    /// Whether the change feed sends to it.
    public boolean isTailing() {
        return isTailing;
    }

    public void setTailing(boolean value) {
        this.isTailing = value;
    }

    /// Whether messages come to it that it does not ask for one by one.
    public boolean isPushedTo() {
        return subscriptions > 0 || isMonitor || isTailing;
    }

    /// `CLIENT NO-EVICT`.
    public boolean isNoEvict() {
        return isNoEvict;
    }

    public void setNoEvict(boolean value) {
        this.isNoEvict = value;
    }

    /// `CLIENT NO-TOUCH`: commands do not count as use of the keys they meet.
    public boolean isNoTouch() {
        return isNoTouch;
    }

    public void setNoTouch(boolean value) {
        this.isNoTouch = value;
    }

    /// `CLIENT SETINFO LIB-NAME`; empty when not given.
    public String libraryName() {
        return libraryName;
    }

    public void setLibraryName(String value) {
        this.libraryName = value;
    }

    /// `CLIENT SETINFO LIB-VER`; empty when not given.
    public String libraryVersion() {
        return libraryVersion;
    }

    public void setLibraryVersion(String value) {
        this.libraryVersion = value;
    }

    /// Unix milliseconds at which the last command was taken.
    public long lastInteractionMillis() {
        return lastInteractionMillis;
    }

    /// The command taken last, or null.
    public @Nullable CommandSpec lastCommand() {
        CommandEntry entry = lastEntry;
        return entry == null ? null : entry.spec();
    }

    /// Commands taken since the connection opened.
    public long commands() {
        return commands;
    }

    /// What a command family remembers of this client (subscriptions, watched keys, tracking), by its type;
    /// or null.
    public <T> @Nullable T state(Class<T> type) {
        for (Object state : states) {
            if (state.getClass() == type) {
                return type.cast(state);
            }
        }
        return null;
    }

    /// As [#state], made on first use.
    public <T> T stateOrNew(Class<T> type, Supplier<T> maker) {
        T state = state(type);
        if (state == null) {
            state = maker.get();
            List<Object> longer = new ArrayList<>(states);
            longer.add(state);
            states = List.copyOf(longer);
        }
        return state;
    }

    /// Forgets a family's state.
    public void dropState(Class<?> type) {
        states = states.stream().filter(state -> state.getClass() != type).toList();
    }

    /// Has the client wait behind the command that it executes now, which writes no reply: [Wait#reply] does.
    /// From commands on the event loop, outside of transactions.
    public void block(Wait wait) {
        isBlockedSilently = replyMode != ReplyMode.ON;
        blockedOn = wait;
    }

    /// What it waits for in a blocking command; null when it does not. Written by the event loop.
    public @Nullable Wait blockedOn() {
        return blockedOn;
    }

    /// Whether `CLIENT REPLY` holds back what the blocking command answers.
    public boolean isBlockedSilently() {
        return isBlockedSilently;
    }

    /// It waits no more.
    public void unblocked() {
        blockedOn = null;
    }

    /// A command of the client appended a record.
    public void appended(Journal journal, long lsn) {
        newestJournal = journal;
        newestLsn = lsn;
    }

    /// The client's newest record in that journal, 0 for none. For commands on the event loop.
    public long newestLsn(Journal journal) {
        return journal == newestJournal ? newestLsn : 0;
    }

    /// Runs `action` on the connection's event loop when the client has gone. At most once each; from the
    /// client's own commands only.
    public void onClose(Runnable action) {
        closeActions.add(action);
    }

    /// Called by the connection, once, when its socket is closed and no command of it runs any more.
    public void closed() {
        for (Runnable action : closeActions) {
            action.run();
        }
        closeActions.clear();
        transaction = null;
    }

    void taken(CommandEntry entry, long nowMillis) {
        lastEntry = entry;
        lastInteractionMillis = nowMillis;
        commands++;
    }
}
