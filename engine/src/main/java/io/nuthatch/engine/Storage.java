package io.nuthatch.engine;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// One folder of the disk as a log sees it: real in production, seeded and faulty in tests.
///
/// Names have no separators. What was created, renamed or deleted survives power loss only after [#sync]. An
/// [IOException] names the file. One thread at a time, but for reads of files.
public interface Storage extends Closeable {
    /// Names of the files, in no order.
    List<String> list() throws IOException;

    /// Makes an empty file; throws when there is one of that name.
    File create(String name) throws IOException;

    /// A file that is there.
    File open(String name) throws IOException;

    /// Gives a file another name; one that has it already is replaced.
    void rename(String from, String to) throws IOException;

    void delete(String name) throws IOException;

    /// On return all names are as safe as a file's bytes are after [File#sync].
    void sync() throws IOException;

    /// One file. Offsets and sizes are bytes.
    ///
    /// One writer at a time; reads may run beside it and see any of its unfinished bytes, so what is read is
    /// checked by its CRC.
    interface File extends Closeable {
        String name();

        /// Bytes written so far, holes included.
        long size() throws IOException;

        /// Fills all of `into` from `offset`, or throws; the end of the file inside `into` is an error.
        void read(long offset, MemorySegment into) throws IOException;

        /// Writes all of `bytes` (native memory), or throws and may have written some. Nothing is promised
        /// about power loss before [#sync]: any part may be there and any may be missing.
        void write(long offset, MemorySegment bytes) throws IOException;

        /// On return every earlier write survives power loss. A failure is final: the page cache may have
        /// dropped what could not be written, so that a second sync would lie. Nobody writes to the file
        /// after it.
        void sync() throws IOException;

        /// Cuts the file to `size` bytes: how recovery drops a torn tail.
        void truncate(long size) throws IOException;
    }
}
