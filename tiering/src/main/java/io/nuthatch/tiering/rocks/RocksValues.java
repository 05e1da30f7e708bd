package io.nuthatch.tiering.rocks;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.DamagedValueException;
import io.nuthatch.tiering.disk.TrafficMeter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/// The documents or the posting lists of one space in RocksDB.
///
/// A key is the space in four bytes and the id in eight, big endian, so that a space is a range. RocksDB
/// reads one value after the other, also where it is asked for many, so [#getAll] spreads them over
/// [io.nuthatch.tiering.disk.ReaderThreads]. Threads: any.
public final class RocksValues implements ColdStore.Postings {
    private static final int KEY_BYTES = Integer.BYTES + Long.BYTES;
    private static final ThreadLocal<ByteBuffer> KEYS =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(KEY_BYTES));

    private final RocksFolder folder;
    private final ColumnFamilyHandle family;
    private final String kind;
    private final int space;
    private final TrafficMeter traffic;

    RocksValues(RocksFolder folder, ColumnFamilyHandle family, String kind, int space, TrafficMeter traffic) {
        this.folder = folder;
        this.family = family;
        this.kind = kind;
        this.space = space;
        this.traffic = traffic;
    }

    /// The first key a space may have.
    static byte[] first(int space) {
        return ByteBuffer.allocate(KEY_BYTES).putInt(space).array();
    }

    private ByteBuffer key(long id) {
        if (id < 0) {
            throw new IllegalArgumentException("an id must be 0 or more, got " + id);
        }
        return KEYS.get().clear().putInt(space).putLong(id).flip();
    }

    private static ByteBuffer bytes(MemorySegment value) {
        if (value.byteSize() < 1 || value.byteSize() > ColdStore.VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a value has 1 to " + ColdStore.VALUE_BYTES_MAX + " bytes, got " + value.byteSize());
        }
        return value.asByteBuffer();
    }

    @Override
    public void put(long id, MemorySegment value) throws IOException {
        ByteBuffer bytes = bytes(value);
        write(id, 1, bytes.remaining(), () -> folder.database().put(family, folder.unlogged(), key(id), bytes));
    }

    @Override
    public void append(long id, MemorySegment more) throws IOException {
        ByteBuffer bytes = bytes(more);
        write(id, 1, bytes.remaining(), () -> folder.database().merge(family, folder.unlogged(), key(id), bytes));
    }

    @Override
    public void remove(long id) throws IOException {
        write(id, 0, 0, () -> folder.database().delete(family, folder.unlogged(), key(id)));
    }

    @Override
    public void putAll(long[] ids, int count, MemorySegment from, long strideBytes, int[] lengths) throws IOException {
        if (count == 0) {
            return;
        }
        long total = 0;
        for (int i = 0; i < count; i++) {
            total += lengths[i];
        }
        if (total > ColdStore.VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    count + " values are " + total + " bytes, more than " + ColdStore.VALUE_BYTES_MAX + " at once");
        }
        try (WriteBatch batch = new WriteBatch()) {
            write(ids[0], count, total, () -> {
                for (int i = 0; i < count; i++) {
                    batch.put(family, key(ids[i]), bytes(from.asSlice(i * strideBytes, lengths[i])));
                }
                folder.database().write(folder.unlogged(), batch);
            });
        }
    }

    private interface Write {
        void run() throws RocksDBException;
    }

    /// A round that stores `count` values of `byteCount` bytes, `first` the first of them.
    private void write(long first, int count, long byteCount, Write write) throws IOException {
        long began = traffic.writes().begin();
        try {
            write.run();
        } catch (RocksDBException failure) {
            traffic.writes().failed();
            throw failure(first, failure);
        } finally {
            traffic.writes().round(began);
        }
        traffic.writes().moved(count, byteCount);
        folder.wrote();
    }

    @Override
    public int ids(long first, long[] into) throws IOException {
        int count = 0;
        long began = traffic.reads().begin();
        try (RocksIterator iterator = folder.database().newIterator(family, folder.checked())) {
            byte[] found = new byte[KEY_BYTES];
            for (iterator.seek(key(Math.max(0, first))); count < into.length && iterator.isValid(); iterator.next()) {
                iterator.key(found);
                ByteBuffer key = ByteBuffer.wrap(found);
                if (key.getInt() != space) {
                    break;
                }
                into[count++] = key.getLong();
            }
            iterator.status();
        } catch (RocksDBException failure) {
            traffic.reads().failed();
            throw failure(count == 0 ? first : into[count - 1], failure);
        } finally {
            traffic.reads().round(began);
        }
        folder.used();
        return count;
    }

    @Override
    public int get(long id, MemorySegment into) throws IOException {
        int[] length = new int[1];
        getAll(new long[] {id}, 1, into, into.byteSize(), length);
        return length[0];
    }

    @Override
    public void getAll(long[] ids, int count, MemorySegment into, long strideBytes, int[] lengths) throws IOException {
        long began = traffic.reads().begin();
        try {
            folder.readers().run(count, i -> lengths[i] = read(ids[i], into.asSlice(i * strideBytes, strideBytes)));
        } catch (IOException failure) {
            traffic.reads().failed();
            throw failure;
        } finally {
            traffic.reads().round(began);
        }
        int found = 0;
        long foundBytes = 0;
        for (int i = 0; i < count; i++) {
            found += lengths[i] < 0 ? 0 : 1;
            foundBytes += Math.max(0, lengths[i]);
        }
        traffic.reads().moved(found, foundBytes);
        folder.used();
    }

    private int read(long id, MemorySegment into) throws IOException {
        MemorySegment room =
                into.byteSize() <= ColdStore.VALUE_BYTES_MAX ? into : into.asSlice(0, ColdStore.VALUE_BYTES_MAX);
        try {
            return folder.database().get(family, folder.checked(), key(id), room.asByteBuffer());
        } catch (RocksDBException failure) {
            throw failure(id, failure);
        }
    }

    private IOException failure(long id, RocksDBException failure) {
        String what = kind + " of cold space " + space + ", id " + id + ": " + failure.getMessage();
        Status status = failure.getStatus();
        if (status != null && status.getCode() == Status.Code.Corruption) {
            return new DamagedValueException(space, id, what, failure);
        }
        return new IOException(what, failure);
    }
}
