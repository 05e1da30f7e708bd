package io.nuthatch.commands;

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
    private volatile String libraryName = "";
    private volatile String libraryVersion = "";
    private volatile boolean isNoEvict;
    private volatile boolean isNoTouch;
    private volatile boolean isMonitor;
    private volatile int channelCount;
    private volatile int patternCount;
    private volatile int shardChannelCount;
    private volatile @Nullable Transaction transaction;
    private volatile int watchedKeyCount;
    private volatile boolean hasDirtyWatch;
    private volatile @Nullable Object tracking;
    private volatile ReplyMode replyMode = ReplyMode.ON;
    // Plain: written at every command, read by CLIENT LIST, which may see a value that is a little old.
    private long lastCommandMillis;
    private String lastCommandName = "NULL";
    private long commandCount;

    /// A new session, not authenticated, in database 0, speaking RESP2.
    public Session(long id, Connection connection, long createdMillis) {
        this.id = id;
        this.connection = connection;
        this.createdMillis = createdMillis;
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

    /// What `CLIENT SETINFO LIB-NAME` gave; empty when nothing did.
    public String libraryName() {
        return libraryName;
    }

    public void setLibraryName(String value) {
        this.libraryName = value;
    }

    /// What `CLIENT SETINFO LIB-VER` gave; empty when nothing did.
    public String libraryVersion() {
        return libraryVersion;
    }

    public void setLibraryVersion(String value) {
        this.libraryVersion = value;
    }

    public boolean isNoEvict() {
        return isNoEvict;
    }

    public void setNoEvict(boolean value) {
        this.isNoEvict = value;
    }

    /// Whether this client's reads leave idle times and frequencies of keys as they are.
    public boolean isNoTouch() {
        return isNoTouch;
    }

    public void setNoTouch(boolean value) {
        this.isNoTouch = value;
    }

    /// Whether the client is sent every command that the server executes.
    public boolean isMonitor() {
        return isMonitor;
    }

    public void setMonitor(boolean value) {
        this.isMonitor = value;
    }

    /// Channels it is subscribed to.
    public int channelCount() {
        return channelCount;
    }

    /// Patterns it is subscribed to.
    public int patternCount() {
        return patternCount;
    }

    /// Shard channels it is subscribed to.
    public int shardChannelCount() {
        return shardChannelCount;
    }

    public void setSubscriptionCounts(int channels, int patterns, int shardChannels) {
        this.channelCount = channels;
        this.patternCount = patterns;
        this.shardChannelCount = shardChannels;
    }

    /// Whether it has any subscription, so that RESP2 allows it only the commands of subscriber mode.
    public boolean isSubscriber() {
        return channelCount + patternCount + shardChannelCount > 0;
    }

    /// The open transaction, or null when there is none.
    public @Nullable Transaction transaction() {
        return transaction;
    }

    public void setTransaction(@Nullable Transaction value) {
        this.transaction = value;
    }

    public int watchedKeyCount() {
        return watchedKeyCount;
    }

    public void setWatchedKeyCount(int value) {
        this.watchedKeyCount = value;
    }

    /// Whether a watched key has changed since `WATCH`, so that `EXEC` executes nothing.
    public boolean hasDirtyWatch() {
        return hasDirtyWatch;
    }

    /// Written by any thread that changes a watched key, under that key's stripe; cleared by the session's own.
    public void setDirtyWatch(boolean value) {
        this.hasDirtyWatch = value;
    }

    /// The state of `CLIENT TRACKING`, or null while it is off; only the tracking package knows its type.
    public @Nullable Object tracking() {
        return tracking;
    }

    public void setTracking(@Nullable Object value) {
        this.tracking = value;
    }

    public ReplyMode replyMode() {
        return replyMode;
    }

    public void setReplyMode(ReplyMode value) {
        this.replyMode = value;
    }

    /// Notes that `command` was taken at `nowMillis`.
    public void noteCommand(String wireName, long nowMillis) {
        lastCommandName = wireName;
        lastCommandMillis = nowMillis;
        commandCount++;
    }

    /// Unix milliseconds of its last command, or of its connecting.
    public long lastCommandMillis() {
        return Math.max(createdMillis, lastCommandMillis);
    }

    /// The last command's name in lower case, `NULL` before the first.
    public String lastCommandName() {
        return lastCommandName;
    }

    /// Commands taken so far.
    public long commandCount() {
        return commandCount;
    }

    /// What becomes of the replies to this client, as `CLIENT REPLY` sets it.
    public enum ReplyMode {
        ON,
        /// Nothing is answered until `CLIENT REPLY ON`.
        OFF,
        /// The next command's reply is dropped; the dispatcher sets [#SKIP] before it executes that command.
        SKIP_NEXT,
        /// This command's reply is dropped; the dispatcher sets [#ON] after it.
        SKIP
    }
}
