package io.nuthatch.commands;

import io.nuthatch.resp.Args;

/// How commands are told when something expires: the unit and the origin of the number.
public enum Expiry {
    /// Seconds from now: `EX`, `EXPIRE`.
    SECONDS(1000, true),
    /// Milliseconds from now: `PX`, `PEXPIRE`.
    MILLIS(1, true),
    /// Unix time in seconds: `EXAT`, `EXPIREAT`.
    UNIX_SECONDS(1000, false),
    /// Unix time in milliseconds: `PXAT`, `PEXPIREAT`.
    UNIX_MILLIS(1, false);

    private final long unitMillis;
    private final boolean isRelative;

    Expiry(long unitMillis, boolean isRelative) {
        this.unitMillis = unitMillis;
        this.isRelative = isRelative;
    }

    /// Whether the number counts from now on.
    public boolean isRelative() {
        return isRelative;
    }

    /// Argument `index` of `SET` and its like as Unix milliseconds. Throws `ERR invalid expire time in '…'
    /// command` for a number below 1 or an instant past 2^63 ms; `command` in lower case.
    public long positiveAt(Args args, int index, long nowMillis, String command) {
        long value = Arguments.integer(args, index);
        if (value <= 0) {
            throw invalid(command);
        }
        return at(value, Long.MAX_VALUE, nowMillis, command);
    }

    /// Argument `index` of `EXPIRE` and its like as Unix milliseconds; the past is allowed.
    public long at(Args args, int index, long nowMillis, String command) {
        return at(Arguments.integer(args, index), Long.MAX_VALUE, nowMillis, command);
    }

    /// Argument `index` of a command on hash fields as Unix milliseconds, of which a field's expiry holds up
    /// to `latestMillis`. Throws `ERR invalid expire time, must be >= 0` below 0.
    public long fieldsAt(Args args, int index, long latestMillis, long nowMillis, String command) {
        long value = Arguments.integer(args, index);
        if (value < 0) {
            throw new CommandException("ERR invalid expire time, must be >= 0");
        }
        return at(value, latestMillis, nowMillis, command);
    }

    /// `ERR invalid expire time in '…' command`; `command` in lower case.
    public static CommandException invalid(String command) {
        return CommandException.of("ERR invalid expire time in '%s' command", command);
    }

    private long at(long value, long latest, long nowMillis, String command) {
        if (value > latest / unitMillis || value < Long.MIN_VALUE / unitMillis) {
            throw invalid(command);
        }
        long origin = isRelative ? nowMillis : 0;
        if (value * unitMillis > latest - origin) {
            throw invalid(command);
        }
        return value * unitMillis + origin;
    }
}
