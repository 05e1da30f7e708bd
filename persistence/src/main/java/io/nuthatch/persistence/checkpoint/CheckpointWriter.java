package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.IndexesExport;
import io.nuthatch.engine.hnsw.GraphExport;
import io.nuthatch.engine.hnsw.IndexClosedException;
import io.nuthatch.engine.image.ChangeMarks;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.image.ItemSet;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashSlot;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceExport;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One checkpoint, from its first file to its manifest.
///
/// Order, which is what makes the parts agree (see [IndexesExport]): definitions, graphs, keys, rows. Peak
/// memory is a few buffers of a MiB, and what writers retire meanwhile, whose rows and ordinals stay until it
/// is done.
///
/// What has not changed since the predecessor stays in its files ([Layers]). A mark of a change is cleared
/// before the thing is read (nodes, hash slots), or when the checkpoint is whole, while no row that was
/// written can be put again (rows). [#forget] puts the marks back when it does not become whole.
///
/// Threads: [#write] by one; [#onEvent] and [#abort] by any.
final class CheckpointWriter {
    private static final long BLOCK_BYTES = 1 << 20;
    private static final long STEP_BYTES = 16 << 10; // Of nodes that are copied in one go.
    private static final long SYNC_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Storage storage;
    private final long number;
    private final Keyspace keyspace;
    private final Indexes indexes;
    private final @Nullable Journal journal;
    private final LongSupplier lsn;
    private final MemoryAccount.Counter counter;
    private final Throttle throttle;
    private final @Nullable Predecessor predecessor;
    private final List<Manifest.Part> parts = new ArrayList<>();
    private final List<Runnable> forgetting = new ArrayList<>();
    private final List<Runnable> whenWhole = new ArrayList<>();
    private final Map<Object, List<Manifest.Part>> graphs = new IdentityHashMap<>();
    private final Map<Integer, List<Manifest.Part>> rows = new HashMap<>();
    private boolean isPublishing;
    private volatile @Nullable KeyspaceExport keys;
    private volatile @Nullable String abortReason;
    private volatile long bytes;

    CheckpointWriter(
            Storage storage,
            long number,
            Keyspace keyspace,
            Indexes indexes,
            @Nullable Journal journal,
            @Nullable Predecessor predecessor,
            MemoryAccount.Counter counter,
            NanoClock clock) {
        this.storage = storage;
        this.number = number;
        this.keyspace = keyspace;
        this.indexes = indexes;
        this.journal = journal;
        this.predecessor = predecessor;
        this.lsn = journal == null ? () -> 0 : journal::appendedLsn;
        this.counter = counter;
        this.throttle = new Throttle(clock);
    }

    /// Every event of the keyspace, while it is written.
    void onEvent(Database database, Key key, KeyEvent event) {
        KeyspaceExport export = keys;
        if (export != null) {
            export.onEvent(database, key, event);
        }
    }

    /// Gives the checkpoint up: a database was emptied or swapped between two of its hash slots.
    void abort(String reason) {
        abortReason = reason;
    }

    /// Bytes written so far.
    long bytes() {
        return bytes;
    }

    /// Keys written so far.
    long keys() {
        KeyspaceExport export = keys;
        return export == null ? 0 : export.keys();
    }

    /// Writes everything; on return it survives a loss of power. Throws when it was aborted or the disk
    /// refuses; what was written is no checkpoint then, and [Checkpoints] clears it away.
    ///
    /// Parts are of different moments, which the log evens out. So the log must reach to the last of them,
    /// come what may, before the checkpoint is one: it is synced up to there first.
    Predecessor write(long nowMillis) throws IOException {
        long[] slotLsns = new long[HashSlot.COUNT];
        try (IndexesExport export = begin();
                ImageWriter scratch = new ImageWriter(BLOCK_BYTES + (BLOCK_BYTES >> 1), counter)) {
            writeDefinitions(export, scratch);
            for (IndexesExport.Graph graph : export.graphs()) {
                writeGraph(export, graph, scratch);
            }
            long keyCount = writeKeys(export, slotLsns);
            long endLsn = journal == null ? Manifest.NO_LOG : lsn.getAsLong();
            for (int i = 0; i < export.rows(); i++) {
                writeRows(export, i, scratch);
            }
            if (journal != null) {
                awaitSynced(journal, endLsn);
            }
            checkAborted();
            Manifest manifest =
                    new Manifest(number, nowMillis, keyCount, export.lsn(), endLsn, List.copyOf(parts), slotLsns);
            isPublishing = true;
            manifest.publish(storage, counter);
            whenWhole.forEach(Runnable::run); // Before the export lets ordinals go.
            return new Predecessor(manifest, export.numbers(), graphs, rows);
        }
    }

