package io.nuthatch.tiering.flat;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.DamagedValueException;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.engine.memory.RecordTable;
import io.nuthatch.tiering.disk.DirectFile;
import io.nuthatch.tiering.disk.IoBatch;
import io.nuthatch.tiering.disk.TrafficMeter;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// The rows of one space in one file of slots; four bytes of memory an id say which slot is whose.
///
/// A row is never written over: [#put] writes a free slot, then points the id at it, and the old slot waits
/// until no flush names it ([SlotPool]). So the map of a flush and the slots it names are whole whenever a
/// process dies, and nothing is repaired at the start.
///
/// A reader takes no lock. What it reads is checked by the slot's own checksum and id; a slot that went to
/// somebody else meanwhile does not pass, and is looked up again under the lock of writers of that id, where
/// nothing moves: what does not pass there is damage.
///
/// Threads: any, but for what a flush calls, one thread at a time, and [#close].
public final class FlatRows implements ColdStore.Values, Closeable {
    private static final int STRIPES = 64; // As a long has bits.
    private static final int BATCH_BYTES = 1 << 20;

    private final DirectFile file;
    private final SlotFormat format;
    private final RecordTable places; // By id: its slot plus 1, 0 for none.
    private final SlotPool slots;
    private final MemoryAccount.Counter buffers;
    private final TrafficMeter traffic;
    private final ConcurrentLinkedDeque<IoBatch> spares = new ConcurrentLinkedDeque<>();
    private final ReentrantLock[] writers = new ReentrantLock[STRIPES]; // By id; before publication.
    /// Shared by whoever changes a place, alone for the moment in which a flush copies them.
    private final ReentrantReadWriteLock publication = new ReentrantReadWriteLock();

    private volatile boolean hasChanged; // Since the last flush began.
    private @Nullable Snapshot snapshot; // Of the flush under way; the flusher's.

    private record Snapshot(long address, int count, long bytes) {}

    private FlatRows(
            DirectFile file,
            SlotFormat format,
            RecordTable places,
            SlotPool slots,
            MemoryAccount account,
            TrafficMeter traffic) {
        this.file = file;
        this.format = format;
        this.places = places;
        this.slots = slots;
        this.buffers = account.counter("cold", "row-buffers");
        this.traffic = traffic;
        for (int i = 0; i < STRIPES; i++) {
            writers[i] = new ReentrantLock();
        }
    }

    /// An empty file at `path`.
    public static FlatRows create(Path path, int space, int rowBytes, MemoryAccount account, TrafficMeter traffic)
            throws IOException {
        DirectFile file = DirectFile.open(path, 0);
        SlotFormat format = SlotFormat.of(space, rowBytes, file.blockBytes());
        FlatRows rows = new FlatRows(
                file,
                format,
                places(account),
                new SlotPool(file, format.slotBytes(), 0, new BitSet()),
                account,
                traffic);
        rows.hasChanged = true; // That it is there.
        return rows;
    }

    /// The file at `path` as it was when `map` was written.
    public static FlatRows open(
            Path path, Path map, int space, int slotBytes, MemoryAccount account, TrafficMeter traffic)
            throws IOException {
        DirectFile file = DirectFile.open(path, slotBytes);
        RecordTable places = places(account);
        try {
            long groupBytes = (long) SlotPool.GROUP * slotBytes;
            int limit = Math.toIntExact(file.sizeBytes() / groupBytes * SlotPool.GROUP);
            BitSet used = new BitSet(limit);
            SlotFormat format = RowMap.read(map, space, places, used, limit);
            if (format.slotBytes() != slotBytes) {
                throw new IOException(map + " is damaged: slots of " + format.slotBytes() + " bytes, not " + slotBytes);
            }
            return new FlatRows(file, format, places, new SlotPool(file, slotBytes, limit, used), account, traffic);
        } catch (IOException | RuntimeException | Error failure) {
            places.close();
            file.close();
            throw failure;
        }
    }

