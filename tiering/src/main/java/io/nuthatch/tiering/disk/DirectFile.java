package io.nuthatch.tiering.disk;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/// A file that is read and written past the page cache (`O_DIRECT`) where the file system can do that, and
/// through it elsewhere. Linux only.
///
/// Addresses, offsets and lengths are multiples of [#blockBytes]; so are buffers' addresses. Threads: any;
/// what two threads do to the same bytes at once is theirs to sort out.
public final class DirectFile implements Closeable {
    /// What a file asks for when it does not say, and all addresses may be aligned to.
    public static final int PAGE_BYTES = 4096;

    private static final int SECTOR_BYTES = 512;
    private static final int STATX_BYTES = 256;
    private static final int STATX_MASK = 0; // Offsets in `struct statx`.
    private static final int STATX_SIZE = 0x28;
    private static final int STATX_BLOCKS = 0x30;
    private static final int STATX_DIO_OFFSET_ALIGN = 0x9c;

    private final Path path;
    private final int descriptor;
    private final boolean isDirect;
    private final int blockBytes;

    private DirectFile(Path path, int descriptor, boolean isDirect, int blockBytes) {
        this.path = path;
        this.descriptor = descriptor;
        this.isDirect = isDirect;
        this.blockBytes = blockBytes;
    }

    /// The file at `path`, made empty when there is none. `unitBytes` is what offsets and lengths are
    /// multiples of, 0 for a file that takes what [#blockBytes] will say: where the disk's blocks do not
    /// divide it, the file is one of the page cache.
    public static DirectFile open(Path path, int unitBytes) throws IOException {
        int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC;
        int descriptor = Libc.open(path.toString(), flags | Libc.O_DIRECT);
        if (descriptor >= 0) {
            int block = directBlock(descriptor);
            if (unitBytes % block == 0) {
                return new DirectFile(path, descriptor, true, block);
            }
            Libc.close(descriptor);
        } else if (Libc.errno() != Libc.EINVAL) {
            throw Libc.failure(path.toString());
        }
        descriptor = Libc.open(path.toString(), flags);
        if (descriptor < 0) {
            throw Libc.failure(path.toString());
        }
        return new DirectFile(path, descriptor, false, SECTOR_BYTES);
    }

    private static int directBlock(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(STATX_BYTES, Long.BYTES);
            if (Libc.statx(descriptor, Libc.STATX_DIOALIGN, stat) == 0
                    && (stat.get(ValueLayout.JAVA_INT, STATX_MASK) & Libc.STATX_DIOALIGN) != 0
                    && stat.get(ValueLayout.JAVA_INT, STATX_DIO_OFFSET_ALIGN) > 0) {
                return Math.max(SECTOR_BYTES, stat.get(ValueLayout.JAVA_INT, STATX_DIO_OFFSET_ALIGN));
            }
        }
        return PAGE_BYTES; // Linux before 6.1 does not say.
    }

    public Path path() {
        return path;
    }

    /// Whether reads and writes pass the page cache by.
    public boolean isDirect() {
        return isDirect;
    }

    /// What offsets and lengths must be multiples of.
    public int blockBytes() {
        return blockBytes;
    }

    int descriptor() {
        return descriptor;
    }

    /// Fills `bytes` bytes at `address` from `offset` on, or throws.
    public void read(long offset, long address, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            long count = Libc.pread(descriptor, address + done, bytes - done, offset + done);
            if (count == 0) {
                throw new EOFException(path + " ends inside " + bytes + " bytes at " + offset);
            }
            if (count < 0 && Libc.errno() != Libc.EINTR) {
                throw Libc.failure(path + " at " + offset);
            }
            done += Math.max(0, count);
        }
    }

    /// Writes all bytes, or throws and may have written some.
    public void write(long offset, long address, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            long count = Libc.pwrite(descriptor, address + done, bytes - done, offset + done);
            if (count < 0 && Libc.errno() != Libc.EINTR) {
                throw Libc.failure(path + " at " + offset);
            }
            done += Math.max(0, count);
        }
    }

    /// Takes room on the disk for these bytes, which read as zero where nothing was written; the file grows
    /// to hold them. A file system that cannot do that finds room when they are written.
    public void reserve(long offset, long bytes) throws IOException {
        if (Libc.fallocate(descriptor, 0, offset, bytes) == 0) {
            return;
        }
        if (Libc.errno() != Libc.EOPNOTSUPP) {
            throw Libc.failure(path + " at " + offset);
        }
        if (sizeBytes() < offset + bytes) {
            truncate(offset + bytes);
        }
    }

    /// Gives the room of these bytes back, where the file system can; what they read as is undefined.
    public void punch(long offset, long bytes) throws IOException {
        if (Libc.fallocate(descriptor, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, offset, bytes) != 0
                && Libc.errno() != Libc.EOPNOTSUPP) {
            throw Libc.failure(path + " at " + offset);
        }
    }

    /// Cuts the file.
    public void truncate(long bytes) throws IOException {
        if (Libc.ftruncate(descriptor, bytes) != 0) {
            throw Libc.failure(path.toString());
        }
    }

    /// On return every earlier write survives a loss of power.
    public void sync() throws IOException {
        if (Libc.fdatasync(descriptor) != 0) {
            throw Libc.failure(path.toString());
        }
    }

    /// Where the file ends.
    public long sizeBytes() throws IOException {
        return stat(STATX_SIZE);
    }

    /// Bytes that the file takes on the disk, holes left out.
    public long diskBytes() throws IOException {
        return stat(STATX_BLOCKS) * SECTOR_BYTES;
    }

    private long stat(int field) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(STATX_BYTES, Long.BYTES);
            if (Libc.statx(descriptor, Libc.STATX_BASIC_STATS, stat) != 0) {
                throw Libc.failure(path.toString());
            }
            return stat.get(ValueLayout.JAVA_LONG, field);
        }
    }

    @Override
    public void close() throws IOException {
        if (Libc.close(descriptor) != 0) {
            throw Libc.failure(path.toString());
        }
    }
}
