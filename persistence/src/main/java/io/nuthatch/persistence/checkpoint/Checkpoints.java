package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The checkpoints in one folder: writes the next one, reads the newest whole one.
///
/// A checkpoint is whole once its manifest has its name; files that no manifest names are what a crash left
/// behind, and the next save clears them away. When a new one is whole the older ones go, but for the files
/// in which it has left what did not change.
///
/// Threads: [#save] and [#load] one at a time; [#onEvent] and [#onFlush] by any thread, for every event of
/// the keyspace's listener.
public final class Checkpoints {
    private static final Logger LOG = System.getLogger(Checkpoints.class.getName());

    private final Storage storage;
    private final Keyspace keyspace;
    private final Indexes indexes;
    private final Supplier<@Nullable Journal> journal;
    private final MemoryAccount.Counter counter;
    private final NanoClock clock;
    private @Nullable Predecessor predecessor; // Of whoever saves and loads.
    private volatile @Nullable CheckpointWriter writing;

    /// `journal` gives the log that goes on where a checkpoint ends, null for none; asked at each save.
    /// `clock` says how long a save has worked and is to rest.
    public Checkpoints(
            Storage storage,
            Keyspace keyspace,
            Indexes indexes,
            Supplier<@Nullable Journal> journal,
            MemoryAccount account,
            NanoClock clock) {
        this.storage = storage;
        this.keyspace = keyspace;
        this.indexes = indexes;
        this.journal = journal;
        this.counter = account.counter("checkpoint", "buffers");
        this.clock = clock;
    }

    /// What was saved or loaded.
    ///
    /// @param savedMillis when the checkpoint was begun, Unix milliseconds
    /// @param bytes of all its files
    /// @param ownBytes of those that were written for it; what did not change stays in older ones
    /// @param indexesLsn the log's records about indexes up to this one are in it
    /// @param endLsn what the log must reach; -1 when no log goes on where it ends
    /// @param slotLsns the log's records about keys of a hash slot up to this one are in it
    public record Saved(
            long savedMillis, long keys, long bytes, long ownBytes, long indexesLsn, long endLsn, long[] slotLsns) {
        private static Saved of(Manifest manifest) {
            return new Saved(
                    manifest.savedMillis(),
                    manifest.keys(),
                    manifest.bytes(),
                    manifest.ownBytes(),
                    manifest.indexesLsn(),
                    manifest.endLsn(),
                    manifest.slotLsns());
        }

        /// Whether a log goes on where it ends.
        public boolean hasLog() {
            return endLsn >= 0;
        }

        /// No record up to this LSN is needed any more.
        public long coveredLsn() {
            long covered = indexesLsn;
            for (long slotLsn : slotLsns) {
                covered = Math.min(covered, slotLsn);
            }
            return covered;
        }
    }

    /// Writes a checkpoint; on return it survives a loss of power, and the log before it is being cut. When
    /// it throws, the one before is still there.
    public Saved save(long nowMillis) throws IOException {
        List<String> before = storage.list();
        long number = 1;
        for (String name : before) {
            number = Math.max(number, Manifest.checkpointOf(name) + 1);
        }
        Predecessor last = predecessor;
        if (last != null && last.manifest().checkpoint() != Manifest.newest(before)) {
            last = null; // Somebody else was here.
        }
        clearBefore(before, last);
        Journal log = journal.get();
        CheckpointWriter writer = new CheckpointWriter(storage, number, keyspace, indexes, log, last, counter, clock);
        writing = writer;
        predecessor = null; // Until it is known what is on the disk.
        try {
            Predecessor written = write(writer, nowMillis, last);
            predecessor = written;
            clear(storage.list(), written.manifest());
            Saved saved = Saved.of(written.manifest());
            if (log != null) {
                log.cut(saved.coveredLsn());
            }
            return saved;
        } catch (IOException | RuntimeException | Error failure) {
            clearQuietly(failure);
            throw failure;
        } finally {
            writing = null;
        }
    }