    private static RecordTable places(MemoryAccount account) {
        return new RecordTable(Integer.BYTES, account.counter("cold", "row-places"));
    }

    public int rowBytes() {
        return format.rowBytes();
    }

    /// Bytes of a slot, which a restart needs to know.
    public int slotBytes() {
        return format.slotBytes();
    }

    /// Whether reads pass the page cache by.
    public boolean isDirect() {
        return file.isDirect();
    }

    /// Bytes that the rows take on the disk.
    public long diskBytes() throws IOException {
        return file.diskBytes();
    }

    @Override
    public void put(long id, MemorySegment value) throws IOException {
        checkLength(value.byteSize());
        store(new long[] {check(id)}, 1, value, 0);
    }

    @Override
    public void putAll(long[] ids, int count, MemorySegment from, long strideBytes, int[] lengths) throws IOException {
        for (int i = 0; i < count; i++) {
            check(ids[i]);
            checkLength(lengths[i]);
        }
        if ((long) count * format.rowBytes() > ColdStore.VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(count + " rows of " + format.rowBytes() + " bytes are more than "
                    + ColdStore.VALUE_BYTES_MAX + " bytes at once");
        }
        if (count > 0) {
            store(ids, count, from, strideBytes);
        }
    }

    private void checkLength(long bytes) {
        if (bytes != format.rowBytes()) {
            throw new IllegalArgumentException(
                    "a row of space " + format.space() + " has " + format.rowBytes() + " bytes, got " + bytes);
        }
    }

    private void store(long[] ids, int count, MemorySegment from, long strideBytes) throws IOException {
        for (int i = 0; i < count; i++) {
            places.ensure((int) ids[i]);
        }
        try {
            point(ids, count, write(ids, count, from, strideBytes));
        } catch (IOException failure) {
            traffic.writes().failed();
            throw failure;
        }
        traffic.writes().moved(count, (long) count * format.rowBytes());
    }

    /// Writes rows to free slots, which nobody names yet; returns which. They are free again when it throws.
    private int[] write(long[] ids, int count, MemorySegment from, long strideBytes) throws IOException {
        int[] to = new int[count];
        int taken = 0;
        boolean isWritten = false;
        IoBatch batch = takeBatch();
        try {
            while (taken < count) {
                int some = Math.min(count - taken, batch.capacity());
                for (int i = 0; i < some; i++) {
                    int which = taken;
                    to[which] = slots.take();
                    taken++;
                    long slot = batch.address(i);
                    MemorySegment.copy(from, which * strideBytes, Memory.ALL, SlotFormat.row(slot), format.rowBytes());
                    format.seal(slot, ids[which]);
                    batch.prepare(i, offset(to[which]));
                }
                long began = traffic.writes().begin();
                try {
                    batch.write(file, some);
                } finally {
                    traffic.writes().round(began);
                }
            }
            isWritten = true;
            return to;
        } finally {
            spares.push(batch);
            for (int i = 0; i < taken && !isWritten; i++) {
                slots.abandon(to[i]);
            }
        }
    }

    /// Points ids at slots, all of them inside or outside of a flush.
    private void point(long[] ids, int count, int[] to) {
        long stripes = 0;
        for (int i = 0; i < count; i++) {
            stripes |= 1L << stripe((int) ids[i]);
        }
        for (long left = stripes; left != 0; left &= left - 1) {
            writers[Long.numberOfTrailingZeros(left)].lock();
        }
        publication.readLock().lock();
        try {
            for (int i = 0; i < count; i++) {
                point((int) ids[i], to[i] + 1);
            }
        } finally {
            publication.readLock().unlock();
            for (long left = stripes; left != 0; left &= left - 1) {
                writers[Long.numberOfTrailingZeros(left)].unlock();
            }
        }
    }

    @Override
    public void remove(long id) {
        int row = check(id);
        ReentrantLock writer = writers[stripe(row)];
        writer.lock();
        publication.readLock().lock();
        try {
            if (place(row) != 0) {
                point(row, 0);
            }
        } finally {
            publication.readLock().unlock();
            writer.unlock();
        }
    }

