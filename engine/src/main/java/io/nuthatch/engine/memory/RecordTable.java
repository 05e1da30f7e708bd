package io.nuthatch.engine.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Records of one size at `index * recordBytes`, `index >= 0`, sparse, off heap, allocated on demand and
/// never moved.
///
/// Idea: indexes are cut into granules (a power of two of records, some 256 KiB); a directory holds the
/// address of each granule that exists. Granules are taken in order of need: the first MiB one by one from
/// the system, so that a small table is small; later ones out of blocks of up to 32 MiB that ask for huge
/// pages. Growth copies nothing but the directory. Memory starts zeroed, and is counted by the granule, or by
/// the huge page: the rest of a block is address space that nobody touched.
///
/// Ownership: the table owns its blocks; [#clear] and [#close] give all of them back, when nobody can read
/// them any more. Threads: [#ensure] from any thread; reads take no lock. An address is good for whoever
/// learned of its index through an acquire that pairs with a release after [#ensure].
public final class RecordTable implements AutoCloseable {
    private static final long GRANULE_BYTES = 256L << 10;
    private static final long SMALL_TABLE_BYTES = 1L << 20;
    private static final long BLOCK_BYTES_MAX = 32L << 20;

    private record Block(long address, long bytes) {}

    /// The directory off the heap: at `address`, room for `capacity` addresses, of which `granules` count.
    private record Mirror(long address, int capacity, int granules) {}

    private final long recordBytes;
    private final int shift;
    private final int mask;
    private final long granuleBytes;
    private final MemoryAccount.Counter counter;
    private final List<Block> blocks = new ArrayList<>(); // Guarded by this, as all below but the directory's reads.
    private volatile long[] directory =
            new long[0]; // Copied on growth; an element is written once, before publication.
    private volatile @Nullable Mirror mirror; // For native code, once it has asked.
    private long reservedBytes;
    private long countedBytes;
    private long nextGranule; // Address of the next unused granule of the last block.
    private long blockEnd;
    private long countedEnd; // What is below this in the last block is counted: a huge page is in RAM as a whole.
    private boolean isHuge; // The last block.

    /// `recordBytes` in 1..2^30.
    public RecordTable(long recordBytes, MemoryAccount.Counter counter) {
        assert recordBytes > 0 && recordBytes <= 1L << 30 : "recordBytes=" + recordBytes;
        this.recordBytes = recordBytes;
        int bits = 0;
        while (bits < 16 && recordBytes << (bits + 1) <= GRANULE_BYTES) {
            bits++;
        }
        this.shift = bits;
        this.mask = (1 << bits) - 1;
        this.granuleBytes = OffHeap.footprint(recordBytes << bits);
        this.counter = counter;
    }

    public long recordBytes() {
        return recordBytes;
    }

    /// Where record `index` is; the index must have been ensured.
    public long address(int index) {
        return directory[index >>> shift] + (index & mask) * recordBytes;
    }

    /// `out[i]` becomes the address of record `indexes[from + i]`, `0 <= i < count`.
    public void addresses(int[] indexes, int from, int count, long[] out) {
        long[] known = directory;
        for (int i = 0; i < count; i++) {
            int index = indexes[from + i];
            out[i] = known[index >>> shift] + (index & mask) * recordBytes;
        }
    }

    /// Whether [#ensure] was called for this index or one of its granule.
    public boolean has(int index) {
        long[] known = directory;
        int granule = index >>> shift;
        return granule < known.length && known[granule] != 0;
    }

    /// One more than the largest index that has a record; reads as it grows give an older value.
    public int limit() {
        return (int) Math.min(Integer.MAX_VALUE, (long) directory.length << shift);
    }

    /// Number of records in a granule, a power of two: records `g * n` to `g * n + n - 1` are next to each
    /// other.
    public int granuleRecords() {
        return mask + 1;
    }

    /// Makes record `index` exist.
    public void ensure(int index) {
        if (!has(index)) {
            grow(index >>> shift);
        }
    }

    private synchronized void grow(int granule) {
        long[] known = directory;
        if (granule < known.length && known[granule] != 0) {
            return;
        }
        long[] next = Arrays.copyOf(known, Math.max(known.length, granule + 1));
        next[granule] = takeGranule();
        if (mirror != null) {
            mirror(next); // First: whoever finds the record there may show it to native code.
        }
        directory = next;
    }

    /// Makes the directory off the heap the same as `known`. One that was outgrown stays until [#clear], as
    /// somebody may be reading it.
    private synchronized Mirror mirror(long[] known) {
        Mirror last = mirror;
        if (last == null || last.capacity < known.length) {
            int capacity = Math.max(512, Integer.highestOneBit(known.length) * 2);
            long bytes = OffHeap.footprint(8L * capacity);
            long address = OffHeap.reserve(bytes);
            blocks.add(new Block(address, bytes));
            countedBytes += bytes;
            counter.add(bytes);
            last = new Mirror(address, capacity, 0);
        }
        for (int i = 0; i < known.length; i++) {
            Memory.putLong(last.address + 8L * i, known[i]);
        }
        Mirror current = new Mirror(last.address, last.capacity, known.length);
        mirror = current;
        return current;
    }

    private synchronized Mirror firstMirror() {
        Mirror present = mirror;
        return present == null ? mirror(directory) : present;
    }

    /// Writes to `at` where the records are, for native code: four longs, the address of the directory off
    /// the heap (an address for each granule, 0 for those that do not exist), how many granules it has, the
    /// binary logarithm of a granule's records, and a record's bytes.
    ///
    /// It shows every record that was ensured before, and is good as long as an address would be.
    public void describe(long at) {
        Mirror present = mirror;
        if (present == null) {
            present = firstMirror();
        }
        Memory.putLong(at, present.address);
        Memory.putLong(at + 8, present.granules);
        Memory.putLong(at + 16, shift);
        Memory.putLong(at + 24, recordBytes);
    }

    private long takeGranule() {
        if (nextGranule == blockEnd) {
            long wish = reservedBytes < SMALL_TABLE_BYTES
                    ? granuleBytes
                    : Math.clamp(reservedBytes, OffHeap.HUGE_PAGE_BYTES, BLOCK_BYTES_MAX);
            long bytes = Math.max(1, wish / granuleBytes) * granuleBytes;
            long address = OffHeap.reserve(bytes);
            blocks.add(new Block(address, bytes));
            reservedBytes += bytes;
            nextGranule = address;
            blockEnd = address + bytes;
            countedEnd = address;
            isHuge = bytes >= OffHeap.HUGE_PAGE_BYTES && OffHeap.asksForHugePages();
        }
        long granule = nextGranule;
        nextGranule += granuleBytes;
        count(Math.min(blockEnd, isHuge ? OffHeap.hugePageEnd(nextGranule) : nextGranule));
        return granule;
    }

    /// Counts what the last block holds up to `end`, and was not counted yet.
    private void count(long end) {
        if (end > countedEnd) {
            countedBytes += end - countedEnd;
            counter.add(end - countedEnd);
            countedEnd = end;
        }
    }

    /// Gives every block back; the table is empty then and may be used again.
    public synchronized void clear() {
        directory = new long[0];
        mirror = null;
        for (Block block : blocks) {
            OffHeap.release(block.address, block.bytes);
        }
        counter.subtract(countedBytes);
        countedBytes = 0;
        blocks.clear();
        reservedBytes = 0;
        nextGranule = 0;
        blockEnd = 0;
        countedEnd = 0;
    }

    @Override
    public void close() {
        clear();
    }
}