    private Predecessor write(CheckpointWriter writer, long nowMillis, @Nullable Predecessor last) throws IOException {
        try {
            return writer.write(nowMillis);
        } catch (IOException | RuntimeException | Error failure) {
            predecessor = writer.forget() ? last : null;
            throw failure;
        }
    }

    private void clearBefore(List<String> names, @Nullable Predecessor last) throws IOException {
        try {
            clear(names, last == null ? newestManifest() : last.manifest());
        } catch (DamagedCheckpointException damage) {
            // What it needs is not known. It goes as a whole when the new one is there.
            LOG.log(Level.WARNING, "the last checkpoint cannot be read: {0}", damage.getMessage());
        }
    }

    private void clearQuietly(Throwable failure) {
        try {
            clear(storage.list(), newestManifest());
        } catch (IOException alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }

    /// Deletes the files of all checkpoints but those that `kept` names; null keeps none.
    private void clear(List<String> names, @Nullable Manifest kept) throws IOException {
        Set<String> needed = kept == null ? Set.of() : new HashSet<>(kept.names());
        boolean isChanged = false;
        for (String name : names) {
            if (Manifest.checkpointOf(name) >= 0 && !needed.contains(name)) {
                storage.delete(name);
                isChanged = true;
            }
        }
        if (isChanged) {
            storage.sync();
        }
    }

    /// Whether there is a whole checkpoint.
    public boolean isThere() throws IOException {
        return Manifest.newest(storage.list()) >= 0;
    }

    /// What the newest whole checkpoint says of itself; null when there is none.
    public @Nullable Saved newest() throws IOException {
        Manifest manifest = newestManifest();
        return manifest == null ? null : Saved.of(manifest);
    }

    private @Nullable Manifest newestManifest() throws IOException {
        long newest = Manifest.newest(storage.list());
        if (newest < 0) {
            return null;
        }
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter)) {
            return Manifest.read(storage, newest, buffer);
        }
    }

    /// Has the newest checkpoint, which no log goes on from, be the beginning of a log that holds nothing
    /// yet. From here on a start wants that log. Nothing happens when there is no checkpoint.
    public void beginLog() throws IOException {
        Manifest manifest = newestManifest();
        if (manifest != null) {
            clear(storage.list(), manifest); // A draft that a crash left behind would be in the way.
            manifest.beginningLog().publish(storage, counter);
        }
    }

    /// Reads the newest whole checkpoint into the keyspace and the indexes, which are empty; null when there
    /// is none. Throws [DamagedCheckpointException] when it is not what was written. Keys that have expired
    /// by `nowMillis` are left out.
    public @Nullable Saved load(long nowMillis, int threadCount, LoadProgress progress) throws IOException {
        Manifest manifest = newestManifest();
        if (manifest == null) {
            return null;
        }
        predecessor = null;
        try (LoadThreads threads = new LoadThreads(threadCount)) {
            predecessor = new CheckpointLoader(storage, manifest, threads, progress, counter)
                    .load(keyspace, indexes, nowMillis);
        }
        return Saved.of(manifest);
    }

    /// Hears of every change to a key, under its stripe.
    public void onEvent(Database database, Key key, KeyEvent event) {
        CheckpointWriter writer = writing;
        if (writer != null) {
            writer.onEvent(database, key, event);
        }
    }

    /// Hears that a database was emptied or swapped, under all stripes: a checkpoint under way would have
    /// some of its hash slots from before and some from after.
    public void onFlush() {
        CheckpointWriter writer = writing;
        if (writer != null) {
            writer.abort("the data was flushed or swapped meanwhile");
        }
    }

    /// Gives up a checkpoint that is under way; its [#save] throws. Nothing happens when there is none.
    public void abort(String reason) {
        CheckpointWriter writer = writing;
        if (writer != null) {
            writer.abort(reason);
        }
    }

    /// Keys that the checkpoint under way has written; 0 when there is none.
    public long savedKeys() {
        CheckpointWriter writer = writing;
        return writer == null ? 0 : writer.keys();
    }
}
