package io.nuthatch.engine.keyspace;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What goes first when memory is full, as `maxmemory-policy` names it.
public enum EvictionPolicy {
    NOEVICTION,
    ALLKEYS_LRU,
    ALLKEYS_LFU,
    ALLKEYS_RANDOM,
    VOLATILE_LRU,
    VOLATILE_LFU,
    VOLATILE_RANDOM,
    VOLATILE_TTL;

    /// As in the configuration: `allkeys-lru`.
    public String settingName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Whether only keys with an expiry may go.
    public boolean isVolatile() {
        return ordinal() >= VOLATILE_LRU.ordinal();
    }

    /// Whether the access bits of records count frequency; they hold the time of the last access otherwise.
    public boolean isFrequency() {
        return this == ALLKEYS_LFU || this == VOLATILE_LFU;
    }

    /// The policy of that setting name, in any case, or null.
    public static @Nullable EvictionPolicy named(String settingName) {
        for (EvictionPolicy policy : values()) {
            if (policy.settingName().equalsIgnoreCase(settingName)) {
                return policy;
            }
        }
        return null;
    }
}
