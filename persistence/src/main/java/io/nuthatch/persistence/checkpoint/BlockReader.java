package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.MalformedImageException;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.disk.OtherVersionException;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// Reads one file of a checkpoint, block by block; several threads may, each with a [Buffer] of its own.
///
/// Nothing is given out before its checksum was found right. All that is wrong, in the bytes or in what they
/// say, is a [DamagedCheckpointException] with the offset of the block.
final class BlockReader implements AutoCloseable {
    private static final long BUFFER_BYTES = 2 << 20;

    private final Storage.File file;
    private final String name;
    private final long size;
    private final long blocks;
    private final int version;
    private long position = BlockFormat.HEADER_BYTES; // Guarded by this, as the next.
    private long number;

    /// Room for one block, and where it came from.
    static final class Buffer implements AutoCloseable {
        private final MemoryAccount.Counter counter;
        private long address;
        private long capacity;
        private long offset;
        private long payloadBytes;

        Buffer(MemoryAccount.Counter counter) {
            this.counter = counter;
            this.capacity = BUFFER_BYTES;
            this.address = OffHeap.allocate(capacity, counter);
        }

        private MemorySegment room(long bytes) {
            if (bytes > capacity || capacity > BUFFER_BYTES && bytes <= BUFFER_BYTES) {
                OffHeap.free(address, capacity, counter);
                address = 0;
                long next = Math.max(bytes, BUFFER_BYTES);
                address = OffHeap.allocate(next, counter);
                capacity = next;
            }
            return MemorySegment.ofAddress(address).reinterpret(bytes);
        }

        @Override
        public void close() {
            if (address != 0) {
                OffHeap.free(address, capacity, counter);
                address = 0;
            }
        }
    }

    /// Opens the file and checks its size and header.
    BlockReader(Storage storage, Manifest.Part part, Buffer buffer) throws IOException {
        this.name = part.name();
        this.size = part.bytes();
        this.blocks = part.blocks();
        this.file = storage.open(name);
        try {
            if (size >= 0 && file.size() != size) {
                throw new DamagedCheckpointException(
                        name, Math.min(size, file.size()), "it has " + file.size() + " bytes, and had " + size);
            }
            this.version = checkHeader(part, buffer);
        } catch (IOException failure) {
            file.close();
            throw failure;
        }
    }

    private int checkHeader(Manifest.Part part, Buffer buffer) throws IOException {
        MemorySegment header = buffer.room(BlockFormat.HEADER_BYTES);
        read(0, header);
        int other = BlockFormat.otherVersion(header.address());
        if (other > 0) {
            throw new OtherVersionException(name, other, BlockFormat.OLDEST_VERSION, BlockFormat.VERSION);
        }
        String fault = BlockFormat.fault(header.address(), part.checkpoint(), part.kind(), part.fileNumber());
        if (fault != null) {
            throw new DamagedCheckpointException(name, 0, fault);
        }
        return BlockFormat.version(header.address());
    }

    /// The version of the format that the file says it has.
    int version() {
        return version;
    }

    private void read(long offset, MemorySegment into) throws IOException {
        try {
            file.read(offset, into);
        } catch (EOFException cut) {
            throw new DamagedCheckpointException(name, offset, "it ends there");
        }
    }

    /// Hands the next block's payload to `consumer`; false when there is none left.
    boolean next(Buffer buffer, Consumer<ImageReader> consumer) throws IOException {
        if (!take(buffer)) {
            return false;
        }
        long payload = buffer.address + BlockFormat.BLOCK_HEADER_BYTES;
        if (!BlockFormat.isWhole(buffer.address, payload, buffer.payloadBytes)) {
            throw new DamagedCheckpointException(name, buffer.offset, "the checksum of the block there is wrong");
        }
        ImageReader image = new ImageReader(payload, buffer.payloadBytes);
        try {
            consumer.accept(image);
        } catch (MalformedImageException malformed) {
            throw new DamagedCheckpointException(
                    name, buffer.offset, "the block there has a right checksum and says " + malformed.getMessage());
        }
        return true;
    }

    private synchronized boolean take(Buffer buffer) throws IOException {
        if (number == blocks) {
            if (position != size && size >= 0) {
                throw new DamagedCheckpointException(name, position, "something stands behind the last block");
            }
            return false;
        }
        MemorySegment header = buffer.room(BlockFormat.BLOCK_HEADER_BYTES);
        read(position, header);
        long bytes = BlockFormat.payloadBytes(header.address());
        long end = size >= 0 ? size : file.size();
        boolean fits = bytes >= 0 && bytes <= end - position - BlockFormat.BLOCK_HEADER_BYTES;
        if (!fits || BlockFormat.number(header.address()) != number) {
            throw new DamagedCheckpointException(name, position, "no block begins there");
        }
        read(position, buffer.room(BlockFormat.BLOCK_HEADER_BYTES + bytes));
        buffer.offset = position;
        buffer.payloadBytes = bytes;
        position += BlockFormat.BLOCK_HEADER_BYTES + bytes;
        number++;
        return true;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