    /// Under the lock of the id's writers and a share of the publication.
    private void point(int row, int word) {
        int old = place(row);
        Memory.putIntRelease(places.address(row), word); // Paired with place: the slot is written.
        if (word != 0) {
            slots.publish(word - 1);
        }
        if (old != 0) {
            slots.release(old - 1);
        }
        hasChanged = true;
    }

    @Override
    public int ids(long first, long[] into) {
        int count = 0;
        int granule = places.granuleRecords();
        long limit = places.limit();
        for (long id = Math.max(0, first); id < limit && count < into.length; ) {
            if (!places.has((int) id)) {
                id = (id / granule + 1) * granule;
                continue;
            }
            if (place((int) id) != 0) {
                into[count++] = id;
            }
            id++;
        }
        return count;
    }

    @Override
    public int get(long id, MemorySegment into) throws IOException {
        int row = check(id);
        IoBatch batch = takeBatch();
        try {
            return read(batch, row, into, 0, into.byteSize());
        } catch (IOException failure) {
            traffic.reads().failed();
            throw failure;
        } finally {
            spares.push(batch);
        }
    }

    @Override
    public void getAll(long[] ids, int count, MemorySegment into, long strideBytes, int[] lengths) throws IOException {
        IoBatch batch = takeBatch();
        int[] asked = new int[Math.min(count, batch.capacity())]; // Whose read is which of the batch.
        try {
            for (int from = 0; from < count; ) {
                int reads = 0;
                int end = from;
                for (; end < count && reads < asked.length; end++) {
                    int word = place(check(ids[end]));
                    lengths[end] = -1;
                    if (word != 0) {
                        batch.prepare(reads, offset(word - 1));
                        asked[reads++] = end;
                    }
                }
                take(batch, reads, asked, ids, into, strideBytes, lengths);
                from = end;
            }
        } catch (IOException failure) {
            traffic.reads().failed();
            throw failure;
        } finally {
            spares.push(batch);
        }
    }

    /// Does the reads and hands the rows out; one by one what does not pass.
    private void take(
            IoBatch batch, int reads, int[] asked, long[] ids, MemorySegment into, long strideBytes, int[] lengths)
            throws IOException {
        if (reads == 0) {
            return;
        }
        BitSet again = new BitSet();
        try {
            fetch(batch, reads);
        } catch (IOException mayBeTheCutEnd) {
            again.set(0, reads);
        }
        for (int i = 0; i < reads; i++) {
            int which = asked[i];
            if (again.get(i) || format.fault(batch.address(i), ids[which]) != null) {
                again.set(i);
            } else {
                lengths[which] = format.rowBytes();
                deliver(batch.address(i), into, which * strideBytes, strideBytes);
            }
        }
        for (int i = again.nextSetBit(0); i >= 0; i = again.nextSetBit(i + 1)) {
            int which = asked[i];
            lengths[which] = read(batch, (int) ids[which], into, which * strideBytes, strideBytes);
        }
    }

    /// One row to byte `to` of `into`, where `room` bytes are; without a lock if that will do.
    private int read(IoBatch batch, int row, MemorySegment into, long to, long room) throws IOException {
        int word = place(row);
        if (word == 0) {
            return -1;
        }
        long slot = batch.address(0);
        batch.prepare(0, offset(word - 1));
        try {
            fetch(batch, 1);
            if (format.fault(slot, row) == null) {
                deliver(slot, into, to, room);
                return format.rowBytes();
            }
        } catch (IOException mayBeTheCutEnd) {
            // The slot may have been given back meanwhile; under the lock it cannot.
        }
        ReentrantLock writer = writers[stripe(row)];
        writer.lock();
        try {
            word = place(row);
            if (word == 0) {
                return -1;
            }
            batch.prepare(0, offset(word - 1));
            String fault;
            try {
                fetch(batch, 1);
                fault = format.fault(slot, row);
            } catch (IOException failure) {
                throw new IOException(where(row, word - 1) + ": " + failure.getMessage(), failure);
            }
            if (fault != null) {
                throw new DamagedValueException(format.space(), row, where(row, word - 1) + ": " + fault, null);
            }
            deliver(slot, into, to, room);
            return format.rowBytes();
        } finally {
            writer.unlock();
        }
    }

