package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.disk.FileCopy;
import io.nuthatch.persistence.disk.FileStorage;
import java.io.IOException;
import java.nio.file.Path;

/// A log in segments. Files are never cut where they are, as a backup may share their bytes through a hard
/// link.
public final class MendableSegments implements MendableLog {
    private static final int FILL_BYTES = 1 << 20;

    private final Storage storage;
    private final MemoryAccount.Counter counter;

    /// `counter` counts the memory of one segment at a time.
    public MendableSegments(Storage storage, MemoryAccount.Counter counter) {
        this.storage = storage;
        this.counter = counter;
    }

    @Override
    public LogInspection inspect() throws IOException {
        return LogInspection.of(storage, counter);
    }

    @Override
    public void read(LogInspection.Stretch stretch, long from, long to, LogFiles.Visitor visitor) throws IOException {
        try (Storage.File file = storage.open(stretch.file());
                SegmentScan scan = new SegmentScan(file, counter)) {
            scan.moveTo(stretch.offset(), stretch.firstLsn());
            stretch.visit(scan, from, to, visitor);
        }
    }

    @Override
    public Copies copies(Path folder) throws IOException {
        return copiesTo(FileStorage.open(folder));
    }

    Copies copiesTo(Storage target) {
        return new Copies() {
            @Override
            public void take(String file) throws IOException {
                FileCopy.copy(storage, file, target, file, counter);
            }

            @Override
            public void sync() throws IOException {
                target.sync();
            }

            @Override
            public void close() throws IOException {
                target.close();
            }
        };
    }

    @Override
    public void remove(String file) throws IOException {
        storage.delete(file);
    }

    @Override
    public void rewrite(LogInspection.Stretch stretch) throws IOException {
        String name = SegmentFormat.name(stretch.firstLsn());
        String draft = name + ".tmp";
        FileCopy.deleteIfThere(storage, draft);
        try (Storage.File file = storage.open(stretch.file());
                SegmentScan scan = new SegmentScan(file, counter);
                Storage.File written = storage.create(draft)) {
            writeHeader(written, stretch.firstLsn(), stretch.firstSeconds());
            written.write(SegmentFormat.HEADER_BYTES, scan.slice(stretch.offset(), stretch.end()));
            written.sync();
        }
        storage.rename(draft, name);
        storage.sync();
        if (!name.equals(stretch.file())) {
            storage.delete(stretch.file());
        }
    }

    private void writeHeader(Storage.File file, long firstLsn, long epochSeconds) throws IOException {
        long header = OffHeap.allocate(SegmentFormat.HEADER_BYTES, counter);
        try {
            SegmentFormat.writeHeader(header, firstLsn, epochSeconds);
            file.write(0, Memory.ALL.asSlice(header, SegmentFormat.HEADER_BYTES));
        } finally {
            OffHeap.free(header, SegmentFormat.HEADER_BYTES, counter);
        }
    }

    @Override
    public void fill(long firstLsn, long lastLsn, long epochSeconds) throws IOException {
        String name = SegmentFormat.name(firstLsn);
        FileCopy.deleteIfThere(storage, name);
        try (Storage.File file = storage.create(name);
                AppendBuffer buffer = new AppendBuffer(counter)) {
            writeHeader(file, firstLsn, epochSeconds);
            long offset = SegmentFormat.HEADER_BYTES;
            for (long lsn = firstLsn; lsn <= lastLsn; lsn++) {
                buffer.add(lsn, 0, 0);
                if (buffer.bytes() >= FILL_BYTES || lsn == lastLsn) {
                    buffer.seal(firstLsn - 1, epochSeconds);
                    file.write(offset, buffer.slice(0, buffer.bytes()));
                    offset += buffer.bytes();
                    buffer.clear();
                }
            }
            file.sync();
        }
    }

    @Override
    public void sync() throws IOException {
        storage.sync();
    }
}
