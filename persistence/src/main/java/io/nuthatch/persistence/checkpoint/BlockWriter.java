package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.image.ImageWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Writes one file of a checkpoint, block by block. One thread.
///
/// What was written goes to the disk every 32 MiB: all at once at the end would hold up whoever else writes,
/// the log first.
final class BlockWriter implements AutoCloseable {
    private static final long SYNC_EVERY_BYTES = 32L << 20;

    private final Storage.File file;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment header = arena.allocate(BlockFormat.HEADER_BYTES, 8);
    private long position = BlockFormat.HEADER_BYTES;
    private long synced;
    private long blocks;

    BlockWriter(Storage storage, String name, long checkpoint, FileKind kind, int part) throws IOException {
        this.file = storage.create(name);
        BlockFormat.writeHeader(header.address(), checkpoint, kind, part);
        file.write(0, header);
    }

    /// Writes all of `image` as one block; nothing when it is empty.
    void write(ImageWriter image) throws IOException {
        if (image.size() == 0) {
            return;
        }
        BlockFormat.writeBlockHeader(header.address(), blocks, image.address(), image.size());
        file.write(position, header.asSlice(0, BlockFormat.BLOCK_HEADER_BYTES));
        position += BlockFormat.BLOCK_HEADER_BYTES;
        file.write(position, MemorySegment.ofAddress(image.address()).reinterpret(image.size()));
        position += image.size();
        blocks++;
        if (position - synced >= SYNC_EVERY_BYTES) {
            sync();
        }
    }

    void sync() throws IOException {
        file.sync();
        synced = position;
    }

    long bytes() {
        return position;
    }

    long blocks() {
        return blocks;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        file.close();
    }
}
