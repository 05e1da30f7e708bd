package io.nuthatch.persistence.disk;

import io.nuthatch.engine.Storage;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A real folder, held by one process at a time through a lock on a file `lock` in it, or only looked at.
public final class FileStorage implements Storage {
    private static final String LOCK = "lock";
    private static final int MAX_TRANSFER_BYTES = 64 << 20; // A ByteBuffer ends at 2 GiB, and so does Linux's write.

    private final Path folder;
    private final @Nullable FileLock lock; // Null for a view.

    private FileStorage(Path folder, @Nullable FileLock lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /// The folder as somebody who only reads sees it, whoever holds its lock. Whatever changes something
    /// throws.
    public static FileStorage view(Path folder) {
        return new FileStorage(folder, null);
    }

    /// The folder, made when it is not there. Throws when another server uses it.
    public static FileStorage open(Path folder) throws IOException {
        Files.createDirectories(folder);
        FileChannel file = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = file.tryLock();
            if (lock != null) {
                return new FileStorage(folder, lock);
            }
        } catch (OverlappingFileLockException sameProcess) {
            file.close();
            throw inUse(folder);
        } catch (IOException failure) {
            file.close();
            throw failure;
        }
        file.close();
        throw inUse(folder);
    }

    private static IOException inUse(Path folder) {
        return new IOException(folder + " is in use by another server");
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(LOCK))
                    .toList();
        }
    }

    private void checkHeld() throws IOException {
        if (lock == null) {
            throw new IOException(folder + " is only looked at");
        }
    }

    @Override
    public File create(String name) throws IOException {
        checkHeld();
        return new RealFile(
                folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public File open(String name) throws IOException {
        if (lock == null) {
            return new RealFile(folder.resolve(name), StandardOpenOption.READ);
        }
        return new RealFile(folder.resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        checkHeld();
        Files.move(
                folder.resolve(from),
                folder.resolve(to),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(String name) throws IOException {
        checkHeld();
        Files.delete(folder.resolve(name));
    }

    @Override
    public void sync() throws IOException {
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        if (lock != null) {
            lock.acquiredBy().close(); // Which gives the lock back.
        }
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    private static final class RealFile implements File {
        private final Path path;
        private final FileChannel channel;

        RealFile(Path path, StandardOpenOption... options) throws IOException {
            this.path = path;
            this.channel = FileChannel.open(path, options);
        }

        @Override
        public String name() {
            return path.getFileName().toString();
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void read(long offset, MemorySegment into) throws IOException {
            for (long done = 0; done < into.byteSize(); ) {
                ByteBuffer part = part(into, done);
                int count = channel.read(part, offset + done);
                if (count < 0) {
                    throw new EOFException(path + " ends inside " + into.byteSize() + " bytes at " + offset);
                }
                done += count;
            }
        }

        @Override
        public void write(long offset, MemorySegment bytes) throws IOException {
            for (long done = 0; done < bytes.byteSize(); ) {
                done += channel.write(part(bytes, done), offset + done);
            }
        }

        private static ByteBuffer part(MemorySegment whole, long from) {
            return whole.asSlice(from, Math.min(MAX_TRANSFER_BYTES, whole.byteSize() - from))
                    .asByteBuffer();
        }

        @Override
        public void sync() throws IOException {
            channel.force(false);
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
