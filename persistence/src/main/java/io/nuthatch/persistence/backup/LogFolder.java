package io.nuthatch.persistence.backup;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.persistence.chronicle.QueueCopy;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.wal.LogCopy;
import io.nuthatch.persistence.wal.SegmentCopy;
import java.io.IOException;
import java.nio.file.Path;

/// Tells which kind of log a folder holds.
final class LogFolder {
    private LogFolder() {}

    /// The log as somebody sees it who only reads.
    static LogCopy view(Path folder, MemoryAccount.Counter counter) throws IOException {
        return of(folder, FileStorage.view(folder), counter);
    }

    /// The log in `folder`, which `storage` holds.
    static LogCopy of(Path folder, Storage storage, MemoryAccount.Counter counter) throws IOException {
        return ChronicleLog.isIn(folder) ? new QueueCopy(folder, counter) : new SegmentCopy(storage, counter);
    }
}
