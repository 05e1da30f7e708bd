package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// Blocks of 8 bytes to 256 KiB in size classes, carved from chunks that stay mapped until [#close].
///
/// A chunk is 2 MiB, aligned to its size, and belongs to one shard. It is cut into 32 pages of 64 KiB, each
/// holding blocks of one class up to 8 KiB; or it is one single page of a larger class. Classes step by 8
/// bytes up to 512 bytes and by a sixteenth of a power of two above, so a block wastes 3 % on average. A page
/// that becomes empty serves any class next; a chunk that becomes empty goes to the common pool, its memory
/// handed back to the system (`MADV_DONTNEED`) while its addresses stay readable: whoever follows a stale
/// address without a lock reads old bytes or zeros, and never crashes. That is what the unlocked touch pass
/// rests on.
///
/// A shard's first chunks are backed page by page as they are handed out, and by huge pages once they are
/// full: a huge page would be resident as a whole, and with 2 MiB of two kinds for each shard a store of some
/// thousand documents would be mostly free blocks.
///
/// ```
/// chunk  0     page heads, 64 bytes each: class, live blocks, bytes of a block, blocks never used,
///              free list, ring links
///        2048  shard, kind, masks of free pages and of those without memory, links of the shard's ring of
///              chunks with free pages
///        4096  page 0 (60 KiB), 65536 page 1, … ; the last 128 bytes stay unused, so that two cache lines
///              can be touched behind any block
/// ```
/// Threads: any. A shard has a spin lock, held for a few loads and stores (and now and then for taking a
/// chunk); [#shardOf] spreads hash slots over shards, so that threads that hold different stripes seldom
/// meet. A block may be freed by any thread, and goes back to the shard that it came from.
final class Slabs {
    static final int MAX_BLOCK = 256 << 10;
    private static final int MAX_SMALL = 8 << 10;
    private static final int CHUNK_BYTES = (int) OffHeap.HUGE_PAGE_BYTES;
    private static final long CHUNK_MASK = -(long) CHUNK_BYTES;
    private static final int PAGE_SHIFT = 16;
    private static final int PAGE_BYTES = 1 << PAGE_SHIFT;
    private static final int HEAD_BYTES = 4096;
    private static final int TAIL_BYTES = 2 * 64;

    // Page head.
    private static final int CLASS = 0;
    private static final int LIVE = 4;
    private static final int BLOCK_BYTES = 8;
    private static final int FRESH = 12; // blocks never handed out yet
    private static final int FREE = 16; // first block of the free list, 0 when empty
    private static final int NEXT_FRESH = 24; // address of the next block never handed out
    private static final int NEXT = 32; // ring of the pages of this class with room; 0: not in it
    private static final int PREVIOUS = 40;

    // Chunk head.
    private static final int SHARD = 2048;
    private static final int KIND = 2052;
    private static final int FREE_PAGES = 2056;
    private static final int DISCARDED = 2060; // of the free pages, those not backed by memory
    private static final int CHUNK_NEXT = 2064;
    private static final int CHUNK_PREVIOUS = 2072;
    private static final int SMALL = 1;
    private static final int LARGE = 2;
    private static final int SPARSE = 3; // As SMALL, without huge pages as yet.

    /// Chunks are sparse while their shard has less than this.
    private static final long SPARSE_BYTES = 2L * CHUNK_BYTES;

    private static final int[] CLASS_BYTES = classes();
    private static final int SMALL_CLASSES = classOf(MAX_SMALL) + 1;
    private static final long PUBLISH_BYTES = 256 << 10;

    private final Shard[] shards;
    // Together at any time what is backed by memory; what part of it is in use, up to PUBLISH_BYTES late per shard.
    private final MemoryAccount.Counter live; // Bytes of blocks in use.
    private final MemoryAccount.Counter idle; // The rest of the pages.
    private final MemoryAccount.Counter ignored = new MemoryAccount().counter("slabs", "mapped");
    private final long locks;
    private final List<Long> chunks = new ArrayList<>(); // All ever mapped; guarded by this.
    private final ArrayDeque<Long> pool = new ArrayDeque<>(); // Empty, not backed by memory; guarded by this.

