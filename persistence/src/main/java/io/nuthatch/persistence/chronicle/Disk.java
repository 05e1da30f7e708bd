package io.nuthatch.persistence.chronicle;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/// What the log asks of the disk beside the pages that Chronicle Queue maps and fills. One thread at a time.
interface Disk {
    /// Throws when the folder's disk has no room for `bytes` more.
    void checkRoom(Path folder, long bytes) throws IOException;

    /// Writes zeros from byte `from` to byte `to`, so that the file has blocks for them.
    void fill(FileChannel file, long from, long to) throws IOException;

    /// On return all of the file's pages survive a loss of power, the mapped ones too.
    void sync(FileChannel file, Path name) throws IOException;

    /// On return the names in the folder survive a loss of power.
    void syncFolder(Path folder) throws IOException;

    /// A real one.
    Disk REAL = new RealDisk();
}
