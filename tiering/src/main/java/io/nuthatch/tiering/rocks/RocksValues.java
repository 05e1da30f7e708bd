package io.nuthatch.tiering.rocks;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.DamagedValueException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

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

    RocksValues(RocksFolder folder, ColumnFamilyHandle family, String kind, int space) {
        this.folder = folder;
        this.family = family;
        this.kind = kind;
        this.space = space;
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
        try {
            folder.database().put(family, folder.unlogged(), key(id), bytes(value));
        } catch (RocksDBException failure) {
            throw failure(id, failure);
        }
        folder.wrote();
    }

    @Override
    public void append(long id, MemorySegment more) throws IOException {
        try {
            folder.database().merge(family, folder.unlogged(), key(id), bytes(more));
        } catch (RocksDBException failure) {
            throw failure(id, failure);
        }
        folder.wrote();
    }

    @Override
    public void remove(long id) throws IOException {
        try {
            folder.database().delete(family, folder.unlogged(), key(id));
        } catch (RocksDBException failure) {
            throw failure(id, failure);
        }
        folder.wrote();
    }

    @Override
    public int get(long id, MemorySegment into) throws IOException {
        int length = read(id, into);
        folder.used();
        return length;
    }

    @Override
    public void getAll(long[] ids, int count, MemorySegment into, long strideBytes, int[] lengths) throws IOException {
        folder.readers().run(count, i -> lengths[i] = read(ids[i], into.asSlice(i * strideBytes, strideBytes)));
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