    private static final class Shard {
        final int index;
        final long lock;
        final long[] rooms = new long[CLASS_BYTES.length]; // Per class the first page with room, or 0.
        long chunksWithRoom; // First chunk with a free page, or 0.
        volatile long liveBytes; // Written under the lock.
        volatile long chunkBytes; // Written under the lock.
        long published;
        long publishedIdle;

        Shard(int index, long lock) {
            this.index = index;
            this.lock = lock;
        }
    }

    /// `shards`: a power of two.
    Slabs(int shards, MemoryAccount.Counter live, MemoryAccount.Counter idle) {
        assert Integer.bitCount(shards) == 1 : "shards=" + shards;
        this.live = live;
        this.idle = idle;
        this.locks = OffHeap.allocate((long) shards * SpinLock.STRIDE, idle);
        this.shards = new Shard[shards];
        for (int i = 0; i < shards; i++) {
            this.shards[i] = new Shard(i, locks + (long) i * SpinLock.STRIDE);
        }
    }

    int shardOf(int hashSlot) {
        return hashSlot & (shards.length - 1);
    }

    /// A block of at least `bytes` (1 to [#MAX_BLOCK]) with whatever it held before, 8-byte aligned.
    long allocate(int shardIndex, int bytes) {
        assert bytes > 0 && bytes <= MAX_BLOCK : "bytes=" + bytes;
        int sizeClass = classOf(bytes);
        Shard shard = shards[shardIndex];
        SpinLock.lock(shard.lock);
        try {
            long page = shard.rooms[sizeClass];
            if (page == 0) {
                page = newPage(shard, sizeClass);
            }
            long block = Memory.getLong(page + FREE);
            if (block != 0) {
                Memory.putLong(page + FREE, Memory.getLong(block));
            } else {
                block = Memory.getLong(page + NEXT_FRESH);
                int blockBytes = Memory.getInt(page + BLOCK_BYTES);
                Memory.putLong(page + NEXT_FRESH, block + blockBytes);
                Memory.putInt(page + FRESH, Memory.getInt(page + FRESH) - 1);
            }
            Memory.putInt(page + LIVE, Memory.getInt(page + LIVE) + 1);
            if (Memory.getLong(page + FREE) == 0 && Memory.getInt(page + FRESH) == 0) {
                leaveRing(shard, sizeClass, page);
            }
            count(shard, CLASS_BYTES[sizeClass]);
            return block;
        } finally {
            SpinLock.unlock(shard.lock);
        }
    }

    /// Takes back a block of [#allocate].
    void free(long block) {
        long chunk = block & CHUNK_MASK;
        Shard shard = shards[Memory.getInt(chunk + SHARD)];
        SpinLock.lock(shard.lock);
        try {
            long page = pageOf(block);
            int sizeClass = Memory.getInt(page + CLASS);
            boolean wasFull = Memory.getLong(page + FREE) == 0 && Memory.getInt(page + FRESH) == 0;
            Memory.putLong(block, Memory.getLong(page + FREE));
            Memory.putLong(page + FREE, block);
            int rest = Memory.getInt(page + LIVE) - 1;
            assert rest >= 0 : "a block was freed twice";
            Memory.putInt(page + LIVE, rest);
            if (wasFull) {
                enterRing(shard, sizeClass, page);
            }
            // The last page of a class stays, lest one key written and deleted in turn moves a page each time.
            if (rest == 0 && Memory.getLong(page + NEXT) != page) {
                freePage(shard, sizeClass, page);
            }
            count(shard, -CLASS_BYTES[sizeClass]);
        } finally {
            SpinLock.unlock(shard.lock);
        }
    }

    /// Bytes that the block really has.
    static int capacity(long block) {
        return Memory.getInt(pageOf(block) + BLOCK_BYTES);
    }

