package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.IndexesRestore;
import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceImport;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Reads one checkpoint into an empty server: definitions, rows, graphs, keys, each part by all threads at
/// once, block by block. One use.
final class CheckpointLoader {
    private final Storage storage;
    private final Manifest manifest;
    private final MemoryAccount.Counter counter;
    private final LoadThreads threads;
    private final LoadProgress progress;

    CheckpointLoader(
            Storage storage,
            Manifest manifest,
            LoadThreads threads,
            LoadProgress progress,
            MemoryAccount.Counter counter) {
        this.storage = storage;
        this.manifest = manifest;
        this.threads = threads;
        this.progress = progress;
        this.counter = counter;
    }

    /// Returns what the next checkpoint may go on from; null when it is of an older version, and all is to be
    /// written again. Throws [DamagedCheckpointException] at the first damage; the server's state is of no
    /// use then.
    @Nullable
    Predecessor load(Keyspace keyspace, Indexes indexes, long nowMillis) throws IOException {
        progress.setTotalBytes(manifest.bytes());
        List<String> names = storage.list();
        for (Manifest.Part part : manifest.parts()) {
            String name = part.name();
            if (!names.contains(name)) {
                throw new DamagedCheckpointException(name, 0, "it is missing");
            }
        }
        IndexesRestore restore = new IndexesRestore(indexes, counter);
        try {
            load(keyspace, restore, nowMillis);
            return manifest.hasItems() ? predecessor(restore) : null;
        } catch (IOException | RuntimeException | Error failure) {
            restore.discard();
            throw failure;
        }
    }

    private Predecessor predecessor(IndexesRestore restore) {
        Map<Object, List<Manifest.Part>> graphs = new IdentityHashMap<>();
        for (int i = 0; i < restore.graphCount(); i++) {
            graphs.put(restore.graph(i), manifest.of(FileKind.GRAPH, i));
        }
        Map<Integer, List<Manifest.Part>> rows = new HashMap<>();
        for (int i = 0; i < restore.rowsCount(); i++) {
            rows.put(restore.rowsId(i), manifest.of(FileKind.ROWS, i));
        }
        return new Predecessor(manifest, restore.numbers(), graphs, rows);
    }

    private void load(Keyspace keyspace, IndexesRestore restore, long nowMillis) throws IOException {
        for (Manifest.Part part : manifest.of(FileKind.INDEXES)) {
            sequentially(part, restore::definitions);
        }
        for (Manifest.Part part : manifest.of(FileKind.ROWS)) {
            check(part, restore.rowsCount());
            onAllThreads(part, image -> restore.rows(part.number(), part::counts, image));
        }
        int graph = -1;
        for (Manifest.Part part : manifest.of(FileKind.GRAPH)) {
            check(part, restore.graphCount());
            graph(part, part.number() != graph, restore);
            graph = part.number();
        }
        try (KeyspaceImport keys = new KeyspaceImport(keyspace, restore, nowMillis, counter)) {
            for (Manifest.Part part : manifest.of(FileKind.KEYS)) {
                onAllThreads(part, image -> {
                    keys.small(image, part::counts);
                    progress.setKeys(keys.keys(), keys.expiredKeys());
                });
            }
            restore.settle(threads);
            // Oldest first. All of the newest counts: a key that came late to a hash slot is there, and only there,
            // even if the slot is left in an older file.
            for (Manifest.Part part : manifest.of(FileKind.REST).reversed()) {
                boolean isNewest = part.checkpoint() == manifest.checkpoint();
                sequentially(part, image -> keys.rest(image, slot -> isNewest || part.counts(slot)));
            }
            keys.finish();
            progress.setKeys(keys.keys(), keys.expiredKeys());
        }
        keyspace.changedSlots().clearAll(); // All are as the checkpoint has them; what follows may change some.
        restore.finish(threads);
    }

    private void check(Manifest.Part part, int count) throws DamagedCheckpointException {
        if (part.number() >= count) {
            throw new DamagedCheckpointException(
                    Manifest.name(manifest.checkpoint(), FileKind.MANIFEST, 0),
                    0,
                    "it names " + part.name() + ", and the definitions do not");
        }
    }

    private void sequentially(Manifest.Part part, Consumer<ImageReader> consumer) throws IOException {
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter);
                BlockReader reader = new BlockReader(storage, part, buffer)) {
            readAll(reader, buffer, consumer);
        }
    }

    private void readAll(BlockReader reader, BlockReader.Buffer buffer, Consumer<ImageReader> consumer)
            throws IOException {
        boolean hasMore = true;
        while (hasMore) {
            hasMore = reader.next(buffer, image -> {
                consumer.accept(image);
                progress.add(image.offset());
            });
        }
    }

    private void onAllThreads(Manifest.Part part, Consumer<ImageReader> consumer) throws IOException {
        try (BlockReader.Buffer first = new BlockReader.Buffer(counter);
                BlockReader reader = new BlockReader(storage, part, first)) {
            readOnAllThreads(reader, consumer);
        }
    }

    private void readOnAllThreads(BlockReader reader, Consumer<ImageReader> consumer) throws IOException {
        threads.onEach(() -> {
            try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter)) {
                readAll(reader, buffer, consumer);
            }
        });
    }

    /// The first block says where walks begin and what codes go by, which is true of the newest file; the
    /// others are nodes.
    private void graph(Manifest.Part part, boolean isNewest, IndexesRestore restore) throws IOException {
        try (BlockReader.Buffer first = new BlockReader.Buffer(counter);
                BlockReader reader = new BlockReader(storage, part, first)) {
            reader.next(first, image -> {
                if (isNewest) {
                    restore.start(part.number(), image);
                }
            });
            readOnAllThreads(reader, image -> restore.nodes(part.number(), part::counts, image));
        }
    }
}
