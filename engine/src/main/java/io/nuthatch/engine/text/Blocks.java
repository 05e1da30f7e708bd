package io.nuthatch.engine.text;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Short byte strings off the heap, by address: keys, sort values, the words of documents.
///
/// Layout of a block: `int length`, then the bytes, rounded up to its size class (steps of 8 up to 256 bytes,
/// then eighths of a power of two). Blocks are cut from chunks that grow with the store; freed ones wait in a
/// list of their class. Blocks above 16 KiB come from the system one by one.
///
/// Ownership: the store owns all of it until [#close]. Threads: writers exclude each other and readers, by
/// the owner's lock.
public final class Blocks implements AutoCloseable {
    private static final int HEADER_BYTES = 4;
    private static final int LARGE_BYTES = 16 << 10;
    private static final long CHUNK_MIN = 64 << 10;
    private static final long CHUNK_MAX = 1 << 20;

    private record Chunk(long address, long bytes) {}

    private final MemoryAccount.Counter counter;
    private final List<Chunk> chunks = new ArrayList<>();
    private long[] freeLists = new long[0]; // By class; a free block holds the address of the next.
    private final Map<Long, Long> large = new HashMap<>(); // Address to bytes.
    private long chunkNext;
    private long chunkEnd;
    private long chunkBytes;
    private long used;

    public Blocks(MemoryAccount.Counter counter) {
        this.counter = counter;
    }

    /// Stores `length` bytes of `source` and returns their block's address, never 0.
    public long put(byte[] source, int offset, int length) {
        long address = allocate(length);
        Memory.putInt(address, length);
        Memory.copyIn(source, offset, address + HEADER_BYTES, length);
        return address;
    }

    /// As [#put(byte[], int, int)], of bytes off the heap that are not the store's own.
    public long put(long source, int length) {
        long address = allocate(length);
        Memory.putInt(address, length);
        if (length > 0) {
            Memory.copy(source, address + HEADER_BYTES, length);
        }
        return address;
    }

    /// Gives a block back.
    public void free(long block) {
        int size = sizeOf(length(block));
        used -= size;
        if (size > LARGE_BYTES) {
            Long bytes = large.remove(block);
            assert bytes != null : "not a block: " + block;
            if (bytes != null) {
                OffHeap.free(block, bytes, counter);
            }
            return;
        }
        int sizeClass = classOf(size);
        Memory.putLong(block, freeLists[sizeClass]);
        freeLists[sizeClass] = block;
    }

    public static int length(long block) {
        return Memory.getInt(block);
    }

    /// Where the bytes of a block begin.
    public static long data(long block) {
        return block + HEADER_BYTES;
    }

    public static byte[] bytes(long block) {
        return Memory.toBytes(data(block), length(block));
    }

    /// Whether the block holds just these bytes.
    public static boolean holds(long block, byte[] bytes, int length) {
        return length(block) == length && Memory.equal(data(block), bytes, 0, length);
    }

    /// Bytes of all blocks in use.
    public long usedBytes() {
        return used;
    }

    private long allocate(int length) {
        int size = sizeOf(length);
        used += size;
        if (size > LARGE_BYTES) {
            long address = OffHeap.allocate(size, counter);
            large.put(address, (long) size);
            return address;
        }
        int sizeClass = classOf(size);
        if (sizeClass >= freeLists.length) {
            freeLists = Arrays.copyOf(freeLists, sizeClass + 8);
        }
        long free = freeLists[sizeClass];
        if (free != 0) {
            freeLists[sizeClass] = Memory.getLong(free);
            return free;
        }
        if (chunkEnd - chunkNext < size) {
            long bytes = OffHeap.footprint(Math.clamp(chunkBytes / 4, CHUNK_MIN, CHUNK_MAX));
            chunkNext = OffHeap.allocate(bytes, counter);
            chunkEnd = chunkNext + bytes;
            chunkBytes += bytes;
            chunks.add(new Chunk(chunkNext, bytes));
        }
        long address = chunkNext;
        chunkNext += size;
        return address;
    }

    /// What a string of `length` bytes takes.
    private static int sizeOf(int length) {
        int bytes = Math.max(8, Math.addExact(length, HEADER_BYTES));
        if (bytes <= 256) {
            return (bytes + 7) & -8;
        }
        int step = Math.max(8, Integer.highestOneBit(bytes - 1) >> 3);
        return (bytes + step - 1) / step * step;
    }

    private static int classOf(int size) {
        if (size <= 256) {
            return size >> 3;
        }
        int power = 31 - Integer.numberOfLeadingZeros(size - 1); // 8 and up.
        return 32 + ((power - 8) << 3) + ((size - (1 << power)) >> (power - 3));
    }

    /// Gives everything back; the store is empty then and may be used again.
    @Override
    public void close() {
        for (Chunk chunk : chunks) {
            OffHeap.free(chunk.address, chunk.bytes, counter);
        }
        large.forEach((address, bytes) -> OffHeap.free(address, bytes, counter));
        chunks.clear();
        large.clear();
        freeLists = new long[0];
        chunkNext = 0;
        chunkEnd = 0;
        chunkBytes = 0;
        used = 0;
    }
}