    /// Whether the block's page is less than half full, and is not the one that gives out blocks just now:
    /// then moving its blocks elsewhere sets the page free. A guess, as it looks without the lock; the caller
    /// owns the block.
    boolean isSparse(long block) {
        long chunk = block & CHUNK_MASK;
        long page = pageOf(block);
        int pageBytes = page == chunk && Memory.getInt(chunk + KIND) == LARGE ? CHUNK_BYTES : PAGE_BYTES;
        long liveBytes = (long) Memory.getInt(page + LIVE) * Memory.getInt(page + BLOCK_BYTES);
        return liveBytes * 2 < pageBytes
                && shards[Memory.getInt(chunk + SHARD)].rooms[Memory.getInt(page + CLASS)] != page;
    }

    /// The shard that the block came from.
    int shardOfBlock(long block) {
        return Memory.getInt((block & CHUNK_MASK) + SHARD);
    }

    /// What a block for `bytes` takes.
    static int roundUp(int bytes) {
        return CLASS_BYTES[classOf(bytes)];
    }

    /// Bytes of all blocks in use.
    long liveBytes() {
        long sum = 0;
        for (Shard shard : shards) {
            sum += shard.liveBytes;
        }
        return sum;
    }

    /// Bytes of all chunks that hold pages: what the system may have to back with memory.
    long chunkBytes() {
        long sum = 0;
        for (Shard shard : shards) {
            sum += shard.chunkBytes;
        }
        return sum;
    }

    /// Hands the memory of all empty pages back to the system, and takes those that the classes keep for
    /// that; brings the account up to date.
    void trim() {
        for (Shard shard : shards) {
            SpinLock.lock(shard.lock);
            try {
                for (int sizeClass = 0; sizeClass < CLASS_BYTES.length; sizeClass++) {
                    long page = shard.rooms[sizeClass];
                    if (page != 0 && Memory.getInt(page + LIVE) == 0) {
                        freePage(shard, sizeClass, page);
                    }
                }
                discardFreePages(shard);
                publish(shard);
            } finally {
                SpinLock.unlock(shard.lock);
            }
        }
    }

    /// Unmaps everything; nothing may be touched from now on, not even without a lock.
    void close() {
        for (Shard shard : shards) {
            live.subtract(shard.published);
            idle.subtract(shard.publishedIdle);
        }
        for (long chunk : chunks) {
            OffHeap.free(chunk, CHUNK_BYTES, ignored);
        }
        chunks.clear();
        pool.clear();
        OffHeap.free(locks, (long) shards.length * SpinLock.STRIDE, idle);
    }

    private static long pageOf(long block) {
        long chunk = block & CHUNK_MASK;
        return Memory.getInt(chunk + KIND) == LARGE ? chunk : chunk + ((block - chunk) >>> PAGE_SHIFT << 6);
    }

    private void count(Shard shard, int bytes) {
        long sum = shard.liveBytes + bytes;
        shard.liveBytes = sum;
        if (Math.abs(sum - shard.published) >= PUBLISH_BYTES) {
            publish(shard);
        }
    }

    private void publish(Shard shard) {
        long sum = shard.liveBytes;
        live.add(sum - shard.published);
        shard.published = sum;
        long rest = shard.chunkBytes - sum;
        idle.add(rest - shard.publishedIdle);
        shard.publishedIdle = rest;
    }

