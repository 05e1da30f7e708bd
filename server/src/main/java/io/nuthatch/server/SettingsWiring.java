package io.nuthatch.server;

import io.nuthatch.commands.MaxMemory;
import io.nuthatch.commands.ServerState;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.EvictionPolicy;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.server.ConnectionPolicy.OutputLimit;
import io.nuthatch.server.config.ServerConfig;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries settings to the parts that obey them: once at the start, and after each `CONFIG SET`.
///
/// Commands that read a setting at each use take it from [io.nuthatch.commands.Settings] themselves.
final class SettingsWiring {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsWiring.class);

    private final ServerConfig config;

    SettingsWiring(ServerConfig config) {
        this.config = config;
    }

    /// What the process decides once, when the engine's classes load: call it before the first server.
    void process() {
        if (!config.flag("simd").getAsBoolean()) {
            System.setProperty("nuthatch.simd", "off");
        }
        if (!config.flag("native-kernel").getAsBoolean()) {
            System.setProperty("nuthatch.native", "off");
        }
        if (!config.flag("huge-pages").getAsBoolean()) {
            System.setProperty("nuthatch.hugepages", "off");
        }
        if (!config.flag("paired-walks").getAsBoolean()) {
            System.setProperty("nuthatch.pairedwalks", "off");
        }
        if (!config.flag("short-build-walks").getAsBoolean()) {
            System.setProperty("nuthatch.shortbuildwalks", "off");
        }
    }

    void search(Indexes indexes) {
        obey(() -> indexes.setUsesCodes(config.flag("search-use-codes").getAsBoolean()), "search-use-codes");
        obey(() -> indexes.setQueryCache(config.flag("search-query-cache").getAsBoolean()), "search-query-cache");
        obey(() -> indexes.liveRecall().setEvery(integer("search-recall-every")), "search-recall-every");
    }

    void connections(ConnectionPolicy policy) {
        obey(() -> policy.setMaxClients(integer("maxclients")), "maxclients");
        obey(() -> policy.setTimeoutSeconds(integer("timeout")), "timeout");
        obey(() -> policy.setKeepAliveSeconds(integer("tcp-keepalive")), "tcp-keepalive");
        obey(() -> policy.setProtected(config.flag("protected-mode").getAsBoolean()), "protected-mode");
        obey(() -> policy.setMaxBulkBytes(number("proto-max-bulk-len")), "proto-max-bulk-len");
        obey(() -> policy.setMaxRequestBytes(number("client-query-buffer-limit")), "client-query-buffer-limit");
        obey(
                () -> {
                    policy.setNormal(outputLimit("normal"));
                    policy.setPubSub(outputLimit("pubsub"));
                },
                "client-output-buffer-limit");
    }

    void state(ServerState state) {
        obey(() -> state.setPassword(config.text("requirepass").get()), "requirepass");
    }

    void memory(Keyspace keyspace, MaxMemory maxMemory) {
        obey(() -> limit(maxMemory, number("maxmemory")), "maxmemory");
        obey(
                () -> maxMemory.setPolicy(Objects.requireNonNull(
                        EvictionPolicy.named(config.text("maxmemory-policy").get()))),
                "maxmemory-policy");
        obey(() -> keyspace.setEvictionSamples(integer("maxmemory-samples")), "maxmemory-samples");
        obey(
                () -> keyspace.setLfu(integer("lfu-log-factor"), integer("lfu-decay-time")),
                "lfu-log-factor",
                "lfu-decay-time");
        obey(
                () -> keyspace.setHashLimits(integer("hash-max-listpack-entries"), integer("hash-max-listpack-value")),
                "hash-max-listpack-entries",
                "hash-max-listpack-value");
    }

    private static void limit(MaxMemory maxMemory, long bytes) {
        maxMemory.setLimitBytes(bytes);
        if (bytes > 0 && bytes < maxMemory.usedBytes()) {
            LOG.warn(
                    "maxmemory is {} bytes, and {} are in use already: keys are evicted, or writes refused",
                    bytes,
                    maxMemory.usedBytes());
        }
    }

    private void obey(Runnable action, String... names) {
        action.run();
        for (String name : names) {
            config.onChange(name, action);
        }
    }

    private long number(String name) {
        return config.number(name).getAsLong();
    }

    private int integer(String name) {
        return (int) Math.min(Integer.MAX_VALUE, number(name));
    }

    /// One class of `client-output-buffer-limit`, whose text is groups of `class hard soft seconds`.
    private OutputLimit outputLimit(String client) {
        List<String> words =
                List.of(config.text("client-output-buffer-limit").get().split(" "));
        int at = words.indexOf(client);
        return new OutputLimit(Long.parseLong(words.get(at + 1)), Long.parseLong(words.get(at + 2)), (int)
                Math.min(Integer.MAX_VALUE, Long.parseLong(words.get(at + 3))));
    }
}
