package io.nuthatch.engine.keyspace;

/// What happened to a key, with the name and class that Redis's keyspace notifications give it.
public enum KeyEvent {
    SET("set", '$'),
    SETRANGE("setrange", '$'),
    APPEND("append", '$'),
    INCRBY("incrby", '$'),
    INCRBYFLOAT("incrbyfloat", '$'),
    DEL("del", 'g'),
    EXPIRE("expire", 'g'),
    PERSIST("persist", 'g'),
    RENAME_FROM("rename_from", 'g'),
    RENAME_TO("rename_to", 'g'),
    COPY_TO("copy_to", 'g'),
    MOVE_FROM("move_from", 'g'),
    MOVE_TO("move_to", 'g'),
    RESTORE("restore", 'g'),
    HSET("hset", 'h'),
    HDEL("hdel", 'h'),
    HINCRBY("hincrby", 'h'),
    HINCRBYFLOAT("hincrbyfloat", 'h'),
    HEXPIRE("hexpire", 'h'),
    HPERSIST("hpersist", 'h'),
    HEXPIRED("hexpired", 'h'),
    EXPIRED("expired", 'x'),
    EVICTED("evicted", 'e'),
    /// A read found no such key.
    KEYMISS("keymiss", 'm'),
    /// A key was created; comes beside the event that says how.
    NEW("new", 'n');

    private final String notificationName;
    private final char flag;

    KeyEvent(String notificationName, char flag) {
        this.notificationName = notificationName;
        this.flag = flag;
    }

    /// The message of `__keyspace@n__:key`, the channel's tail of `__keyevent@n__:name`.
    public String notificationName() {
        return notificationName;
    }

    /// The letter of `notify-keyspace-events` that turns it on.
    public char flag() {
        return flag;
    }

    /// Whether the key's value or expiry changed; false for those that only accompany another event, and for
    /// misses.
    public boolean isChange() {
        return ordinal() < KEYMISS.ordinal();
    }
}
