package io.nuthatch.commands;

import java.util.Locale;

/// What a command is, in Redis's words; `COMMAND` lists them and the dispatcher acts on them.
public enum CommandFlag {
    WRITE,
    READONLY,
    /// Refused when memory is over `maxmemory`.
    DENYOOM,
    ADMIN,
    PUBSUB,
    NOSCRIPT,
    BLOCKING,
    LOADING,
    STALE,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    ASKING,
    FAST,
    /// Allowed before authentication.
    NO_AUTH,
    /// Refused inside MULTI.
    NO_MULTI,
    MOVABLEKEYS,
    ALLOW_BUSY,
    /// May have effects on replicas although it writes no key (PUBLISH).
    MAY_REPLICATE,
    NO_ASYNC_LOADING,
    /// Its keys may be left out.
    NO_MANDATORY_KEYS,
    /// Executed at once although a MULTI is open (EXEC, DISCARD, WATCH, QUIT, RESET).
    TRANSACTION_CONTROL;

    /// The name on the wire: `skip_monitor`.
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
