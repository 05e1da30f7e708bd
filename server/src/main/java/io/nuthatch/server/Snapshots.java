package io.nuthatch.server;

import io.nuthatch.commands.Durability;
import io.nuthatch.commands.ServerState;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceListener;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.checkpoint.Checkpoints;
import io.nuthatch.persistence.checkpoint.LoadProgress;
import io.nuthatch.persistence.checkpoint.Rewrites;
import io.nuthatch.persistence.checkpoint.SavePoint;
import io.nuthatch.persistence.checkpoint.Saves;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.disk.OtherVersionException;
import io.nuthatch.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Checkpoints from the settings to the keyspace: reads the newest at the start, writes them when `save` or a
/// client says so, and one at the end.
///
/// [#prepare] before the port opens, [#load] behind it, so that clients get `LOADING` and not a refused
/// connection; [#close] when nobody changes anything any more. One thread at a time.
final class Snapshots implements Saves.Folder, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
    private static final long PROGRESS_MILLIS = 1000;
    private static final long NEVER = 0; // As "now", nothing has expired yet: the log decides that.

    private final @Nullable Path folder;
    private final ServerState state;
    private final Keyspace keyspace;
    private final Indexes indexes;
    private final MemoryAccount memory;
    private final Saves saves;
    private final Rewrites rewrites;
    private @Nullable FileStorage storage; // Guarded by this, as the next.
    private @Nullable Checkpoints checkpoints;
    private @Nullable KeyspaceListener listener;
    private volatile @Nullable LoadProgress progress;
    private long saidMillis; // The background thread's own.

    Snapshots(@Nullable Path folder, ServerState state, Keyspace keyspace, Indexes indexes, MemoryAccount memory) {
        this.folder = folder;
        this.state = state;
        this.keyspace = keyspace;
        this.indexes = indexes;
        this.memory = memory;
        this.saves = new Saves(this, state.clock(), ThreadPriority::lowerThis);
        this.rewrites =
                new Rewrites(saves, state.clock(), () -> state.durability().journal());
    }

    /// Whether there is a folder; a server without one keeps its data in memory alone.
    boolean hasFolder() {
        return folder != null;
    }

    Saves saves() {
        return saves;
    }

    Rewrites rewrites() {
        return rewrites;
    }

    /// Applies the settings, now and whenever they change. `listener` is the keyspace's, which hears nothing
    /// of a load.
    void start(ServerConfig config, KeyspaceListener listener) {
        synchronized (this) {
            this.listener = listener;
        }
        keyspace.setListener(listener);
        Runnable points = () -> saves.setPoints(
                folder == null ? List.of() : SavePoint.parse(config.text("save").get()));
        points.run();
        config.onChange("save", points);
        Runnable rewriting = () -> rewrites.setAutomatic(
                config.number("auto-aof-rewrite-percentage").getAsLong(),
                config.number("auto-aof-rewrite-min-size").getAsLong());
        rewriting.run();
        config.onChange("auto-aof-rewrite-percentage", rewriting);
        config.onChange("auto-aof-rewrite-min-size", rewriting);
        BooleanSupplier stops = config.flag("stop-writes-on-bgsave-error");
        state.durability().setSaveFailure(() -> saves.isFailing() && stops.getAsBoolean());
        state.onTick(() -> {
            if (state.durability().loading() == null) {
                saves.tick();
                rewrites.tick();
            } else {
                sayProgress();
            }
        });
    }

    // ---- The folder

    @Override
    public synchronized Checkpoints open() throws IOException {
        if (folder == null) {
            throw new IOException("this server was started without a folder and keeps its data in memory alone");
        }
        Checkpoints open = checkpoints;
        if (open == null) {
            FileStorage opened = FileStorage.open(folder);
            storage = opened;
            open = new Checkpoints(opened, keyspace, indexes, this::recording, memory, state.nanoClock());
            checkpoints = open;
        }
        return open;
    }

    @Override
    public synchronized @Nullable Checkpoints openIfThere() throws IOException {
        return folder == null || checkpoints == null && !Files.isDirectory(folder) ? null : open();
    }

    private @Nullable Journal recording() {
        Durability.Log log = state.durability().recording();
        return log == null ? null : log.journal();
    }

    // ---- Loading

    /// Says that data is being loaded, if there is any. Throws [RecoveryException] when the folder is not to
    /// be had.
    void prepare() {
        try {
            Checkpoints open = openIfThere();
            if (open != null && open.isThere()) {
                beginLoading();
            }
        } catch (IOException failure) {
            throw new RecoveryException("checkpoints in " + folder + ": " + failure.getMessage(), failure);
        }
    }

    /// Bytes of the checkpoint that is being loaded.
    long totalBytes() {
        LoadProgress begun = progress;
        return begun == null ? 0 : begun.totalBytes();
    }

    /// Bytes of the checkpoint that are loaded.
    long loadedBytes() {
        LoadProgress begun = progress;
        return begun == null ? 0 : begun.loadedBytes();
    }

    private LoadProgress beginLoading() {
        long now = state.clock().nowMillis();
        LoadProgress begun = new LoadProgress(now);
        progress = begun;
        state.durability().setLoading(new Durability.Loading(now, begun::totalBytes, begun::loadedBytes));
        return begun;
    }

    /// Reads the newest checkpoint, if [#prepare] found one, for a server without a log. Throws
    /// [RecoveryException] when it is damaged; the files are then as they were.
    void load() {
        LoadProgress begun = progress;
        if (begun == null) {
            return;
        }
        try {
            read(begun, begun.startMillis());
        } catch (OtherVersionException other) {
            throw new RecoveryException("checkpoints: " + folder + ": " + other.getMessage(), other);
        } catch (IOException damage) {
            throw damaged(damage);
        }
        progress = null;
        state.durability().setLoading(null);
    }

    /// What to tell whoever starts a server whose checkpoint is damaged.
    RecoveryException damaged(IOException damage) {
        return RecoveryException.damaged("checkpoints", Objects.requireNonNull(folder), damage);
    }

    /// Reads the newest checkpoint, if [#prepare] found one, for a log that is to be replayed behind it. Data
    /// is still being loaded then.
    Checkpoints.@Nullable Saved loadForLog() throws IOException {
        LoadProgress begun = progress;
        return begun == null ? null : read(begun, NEVER);
    }

    /// Leaves out what has expired by `nowMillis`.
    private Checkpoints.@Nullable Saved read(LoadProgress begun, long nowMillis) throws IOException {
        Checkpoints.Saved loaded;
        keyspace.setListener(null); // It is no write: nobody watches keys that come back, and nothing is counted.
        try {
            loaded = saves.load(Runtime.getRuntime().availableProcessors(), begun, nowMillis);
        } finally {
            synchronized (this) {
                keyspace.setListener(listener);
            }
        }
        long millis = Math.max(1, state.clock().nowMillis() - begun.startMillis());
        LOG.info(
                "loaded {} keys, {} MB, in {} ms ({} MB/s); {} had expired",
                begun.keys(),
                begun.totalBytes() >> 20,
                millis,
                (begun.totalBytes() >> 10) / millis,
                begun.expiredKeys());
        return loaded;
    }

    /// How far checkpoint and log are, every few seconds.
    private void sayProgress() {
        Durability.Loading loading = state.durability().loading();
        long now = state.clock().nowMillis();
        if (loading == null || now - Math.max(saidMillis, loading.startMillis()) < PROGRESS_MILLIS) {
            return;
        }
        saidMillis = now;
        long loaded = loading.loadedBytes().getAsLong();
        long left = loading.etaSeconds(now);
        LOG.info(
                "loading: {} of {} MB, {} keys, {} MB/s{}",
                loaded >> 20,
                loading.totalBytes().getAsLong() >> 20,
                IntStream.range(0, keyspace.databases())
                        .mapToLong(i -> keyspace.database(i).size())
                        .sum(),
                (loaded >> 10) / Math.max(1, now - loading.startMillis()),
                left < 0 ? "" : ", " + left + " s left");
    }

    /// `DEBUG RELOAD`: clients are told `LOADING` meanwhile. When it fails the server is empty.
    ///
    /// With a log, the checkpoint is of its last record, and what is read back is nothing new to it.
    void reload(boolean isSaving) throws IOException {
        Durability.Log log = state.durability().recording();
        if (log != null && !isSaving) {
            throw new IOException("with appendonly, NOSAVE would bring back less than the log holds");
        }
        LoadProgress begun = beginLoading();
        try {
            keyspace.stripes().lockAll(); // What is being executed ends, and nothing begins.
            try {
                if (isSaving && !saves.saveNow()) {
                    throw new IOException("a checkpoint is being written");
                }
                Checkpoints open = openIfThere();
                if (open == null || !open.isThere()) {
                    throw new IOException("there is no checkpoint");
                }
                keyspace.setEffects(null);
                keyspace.flushAll();
            } finally {
                keyspace.stripes().unlockAll();
            }
            try {
                read(begun, log == null ? begun.startMillis() : NEVER);
            } catch (IOException damage) {
                setEffects(log);
                flush(); // What was read so far is no state that ever was.
                throw damage;
            }
        } finally {
            setEffects(log);
            progress = null;
            state.durability().setLoading(null);
        }
    }

    private void setEffects(Durability.@Nullable Log log) {
        keyspace.setEffects(log == null ? null : log.effects());
    }

    private void flush() {
        keyspace.stripes().lockAll();
        try {
            keyspace.flushAll();
        } finally {
            keyspace.stripes().unlockAll();
        }
    }

    // ---- The end

    /// Writes what changed since the last checkpoint, if `save` has points: for an end that nobody announced
    /// by SHUTDOWN. When nothing is executed any more.
    void saveAtEnd() {
        if (!saves.hasPoints()
                || saves.changesSinceSave() == 0
                || state.durability().loading() != null) {
            return;
        }
        saves.giveUp("the server stops");
        try {
            saves.saveNow();
        } catch (IOException failure) {
            LOG.error("the data could not be saved at the end", failure);
        }
    }

    /// Gives up a checkpoint under way and lets the folder go.
    @Override
    public void close() {
        saves.close();
        synchronized (this) {
            try (FileStorage held = storage) {
                storage = null;
                checkpoints = null;
            } catch (IOException failure) {
                LOG.warn("{} was not let go: {}", folder, failure.toString());
            }
        }
    }
}
