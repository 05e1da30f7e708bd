package io.nuthatch.persistence.disk;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// Copies files from one folder to another.
public final class FileCopy {
    private static final int BUFFER_BYTES = 1 << 20;

    private FileCopy() {}

    /// Makes `copy` in `to` of the bytes of `name` in `from`, and makes them safe; the name is safe after a
    /// sync of `to`. A file of that name in `to` goes.
    public static void copy(Storage from, String name, Storage to, String copy, MemoryAccount.Counter counter)
            throws IOException {
        deleteIfThere(to, copy);
        long buffer = OffHeap.allocate(BUFFER_BYTES, counter);
        try (Storage.File read = from.open(name);
                Storage.File written = to.create(copy)) {
            long size = read.size();
            for (long done = 0; done < size; done += BUFFER_BYTES) {
                MemorySegment part = Memory.ALL.asSlice(buffer, Math.min(BUFFER_BYTES, size - done));
                read.read(done, part);
                written.write(done, part);
            }
            written.sync();
        } finally {
            OffHeap.free(buffer, BUFFER_BYTES, counter);
        }
    }

    /// Deletes a file that an earlier try may have left.
    public static void deleteIfThere(Storage storage, String name) throws IOException {
        if (storage.list().contains(name)) {
            storage.delete(name);
        }
    }
}
