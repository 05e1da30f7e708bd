package io.nuthatch.commands;

import java.util.Locale;

/// Redis's ACL categories; on the wire `@read`.
public enum AclCategory {
    KEYSPACE,
    READ,
    WRITE,
    SET,
    SORTEDSET,
    LIST,
    HASH,
    STRING,
    BITMAP,
    HYPERLOGLOG,
    GEO,
    STREAM,
    PUBSUB,
    ADMIN,
    FAST,
    SLOW,
    BLOCKING,
    DANGEROUS,
    CONNECTION,
    TRANSACTION,
    SCRIPTING,
    SEARCH,
    JSON;

    /// `@read`.
    public String wireName() {
        return "@" + name().toLowerCase(Locale.ROOT);
    }
}
