package io.nuthatch.server;

import io.nuthatch.commands.Durability;
import io.nuthatch.commands.ServerState;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.checkpoint.DamagedCheckpointException;
import io.nuthatch.persistence.checkpoint.Rewrites;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.recovery.Recovery;
import io.nuthatch.persistence.recovery.UnfitLogException;
import io.nuthatch.persistence.wal.GroupCommitJournal;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentedLog;
import io.nuthatch.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log on disk, from the settings to the keyspace: `appendonly`, `appendfsync`, `appenddirname`,
/// `aof-engine`.
///
/// [#prepare] before the port opens, [#load] behind it, so that clients get `LOADING` and not a refused
/// connection; [#close] when nobody changes anything any more. One thread at a time.
final class AppendOnly implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AppendOnly.class);

    private final ServerConfig config;
    private final ServerState state;
    private final Keyspace keyspace;
    private final Indexes indexes;
    private final MemoryAccount memory;
    private final Path folder;
    private final boolean isOn;
    private @Nullable FileStorage storage;
    private @Nullable LogFiles files;
    private @Nullable GroupCommitJournal journal;

    AppendOnly(ServerConfig config, ServerState state, Keyspace keyspace, Indexes indexes, MemoryAccount memory) {
        this.config = config;
        this.state = state;
        this.keyspace = keyspace;
        this.indexes = indexes;
        this.memory = memory;
        this.isOn = config.flag("appendonly").getAsBoolean();
        this.folder = Path.of(config.text("dir").get())
                .resolve(config.text("appenddirname").get());
        config.onApply(List.of("appendonly"), this::refuseSwitch);
    }

    /// Turning the log on needs all data written first, and off leaves one behind that goes stale.
    private @Nullable String refuseSwitch(List<String> changed) {
        return config.flag("appendonly").getAsBoolean() == isOn
                ? null
                : "appendonly cannot change while the server runs: set it in nuthatch.conf and restart";
    }

    /// Whether `appendonly` is.
    boolean isOn() {
        return isOn;
    }

    private Journal.Policy policy() {
        return Journal.Policy.valueOf(config.text("appendfsync").get().toUpperCase(Locale.ROOT));
    }

    /// Takes the folder, and says that data is being loaded, together with what `snapshots` reads. Throws
    /// [RecoveryException].
    void prepare(Snapshots snapshots) {
        if (!isOn) {
            warnOfUnreadLog();
            return;
        }
        try {
            FileStorage opened = FileStorage.open(folder);
            storage = opened;
            LogFiles fresh = files(opened);
            files = fresh;
            state.durability()
                    .setLoading(new Durability.Loading(
                            state.clock().nowMillis(),
                            () -> snapshots.totalBytes() + fresh.totalBytes(),
                            () -> snapshots.loadedBytes() + fresh.readBytes()));
        } catch (IOException failure) {
            throw new RecoveryException("appendonly: " + failure.getMessage(), failure);
        }
    }

    /// The log as `aof-engine` says; throws when the folder holds one of the other kind.
    private LogFiles files(FileStorage opened) throws IOException {
        MemoryAccount.Counter counter = memory.counter("journal", "files");
        LogFiles segmented = new SegmentedLog(opened, counter);
        LogFiles chronicle = ChronicleLog.in(folder, counter);
        boolean isChronicle = config.text("aof-engine").get().equals("chronicle");
        if (!(isChronicle ? segmented : chronicle).isEmpty()) {
            throw new IOException(folder + " holds a log of the other aof-engine: set aof-engine to "
                    + (isChronicle ? "segmented" : "chronicle") + ", or move the folder away");
        }
        if (isChronicle) {
            ChronicleLog.checkJvm();
        }
        return isChronicle ? chronicle : segmented;
    }

    private void warnOfUnreadLog() {
        if (Files.isDirectory(folder)) {
            LOG.warn("appendonly is no: the log in {} is not read, whatever it holds behind the checkpoint", folder);
        }
    }

    /// Reads checkpoint and log back and begins to write to the log. Throws [RecoveryException] when either
    /// is damaged, or they do not belong together; the files are then as they were.
    void load(Snapshots snapshots, Rewrites rewrites) {
        LogFiles found = files;
        if (found == null) {
            return;
        }
        long start = state.clock().nowMillis();
        Recovery.Outcome read;
        try {
            read = new Recovery(snapshots.openIfThere(), found).run(keyspace, indexes, snapshots::loadForLog);
        } catch (DamagedCheckpointException damage) {
            throw snapshots.damaged(damage);
        } catch (UnfitLogException unfit) {
            throw new RecoveryException("appendonly: " + folder + ": " + unfit.getMessage(), unfit);
        } catch (IOException | IllegalStateException damage) {
            throw RecoveryException.damaged("appendonly", folder, damage);
        }
        LogFiles.Cut cut = read.end().cut();
        if (cut != null) {
            LOG.warn(
                    "{}/{}: the last {} bytes were not whole after a crash and were cut off at byte {}; no client was"
                            + " told that they were safe",
                    folder,
                    cut.file(),
                    cut.lostBytes(),
                    cut.offset());
        }
        LOG.info(
                "replayed {} records behind record {}, of {} bytes; ready after {} ms",
                read.records(),
                read.coveredLsn(),
                read.end().bytes(),
                state.clock().nowMillis() - start);
        GroupCommitJournal begun = GroupCommitJournal.open(
                found, read.end(), GroupCommitJournal.Options.of(policy()), state.clock(), state.nanoClock(), memory);
        journal = begun;
        begun.cut(read.coveredLsn()); // A crash may have come between the checkpoint and the cut.
        config.onChange("appendfsync", () -> begun.setPolicy(policy()));
        EffectLog effects = new EffectLog(begun);
        keyspace.setEffects(effects);
        state.durability().setLog(new Durability.Log(begun, effects, found));
        rewrites.started(read.checkpoint() == null ? 0 : read.checkpoint().bytes());
        state.durability().setLoading(null);
    }

    /// Brings everything to the disk and lets the folder go.
    @Override
    public void close() {
        try (FileStorage held = storage) {
            GroupCommitJournal writing = journal;
            journal = null;
            storage = null;
            if (writing != null) {
                state.durability().setLog(null);
                keyspace.setEffects(null);
                writing.close();
            }
        } catch (IOException failure) {
            LOG.error("the log in {} was not closed in order: {}", folder, failure.getMessage());
        }
    }
}