    /// After a failure of [#write]: what it wrote counts as changed again. Returns whether the predecessor is
    /// still what the newest checkpoint on the disk consists of; when the disk refused its very last steps,
    /// nobody knows.
    boolean forget() {
        forgetting.forEach(Runnable::run);
        return !isPublishing;
    }

    private IndexesExport begin() {
        Stripes stripes = keyspace.stripes();
        boolean isHeld = stripes.isHeldByMe(0); // SAVE and SHUTDOWN hold all.
        if (!isHeld) {
            stripes.lockAll();
        }
        try {
            return IndexesExport.begin(indexes, lsn);
        } finally {
            if (!isHeld) {
                stripes.unlockAll();
            }
        }
    }

    private void awaitSynced(Journal log, long endLsn) throws IOException {
        log.requestSync();
        while (log.syncedLsn() < endLsn) {
            checkAborted();
            String refusal = log.refusal();
            if (refusal != null) {
                throw new IOException(
                        "the log, which must not end before the checkpoint, cannot be written: " + refusal);
            }
            Thread waiting = Thread.currentThread();
            log.whenSynced(endLsn, () -> LockSupport.unpark(waiting));
            LockSupport.parkNanos(SYNC_POLL_NANOS);
        }
    }

    private void checkAborted() throws CheckpointAbortedException {
        String reason = abortReason;
        if (reason != null) {
            throw new CheckpointAbortedException(reason);
        }
    }

    /// Between two pieces of work: gives up if it is to, and lets clients go first. With all stripes held
    /// (SAVE, SHUTDOWN) there are none.
    private void step() throws CheckpointAbortedException {
        checkAborted();
        if (!keyspace.stripes().isHeldByMe(0)) {
            throttle.step();
        }
    }

    private BlockWriter create(FileKind kind, int part) throws IOException {
        return new BlockWriter(storage, Manifest.name(number, kind, part), number, kind, part);
    }

    private Manifest.Part finish(BlockWriter file, FileKind kind, int part, @Nullable ItemSet items)
            throws IOException {
        file.sync();
        Manifest.Part finished = new Manifest.Part(
                kind, part, number, part, file.bytes(), file.blocks(), items == null ? 0 : items.count(), items);
        parts.add(finished);
        bytes += file.bytes();
        return finished;
    }

    private void writeDefinitions(IndexesExport export, ImageWriter scratch) throws IOException {
        try (BlockWriter file = create(FileKind.INDEXES, 0)) {
            scratch.clear(Long.MAX_VALUE);
            export.definitions(scratch);
            file.write(scratch);
            finish(file, FileKind.INDEXES, 0, null);
        }
    }

    /// The parts of the new manifest: `written`, and behind it what is left of `kept`.
    private List<Manifest.Part> add(Manifest.Part written, List<Manifest.Part> kept) {
        List<Manifest.Part> all = new ArrayList<>(List.of(written));
        for (Manifest.Part part : kept) {
            if (!part.counted().isEmpty()) {
                Manifest.Part renumbered = part.with(written.number(), part.counted());
                parts.add(renumbered);
                all.add(renumbered);
            }
        }
        return all;
    }

    private void writeGraph(IndexesExport export, IndexesExport.Graph graph, ImageWriter scratch) throws IOException {
        try (BlockWriter file = create(FileKind.GRAPH, graph.number())) {
            GraphExport image = new GraphExport(graph.index());
            List<Manifest.Part> old = predecessor == null ? List.of() : predecessor.ofGraph(graph.index());
            List<Manifest.Part> unchanged = Layers.narrow(old, image::unchanged);
            List<Manifest.Part> kept = Layers.kept(unchanged, Layers.count(old) - Layers.count(unchanged));
            GraphExport.Nodes nodes = new GraphExport.Nodes(Layers.items(kept));
            forgetting.add(() -> image.forget(nodes.written()));
            scratch.clear(Long.MAX_VALUE);
            image.start(scratch);
            file.write(scratch);
            for (int from = 0; from >= 0; ) {
                scratch.clear(Long.MAX_VALUE);
                while (from >= 0 && scratch.size() < BLOCK_BYTES) {
                    step();
                    from = image.nodes(from, scratch.size() + STEP_BYTES, scratch, nodes);
                }
                file.write(scratch);
            }
            export.add(graph, nodes.kept());
            export.add(graph, nodes.written());
            Manifest.Part written = finish(file, FileKind.GRAPH, graph.number(), nodes.written());
            graphs.put(graph.index(), add(written, Layers.narrow(kept, items -> items.and(nodes.kept()))));
        } catch (IndexClosedException dropped) {
            // The index counts as dropped after the checkpoint, which has it without its graph: should it be needed,
            // the vectors are linked anew. The file is in no manifest.
        }
    }

