package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.IndexesExport;
import io.nuthatch.engine.hnsw.GraphExport;
import io.nuthatch.engine.hnsw.IndexClosedException;
import io.nuthatch.engine.image.ImageWriter;
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
import java.util.List;
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
    private final List<Manifest.Part> parts = new ArrayList<>();
    private volatile @Nullable KeyspaceExport keys;
    private volatile @Nullable String abortReason;
    private volatile long bytes;

    CheckpointWriter(
            Storage storage,
            long number,
            Keyspace keyspace,
            Indexes indexes,
            @Nullable Journal journal,
            MemoryAccount.Counter counter,
            NanoClock clock) {
        this.storage = storage;
        this.number = number;
        this.keyspace = keyspace;
        this.indexes = indexes;
        this.journal = journal;
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
    Manifest write(long nowMillis) throws IOException {
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
            manifest.publish(storage, counter);
            return manifest;
        }
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

    private void finish(BlockWriter file, FileKind kind, int part) throws IOException {
        file.sync();
        parts.add(new Manifest.Part(kind, part, file.bytes(), file.blocks()));
        bytes += file.bytes();
    }

    private void writeDefinitions(IndexesExport export, ImageWriter scratch) throws IOException {
        try (BlockWriter file = create(FileKind.INDEXES, 0)) {
            scratch.clear(Long.MAX_VALUE);
            export.definitions(scratch);
            file.write(scratch);
            finish(file, FileKind.INDEXES, 0);
        }
    }

    private void writeGraph(IndexesExport export, IndexesExport.Graph graph, ImageWriter scratch) throws IOException {
        try (BlockWriter file = create(FileKind.GRAPH, graph.number())) {
            GraphExport nodes = new GraphExport(graph.index());
            scratch.clear(Long.MAX_VALUE);
            nodes.start(scratch);
            file.write(scratch);
            for (int from = 0; from >= 0; ) {
                scratch.clear(Long.MAX_VALUE);
                while (from >= 0 && scratch.size() < BLOCK_BYTES) {
                    step();
                    from = nodes.nodes(from, scratch.size() + STEP_BYTES, scratch, export.written(graph));
                }
                file.write(scratch);
            }
            finish(file, FileKind.GRAPH, graph.number());
        } catch (IndexClosedException dropped) {
            // The index counts as dropped after the checkpoint, which has it without its graph: should it be needed,
            // the vectors are linked anew. The file is in no manifest.
        }
    }

    private long writeKeys(IndexesExport export, long[] slotLsns) throws IOException {
        try (BlockWriter small = create(FileKind.KEYS, 0);
                BlockWriter rest = create(FileKind.REST, 0)) {
            KeyspaceExport.Sink sink = new KeyspaceExport.Sink() {
                @Override
                public void small(ImageWriter items) throws IOException {
                    small.write(items);
                }

                @Override
                public void rest(ImageWriter items) throws IOException {
                    rest.write(items);
                }
            };
            try (KeyspaceExport writing = new KeyspaceExport(keyspace, export, lsn, sink, counter)) {
                keys = writing;
                for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                    step();
                    slotLsns[slot] = writing.slot(slot);
                }
                writing.finish();
                finish(small, FileKind.KEYS, 0);
                finish(rest, FileKind.REST, 0);
                return writing.keys();
            } finally {
                keys = null;
            }
        }
    }

    private void writeRows(IndexesExport export, int rows, ImageWriter scratch) throws IOException {
        try (BlockWriter file = create(FileKind.ROWS, rows)) {
            for (int from = 0; from >= 0; ) {
                step();
                scratch.clear(Long.MAX_VALUE);
                from = export.rows(rows, from, BLOCK_BYTES, scratch);
                file.write(scratch);
            }
            finish(file, FileKind.ROWS, rows);
        }
    }
}
