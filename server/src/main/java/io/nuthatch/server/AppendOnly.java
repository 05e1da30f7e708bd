package io.nuthatch.server;

import io.nuthatch.commands.Durability;
import io.nuthatch.commands.ServerState;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.checkpoint.Checkpoints;
import io.nuthatch.persistence.checkpoint.DamagedCheckpointException;
import io.nuthatch.persistence.checkpoint.Rewrites;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.disk.OtherVersionException;
import io.nuthatch.persistence.recovery.LogBeginning;
import io.nuthatch.persistence.recovery.Recovery;
import io.nuthatch.persistence.recovery.UnfitLogException;
import io.nuthatch.persistence.wal.GroupCommitJournal;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentedLog;
import io.nuthatch.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log on disk, from the settings to the keyspace: `appendonly`, `appendfsync`, `appenddirname`,
/// `aof-engine`.
///
/// [#prepare] before the port opens, [#load] behind it, so that clients get `LOADING` and not a refused
/// connection; [LogSwitcher] turns it on and off from then on; [#close] when nobody changes anything any
/// more. One thread at a time.
final class AppendOnly implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AppendOnly.class);

    private final ServerConfig config;
    private final ServerState state;
    private final Keyspace keyspace;
    private final Indexes indexes;
    private final MemoryAccount memory;
    private final Path folder;
    private @Nullable FileStorage storage;
    private @Nullable LogFiles files;
    private volatile @Nullable GroupCommitJournal journal;

    AppendOnly(ServerConfig config, ServerState state, Keyspace keyspace, Indexes indexes, MemoryAccount memory) {
        this.config = config;
        this.state = state;
        this.keyspace = keyspace;
        this.indexes = indexes;
        this.memory = memory;
        this.folder = Path.of(config.text("dir").get())
                .resolve(config.text("appenddirname").get());
        config.onChange("appendfsync", () -> {
            GroupCommitJournal writing = journal;
            if (writing != null) {
                writing.setPolicy(policy());
            }
        });
    }

    /// Whether `appendonly` is.
    boolean isWanted() {
        return config.flag("appendonly").getAsBoolean();
    }

    /// Whether a log is written.
    boolean isOn() {
        return journal != null;
    }

    private Journal.Policy policy() {
        return Journal.Policy.valueOf(config.text("appendfsync").get().toUpperCase(Locale.ROOT));
    }

    /// Takes the folder, and says that data is being loaded, together with what `snapshots` reads. Throws
    /// [RecoveryException].
    void prepare(Snapshots snapshots) {
        if (!isWanted()) {
            warnOfUnreadLog();
            return;
        }
        try {
            LogFiles fresh = open();
            state.durability()
                    .setLoading(new Durability.Loading(
                            state.clock().nowMillis(),
                            () -> snapshots.totalBytes() + fresh.totalBytes(),
                            () -> snapshots.loadedBytes() + fresh.readBytes()));
        } catch (IOException failure) {
            throw new RecoveryException("appendonly: " + failure.getMessage(), failure);
        }
    }

    private LogFiles open() throws IOException {
        FileStorage opened = FileStorage.open(folder);
        storage = opened;
        LogFiles fresh = files(opened);
        files = fresh;
        return fresh;
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
            if (settle(found, snapshots.openIfThere())) {
                LOG.warn(
                        "{}: appendonly was being turned on when the server ended; the records of that log, which no"
                                + " checkpoint goes with, were thrown away",
                        folder);
            }
            read = new Recovery(
                            snapshots.openIfThere(),
                            found,
                            Runtime.getRuntime().availableProcessors(),
                            memory.counter("journal", "replay"))
                    .run(keyspace, indexes, snapshots::loadForLog);
        } catch (DamagedCheckpointException damage) {
            throw snapshots.damaged(damage);
        } catch (UnfitLogException | OtherVersionException unfit) {
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
        GroupCommitJournal begun = begin(found, read.end());
        begun.cut(read.coveredLsn()); // A crash may have come between the checkpoint and the cut.
        EffectLog effects = new EffectLog(begun);
        keyspace.setEffects(effects);
        state.durability().setLog(new Durability.Log(begun, effects, found));
        rewrites.started(read.checkpoint() == null ? 0 : read.checkpoint().bytes());
        state.durability().setLoading(null);
    }

    private GroupCommitJournal begin(LogFiles found, LogFiles.End end) {
        GroupCommitJournal begun = GroupCommitJournal.open(
                found, end, GroupCommitJournal.Options.of(policy()), state.clock(), state.nanoClock(), memory);
        journal = begun;
        return begun;
    }

    private boolean settle(LogFiles found, @Nullable Checkpoints checkpoints) throws IOException {
        FileStorage held = Objects.requireNonNull(storage);
        return new LogBeginning(held).settle(found, checkpoints == null ? null : checkpoints.newest());
    }

    // ---- While the server runs

    /// Begins to record all changes behind what the folder holds, and promises nothing yet: a checkpoint that
    /// begins now is what the log goes on from. No checkpoint is being written.
    void beginRecording(Snapshots snapshots) throws IOException {
        LogFiles found = open();
        Checkpoints checkpoints = snapshots.open();
        settle(found, checkpoints);
        LogFiles.End old = found.replay(Long.MAX_VALUE - 1, (lsn, address, bytes) -> {}); // Looks for the end alone.
        Checkpoints.Saved newest = checkpoints.newest();
        long before = Math.max(old.lastLsn(), newest == null ? 0 : newest.endLsn());
        new LogBeginning(Objects.requireNonNull(storage)).mark(before + 1);
        GroupCommitJournal begun = begin(found, new LogFiles.End(before, old.bytes(), null));
        begun.append(0, 0); // So that what holds the first record was written later than all there is.
        EffectLog effects = new EffectLog(begun);
        Durability.Log log = new Durability.Log(begun, effects, found);
        underAllStripes(() -> {
            keyspace.setEffects(effects);
            state.durability().beginLog(log);
        });
    }

    /// The checkpoint is whole: the log promises from now on.
    void promise() {
        try {
            new LogBeginning(Objects.requireNonNull(storage)).unmark();
        } catch (IOException failure) {
            LOG.warn("a mark in {} stays until the next start: {}", folder, failure.getMessage());
        }
        state.durability().setLog(state.durability().recording());
    }

    /// Ends the log. What was answered is safe when this returns; when it throws, the connections whose
    /// replies wait for that are closed. No checkpoint is being written.
    void stopRecording() throws IOException {
        underAllStripes(() -> {
            keyspace.setEffects(null);
            state.durability().setLog(null);
        });
        close();
    }

    /// As [#stopRecording], for a log that has promised nothing: its records are thrown away, but when a
    /// checkpoint goes with them.
    void takeBack(Snapshots snapshots) throws IOException {
        underAllStripes(() -> {
            keyspace.setEffects(null);
            state.durability().setLog(null);
        });
        try (FileStorage held = storage) {
            storage = null;
            GroupCommitJournal writing = journal;
            journal = null;
            if (writing != null) {
                closeQuietly(writing);
            }
            LogFiles found = files;
            if (held != null && found != null) {
                Checkpoints checkpoints = snapshots.openIfThere();
                new LogBeginning(held).settle(found, checkpoints == null ? null : checkpoints.newest());
            }
        }
    }

    private static void closeQuietly(GroupCommitJournal writing) {
        try {
            writing.close();
        } catch (IOException failure) {
            LOG.warn("a log that is thrown away was not closed in order: {}", failure.getMessage());
        }
    }

    private void underAllStripes(Runnable action) {
        keyspace.stripes().lockAll();
        try {
            action.run();
        } finally {
            keyspace.stripes().unlockAll();
        }
    }

    // ---- The end

    /// Brings everything to the disk and lets the folder go.
    @Override
    public void close() throws IOException {
        try (FileStorage held = storage) {
            GroupCommitJournal writing = journal;
            journal = null;
            storage = null;
            if (writing != null) {
                state.durability().setLog(null);
                keyspace.setEffects(null);
                writing.close();
            }
        }
    }

    /// As [#close], at the end of the server.
    void closeAtEnd() {
        try {
            close();
        } catch (IOException failure) {
            LOG.error("the log in {} was not closed in order: {}", folder, failure.getMessage());
        }
    }
}
