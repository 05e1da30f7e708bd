package io.nuthatch.engine;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// One file of the disk as a log or a segment sees it: real in production, seeded and faulty in tests.
///
/// Offsets and sizes are bytes. One writer at a time; reads may run beside it and see any of its unfinished
/// bytes, so what is read is checked by its CRC. An [IOException] names the file and the offset.
public interface Storage extends Closeable {
    /// Bytes written so far, the holes included.
    long size() throws IOException;

    /// Fills all of `into` from `offset`, or throws; the end of the file inside `into` is an error.
    void read(long offset, MemorySegment into) throws IOException;

    /// Writes all of `bytes`, or throws. Nothing is promised about power loss before [#sync].
    void write(long offset, MemorySegment bytes) throws IOException;

    /// On return every earlier write survives power loss. A failure is final: the page cache may have dropped
    /// what could not be written, so a second sync would lie. The owner takes no writes after it.
    void sync() throws IOException;

    /// Cuts the file to `size` bytes: how recovery drops a torn tail.
    void truncate(long size) throws IOException;
}