    private long newPage(Shard shard, int sizeClass) {
        boolean large = sizeClass >= SMALL_CLASSES;
        long page;
        long first;
        int bytes;
        if (large) {
            page = takeChunk(shard, LARGE);
            first = page + HEAD_BYTES;
            bytes = CHUNK_BYTES - HEAD_BYTES - TAIL_BYTES;
        } else {
            long chunk = shard.chunksWithRoom;
            if (chunk == 0) {
                chunk = takeChunk(shard, shard.chunkBytes < SPARSE_BYTES ? SPARSE : SMALL);
                Memory.putInt(chunk + FREE_PAGES, -1);
                enterChunkRing(shard, chunk);
            }
            int mask = Memory.getInt(chunk + FREE_PAGES);
            int index = Integer.numberOfTrailingZeros(mask);
            mask &= mask - 1;
            Memory.putInt(chunk + FREE_PAGES, mask);
            int discarded = Memory.getInt(chunk + DISCARDED);
            if ((discarded >>> index & 1) != 0) {
                Memory.putInt(chunk + DISCARDED, discarded & ~(1 << index));
                shard.chunkBytes += PAGE_BYTES;
                publish(shard);
            }
            if (mask == 0) {
                leaveChunkRing(shard, chunk);
                makeDense(chunk);
            }
            page = chunk + ((long) index << 6);
            first = chunk + (index == 0 ? HEAD_BYTES : (long) index << PAGE_SHIFT);
            bytes = PAGE_BYTES
                    - (index == 0 ? HEAD_BYTES : 0)
                    - (index == CHUNK_BYTES / PAGE_BYTES - 1 ? TAIL_BYTES : 0);
        }
        int blockBytes = CLASS_BYTES[sizeClass];
        Memory.putInt(page + CLASS, sizeClass);
        Memory.putInt(page + LIVE, 0);
        Memory.putInt(page + BLOCK_BYTES, blockBytes);
        Memory.putInt(page + FRESH, bytes / blockBytes);
        Memory.putLong(page + FREE, 0);
        Memory.putLong(page + NEXT_FRESH, first);
        Memory.putLong(page + NEXT, 0);
        enterRing(shard, sizeClass, page);
        return page;
    }

    private void freePage(Shard shard, int sizeClass, long page) {
        leaveRing(shard, sizeClass, page);
        long chunk = page & CHUNK_MASK;
        if (Memory.getInt(chunk + KIND) == LARGE) {
            returnChunk(shard, chunk);
            return;
        }
        int mask = Memory.getInt(chunk + FREE_PAGES);
        if (mask == 0) {
            enterChunkRing(shard, chunk);
        }
        mask |= 1 << ((page - chunk) >>> 6);
        Memory.putInt(chunk + FREE_PAGES, mask);
        if (mask == -1) {
            leaveChunkRing(shard, chunk);
            returnChunk(shard, chunk);
        }
    }

    private long takeChunk(Shard shard, int kind) {
        long chunk;
        synchronized (this) {
            Long pooled = pool.pollLast();
            if (pooled != null) {
                chunk = pooled;
            } else {
                chunk = OffHeap.allocate(CHUNK_BYTES, ignored); // Counted below, while it is in use.
                chunks.add(chunk);
            }
        }
        boolean isSparse = kind == SPARSE;
        OffHeap.adviseHugePages(chunk, CHUNK_BYTES, !isSparse);
        int unbacked = isSparse ? ~1 : 0;
        Memory.putInt(chunk + SHARD, shard.index);
        Memory.putInt(chunk + KIND, kind);
        Memory.putInt(chunk + DISCARDED, unbacked);
        shard.chunkBytes += CHUNK_BYTES - unbackedBytes(unbacked);
        publish(shard);
        return chunk;
    }

    /// Of a mask of pages, the bytes.
    private static long unbackedBytes(int pages) {
        return (long) Integer.bitCount(pages) << PAGE_SHIFT;
    }

    /// The system may make one huge page of a sparse chunk whose pages are all in use.
    private static void makeDense(long chunk) {
        if (Memory.getInt(chunk + KIND) == SPARSE) {
            Memory.putInt(chunk + KIND, SMALL);
            OffHeap.adviseHugePages(chunk, CHUNK_BYTES, true);
        }
    }

    /// The system must not back the pages of a chunk that are given back to it, as it would to make it a huge
    /// page again.
    private static void makeSparse(long chunk) {
        if (Memory.getInt(chunk + KIND) == SMALL) {
            Memory.putInt(chunk + KIND, SPARSE);
            OffHeap.adviseHugePages(chunk, CHUNK_BYTES, false);
        }
    }