    private String where(int row, int slot) {
        return "row " + row + " of cold space " + format.space() + ", " + file.path() + " at " + offset(slot);
    }

    private void fetch(IoBatch batch, int reads) throws IOException {
        long began = traffic.reads().begin();
        try {
            batch.read(file, reads);
        } finally {
            traffic.reads().round(began);
        }
    }

    private void deliver(long slot, MemorySegment into, long to, long room) {
        traffic.reads().moved(1, format.rowBytes());
        if (room >= format.rowBytes()) {
            MemorySegment.copy(Memory.ALL, SlotFormat.row(slot), into, to, format.rowBytes());
        }
    }

    private int place(int row) {
        return places.has(row) ? Memory.getIntAcquire(places.address(row)) : 0;
    }

    private int check(long id) {
        if (id < 0 || id >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a row's id must be between 0 and 2147483646, got " + id);
        }
        return (int) id;
    }

    private static int stripe(int row) {
        return row & (STRIPES - 1);
    }

    private long offset(int slot) {
        return (long) slot * format.slotBytes();
    }

    private IoBatch takeBatch() {
        IoBatch spare = spares.poll();
        if (spare != null) {
            return spare;
        }
        int capacity = Math.clamp(BATCH_BYTES / format.slotBytes(), 1, IoBatch.CAPACITY_MAX);
        return new IoBatch(capacity, format.slotBytes(), buffers);
    }

    /// Notes which rows there are now, for [#write]. False, and nothing to write or end, when none has
    /// changed since the last flush.
    public boolean beginFlush() {
        publication.writeLock().lock();
        try {
            if (!hasChanged) {
                return false;
            }
            hasChanged = false;
            slots.beginFlush();
            int count = places.limit();
            long bytes = Math.max(1, (long) count * Integer.BYTES);
            long address = OffHeap.allocate(bytes, buffers);
            int granule = places.granuleRecords();
            for (int id = 0; id < count; id += granule) {
                if (places.has(id)) {
                    Memory.copy(
                            places.address(id),
                            address + (long) id * Integer.BYTES,
                            Math.min(granule, count - id) * (long) Integer.BYTES);
                }
            }
            snapshot = new Snapshot(address, count, bytes);
            return true;
        } finally {
            publication.writeLock().unlock();
        }
    }

    /// Makes the rows of [#beginFlush] safe from a loss of power, and writes where they are to `map`.
    public void write(Path map) throws IOException {
        Snapshot noted = snapshot;
        if (noted == null) {
            throw new IllegalStateException("no flush has begun");
        }
        file.sync();
        RowMap.write(map, format, noted.address, noted.count);
    }

    /// The flush that [#beginFlush] began is what a restart may come back to, or it failed.
    public void endFlush(boolean isWhole) {
        Snapshot noted = snapshot;
        if (noted == null) {
            return;
        }
        snapshot = null;
        OffHeap.free(noted.address, noted.bytes, buffers);
        slots.endFlush(isWhole);
        if (!isWhole) {
            hasChanged = true;
        }
    }

    /// Nobody comes back to a flush but the last one that is whole: gives room back to the file system.
    public void forgetOlderFlushes() throws IOException {
        slots.forgetOlderFlushes();
        slots.giveBack();
    }

    /// Gives all memory back; the files stay.
    @Override
    public void close() throws IOException {
        for (IoBatch spare = spares.poll(); spare != null; spare = spares.poll()) {
            spare.close();
        }
        places.close();
        file.close();
    }
}