    private long writeKeys(IndexesExport export, long[] slotLsns) throws IOException {
        ChangeMarks changed = keyspace.changedSlots();
        List<Manifest.Part> old = predecessor == null ? List.of() : predecessor.keys(export.numbers());
        List<Manifest.Part> unchanged = Layers.narrow(old, slots -> slots.where(slot -> !changed.isMarked(slot)));
        List<Manifest.Part> kept = Layers.kept(unchanged, Layers.count(old) - Layers.count(unchanged));
        ItemSet joined = Layers.items(old); // A slot that no file has was empty.
        joined.removeAll(Layers.items(kept));
        boolean hasOld = predecessor != null && !old.isEmpty();
        ItemSet written = new ItemSet();
        ItemSet occupied = new ItemSet();
        forgetting.add(() -> written.forEach(changed::mark));
        try (BlockWriter small = create(FileKind.KEYS, 0);
                BlockWriter rest = create(FileKind.REST, 0);
                KeyspaceExport writing = new KeyspaceExport(keyspace, export, lsn, sink(small, rest), counter)) {
            keys = writing;
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                step();
                long keptLsn = hasOld && !joined.contains(slot) ? writing.keep(slot) : -1;
                if (keptLsn < 0) {
                    written.add(slot);
                    keptLsn = writing.slot(slot);
                    if (writing.hasKeys(slot)) {
                        occupied.add(slot);
                    }
                }
                slotLsns[slot] = keptLsn;
            }
            writing.finish();
            add(finish(small, FileKind.KEYS, 0, occupied), without(kept, written));
            add(finish(rest, FileKind.REST, 0, occupied), without(restOf(kept), written));
            return writing.keys();
        } finally {
            keys = null;
        }
    }

    private static List<Manifest.Part> without(List<Manifest.Part> kept, ItemSet written) {
        return Layers.narrow(kept, slots -> slots.where(slot -> !written.contains(slot)));
    }

    /// The other part of the keys in those files, where there is one.
    private List<Manifest.Part> restOf(List<Manifest.Part> kept) {
        List<Manifest.Part> rest = new ArrayList<>();
        for (Manifest.Part small : kept) {
            for (Manifest.Part part :
                    Objects.requireNonNull(predecessor).manifest().of(FileKind.REST)) {
                if (part.checkpoint() == small.checkpoint() && part.blocks() > 0) {
                    rest.add(part.with(0, small.counted()));
                }
            }
        }
        return rest;
    }

    private static KeyspaceExport.Sink sink(BlockWriter small, BlockWriter rest) {
        return new KeyspaceExport.Sink() {
            @Override
            public void small(ImageWriter items) throws IOException {
                small.write(items);
            }

            @Override
            public void rest(ImageWriter items) throws IOException {
                rest.write(items);
            }
        };
    }

    private void writeRows(IndexesExport export, int number, ImageWriter scratch) throws IOException {
        ItemSet wanted = export.wanted(number);
        ChangeMarks changes = export.changes(number);
        List<Manifest.Part> old = predecessor == null ? List.of() : predecessor.ofRows(export.rowsId(number));
        List<Manifest.Part> unchanged =
                Layers.narrow(old, items -> items.and(wanted).where(ordinal -> !changes.isMarked(ordinal)));
        List<Manifest.Part> kept = Layers.kept(unchanged, wanted.count() - Layers.count(unchanged));
        ItemSet written = wanted;
        written.removeAll(Layers.items(kept));
        try (BlockWriter file = create(FileKind.ROWS, number)) {
            for (int from = 0; from >= 0; ) {
                step();
                scratch.clear(Long.MAX_VALUE);
                from = export.rows(number, written, from, BLOCK_BYTES, scratch);
                file.write(scratch);
            }
            whenWhole.add(() -> written.forEach(changes::clear));
            rows.put(export.rowsId(number), add(finish(file, FileKind.ROWS, number, written), kept));
        }
    }
}
