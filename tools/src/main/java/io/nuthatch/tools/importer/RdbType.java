package io.nuthatch.tools.importer;

import org.jspecify.annotations.Nullable;

/// The forms in which RDB files hold values, by their byte in the file.
enum RdbType {
    STRING(0, Kind.STRING, Frame.STRING),
    LIST(1, Kind.LIST, Frame.STRINGS),
    SET(2, Kind.SET, Frame.STRINGS),
    SORTED_SET_TEXT(3, Kind.SORTED_SET, Frame.TEXT_SCORES),
    HASH(4, Kind.HASH, Frame.PAIRS),
    SORTED_SET(5, Kind.SORTED_SET, Frame.BINARY_SCORES),
    MODULE(7, Kind.MODULE, Frame.MODULE),
    HASH_ZIPMAP(9, Kind.HASH, Frame.STRING),
    LIST_ZIPLIST(10, Kind.LIST, Frame.STRING),
    SET_INTSET(11, Kind.SET, Frame.STRING),
    SORTED_SET_ZIPLIST(12, Kind.SORTED_SET, Frame.STRING),
    HASH_ZIPLIST(13, Kind.HASH, Frame.STRING),
    LIST_QUICKLIST(14, Kind.LIST, Frame.STRINGS),
    STREAM(15, Kind.STREAM, Frame.STREAM),
    HASH_LISTPACK(16, Kind.HASH, Frame.STRING),
    SORTED_SET_LISTPACK(17, Kind.SORTED_SET, Frame.STRING),
    LIST_QUICKLIST_2(18, Kind.LIST, Frame.NODES),
    STREAM_2(19, Kind.STREAM, Frame.STREAM_2),
    SET_LISTPACK(20, Kind.SET, Frame.STRING),
    STREAM_3(21, Kind.STREAM, Frame.STREAM_3),
    /// Fields with absolute expiry, of Redis 7.4's release candidates.
    HASH_EXPIRY_PRE_GA(22, Kind.HASH, Frame.EXPIRY_AND_PAIRS),
    HASH_LISTPACK_EXPIRY_PRE_GA(23, Kind.HASH, Frame.STRING),
    HASH_EXPIRY(24, Kind.HASH, Frame.EARLIEST_EXPIRY_AND_PAIRS),
    HASH_LISTPACK_EXPIRY(25, Kind.HASH, Frame.EARLIEST_EXPIRY_STRING);

    /// What Redis calls the type of a key, and the command by which a server shows that it has such keys.
    enum Kind {
        STRING("string", "SET"),
        LIST("list", "RPUSH"),
        SET("set", "SADD"),
        SORTED_SET("sorted set", "ZADD"),
        HASH("hash", "HSET"),
        STREAM("stream", "XADD"),
        MODULE("module value", null);

        private final String words;
        private final @Nullable String command;

        Kind(String words, @Nullable String command) {
            this.words = words;
            this.command = command;
        }

        /// The kind in words, for people.
        String words() {
            return words;
        }

        /// A command that servers with such keys have; null when no command says so.
        @Nullable
        String command() {
            return command;
        }
    }

    /// What follows the key. `n` is a length, and as many as it says follow.
    enum Frame {
        STRING,
        /// n strings.
        STRINGS,
        /// n pairs of strings.
        PAIRS,
        /// n strings, each with a number as text.
        TEXT_SCORES,
        /// n strings, each with 8 bytes.
        BINARY_SCORES,
        /// n nodes of a number, which says what the node is, and a string.
        NODES,
        /// n times a length, a field and a value.
        EXPIRY_AND_PAIRS,
        /// 8 bytes, then as above.
        EARLIEST_EXPIRY_AND_PAIRS,
        /// 8 bytes and a string.
        EARLIEST_EXPIRY_STRING,
        STREAM,
        STREAM_2,
        STREAM_3,
        MODULE
    }

    private static final RdbType[] BY_CODE = new RdbType[26];

    static {
        for (RdbType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final Kind kind;
    private final Frame frame;

    RdbType(int code, Kind kind, Frame frame) {
        this.code = code;
        this.kind = kind;
        this.frame = frame;
    }

    /// The type of a byte; null for none that is known.
    static @Nullable RdbType of(int code) {
        return code < BY_CODE.length ? BY_CODE[code] : null;
    }

    int code() {
        return code;
    }

    Kind kind() {
        return kind;
    }

    Frame frame() {
        return frame;
    }
}
