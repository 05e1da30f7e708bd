package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.document.IndexesRestore;
import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceImport;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

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

    /// Throws [DamagedCheckpointException] at the first damage; the server's state is of no use then.
    void load(Keyspace keyspace, Indexes indexes, long nowMillis) throws IOException {
        progress.setTotalBytes(manifest.bytes());
        List<String> names = storage.list();
        for (Manifest.Part part : manifest.parts()) {
            String name = part.name(manifest.checkpoint());
            if (!names.contains(name)) {
                throw new DamagedCheckpointException(name, 0, "it is missing");
            }
        }
        IndexesRestore restore = new IndexesRestore(indexes, counter);
        try {
            load(keyspace, restore, nowMillis);
        } catch (IOException | RuntimeException | Error failure) {
            restore.discard();
            throw failure;
        }
    }

    private void load(Keyspace keyspace, IndexesRestore restore, long nowMillis) throws IOException {
        for (Manifest.Part part : manifest.of(FileKind.INDEXES)) {
            sequentially(part, restore::definitions);
        }
        for (Manifest.Part part : manifest.of(FileKind.ROWS)) {
            check(part, restore.rowsCount());
            onAllThreads(part, image -> restore.rows(part.number(), image));
        }
        for (Manifest.Part part : manifest.of(FileKind.GRAPH)) {
            check(part, restore.graphCount());
            graph(part, restore);
        }
        try (KeyspaceImport keys = new KeyspaceImport(keyspace, restore, nowMillis, counter)) {
            for (Manifest.Part part : manifest.of(FileKind.KEYS)) {
                onAllThreads(part, image -> {
                    keys.small(image);
                    progress.setKeys(keys.keys(), keys.expiredKeys());
                });
            }
            restore.settle(threads);
            for (Manifest.Part part : manifest.of(FileKind.REST)) {
                sequentially(part, keys::rest);
            }
            keys.finish();
            progress.setKeys(keys.keys(), keys.expiredKeys());
        }
        restore.finish(threads);
    }

    private void check(Manifest.Part part, int count) throws DamagedCheckpointException {
        if (part.number() >= count) {
            throw new DamagedCheckpointException(
                    Manifest.name(manifest.checkpoint(), FileKind.MANIFEST, 0),
                    0,
                    "it names " + part.name(manifest.checkpoint()) + ", and the definitions do not");
        }
    }

    private void sequentially(Manifest.Part part, Consumer<ImageReader> consumer) throws IOException {
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter);
                BlockReader reader = new BlockReader(storage, part, manifest.checkpoint(), buffer)) {
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
                BlockReader reader = new BlockReader(storage, part, manifest.checkpoint(), first)) {
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

    /// The first block says where walks begin and what codes go by; the others are nodes.
    private void graph(Manifest.Part part, IndexesRestore restore) throws IOException {
        try (BlockReader.Buffer first = new BlockReader.Buffer(counter);
                BlockReader reader = new BlockReader(storage, part, manifest.checkpoint(), first)) {
            reader.next(first, image -> restore.start(part.number(), image));
            readOnAllThreads(reader, image -> restore.nodes(part.number(), image));
        }
    }
}