    /// Hands the memory of free pages back in chunks that are still in use, but for their first page with the
    /// heads.
    private static void discardFreePages(Shard shard) {
        long first = shard.chunksWithRoom;
        long chunk = first;
        while (chunk != 0) {
            int discarded = Memory.getInt(chunk + DISCARDED);
            int todo = Memory.getInt(chunk + FREE_PAGES) & ~discarded & ~1;
            if (todo != 0) {
                makeSparse(chunk);
            }
            Memory.putInt(chunk + DISCARDED, discarded | todo);
            shard.chunkBytes -= unbackedBytes(todo);
            for (; todo != 0; todo &= todo - 1) {
                long index = Integer.numberOfTrailingZeros(todo);
                OffHeap.discard(chunk + (index << PAGE_SHIFT), PAGE_BYTES);
            }
            chunk = Memory.getLong(chunk + CHUNK_NEXT);
            if (chunk == first) {
                break;
            }
        }
    }

    private void returnChunk(Shard shard, long chunk) {
        shard.chunkBytes -= CHUNK_BYTES - unbackedBytes(Memory.getInt(chunk + DISCARDED));
        OffHeap.discard(chunk, CHUNK_BYTES);
        publish(shard);
        synchronized (this) {
            pool.addLast(chunk);
        }
    }

    private static void enterRing(Shard shard, int sizeClass, long page) {
        long head = shard.rooms[sizeClass];
        if (head == 0) {
            Memory.putLong(page + NEXT, page);
            Memory.putLong(page + PREVIOUS, page);
            shard.rooms[sizeClass] = page;
            return;
        }
        // At the end of the ring: full pages are used up first, and those that empty have time to become empty.
        long last = Memory.getLong(head + PREVIOUS);
        Memory.putLong(page + NEXT, head);
        Memory.putLong(page + PREVIOUS, last);
        Memory.putLong(last + NEXT, page);
        Memory.putLong(head + PREVIOUS, page);
    }

    private static void leaveRing(Shard shard, int sizeClass, long page) {
        long next = Memory.getLong(page + NEXT);
        if (next == page) {
            shard.rooms[sizeClass] = 0;
        } else {
            long previous = Memory.getLong(page + PREVIOUS);
            Memory.putLong(previous + NEXT, next);
            Memory.putLong(next + PREVIOUS, previous);
            if (shard.rooms[sizeClass] == page) {
                shard.rooms[sizeClass] = next;
            }
        }
        Memory.putLong(page + NEXT, 0);
    }

    private static void enterChunkRing(Shard shard, long chunk) {
        long head = shard.chunksWithRoom;
        if (head == 0) {
            head = chunk;
            Memory.putLong(chunk + CHUNK_PREVIOUS, chunk);
            shard.chunksWithRoom = chunk;
        }
        long last = Memory.getLong(head + CHUNK_PREVIOUS);
        Memory.putLong(chunk + CHUNK_NEXT, head);
        Memory.putLong(chunk + CHUNK_PREVIOUS, last);
        Memory.putLong(last + CHUNK_NEXT, chunk);
        Memory.putLong(head + CHUNK_PREVIOUS, chunk);
    }

    private static void leaveChunkRing(Shard shard, long chunk) {
        long next = Memory.getLong(chunk + CHUNK_NEXT);
        if (next == chunk) {
            shard.chunksWithRoom = 0;
            return;
        }
        long previous = Memory.getLong(chunk + CHUNK_PREVIOUS);
        Memory.putLong(previous + CHUNK_NEXT, next);
        Memory.putLong(next + CHUNK_PREVIOUS, previous);
        if (shard.chunksWithRoom == chunk) {
            shard.chunksWithRoom = next;
        }
    }

    static int classOf(int bytes) {
        if (bytes <= 512) {
            return (bytes + 7 >>> 3) - 1;
        }
        int b = bytes - 1;
        int exponent = 31 - Integer.numberOfLeadingZeros(b);
        return 64 + (exponent - 9 << 4) + (b >>> exponent - 4 & 15);
    }

    private static int[] classes() {
        int[] bytes = new int[classOf(MAX_BLOCK) + 1];
        for (int i = 0; i < bytes.length; i++) {
            if (i < 64) {
                bytes[i] = i + 1 << 3;
            } else {
                int exponent = 9 + (i - 64 >>> 4);
                bytes[i] = (1 << exponent) + ((i - 64 & 15) + 1 << exponent - 4);
            }
        }
        return bytes;
    }
}
